"""One ticket is answered with the keys of some slots: each has the life of its own slot."""

import pytest
from tests.support.forgetting import CAMERA, open_frame, seal_frame
from tests.support.pipeline import Pipeline

from lethe.contracts.errors import Erased, Refused
from lethe.contracts.instants import Instant
from lethe.contracts.keys import KeyGranted, Role
from lethe.contracts.sealed import Purpose
from lethe.ingest.capture import _SPARE_MS
from lethe.purge.grant_draft import GrantDraft
from lethe.shredding.keytraffic import SLOT_MS, SLOTS_PER_TICKET
from lethe.shredding.trust import LocalTrust

SENT_TO_MADE_MS = 5
WIPED_MS = 800
"""After its ticket, a key whose slot begins at once is wiped."""


@pytest.fixture(name="pipeline")
def pipeline_(trust: LocalTrust) -> Pipeline:
    pipeline = Pipeline(trust, slots=SLOTS_PER_TICKET)
    pipeline.run_slot()
    return pipeline


def slot_in_use(pipeline: Pipeline) -> str | None:
    """Return under which slot's key a frame would be captured now."""
    reservation = pipeline.holders[Role.INGEST].reserve(CAMERA, Purpose.FRAME)
    if reservation is None:
        return None
    pipeline.holders[Role.INGEST].release(reservation)
    return reservation.slot


def test_a_frame_is_captured_under_the_slot_whose_turn_it_is(pipeline: Pipeline) -> None:
    used = []
    for _ in range(SLOTS_PER_TICKET * 4):
        used.append(slot_in_use(pipeline))
        pipeline.time.advance_ms(SLOT_MS / 4)
    assert used == [f"term-{number}" for number in (1, 2, 3) for _ in range(4)]


def test_the_next_grants_first_slot_comes_before_what_is_left_of_the_last(
    pipeline: Pipeline,
) -> None:
    pipeline.time.advance_ms(SLOT_MS * 2 - 20)
    assert slot_in_use(pipeline) == "term-2"
    pipeline.run_slot()
    assert slot_in_use(pipeline) == "term-4"
    pipeline.time.advance_ms(30)
    assert slot_in_use(pipeline) == "term-4", "the third slot has begun, and is older"


@pytest.mark.parametrize("number", range(SLOTS_PER_TICKET))
def test_a_slots_key_is_wiped_as_long_after_its_beginning_as_any_other(
    pipeline: Pipeline, number: int
) -> None:
    detect = pipeline.holders[Role.DETECT]
    pipeline.time.advance_ms(number * SLOT_MS)
    address, sealed = pipeline.captured(b"passer-by")
    assert address.slot == f"term-{number + 1}"
    pipeline.time.advance_ms(WIPED_MS - SENT_TO_MADE_MS - detect.life.opening_reserve_ms - 1)
    assert open_frame(detect, address, sealed) == b"passer-by"


@pytest.mark.parametrize("number", range(SLOTS_PER_TICKET))
def test_a_slots_key_opens_nothing_after_its_end(pipeline: Pipeline, number: int) -> None:
    detect = pipeline.holders[Role.DETECT]
    pipeline.time.advance_ms(number * SLOT_MS)
    address, sealed = pipeline.captured(b"passer-by")
    pipeline.time.advance_ms(WIPED_MS - SENT_TO_MADE_MS)
    detect.reap()
    with pytest.raises(Erased):
        open_frame(detect, address, sealed)
    left = {slot for slot, *_ in pipeline.witness.live_numbers(detect)}
    assert left == {f"term-{later + 1}" for later in range(number + 1, SLOTS_PER_TICKET)}


def test_the_switch_is_armed_for_the_oldest_of_them(pipeline: Pipeline) -> None:
    begun_us = pipeline.clock.boot_us() - SENT_TO_MADE_MS * 1000
    for number in range(SLOTS_PER_TICKET):
        assert pipeline.switches[Role.MATCH].at_us == begun_us + (number * SLOT_MS + 950) * 1000
        pipeline.time.advance_ms(SLOT_MS if number else WIPED_MS)
        pipeline.holders[Role.MATCH].reap()
    assert pipeline.switches[Role.MATCH].at_us is None


def test_nothing_is_captured_before_its_slot_begins(pipeline: Pipeline) -> None:
    ingest = pipeline.holders[Role.INGEST]
    reservation = ingest.reserve(CAMERA, Purpose.FRAME, slot="term-3")
    assert reservation is not None
    ingest.release(reservation)
    sealed = seal_frame(ingest, b"passer-by")
    assert sealed is not None
    early = sealed[0].model_copy(update={"slot": "term-3", "number": 5})
    with pytest.raises(Erased, match="no key was in hand"):
        ingest.seal("topic", early, memoryview(b"passer-by"), step=1024)


def test_holders_who_are_told_different_times_cannot_open_each_others_records(
    trust: LocalTrust, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = Pipeline(trust, slots=1)
    grant = pipeline.custodian._grant

    def lie(draft: GrantDraft, now: Instant) -> KeyGranted | None:
        if draft.heard.ticket.role is Role.DETECT:
            draft.named = [each.model_copy(update={"after_ms": 400}) for each in draft.named]
        return grant(draft, now)

    monkeypatch.setattr(pipeline.custodian, "_grant", lie)
    pipeline.run_slot()
    address, sealed = pipeline.captured(b"passer-by")
    with pytest.raises(Refused):
        open_frame(pipeline.holders[Role.DETECT], address, sealed)


def test_no_key_of_a_slot_is_another_slots(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust, slots=SLOTS_PER_TICKET)
    granted = pipeline.grants()
    drawn = {(key.slot, key.purpose): key.commitment for g in granted.values() for key in g.keys}
    assert len(drawn) == len(set(drawn.values())) == 2 * SLOTS_PER_TICKET


def test_without_further_grants_capturing_stops_within_the_budget(pipeline: Pipeline) -> None:
    ingest = pipeline.holders[Role.INGEST]

    def captures() -> bool:
        return ingest.unspent(CAMERA, Purpose.FRAME, spare_ms=_SPARE_MS) > 0

    last = (SLOTS_PER_TICKET - 1) * SLOT_MS + WIPED_MS - _SPARE_MS
    assert last < ingest.life.budget_ms
    pipeline.time.advance_ms(last - SENT_TO_MADE_MS - 1)
    assert captures()
    pipeline.time.advance_ms(1)
    assert not captures()


def test_whoever_lets_go_holds_nothing_of_the_slots_to_come(pipeline: Pipeline) -> None:
    for holder in pipeline.holders.values():
        holder.release_all()
        assert holder.holds_nothing()
    assert slot_in_use(pipeline) is None
