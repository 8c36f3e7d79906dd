"""Messages of a websocket that are framed once, and the way to a client."""

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest
from websockets.frames import Frame, Opcode

from lethe.runtime.websockets import FramedWebSocket, Wire, text_frame


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 100_000])
@pytest.mark.parametrize("letter", ["a", "é"])
def test_a_frame_is_as_the_library_makes_it(size: int, letter: str) -> None:
    text = letter * size
    ours = text_frame(text)
    assert ours == Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


class Connection:
    """A protocol as far as a wire looks at it."""

    def __init__(self) -> None:
        self.disconnected = self.close_sent = False
        self.writable = asyncio.Event()
        self.writable.set()
        self.written: list[bytes] = []
        self.transport = SimpleNamespace(write=self.written.append)

    @property
    def wire(self) -> Wire:
        return Wire(cast("FramedWebSocket", self))


async def test_frames_are_written_unless_the_client_is_behind() -> None:
    connection = Connection()
    assert connection.wire.write(b"one")
    connection.writable.clear()
    assert not connection.wire.write(b"two")
    waiting = asyncio.create_task(connection.wire.until_read())
    await asyncio.sleep(0)
    assert not waiting.done()
    connection.writable.set()
    await waiting
    assert connection.wire.write(b"two")
    assert connection.written == [b"one", b"two"]


@pytest.mark.parametrize("how", ["disconnected", "close_sent"])
async def test_nothing_is_written_to_a_closed_connection(how: str) -> None:
    connection = Connection()
    setattr(connection, how, True)
    with pytest.raises(ConnectionResetError):
        connection.wire.write(b"one")
    assert connection.written == []
