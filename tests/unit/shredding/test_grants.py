"""A grant opens once, for its ticket alone, and only as purge signed it."""

import asyncio
from contextlib import nullcontext

import pytest
from tests.support.clocks import WALL_US, FakeClock
from tests.support.forgetting import (
    ALL_PARTITIONS,
    CAMERA,
    FakeSwitch,
    an_order,
    book_with,
    heard,
    open_frame,
)
from tests.support.pipeline import Pipeline

from lethe.contracts.errors import Erased, Refused
from lethe.contracts.keys import GrantedKey, KeyGranted, KeyTicket, Role
from lethe.contracts.sealed import Purpose, SignedEnvelope
from lethe.contracts.topics import INGEST_TICKET, KEY_GRANTED
from lethe.purge.custodian import Custodian
from lethe.shredding.clock import instant
from lethe.shredding.holder import Holder
from lethe.shredding.keytraffic import KeyTraffic
from lethe.shredding.signing import Signer
from lethe.shredding.suspensions import Suspensions
from lethe.shredding.trust import LocalTrust
from lethe.shredding.wrapping import UnwrapKey


def _signer(trust: LocalTrust, name: str) -> Signer:
    return Signer.from_file(trust.key_file(name))


class _Observer:
    def __init__(self) -> None:
        self.refused = self.held = self.failed = 0
        self.sent = asyncio.Event()

    def ticket_failed(self, _error: Exception) -> None:
        self.failed += 1

    def grant_refused(self, _error: Exception) -> None:
        self.refused += 1

    def granted(self, keys: list[GrantedKey]) -> None:
        self.held += len(keys)


def _traffic(
    holder: Holder, trust: LocalTrust, observer: _Observer, sent: list[bytes]
) -> KeyTraffic:
    async def send(_topic: object, _key: str, body: bytes) -> None:
        sent.append(body)
        observer.sent.set()

    return KeyTraffic(
        holder,
        _signer(trust, holder.role.value),
        trust.roster(),
        ticket_topic=INGEST_TICKET,
        send=send,
        standing=lambda: ALL_PARTITIONS,
        observer=observer,
        every_ms=1,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"slot": "another"},
        {"term": "another"},
        {"ticket_sequence": 9},
        {"boot": "another"},
        {"ticket_hash": bytes(32)},
        {"sealed": b""},
        {"keys": []},
    ],
)
def test_a_grant_changed_in_any_part_yields_no_key(
    trust: LocalTrust, changes: dict[str, object]
) -> None:
    pipeline = Pipeline(trust)
    granted = pipeline.grants()[Role.DETECT]
    with pytest.raises((Refused, Erased)):
        pipeline.holders[Role.DETECT].accept(granted.model_copy(update=changes))
    assert not pipeline.holders[Role.DETECT].holds(CAMERA, Purpose.FRAME)


@pytest.mark.parametrize("field", ["lane", "purpose", "deployment_id", "order_hash", "commitment"])
def test_a_key_renamed_within_its_grant_is_refused(trust: LocalTrust, field: str) -> None:
    pipeline = Pipeline(trust)
    granted = pipeline.grants()[Role.INGEST]
    values = {"lane": "gate-2", "purpose": Purpose.PROBE, "commitment": bytes(32)}
    renamed = granted.keys[0].model_copy(update={field: values.get(field, "another")})
    with pytest.raises(Refused):
        pipeline.holders[Role.INGEST].accept(granted.model_copy(update={"keys": [renamed]}))
    assert not pipeline.holders[Role.INGEST].holds(CAMERA, Purpose.FRAME)


@pytest.mark.parametrize("fits", [True, False])
def test_the_keys_of_a_grant_are_overwritten_once_they_were_taken_or_refused(
    trust: LocalTrust, monkeypatch: pytest.MonkeyPatch, *, fits: bool
) -> None:
    unwrapped: list[bytes] = []
    unwrap = UnwrapKey.unwrap

    def remembered(key: UnwrapKey, wrapped: bytes, binding: bytes) -> bytes:
        secret = unwrap(key, wrapped, binding)
        assert any(secret)
        unwrapped.append(secret)
        return secret

    monkeypatch.setattr(UnwrapKey, "unwrap", remembered)
    pipeline = Pipeline(trust)
    granted = pipeline.grants()[Role.DETECT]
    if not fits:
        monkeypatch.setattr("lethe.shredding.grants.commitment", lambda _key: bytes(32))
    unwrapped.clear()
    with nullcontext() if fits else pytest.raises(Refused):
        pipeline.holders[Role.DETECT].accept(granted)
    assert [any(secret) for secret in unwrapped] == [False]


def test_a_grant_for_another_holder_or_role_is_passed_over(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    granted = pipeline.grants()
    ingest = pipeline.holders[Role.INGEST]
    assert ingest.accept(granted[Role.DETECT]) == []
    other_role = granted[Role.INGEST].model_copy(update={"role": Role.DETECT})
    assert ingest.accept(other_role) == []
    assert len(ingest.accept(granted[Role.INGEST])) == 1


def test_a_grant_opens_once(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    granted = pipeline.grants()[Role.INGEST]
    ingest = pipeline.holders[Role.INGEST]
    assert len(ingest.accept(granted)) == 1
    ingest.release_all()
    with pytest.raises(Erased):
        ingest.accept(granted)
    assert ingest.holds_nothing()


def check_a_ticket_takes_one_grant(trust: LocalTrust, pipeline: Pipeline) -> None:
    """Let two custodians grant to the same tickets, as when one leads that was overtaken."""
    book = book_with(trust, an_order())
    entropy = pipeline.witness.entropy
    other = Custodian(book, Suspensions(book), pipeline.clock, term="other", entropy=entropy)
    custodians = (pipeline.custodian, other)
    for holder in pipeline.holders.values():
        ticket = heard(holder.issue_ticket(ALL_PARTITIONS), instant(pipeline.clock))
        assert all(custodian.hear(ticket) for custodian in custodians)
    pipeline.time.advance_ms(5)
    first, second = ({g.role: g for g in custodian.make()} for custodian in custodians)
    ingest = pipeline.holders[Role.INGEST]
    assert len(ingest.accept(first[Role.INGEST])) == 1
    with pytest.raises(Erased):
        ingest.accept(second[Role.INGEST])


def test_a_ticket_takes_one_grant_whoever_makes_it(trust: LocalTrust) -> None:
    check_a_ticket_takes_one_grant(trust, Pipeline(trust))


class _KeepsItsTickets(Holder):
    def accept(self, granted: KeyGranted) -> list:  # type: ignore[type-arg]
        outstanding = self._tickets.waiting.get(granted.ticket_hash)
        try:
            return super().accept(granted)
        finally:
            if outstanding is not None:
                self._tickets.waiting[granted.ticket_hash] = outstanding
                self._arm()


def test_a_holder_that_keeps_its_tickets_is_found_out(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    pipeline.holders[Role.INGEST] = _KeepsItsTickets(
        "ingest-1",
        Role.INGEST,
        "run-ingest",
        clock=pipeline.clock,
        switch=pipeline.switches[Role.INGEST],
    )
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        check_a_ticket_takes_one_grant(trust, pipeline)


def test_a_second_key_under_a_name_that_is_held_does_not_close_the_first(
    trust: LocalTrust,
) -> None:
    pipeline = Pipeline(trust)
    pipeline.run_slot()
    address, sealed = pipeline.captured(b"frame")
    # A custodian whose term isn't its own: the same slot name, another key.
    detect = pipeline.holders[Role.DETECT]
    pipeline.custodian._slot_number = 0
    second = pipeline.grants()[Role.DETECT]
    assert second.slot == address.slot
    assert detect.accept(second) == []
    told = detect.issue_ticket(ALL_PARTITIONS).destroyed
    assert not any(entry.closed_at_boot_us for entry in told)
    assert open_frame(detect, address, sealed) == b"frame"


def test_a_repeated_grant_does_not_tell_a_live_key_as_closed(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    granted = pipeline.grants()[Role.INGEST]
    ingest = pipeline.holders[Role.INGEST]
    ingest.accept(granted)
    with pytest.raises(Erased):
        ingest.accept(granted)
    assert not ingest.issue_ticket(ALL_PARTITIONS).destroyed


def test_a_grant_counts_only_as_purge_signed_it_on_its_own_topic(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    payload = pipeline.grants()[Role.INGEST].encode()
    observer = _Observer()
    traffic = _traffic(pipeline.holders[Role.INGEST], trust, observer, [])
    purge = _signer(trust, "purge")
    forged = [
        _signer(trust, "ingest").sign(KEY_GRANTED.name, payload),
        _signer(trust, "officer").sign(KEY_GRANTED.name, payload),
        purge.sign(INGEST_TICKET.name, payload),
        purge.sign(KEY_GRANTED.name, payload).model_copy(update={"signature": bytes(64)}),
    ]
    for envelope in forged:
        traffic.on_grant("ingest-1", envelope.encode())
    assert (observer.refused, observer.held) == (4, 0)
    genuine = purge.sign(KEY_GRANTED.name, payload).encode()
    traffic.on_grant("detect-1", genuine)
    assert observer.held == 0
    traffic.on_grant("ingest-1", genuine)
    traffic.on_grant("ingest-1", genuine)
    assert (observer.refused, observer.held) == (5, 1)


async def test_a_holder_that_stops_says_goodbye_holding_nothing(trust: LocalTrust) -> None:
    sent: list[bytes] = []
    clock = FakeClock()
    holder = Holder("ingest-1", Role.INGEST, "run-1", clock=clock, switch=FakeSwitch())
    observer = _Observer()
    traffic = _traffic(holder, trust, observer, sent)
    running = asyncio.create_task(traffic.run())
    await observer.sent.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    last = SignedEnvelope.decode(sent[-1])
    trust.roster().check(last, INGEST_TICKET.name, (Role.INGEST,), WALL_US)
    assert KeyTicket.decode(last.payload).leaving
    assert holder.holds_nothing()


async def test_a_holder_that_keeps_a_clear_copy_never_says_goodbye(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    pipeline.run_slot()
    ingest = pipeline.holders[Role.INGEST]
    assert ingest.reserve(CAMERA, Purpose.FRAME) is not None
    sent: list[bytes] = []
    observer = _Observer()
    traffic = _traffic(ingest, trust, observer, sent)
    running = asyncio.create_task(traffic.run())
    await observer.sent.wait()
    running.cancel()
    await asyncio.sleep(0)
    pipeline.time.advance_ms(1000)
    with pytest.raises(asyncio.CancelledError):
        await running
    tickets = [KeyTicket.decode(SignedEnvelope.decode(body).payload) for body in sent]
    assert not any(ticket.leaving for ticket in tickets)


async def test_what_a_ticket_told_is_told_again_when_it_could_not_be_sent(
    trust: LocalTrust,
) -> None:
    pipeline = Pipeline(trust)
    pipeline.run_slot()
    address, _ = pipeline.captured(b"frame")
    ingest = pipeline.holders[Role.INGEST]
    lost = ingest.issue_ticket(ALL_PARTITIONS)
    ingest.retract(lost)
    told = ingest.issue_ticket(ALL_PARTITIONS).destroyed
    assert [(entry.slot, entry.numbers) for entry in told] == [(address.slot, [address.number])]
    assert told == lost.destroyed
