"""What a topic is: who writes it, who reads it, and how a broker keeps it."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import final
from zlib import crc32

from lethe.contracts.base import Message

PARTITIONS = 8
"""Partitions of the topics whose cameras are shared out among instances: equal, so that the
owner of a partition owns the same cameras in all of them. Topics that every reader reads whole
have one: each partition costs a broker and its readers with every fetch."""

HOUR_MS = 3_600_000
MIB = 1024 * 1024


class Body(StrEnum):
    """How a topic's bodies are protected."""

    SEALED = "sealed"
    SIGNED = "signed"
    PLAIN = "plain"


class Cleanup(StrEnum):
    """Kafka's cleanup.policy."""

    DELETE = "delete"
    COMPACT = "compact"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: who writes it, who reads it, and how the broker keeps it.

    Attributes
    ----------
    consumers
        Services that read it. None where it is for programs outside Lethe.
    message
        The contract of the body; of a signed topic, of the payload in the envelope. None where
        the body is sealed: then `lethe.contracts.sealed.SealAddress` describes the headers.
    key
        The field that the record key holds.
    max_message_bytes
        Largest record batch the broker takes: no more than a segment, or it takes none.
    rolls
        On a broker without retention, new generations of it are opened and old ones deleted.
    """

    name: str
    producer: str
    consumers: tuple[str, ...]
    key: str
    body: Body
    message: type[Message] | None
    partitions: int = PARTITIONS
    cleanup: Cleanup = Cleanup.DELETE
    retention_ms: int = HOUR_MS
    segment_ms: int = 600_000
    segment_bytes: int = 64 * MIB
    max_message_bytes: int = MIB
    file_delete_delay_ms: int = 60_000
    rolls: bool = False

    @property
    def dead_letters(self) -> str:
        """Name of the topic for metadata of records that couldn't be handled."""
        return f"{self.name}.dlq"

    @property
    def event_type(self) -> str:
        """CloudEvents type of its records."""
        return self.name

    def broker_settings(self) -> dict[str, str]:
        """Return the topic settings of Apache Kafka."""
        settings = {
            "cleanup.policy": self.cleanup.value,
            "segment.ms": str(self.segment_ms),
            "segment.bytes": str(self.segment_bytes),
            "file.delete.delay.ms": str(self.file_delete_delay_ms),
            "max.message.bytes": str(self.max_message_bytes),
            # A client unpacks whatever a batch unpacks to. So the broker does, and takes no more
            # than `max.message.bytes` of it.
            "compression.type": "uncompressed",
        }
        if self.cleanup is Cleanup.DELETE:
            settings["retention.ms"] = str(self.retention_ms)
            settings["message.timestamp.type"] = "CreateTime"
        return settings


@final
@dataclass(frozen=True, slots=True)
class SealedTopic(Topic):
    """A topic of sealed bodies: publishers take a `SealedBody` for it and nothing else."""


@final
@dataclass(frozen=True, slots=True)
class MessageTopic(Topic):
    """A topic of messages, signed or plain, without biometrics in the clear."""


def partition_for(key: str, partitions: int = PARTITIONS) -> int:
    """Return the partition of a key: the same in every producer, language and process."""
    return crc32(key.encode()) % partitions


def generation_name(topic: Topic, generation: int) -> str:
    """Return a topic's physical name. Generation 0 is the plain name that the registry states."""
    return topic.name if generation == 0 or not topic.rolls else f"{topic.name}.g{generation}"


def plain_name(name: str) -> str:
    """Return the name in the registry of a topic's physical name, whatever its generation."""
    return re.sub(r"\.g\d+$", "", name)
