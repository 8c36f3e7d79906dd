"""A consumer that rests fetches nothing, waits for one thing, and still finds where topics end."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka import TopicPartition
from tests.support.brokers import settings_for

from lethe.runtime.consumer import Consumer

ONE, OTHER = TopicPartition("topic", 0), TopicPartition("topic", 1)
_TIMEOUT_S = 0.2


@dataclass
class State:
    has_valid_position: bool = True


@dataclass
class Assignment:
    states: dict[TopicPartition, State] = field(
        default_factory=lambda: {ONE: State(), OTHER: State()}
    )

    @property
    def tps(self) -> frozenset[TopicPartition]:
        return frozenset(self.states)

    def state_value(self, partition: TopicPartition) -> State:
        return self.states[partition]


def actions(part: Any) -> tuple[Any, ...]:
    """Stand in for the client's own: fetch what has a place, ask for that of the others."""
    placed = {p for p in part.tps if part.state_value(p).has_valid_position}
    return placed, part.tps - placed, _TIMEOUT_S, False, []


@pytest.fixture(name="consumer")
async def consumer_() -> AsyncIterator[Consumer]:
    options = settings_for("nowhere.invalid:9092", "reader").broker_options()
    consumer = Consumer(**options, enable_auto_commit=False)
    consumer._every = actions
    yield consumer
    await consumer.stop()


async def test_one_that_does_not_rest_fetches_everything_as_the_client_does(
    consumer: Consumer,
) -> None:
    fetched, asked, timeout_s, *_ = consumer._actions(Assignment())
    assert (fetched, asked, timeout_s) == ({ONE, OTHER}, frozenset(), _TIMEOUT_S)


async def test_one_that_rests_waits_until_it_is_told_otherwise_and_for_nothing_else(
    consumer: Consumer,
) -> None:
    consumer.rest()
    fetched, asked, timeout_s, _, [waited_for] = consumer._actions(Assignment())
    assert (fetched, asked, timeout_s) == (set(), frozenset(), None)
    assert not waited_for.done()
    consumer.go_on()
    async with asyncio.timeout(20):
        await waited_for
    fetched, *_, [next_one] = consumer._actions(Assignment())
    assert fetched == {ONE, OTHER}
    assert not next_one.done()


async def test_where_a_partition_begins_or_ends_is_asked_for_while_it_rests(
    consumer: Consumer,
) -> None:
    consumer.rest()
    assignment = Assignment({ONE: State(), OTHER: State(has_valid_position=False)})
    fetched, asked, timeout_s, *_ = consumer._actions(assignment)
    assert (fetched, asked, timeout_s) == (set(), {OTHER}, _TIMEOUT_S)
