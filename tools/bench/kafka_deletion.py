"""How long the bytes of a sealed record stay findable on the disk of Apache Kafka."""

import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

from tools.bench.figures import Figure, at_most
from tools.kafka.disk import found_on_disk
from tools.kafka.node import ApacheKafka

from lethe.contracts.errors import Transient
from lethe.contracts.sealed import SealedBody
from lethe.contracts.topic import Body
from lethe.contracts.topics import FRAME_CAPTURED, REGISTRY
from lethe.purge.backstop import Backstop
from lethe.runtime.admin import TopicAdmin
from lethe.runtime.publisher import Publisher
from lethe.runtime.record_deletion import RecordDeletion
from lethe.runtime.settings import ServiceSettings
from lethe.shredding.clock import SystemClock, instant

_SEALED = tuple(topic for topic in REGISTRY if topic.body is Body.SEALED)
_FRAME_BYTES = 48 * 1024
_PER_S = 12.0
_LOOK_EVERY_S = 0.25
_EXPECTED_S = 7.0


def measure(records: int = 60) -> tuple[list[Figure], dict[str, list[float]]]:
    """Write marked records as a camera would, let the last ones lie, and look at the files."""
    with (
        tempfile.TemporaryDirectory(prefix="lethe-kafka-") as folder,
        ApacheKafka(Path(folder)) as node,
    ):
        delays_s = sorted(asyncio.run(_delays(node, records)))
    named = {
        "min": delays_s[0],
        "median": statistics.median(delays_s),
        "max": delays_s[-1],
    }
    figures = [
        at_most(f"marker bytes findable on disk, {name}, s", round(value, 1), _EXPECTED_S)
        for name, value in named.items()
    ]
    return figures, {"delays_s": [round(delay, 2) for delay in delays_s]}


async def _delays(node: ApacheKafka, records: int) -> list[float]:
    async with TopicAdmin(node.address) as admin:
        await admin.create()
        await admin.wait_ready()
    clock = SystemClock()
    publisher = Publisher(_settings(node), lambda: instant(clock))
    await publisher.start()
    try:
        async with RecordDeletion({"bootstrap_servers": node.address}, _SEALED) as deletion:
            backstop = Backstop(deletion, clock, lambda: True, budget_ms=1_000)
            written: dict[bytes, float] = {}
            gone: dict[bytes, float] = {}
            async with asyncio.TaskGroup() as group:
                keeping = group.create_task(backstop.run())
                writing = group.create_task(_write(publisher, records, written))
                await _watch(node, writing, written, gone)
                keeping.cancel()
    finally:
        await publisher.stop()
    return [gone[marker] - written[marker] for marker in written]


async def _write(publisher: Publisher, records: int, written: dict[bytes, float]) -> None:
    while len(written) < records:
        marker = os.urandom(32)
        try:
            body = SealedBody(marker + os.urandom(_FRAME_BYTES))
            await publisher.send(FRAME_CAPTURED, "camera-1", body)
        except Transient:
            continue
        written[marker] = time.monotonic()
        await asyncio.sleep(1 / _PER_S)


async def _watch(
    node: ApacheKafka,
    writing: asyncio.Task[None],
    written: dict[bytes, float],
    gone: dict[bytes, float],
) -> None:
    """Note when each marker is found no more, until all were written and are gone."""
    while not writing.done() or len(gone) < len(written):
        looked_for = [marker for marker in list(written) if marker not in gone]
        found = await asyncio.to_thread(found_on_disk, node.log_dir, looked_for)
        gone |= {marker: time.monotonic() for marker in looked_for if marker not in found}
        await asyncio.sleep(_LOOK_EVERY_S)


def _settings(node: ApacheKafka) -> ServiceSettings:
    return ServiceSettings(
        instance_id="bench",
        broker=node.address,
        roster_file=Path("none"),
        roster_root="",
        signing_key_file=Path("none"),
    )
