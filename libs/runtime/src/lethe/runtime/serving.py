"""What every service starts and stops around its own parts, in the one order that is safe."""

from collections.abc import Callable, Coroutine
from typing import Any

from lethe.runtime.http import HttpServer
from lethe.runtime.pauses import spare_collections
from lethe.runtime.publisher import Publisher
from lethe.runtime.reader import Reader
from lethe.runtime.service import Stop, run_parts

Part = Callable[[], Coroutine[Any, Any, None]]


async def serve_parts(
    stop: Stop,
    *parts: Part,
    publisher: Publisher,
    reader: Reader,
    http: HttpServer,
) -> None:
    """Connect, run the parts until `stop` is set or one of them fails, and disconnect.

    The publisher comes first and goes last: parts say goodbye through it.

    Raises
    ------
    Transient
        If the broker can't be reached.
    BaseExceptionGroup
        With the failure of a part.
    """
    await publisher.start()
    try:
        await reader.start()
        spare_collections()
        await run_parts(stop, http.run(), reader.run(), *(part() for part in parts))
    finally:
        http.stop()
        await reader.stop()
        await publisher.stop()
