"""Users of a secured Apache Kafka, and what they may do."""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest
from pydantic import SecretStr
from tools.kafka.node import ADMIN, ApacheKafka

from lethe.runtime.broker_settings import BrokerSecurity, BrokerSettings

PASSWORDS = {
    ADMIN: "of-the-admin",
    "lethe": "of-lethe",
    "hindered": "of-one",
    "guest": "of-a-guest",
}
_ALLOW, _PREFIXED, _DENY = 3, 4, 2
_LITERAL = 3


class On(IntEnum):
    """What a right is about, as Kafka numbers it."""

    TOPIC = 2
    GROUP = 3
    CLUSTER = 4


class To(IntEnum):
    """What a right allows, as Kafka numbers it."""

    READ = 3
    WRITE = 4
    CREATE = 5
    DELETE = 6
    DESCRIBE = 8
    DESCRIBE_CONFIGS = 10
    ALTER_CONFIGS = 11


def login(node: ApacheKafka, user: str, password: str | None = None) -> BrokerSettings:
    """Return the settings with which a user logs in."""
    return BrokerSettings(
        broker=node.address,
        broker_security=BrokerSecurity.SASL_PLAINTEXT,
        broker_username=user,
        broker_password=SecretStr(password or PASSWORDS[user]),
    )


def environment(settings: BrokerSettings) -> dict[str, str]:
    """Return the same as variables for a process."""
    assert settings.broker_username is not None
    assert settings.broker_password is not None
    return {
        "LETHE_BROKER_SECURITY": settings.broker_security.value,
        "LETHE_BROKER_USERNAME": settings.broker_username,
        "LETHE_BROKER_PASSWORD": settings.broker_password.get_secret_value(),
    }


async def grant(
    node: ApacheKafka, user: str, rights: Mapping[On, Iterable[To]], *, prefix: str = "lethe."
) -> None:
    """Let a user do something with every topic and group whose name begins so."""
    for on, operations in rights.items():
        for to in operations:
            await _rule(node, user, on, prefix, _PREFIXED, to, _ALLOW)


async def forbid(node: ApacheKafka, user: str, topic: str, to: To) -> None:
    """Keep a user from doing something with one topic."""
    await _rule(node, user, On.TOPIC, topic, _LITERAL, to, _DENY)


async def permit(node: ApacheKafka, user: str, topic: str, to: To) -> None:
    """Take back what `forbid` did."""
    rule = (int(On.TOPIC), topic, _LITERAL, f"User:{user}", "*", int(to), _DENY)
    answer = await _asked(node, DeleteAclsRequest(*rule))
    assert [found[0] for found in answer.filter_responses] == [0]


async def _rule(
    node: ApacheKafka, user: str, on: On, name: str, pattern: int, to: To, kind: int
) -> None:
    rule = (int(on), name, pattern, f"User:{user}", "*", int(to), kind)
    answer = await _asked(node, CreateAclsRequest(*rule))
    assert [code for code, _ in answer.creation_responses] == [0]


async def _asked(node: ApacheKafka, request: Any) -> Any:
    client = AIOKafkaAdminClient(**login(node, ADMIN).connection("rules"))
    await client.start()
    try:
        return await client._send_request(request)
    finally:
        await client.close()
