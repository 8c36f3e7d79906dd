"""Sealed records leave the disk of Apache Kafka."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from tests.support.brokers import publishing, settings_for
from tools.kafka.disk import found_on_disk
from tools.kafka.node import ApacheKafka

from lethe.contracts.sealed import SealedBody
from lethe.contracts.topic import Body
from lethe.contracts.topics import FRAME_CAPTURED, REGISTRY
from lethe.purge.backstop import Backstop
from lethe.runtime.record_deletion import RecordDeletion
from lethe.shredding.clock import SystemClock

SEALED = tuple(topic for topic in REGISTRY if topic.body is Body.SEALED)
LIVE_KEY = "camera-1"


@asynccontextmanager
async def backstop(kafka: ApacheKafka) -> AsyncIterator[RecordDeletion]:
    async with RecordDeletion({"bootstrap_servers": kafka.address}, SEALED) as records:
        keeping = Backstop(records, SystemClock(), lambda: True, budget_ms=1000)
        task = asyncio.create_task(keeping.run())
        try:
            yield records
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("traffic_goes_on", [True, False])
async def test_the_bytes_of_a_sealed_record_are_gone_from_the_disk_in_the_end(
    kafka: ApacheKafka, *, traffic_goes_on: bool
) -> None:
    marker = os.urandom(32)
    async with publishing(settings_for(kafka.address, "p")) as publisher, backstop(kafka):
        await publisher.send(FRAME_CAPTURED, LIVE_KEY, SealedBody(marker + os.urandom(16_000)))
        assert found_on_disk(kafka.log_dir, [marker]) == {marker}
        end_s = time.monotonic() + 90
        while found_on_disk(kafka.log_dir, [marker]):
            assert time.monotonic() < end_s, "the marker is still on the disk"
            if traffic_goes_on:
                await publisher.send(FRAME_CAPTURED, LIVE_KEY, SealedBody(os.urandom(16_000)))
            await asyncio.sleep(0.1)


async def test_no_client_gets_a_record_that_was_deleted_before_its_retention_was_over(
    kafka: ApacheKafka,
) -> None:
    async with publishing(settings_for(kafka.address, "p")) as publisher, backstop(kafka) as kept:
        kept_longer = FRAME_CAPTURED.broker_settings() | {"retention.ms": "3600000"}
        resource = ConfigResource(ConfigResourceType.TOPIC, FRAME_CAPTURED.name, kept_longer)
        await kept._admin.alter_configs([resource])
        for _ in range(3):
            await publisher.send(FRAME_CAPTURED, LIVE_KEY, SealedBody(b"sealed"))
        ends = await kept._consumer.end_offsets(kept._places)
        assert sum(ends.values()) == 3
        while await kept._consumer.beginning_offsets(kept._places) != ends:  # noqa: ASYNC110 - a broker sets no event
            await asyncio.sleep(0.05)
