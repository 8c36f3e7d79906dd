"""How the client takes batches apart: none is unpacked, and what can't be read is one thing.

Who may write to a topic may write a header whose name isn't UTF-8, a batch that is compressed, or
one that lies about its length. The broker keeps such records, and the client would raise on them at
every poll anew. Here it brings one `Unreadable` instead of the whole batch and goes on behind it:
a thousand of them cost no more rounds than one.

Nobody here writes a compressed batch, and a client unpacks whatever a batch unpacks to: a few
kilobytes can unpack to gigabytes. Apache Kafka is told to keep none (`compression.type=
uncompressed`); other brokers keep what they are sent.

All consumers of the process read so, once `read_by_batch` was called.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition, codec
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException, UnsupportedCodecError

_UNREADABLE = (
    CorruptRecordException,
    UnsupportedCodecError,
    ValueError,
    IndexError,
    EOFError,
    OSError,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A batch, or what was left to read of it, that no client can take apart.

    Attributes
    ----------
    first, end
        The offsets that it has, without `end`.
    error
        The class of what the client raised.
    """

    first: int
    end: int
    error: str


def read_by_batch() -> None:
    """Have every consumer of this process bring an `Unreadable` for each batch that is one."""
    for name in ("has_gzip", "has_snappy", "has_lz4", "has_zstd"):
        setattr(codec, name, _has_none)
    fetcher.PartitionRecords = BatchRecords
    fetcher.FetchResult = BoundedResult


def _has_none() -> bool:
    return False


class BatchRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """What a fetch brought of one partition, with an `Unreadable` where it can't be read."""

    next_fetch_offset: int
    end: int | None = None
    """The high watermark. A batch says itself where it ends, and may lie."""

    def _unpack_records(self) -> Iterator[ConsumerRecord | Unreadable]:
        try:
            yield from self._of_all_batches()
        except _UNREADABLE as error:
            # Not even its frame can be read, so where it ends isn't known.
            yield self._passed_over(self.next_fetch_offset + 1, error)

    def _of_all_batches(self) -> Iterator[ConsumerRecord | Unreadable]:
        while self._records.has_next():
            batch = self._records.next_batch()
            end = batch.next_offset if self.end is None else min(batch.next_offset, self.end)
            if not batch.is_control_batch:
                yield from self._of(batch, end)
            self.next_fetch_offset = max(end, self.next_fetch_offset)

    def _of(self, batch: Any, end: int) -> Iterator[ConsumerRecord | Unreadable]:
        try:
            records = _taken_apart(batch)
        except _UNREADABLE as error:
            yield self._passed_over(max(end, self.next_fetch_offset + 1), error)
            return
        for record in records:
            if record.offset >= self.next_fetch_offset:
                self.next_fetch_offset = record.offset + 1
                yield self._consumer_record(self._tp, record)

    def _passed_over(self, end: int, error: Exception) -> Unreadable:
        first, self.next_fetch_offset = self.next_fetch_offset, end
        return Unreadable(first, end, type(error).__name__)


def _taken_apart(batch: Any) -> list[Any]:
    if not batch.validate_crc():
        raise CorruptRecordException
    return list(batch)


class BoundedResult(fetcher.FetchResult):  # type: ignore[misc]
    """A fetch whose records know where their partition ends."""

    def __init__(
        self,
        tp: TopicPartition,
        *,
        assignment: Any,
        partition_records: Any,
        backoff: float,
    ) -> None:
        partition_records.end = assignment.state_value(tp).highwater
        super().__init__(
            tp, assignment=assignment, partition_records=partition_records, backoff=backoff
        )
