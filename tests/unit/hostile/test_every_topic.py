"""What somebody may write to any topic is refused by whoever reads it, counted, and not shown.

The matrix comes from the registry of topics: a topic that a service is said to read and doesn't,
or for which there is no good record to begin with, fails.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import REGISTRY as METRICS
from prometheus_client import generate_latest
from tests.support.forgetting import local_trust
from tests.support.hostile import (
    MARK,
    Attack,
    attacks,
    good,
    signed_by_another,
)
from tests.unit.hostile.services import Service, service_of

from lethe.contracts.stack import DeadLetter
from lethe.contracts.topic import Body, Topic
from lethe.contracts.topics import (
    CAMERA_ASSIGNED,
    CANDIDATES_FOUND,
    KEY_GRANTED,
    PURGE_LEADERSHIP,
    REGISTRY,
    TICKETS,
)
from lethe.shredding.trust import LocalTrust

ELSEWHERE = {
    (PURGE_LEADERSHIP, "purge"): "nothing is written to it",
    (CAMERA_ASSIGNED, "match"): "only its partitions are shared out",
    (CANDIDATES_FOUND, "alert"): "read durably, see test_candidates.py",
}
"""Readers by the registry that have no handler in the dispatch table, and why."""

READ = [
    (topic, name)
    for topic in REGISTRY
    for name in topic.consumers
    if (topic, name) not in ELSEWHERE
]


CASES = [
    pytest.param(topic, name, attack, id=f"{topic.name}-{name}-{kind}")
    for topic, name in READ
    for kind, attack in attacks(topic, name).items()
]


@pytest.fixture(name="trust", scope="module")
def trust_(tmp_path_factory: pytest.TempPathFactory) -> LocalTrust:
    return local_trust(tmp_path_factory.mktemp("trust"))


@pytest.fixture(name="services")
async def services_(trust: LocalTrust, tmp_path: Path) -> AsyncIterator[dict[str, Service]]:
    names = ("ingest", "detect", "match", "alert", "purge")
    services = {name: service_of(name, trust, tmp_path) for name in names}
    yield services
    for service in services.values():
        await service.reader.stop()


def refused() -> float:
    """Return how many dead letters and refused grants were counted, of whatever topic."""
    return sum(
        sample.value
        for metric in METRICS.collect()
        if metric.name in ("lethe_dead_letters", "lethe_grants")
        for sample in metric.samples
        if sample.name.endswith("_total") and sample.labels.get("result") != "held"
    )


@pytest.mark.parametrize(("topic", "name"), READ, ids=lambda each: getattr(each, "name", each))
async def test_every_reader_of_the_registry_takes_a_good_record(
    services: dict[str, Service], trust: LocalTrust, topic: Topic, name: str
) -> None:
    before = refused()
    assert services[name].reads(topic)
    await services[name].take(topic, good(topic, trust))
    assert refused() == before


@pytest.mark.parametrize(("topic", "name"), ELSEWHERE, ids=lambda each: getattr(each, "name", each))
async def test_a_reader_that_is_left_out_has_no_handler(
    services: dict[str, Service], topic: Topic, name: str
) -> None:
    assert name in topic.consumers
    assert not services[name].reads(topic)


@pytest.mark.parametrize(("topic", "name", "attack"), CASES)
async def test_it_is_refused_counted_and_not_shown_and_the_next_is_taken(
    services: dict[str, Service],
    trust: LocalTrust,
    capsys: pytest.CaptureFixture[str],
    topic: Topic,
    name: str,
    attack: Attack,
) -> None:
    service, before = services[name], refused()
    await service.take(topic, attack(good(topic, trust)))
    assert refused() == before + 1
    for sent in service.publisher.sent:
        assert sent.topic == topic.dead_letters
        assert DeadLetter.decode(sent.body).topic == topic.name
        assert MARK not in repr(sent).encode()
    await service.take(topic, good(topic, trust))
    assert refused() == before + 1
    told = capsys.readouterr()
    assert MARK.decode() not in told.out + told.err
    assert MARK not in generate_latest()


_SIGNED = [
    pytest.param(topic, name, other, id=f"{topic.name}-{name}-by-{other}")
    for topic, name in READ
    if topic.body is Body.SIGNED and (topic is not KEY_GRANTED or name == "purge")
    for other in ("ingest", "detect", "match", "alert", "purge", "officer")
    if other != topic.producer
]


@pytest.mark.parametrize(("topic", "name", "other"), _SIGNED)
async def test_nobody_signs_for_another(
    services: dict[str, Service], trust: LocalTrust, topic: Topic, name: str, other: str
) -> None:
    before = refused()
    await services[name].take(topic, signed_by_another(good(topic, trust), topic, trust, other))
    assert refused() == before + 1


@pytest.mark.parametrize("topic", TICKETS.values(), ids=lambda topic: topic.name)
async def test_a_ticket_under_another_key_is_refused_by_purge(
    services: dict[str, Service], trust: LocalTrust, topic: Topic
) -> None:
    before = refused()
    await services["purge"].take(topic, replace(good(topic, trust), key=MARK))
    assert refused() == before + 1


_TICKETS = [(topic, name) for topic, name in READ if topic in TICKETS.values()]


@pytest.mark.parametrize(("topic", "name"), _TICKETS, ids=lambda each: getattr(each, "name", each))
async def test_a_ticket_that_is_written_again_is_refused_by_whoever_reads_it(
    services: dict[str, Service], trust: LocalTrust, topic: Topic, name: str
) -> None:
    before = refused()
    ticket = good(topic, trust)
    await services[name].take(topic, ticket)
    for again in (1, 2):
        await services[name].take(topic, ticket)
        assert refused() == before + again
