"""Nothing is published on a topic of sealed bodies that nobody sealed."""

import pytest
from tests.support.brokers import now, settings_for

from lethe.contracts.topic import SealedTopic
from lethe.contracts.topics import REGISTRY
from lethe.runtime.publisher import Publisher

SEALED = [topic for topic in REGISTRY if isinstance(topic, SealedTopic)]


@pytest.mark.parametrize("topic", SEALED, ids=lambda topic: topic.name)
async def test_bytes_that_nobody_sealed_are_refused_before_a_broker_is_asked(
    topic: SealedTopic,
) -> None:
    publisher = Publisher(settings_for("nowhere.invalid:9092", "ingest-1"), now)
    with pytest.raises(TypeError, match="takes sealed bodies only"):
        # Types refuse it too: without that, mypy would complain of an ignore that isn't needed.
        await publisher.send(topic, "camera-1", b"\xff\xd8\xff")  # type: ignore[call-overload]
    await publisher.stop()
