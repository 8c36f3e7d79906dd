"""No batch is unpacked: nobody here writes one that is compressed.

A client unpacks whatever a batch unpacks to, and a few kilobytes can unpack to gigabytes. Apache
Kafka is told to keep none (`compression.type=uncompressed`); other brokers keep what they are sent.
"""

from aiokafka import codec


def unpack_nothing() -> None:
    """Have the client refuse every compressed batch, as if it had no library for it."""
    for name in ("has_gzip", "has_snappy", "has_lz4", "has_zstd"):
        setattr(codec, name, _has_none)


def _has_none() -> bool:
    return False
