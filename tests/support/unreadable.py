"""Records that no client can take apart, as somebody may write them."""

import struct
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.legacy_records import LegacyRecordBatchBuilder
from aiokafka.record.util import calc_crc32c, encode_varint

BODY = b"body"
_NAME, _NO_TEXT = b"header-name", b"\xff\xfe passerby"
_LENGTH, _AFTER_LENGTH, _COUNT = 8, 12, 57
_CRC, _CHECKED_FROM, _ATTRIBUTES, _LAST_OFFSET_DELTA = 17, 21, 22, 23
_GZIP, _CONTROL = 1, 0x20
UNPACKED_BYTES = 1_000_000


def _built(count: int = 1) -> bytearray:
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, 0, 100 * count)
    for number in range(count):
        builder.append(number, 1, b"key", BODY, [(_NAME.decode(), b"v")])
    return bytearray(builder.build())


def _summed(batch: bytes | bytearray) -> bytes:
    """Return a batch with the checksum of what it holds now."""
    told = bytearray(batch)
    struct.pack_into(">I", told, _CRC, calc_crc32c(bytes(told[_CHECKED_FROM:])))
    return bytes(told)


def _with_attributes(bits: int) -> bytes:
    batch = _built()
    batch[_ATTRIBUTES] |= bits
    return _summed(batch)


def _old() -> bytes:
    builder = LegacyRecordBatchBuilder(1, 0, 1000)
    builder.append(0, 1, b"key", BODY)
    return bytes(builder.build())


def _compressed() -> bytes:
    builder = DefaultRecordBatchBuilder(2, _GZIP, 0, -1, -1, 0, 10 * UNPACKED_BYTES)
    builder.append(0, 1, b"key", bytes(UNPACKED_BYTES), [])
    return bytes(builder.build())


def readable(count: int = 1, *, at: int = 0) -> bytes:
    """Return a batch of so many records that can be read, as a broker keeps it at an offset."""
    return placed(bytes(_built(count)), at)


def placed(batch: bytes, at: int) -> bytes:
    """Return a batch as a broker keeps it at an offset."""
    return struct.pack(">q", at) + batch[8:]


def claiming(batch: bytes | bytearray, count: int) -> bytes:
    """Return a batch that says it takes so many offsets, whatever is in it."""
    told = bytearray(batch)
    struct.pack_into(">i", told, _LAST_OFFSET_DELTA, count - 1)
    return _summed(told)


def lying(deltas: Sequence[int]) -> bytes:
    """Return a batch of records that lie at these offsets, counted from its own, as they say."""
    records = b"".join(map(_record, deltas))
    head = _built()[:_COUNT] + struct.pack(">i", len(deltas)) + records
    struct.pack_into(">i", head, _LENGTH, len(head) - _AFTER_LENGTH)
    return claiming(head, len(deltas))


def _record(delta: int) -> bytes:
    """Return a record without a key and headers; `delta` takes up to ten bytes."""
    body = bytearray(2)
    encode_varint(delta, body.append)
    for number in (-1, len(BODY)):
        encode_varint(number, body.append)
    body += BODY + b"\0"
    length = bytearray()
    encode_varint(len(body), length.append)
    return bytes(length + body)


READABLE = bytes(_built())
UNREADABLE = {
    "a header's name isn't UTF-8": _summed(READABLE.replace(_NAME, _NO_TEXT)),
    "it isn't what its compression says": _with_attributes(1),
    "it is compressed": _compressed(),
    "nobody here has its compression": _with_attributes(4),
    "its compression doesn't exist": _with_attributes(7),
    "it says it is the broker's own": _with_attributes(_CONTROL),
    "it is of an old format": _old(),
    "it was altered on the way": READABLE[:-1] + b"\x7e",
}


async def write_unreadable(broker: str, topic: str, partition: int = 0, *, count: int = 1) -> None:
    """Write a batch of records with a header name that isn't UTF-8."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, enable_idempotence=False)
    await producer.start()
    try:
        batch = producer.create_batch()
        for _ in range(count):
            batch.append(key=b"key", value=BODY, timestamp=None, headers=[(_NAME.decode(), b"v")])
        batch.close()
        batch._buffer = _summed(bytes(batch._build()).replace(_NAME, _NO_TEXT))
        await (await producer.send_batch(batch, topic, partition=partition))
    finally:
        await producer.stop()
