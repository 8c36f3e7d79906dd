"""`lethe topics create` on a broker that `lethe` didn't start."""

import asyncio
import sys

from aiokafka.admin import AIOKafkaAdminClient

from lethe.cli.stack.ports import LOOPBACK, free_ports
from lethe.contracts.topics import ALERT_RAISED
from lethe.runtime.admin import TopicAdmin


async def told(broker: str) -> tuple[int, str, str]:
    """Run the command; give its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "lethe.cli", "topics", "create", "--broker", broker),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_topics_that_are_there_stay_and_it_says_so(broker: str) -> None:
    assert await told(broker) == (0, "0 topics made\n", "")


async def test_a_missing_topic_is_made_and_not_by_asking_for_it(broker: str) -> None:
    names = [ALERT_RAISED.name, ALERT_RAISED.dead_letters]
    client = AIOKafkaAdminClient(bootstrap_servers=broker)
    await client.start()
    try:
        await client.delete_topics(names)
        async with TopicAdmin(broker) as admin:
            # Apache Kafka deletes in its own time.
            while await admin.missing() != names:  # noqa: ASYNC110 - nobody tells when
                await asyncio.sleep(0.05)
            assert await admin.missing() == names
        assert await told(broker) == (0, "2 topics made\n", "")
        async with TopicAdmin(broker) as admin:
            assert await admin.missing() == []
        described = await client.describe_topics([ALERT_RAISED.name])
        assert len(described[0]["partitions"]) == ALERT_RAISED.partitions
    finally:
        await client.close()


async def test_a_broker_that_does_not_answer_is_one_line() -> None:
    (port,) = free_ports(1)
    code, out, err = await told(f"{LOOPBACK}:{port}")
    assert (code, out) == (1, "")
    assert err.startswith(f"lethe: nothing takes connections at the broker's address {LOOPBACK}")
    assert err.count("\n") == 1
