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

import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition, codec
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException, UnsupportedCodecError
from aiokafka.record.default_records import DefaultRecordBatch

_REPLACED = {
    codec: ("has_gzip", "has_snappy", "has_lz4", "has_zstd"),
    fetcher: ("PartitionRecords", "FetchResult"),
}
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
    """Have every consumer of this process bring an `Unreadable` for each batch that is one.

    Raises
    ------
    RuntimeError
        If the client has no such part as is replaced here: it would read as it always does.
    """
    for module, names in _REPLACED.items():
        for name in names:
            if not hasattr(module, name):
                told = f"aiokafka {version('aiokafka')} has no {module.__name__}.{name}"
                raise RuntimeError(f"{told}, which Lethe replaces: install 0.14")
    for name in _REPLACED[codec]:
        setattr(codec, name, _has_none)
    fetcher.PartitionRecords = BatchRecords
    fetcher.FetchResult = BoundedResult


def _has_none() -> bool:
    return False


class BatchRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """What a fetch brought of one partition, with an `Unreadable` where it can't be read."""

    next_fetch_offset: int
    end: int = sys.maxsize
    """The high watermark. A batch says itself where it ends, and its records where they lie."""

    def _unpack_records(self) -> Iterator[ConsumerRecord | Unreadable]:
        batches, error = self._framed()
        limits = [*map(_base_of, batches[1:]), self.end]
        for batch, limit in zip(batches, limits, strict=True):
            said = max(batch.next_offset, self.next_fetch_offset + 1)
            yield from self._of(batch, min(said, limit, self.end))
        if error is not None:
            # Not even its frame can be read, so where it ends isn't known.
            first = self.next_fetch_offset
            yield from self._passed_over(first, min(first + 1, self.end), error)

    def _framed(self) -> tuple[list[Any], Exception | None]:
        """Return the batches up to the first whose frame can't be read, and why it can't."""
        batches: list[Any] = []
        try:
            while self._records.has_next():
                batches.append(self._records.next_batch())
        except _UNREADABLE as error:
            return batches, error
        return batches, None

    def _of(self, batch: Any, end: int) -> Iterator[ConsumerRecord | Unreadable]:
        try:
            records = _taken_apart(batch, end)
        except _UNREADABLE as error:
            yield from self._passed_over(_base_of(batch), end, error)
            records = []
        for record in records:
            if record.offset >= self.next_fetch_offset:
                self.next_fetch_offset = record.offset + 1
                yield self._consumer_record(self._tp, record)
        self.next_fetch_offset = max(end, self.next_fetch_offset)

    def _passed_over(self, base: int, end: int, error: Exception) -> Iterator[Unreadable]:
        first = max(base, self.next_fetch_offset)
        if first < end:
            self.next_fetch_offset = end
            yield Unreadable(first, end, type(error).__name__)


def _base_of(batch: Any) -> int:
    """Return where a batch begins; one of an old format says only where it ends."""
    base: int = batch.base_offset if _is_known(batch) else batch.next_offset - 1
    return base


def _is_known(batch: Any) -> bool:
    return isinstance(batch, DefaultRecordBatch)


def _taken_apart(batch: Any, end: int) -> list[Any]:
    """Return the records, none of which lies where another batch may: a reader would go there."""
    if not _is_known(batch) or batch.is_control_batch or not batch.validate_crc():
        raise CorruptRecordException
    records = list(batch)
    if not all(batch.base_offset <= record.offset < end for record in records):
        raise CorruptRecordException
    return records


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
