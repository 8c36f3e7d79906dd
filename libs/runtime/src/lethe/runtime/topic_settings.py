"""How the topics on a broker differ from the registry."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import NoError, UnknownTopicOrPartitionError, for_code
from aiokafka.protocol.metadata import MetadataRequest

from lethe.contracts.errors import InvalidInput
from lethe.contracts.topic import Topic
from lethe.runtime.reaching import refusal

PARTITIONS = "partitions"
_SET_ON_THE_TOPIC = 1


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting of one topic that isn't as the registry states."""

    topic: str
    setting: str
    found: str
    wanted: str

    def __str__(self) -> str:
        """Return it in one line."""
        return f"topic {self.topic}: {self.setting} is {self.found}, wanted {self.wanted}"


async def partition_counts(client: AIOKafkaAdminClient, names: list[str]) -> dict[str, int]:
    """Return the partitions of those of the named topics that the broker has.

    No topic comes into being by the question.

    Raises
    ------
    InvalidInput
        If it doesn't let this user see one of them.
    """
    counts = {}
    # `describe_topics` lets a broker make what it is asked for, with partitions of its own liking.
    question = MetadataRequest(names, allow_auto_topic_creation=False)
    answer = await client._send_request(question)  # noqa: SLF001 - there is no other way to ask
    for described in answer.to_object()["topics"]:
        name, kind = described["topic"], for_code(described["error_code"])
        if kind is UnknownTopicOrPartitionError:
            continue
        _require(kind, name)
        counts[name] = len(described["partitions"])
    return counts


async def differences(client: AIOKafkaAdminClient, topics: Iterable[Topic]) -> list[Difference]:
    """Compare topics that the broker has with what the registry states of them.

    Raises
    ------
    InvalidInput
        If it doesn't let this user see one of them.
    """
    by_name = {topic.name: topic for topic in topics}
    counts = await partition_counts(client, list(by_name))
    found = [
        Difference(name, PARTITIONS, str(count), str(by_name[name].partitions))
        for name, count in counts.items()
        if count != by_name[name].partitions
    ]
    for name, entries in (await _configs(client, list(counts))).items():
        values = {entry[0]: entry[1] for entry in entries}
        found += [
            Difference(name, setting, str(values.get(setting)), wanted)
            for setting, wanted in by_name[name].broker_settings().items()
            if values.get(setting) != wanted
        ]
    return found


async def apply(client: AIOKafkaAdminClient, wanted: Iterable[Topic]) -> None:
    """Set the registry's settings on topics; what else was set on them stays.

    Raises
    ------
    InvalidInput
        If the broker refuses.
    """
    by_name = {topic.name: topic for topic in wanted}
    resources = []
    # The request replaces all of a topic's own settings, so those that stay are sent as well.
    for name, entries in (await _configs(client, list(by_name))).items():
        own = {entry[0]: entry[1] for entry in entries if entry[3] == _SET_ON_THE_TOPIC}
        resources.append(_resource(name, own | by_name[name].broker_settings()))
    for answer in await client.alter_configs(resources):
        for code, told, _, name in answer.resources:
            _require(for_code(code), name, told)


async def _configs(
    client: AIOKafkaAdminClient, names: list[str]
) -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    answers = await client.describe_configs([_resource(name) for name in names]) if names else []
    for answer in answers:
        for code, told, _, name, entries in answer.resources:
            _require(for_code(code), name, told)
            found[name] = list(entries)
    return found


def _resource(name: str, settings: dict[str, str] | None = None) -> ConfigResource:
    return ConfigResource(ConfigResourceType.TOPIC, name, configs=settings)


def _require(kind: type[Exception], topic: str, told: str | None = None) -> None:
    if kind is NoError:
        return
    raise refusal(kind(topic)) or InvalidInput(
        f"topic {topic}: the broker refuses ({told or kind.__name__})"
    )
