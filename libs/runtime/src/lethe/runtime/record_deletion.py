"""Having a broker delete records before their retention does: Kafka's DeleteRecords."""

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError

from lethe.contracts.errors import LetheError, Transient
from lethe.contracts.topic import Topic
from lethe.runtime.reaching import refusal, why_unreachable

_TIMEOUT_MS = 2_000


class RecordDeletion:
    """An async context manager over two connections: one asks for ends, one deletes.

    Parameters
    ----------
    options
        aiokafka's connection options.
    topics
        Whose records are deleted.
    """

    def __init__(self, options: dict[str, Any], topics: Iterable[Topic]) -> None:
        self._options = options
        self._places = [TopicPartition(t.name, n) for t in topics for n in range(t.partitions)]
        # It reads nothing: only a consumer can be asked for ends.
        self._consumer = AIOKafkaConsumer(
            **options, enable_auto_commit=False, request_timeout_ms=_TIMEOUT_MS
        )
        self._admin = AIOKafkaAdminClient(**options, request_timeout_ms=_TIMEOUT_MS)

    async def __aenter__(self) -> Self:
        try:
            await self._consumer.start()
            await self._admin.start()
        except (KafkaError, OSError):
            await self._close()
            raise await why_unreachable(self._options) from None
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._close()

    async def ends(self) -> dict[tuple[str, int], int]:
        """Return the next offset of every partition.

        Raises
        ------
        LetheError
            If the broker doesn't tell.
        """
        try:
            ends = await self._consumer.end_offsets(self._places)
        except (KafkaError, OSError) as error:
            raise _told(error) from None
        return {(place.topic, place.partition): end for place, end in ends.items()}

    async def delete_before(self, ends: Mapping[tuple[str, int], int]) -> None:
        """Delete what lies before these offsets.

        Raises
        ------
        LetheError
            If the broker doesn't.
        """
        wanted = {TopicPartition(*place): RecordsToDelete(end) for place, end in ends.items()}
        try:
            await self._admin.delete_records(wanted, timeout_ms=_TIMEOUT_MS)
        except TopicAuthorizationFailedError:
            # The library leaves out which, and the broker has deleted what it may.
            topics = sorted({topic for topic, _ in ends})
            refused = [topic for topic in topics if await self._refuses(topic, wanted)]
            raise _told(TopicAuthorizationFailedError(refused or topics)) from None
        except (KafkaError, OSError) as error:
            raise _told(error) from None

    async def _refuses(self, topic: str, wanted: dict[TopicPartition, RecordsToDelete]) -> bool:
        of_topic = {place: to for place, to in wanted.items() if place.topic == topic}
        try:
            await self._admin.delete_records(of_topic, timeout_ms=_TIMEOUT_MS)
        except TopicAuthorizationFailedError:
            return True
        return False

    async def _close(self) -> None:
        await self._consumer.stop()
        await self._admin.close()


def _told(error: Exception) -> LetheError:
    return refusal(error) or Transient(f"it doesn't answer as hoped ({type(error).__name__})")
