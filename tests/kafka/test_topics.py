"""The registry's topics on Apache Kafka: made, compared, mended."""

import subprocess
import sys

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import MessageSizeTooLargeError
from tools.kafka.node import ApacheKafka

from lethe.contracts.topics import ALERT_RAISED, FRAME_CAPTURED, PROBE_EXTRACTED
from lethe.runtime.admin import TopicAdmin
from lethe.runtime.topic_settings import Difference

RETENTION = Difference(FRAME_CAPTURED.name, "retention.ms", "604800000", "5000")
_BOMB_BYTES = 32 * 1024 * 1024
COUNT = Difference(PROBE_EXTRACTED.name, "partitions", "3", "8")


@pytest.fixture
async def differing(kafka: ApacheKafka) -> ApacheKafka:
    """Give a broker on which somebody made two topics otherwise."""
    client = AIOKafkaAdminClient(bootstrap_servers=kafka.address)
    await client.start()
    try:
        settings = FRAME_CAPTURED.broker_settings() | {
            "retention.ms": "604800000",
            "flush.ms": "777",
        }
        await client.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, FRAME_CAPTURED.name, configs=settings)]
        )
        await client.delete_topics([PROBE_EXTRACTED.name])
        while PROBE_EXTRACTED.name in await client.list_topics():
            pass
        made = PROBE_EXTRACTED.broker_settings()
        await client.create_topics([NewTopic(PROBE_EXTRACTED.name, 3, 1, topic_configs=made)])
    finally:
        await client.close()
    async with TopicAdmin(kafka.address) as admin:
        while set(await admin.differences()) != {RETENTION, COUNT}:
            pass
    return kafka


def lethe(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lethe.cli", *arguments], capture_output=True, text=True, check=False
    )


async def test_topics_that_we_made_are_as_the_registry_states(kafka: ApacheKafka) -> None:
    async with TopicAdmin(kafka.address) as admin:
        assert await admin.missing() == []
        assert await admin.differences() == []


async def test_settings_are_mended_and_others_stay_while_partitions_are_left(
    differing: ApacheKafka,
) -> None:
    async with TopicAdmin(differing.address) as admin:
        assert await admin.apply() == [COUNT]
        while await admin.differences() != [COUNT]:
            pass
        resource = ConfigResource(ConfigResourceType.TOPIC, FRAME_CAPTURED.name)
        (answer,) = await admin._admin.describe_configs([resource])
    (described,) = answer.resources
    assert ("flush.ms", "777") in [entry[:2] for entry in described[4]]


def test_a_check_names_topic_setting_found_and_wanted(differing: ApacheKafka) -> None:
    done = lethe("topics", "check", "--broker", differing.address)
    assert done.returncode == 2
    assert set(done.stdout.splitlines()) == {str(RETENTION), str(COUNT)}
    assert str(RETENTION) == (
        "topic lethe.ingest.frame-captured.v1: retention.ms is 604800000, wanted 5000"
    )
    assert len(done.stderr.splitlines()) == 1


def test_a_stack_doesnt_start_on_topics_that_differ(differing: ApacheKafka) -> None:
    done = lethe("up", "--broker", differing.address, "--port", "0", "--headless")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert str(COUNT) in done.stderr


async def test_what_is_missing_is_made(kafka: ApacheKafka) -> None:
    async with TopicAdmin(kafka.address) as admin:
        await admin._admin.delete_topics([ALERT_RAISED.name, ALERT_RAISED.dead_letters])
        while await admin.missing() != [ALERT_RAISED.name, ALERT_RAISED.dead_letters]:
            pass
    assert lethe("topics", "create", "--broker", kafka.address).stdout == "2 topics made\n"
    checked = lethe("topics", "check", "--broker", kafka.address)
    assert (checked.returncode, checked.stdout) == (
        0,
        "every topic is as the registry states\n",
    )


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("nobody.invalid:9092", "host nobody.invalid isn't known"),
        ("127.0.0.1", "'127.0.0.1' is no broker address; name it as HOST:PORT"),
        ("127.0.0.1:1", "nothing takes connections at the broker's address 127.0.0.1:1"),
    ],
)
def test_a_broker_that_isnt_there_is_told_of_in_one_line(address: str, told: str) -> None:
    done = lethe("topics", "check", "--broker", address)
    assert done.returncode == (1 if "connections" in told else 2)
    assert len(done.stderr.splitlines()) == 1
    assert told in done.stderr


async def test_a_batch_that_unpacks_to_more_than_its_topic_takes_is_refused(
    kafka: ApacheKafka,
) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka.address,
        compression_type="gzip",
        enable_idempotence=False,
        max_request_size=_BOMB_BYTES * 2,
        max_batch_size=_BOMB_BYTES * 2,
    )
    async with producer:
        await producer.send_and_wait(ALERT_RAISED.name, bytes(ALERT_RAISED.max_message_bytes // 2))
        with pytest.raises(MessageSizeTooLargeError):
            await producer.send_and_wait(ALERT_RAISED.name, bytes(_BOMB_BYTES))
        await _set(kafka, ALERT_RAISED.broker_settings() | {"compression.type": "producer"})
        # It is the setting that refuses it, not the client.
        await producer.send_and_wait(ALERT_RAISED.name, bytes(_BOMB_BYTES))


async def _set(kafka: ApacheKafka, settings: dict[str, str]) -> None:
    client = AIOKafkaAdminClient(bootstrap_servers=kafka.address)
    await client.start()
    try:
        await client.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, ALERT_RAISED.name, configs=settings)]
        )
    finally:
        await client.close()
    changed = Difference(ALERT_RAISED.name, "compression.type", "producer", "uncompressed")
    async with TopicAdmin(kafka.address) as admin:
        while await admin.differences() != [changed]:
            pass


def test_making_topics_beside_one_that_differs_says_so(differing: ApacheKafka) -> None:
    done = lethe("topics", "create", "--broker", differing.address)
    assert done.returncode == 2
    first, *lines = done.stdout.splitlines()
    assert first == "0 topics made"
    assert set(lines) == {str(RETENTION), str(COUNT)}
    assert "'lethe topics apply'" in done.stderr
