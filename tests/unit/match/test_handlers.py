"""What match makes of records, and what it publishes."""

from functools import partial

import pytest
from prometheus_client import REGISTRY
from tests.support.brokers import eventually
from tests.support.match_desk import (
    blend,
    payload,
    template,
    ticket_of_alert,
)
from tests.support.matching import Match
from tests.support.members import signed_by
from tests.support.publishing import record

from lethe.contracts.base import InvalidMessage
from lethe.contracts.enrolment import ReferenceEnrolled
from lethe.contracts.errors import Refused, RolledBack, Transient
from lethe.contracts.headers import address_headers
from lethe.contracts.keys import Role, TransitKey
from lethe.contracts.live import CandidatesFound, ProbeDecided, ProbeOutcome
from lethe.contracts.sealed import Purpose, SealAddress, SignedEnvelope
from lethe.contracts.topic import Topic
from lethe.contracts.topics import (
    ALERT_TICKET,
    CANDIDATES_FOUND,
    PROBE_DECIDED,
    PROBE_EXTRACTED,
    REFERENCE_ENROLLED,
    REFERENCE_EXTRACTED,
)
from lethe.match.enrolment import EnrolmentDesk
from lethe.match.handlers import MOST_PROBES, MOST_TEMPLATES
from lethe.runtime.records import Record
from lethe.shredding.clock import instant
from lethe.shredding.trust import LocalTrust

_KEY = TransitKey(key_id="k", public_key=b"public")


def probe_record(address: SealAddress, body: bytes, *, key: str | None = None) -> Record:
    return record(PROBE_EXTRACTED, key or address.lane, body, address_headers(address))


async def test_probes_that_wait_are_decided_and_told(match: Match) -> None:
    probes = [match.world.probe(t) for t in (template(0), blend(template(0), 0.4))]
    for probe in probes:
        await match.handlers.on_probe(probe_record(probe.address, probe.body))

    async def until_told() -> None:
        await eventually(lambda: len(match.publisher.of(PROBE_DECIDED)) == len(probes))

    await match.while_running(match.handlers.decide_probes(match.world.desk), until_told)
    told = [ProbeDecided.decode(sent.body) for sent in match.publisher.of(PROBE_DECIDED)]
    assert {t.outcome for t in told} == {ProbeOutcome.CANDIDATES, ProbeOutcome.NON_MATCH}


def displaced(topic: Topic) -> float:
    labels = {"topic": topic.name}
    return REGISTRY.get_sample_value("lethe_records_displaced_total", labels) or 0.0


async def test_where_too_many_wait_the_oldest_gives_way_and_is_counted(match: Match) -> None:
    before = displaced(PROBE_EXTRACTED), displaced(REFERENCE_EXTRACTED)
    probe = match.world.probe(template(0))
    for body in (b"first", b"second", *(b"later" for _ in range(MOST_PROBES - 1))):
        await match.handlers.on_probe(probe_record(probe.address, body))
    for body in (b"first", b"second", *(b"later" for _ in range(MOST_TEMPLATES - 1))):
        headers = address_headers(probe.address)
        await match.handlers.on_template(record(REFERENCE_EXTRACTED, "enrolment", body, headers))
    assert match.handlers._waiting.qsize() == MOST_PROBES
    assert match.handlers._waiting.get_nowait().body == b"second"
    assert match.handlers._templates.qsize() == MOST_TEMPLATES
    assert match.handlers._templates.get_nowait()[1] == b"second"
    after = displaced(PROBE_EXTRACTED), displaced(REFERENCE_EXTRACTED)
    assert after == (before[0] + 1, before[1] + 1)


async def test_a_probe_larger_than_any_that_was_sealed_does_not_wait(match: Match) -> None:
    probe = match.world.probe(template(0))
    await match.handlers.on_probe(probe_record(probe.address, probe.body))
    with pytest.raises(Refused, match="larger"):
        await match.handlers.on_probe(probe_record(probe.address, probe.body + b"x"))


async def test_a_decision_that_the_broker_does_not_take_stops_nothing(match: Match) -> None:
    match.publisher.refusing.add(PROBE_DECIDED.name)

    async def two_batches() -> None:
        for _ in range(2):
            probe = match.world.probe(template(0))
            rescued = len(match.world.rescued)
            await match.handlers.on_probe(probe_record(probe.address, probe.body))
            await eventually(partial(match.has_rescued, rescued + 1))
            if not match.publisher.refusing:
                await eventually(lambda: bool(match.publisher.of(PROBE_DECIDED)))
            match.publisher.refusing.clear()

    await match.while_running(match.handlers.decide_probes(match.world.desk), two_batches)


async def test_a_rescue_is_signed_by_match(match: Match) -> None:
    await match.world.decide(match.world.probe(template(0)))
    [found] = match.world.rescued
    await match.handlers.rescue(found)
    [sent] = match.publisher.of(CANDIDATES_FOUND)
    envelope = SignedEnvelope.decode(sent.body)
    now_us = match.world.clock.wall_us()
    match.member.roster.check(envelope, CANDIDATES_FOUND.name, (Role.MATCH,), now_us)
    assert (CandidatesFound.decode(envelope.payload), sent.key) == (found, found.camera_id)
    match.publisher.refusing.add(CANDIDATES_FOUND.name)
    with pytest.raises(Transient):
        await match.handlers.rescue(found)


async def test_a_record_that_is_addressed_as_something_else_is_refused(match: Match) -> None:
    probe = match.world.probe(template(0))
    with pytest.raises(Refused):
        await match.handlers.on_probe(probe_record(probe.address, probe.body, key="gate-2"))
    elsewhere = probe.address.model_copy(update={"purpose": Purpose.FRAME})
    with pytest.raises(Refused):
        await match.handlers.on_probe(probe_record(elsewhere, probe.body))
    with pytest.raises(InvalidMessage):
        await match.handlers.on_probe(record(PROBE_EXTRACTED, "gate-1", probe.body))


async def test_only_alert_announces_transit_keys(match: Match, trust: LocalTrust) -> None:
    now = instant(match.world.clock)
    for forger in ("match", "purge", "officer"):
        body = signed_by(trust, forger, ALERT_TICKET, ticket_of_alert(_KEY))
        with pytest.raises(Refused):
            await match.handlers.on_alert_ticket(record(ALERT_TICKET, "alert-1", body))
    before = match.world.transit.current(now)
    assert before is not None
    assert before.key_id == "transit-1"
    body = signed_by(trust, "alert", ALERT_TICKET, ticket_of_alert(_KEY))
    await match.handlers.on_alert_ticket(record(ALERT_TICKET, "alert-1", body))
    assert match.world.transit.current(now) == _KEY


async def test_an_announcement_of_before_does_not_bring_a_transit_key_back(
    match: Match, trust: LocalTrust
) -> None:
    # Whoever may write to the broker could have pictures of alerts sealed to a destroyed key.
    old, new = (TransitKey(key_id=name, public_key=b"key", term=1) for name in ("old", "new"))
    bodies = [
        signed_by(trust, "alert", ALERT_TICKET, ticket.model_copy(update={"sequence": sequence}))
        for sequence, ticket in enumerate(map(ticket_of_alert, (old, new)), 2)
    ]
    for body in bodies:
        await match.handlers.on_alert_ticket(record(ALERT_TICKET, "alert-1", body))
    with pytest.raises(RolledBack):
        await match.handlers.on_alert_ticket(record(ALERT_TICKET, "alert-1", bodies[0]))
    assert match.world.transit.current(instant(match.world.clock)) == new


async def test_a_template_that_does_not_open_does_not_hold_up_the_next(match: Match) -> None:
    world = match.world
    world.run_enrolment_slot()
    detect, topic = world.holders[Role.DETECT], REFERENCE_EXTRACTED
    bodies = [b"nothing that fits", payload("r9", "s9", template(9)).encode()]
    for body in bodies:
        address, sealed = world.sealed_reference(detect, topic, Purpose.REFERENCE_TEMPLATE, body)
        await match.handlers.on_template(
            record(topic, address.lane, sealed, address_headers(address))
        )

    async def until_enrolled() -> None:
        await eventually(lambda: bool(match.publisher.of(REFERENCE_ENROLLED)))

    desk = EnrolmentDesk(world.holders[Role.MATCH], world.watchlists)
    await match.while_running(match.handlers.enrol_references(desk), until_enrolled)
    [told] = match.publisher.of(REFERENCE_ENROLLED)
    envelope, now_us = SignedEnvelope.decode(told.body), world.clock.wall_us()
    match.member.roster.check(envelope, REFERENCE_ENROLLED.name, (Role.MATCH,), now_us)
    assert ReferenceEnrolled.decode(envelope.payload).reference_id == told.key == "r9"


async def test_templates_that_wait_are_enrolled_and_told_of_together(match: Match) -> None:
    world = match.world
    world.run_enrolment_slot()
    await _let_wait(match, "r8", "r9")
    desk = EnrolmentDesk(world.holders[Role.MATCH], world.watchlists)

    async def until_enrolled() -> None:
        await eventually(lambda: len(match.publisher.of(REFERENCE_ENROLLED)) == 2)

    await match.while_running(match.handlers.enrol_references(desk), until_enrolled)
    assert [sent.key for sent in match.publisher.of(REFERENCE_ENROLLED)] == ["r8", "r9"]
    assert match.publisher.together == [2]


async def test_outcomes_that_the_broker_does_not_take_stop_nothing(match: Match) -> None:
    world = match.world
    world.run_enrolment_slot()
    match.publisher.refusing.add(REFERENCE_ENROLLED.name)
    desk = EnrolmentDesk(world.holders[Role.MATCH], world.watchlists)

    async def one_after_the_other() -> None:
        await _let_wait(match, "r8")
        await eventually(lambda: match.publisher.together == [1])
        match.publisher.refusing.clear()
        await _let_wait(match, "r9")
        await eventually(lambda: bool(match.publisher.of(REFERENCE_ENROLLED)))

    await match.while_running(match.handlers.enrol_references(desk), one_after_the_other)
    assert [sent.key for sent in match.publisher.of(REFERENCE_ENROLLED)] == ["r9"]


async def _let_wait(match: Match, *reference_ids: str) -> None:
    world, topic = match.world, REFERENCE_EXTRACTED
    for place, reference_id in enumerate(reference_ids):
        body = payload(reference_id, f"of-{reference_id}", template(place)).encode()
        address, sealed = world.sealed_reference(
            world.holders[Role.DETECT], topic, Purpose.REFERENCE_TEMPLATE, body
        )
        await match.handlers.on_template(
            record(topic, address.lane, sealed, address_headers(address))
        )
