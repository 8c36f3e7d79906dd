"""A consumer that is told right where a partition ends, whatever the broker.

Asked for the end, the embedded broker gives the offset behind the first record of the last batch,
even if more follow in it. What it tells along with records is right: how far they are written.
"""

from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError, RequestTimedOutError, for_code
from aiokafka.protocol.fetch import FetchRequest

_READ_UNCOMMITTED = 0
_LITTLE_BYTES = 1
_WAIT_MS = 500


class Consumer(AIOKafkaConsumer):  # type: ignore[misc]
    """aiokafka's, whose `end_offsets` holds on every broker."""

    async def end_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the offset behind the last record of each partition.

        Raises
        ------
        KafkaError
            If the broker doesn't tell.
        """
        ends: dict[TopicPartition, int] = await super().end_offsets(list(partitions))
        return {
            partition: max(end, await self._written(partition, end - 1)) if end else 0
            for partition, end in ends.items()
        }

    async def _written(self, partition: TopicPartition, last: int) -> int:
        """Return how far a partition is written, as is told with a record that lies in it.

        Asked for one behind the last, the embedded broker waits, or tells nothing at all.
        """
        node = self._client.cluster.leader_for_partition(partition)
        place = (partition.partition, last, _LITTLE_BYTES)
        topics = [(partition.topic, [place])]
        request = FetchRequest(_WAIT_MS, 0, _LITTLE_BYTES, _READ_UNCOMMITTED, topics)
        answer = await self._client.send(node, request)
        for _topic, told in answer.topics:
            for _number, code, written, *_records in told:
                error = for_code(code)
                if code and error is not OffsetOutOfRangeError:
                    raise error
                # Out of range is what was deleted meanwhile, by a broker that tells ends right.
                return int(written)
        raise RequestTimedOutError
