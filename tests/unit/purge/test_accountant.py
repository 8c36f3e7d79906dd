"""The account adds up whatever the order in which it hears things, and however often."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random

import hypothesis.strategies as st
from hypothesis import given, settings
from tests.support.ledger import GRANTED, Books, adds_up

from lethe.contracts.keys import Role
from lethe.contracts.live import FrameOutcome, ProbeOutcome
from lethe.contracts.sealed import Purpose

_MESSAGES_MS = 400


@dataclass(frozen=True)
class Story:
    """What became of one captured frame, and which of its reports are lost."""

    probes: int
    outcome: FrameOutcome | None
    decided: tuple[ProbeOutcome | None, ...]
    reported: bool


def _stories() -> st.SearchStrategy[Story]:
    outcomes = st.none() | st.sampled_from(FrameOutcome)
    ends = st.tuples(*[st.none() | st.sampled_from(ProbeOutcome)] * 3)
    return st.builds(Story, st.integers(0, 3), outcomes, ends, st.booleans())


def _hear(books: Books, stories: list[Story], dropped: int) -> list[Callable[[], None]]:
    """Return everything that is told about one slot, not yet told."""
    hear = books.accountant
    calls: list[Callable[[], None]] = []
    probe, captured = 0, {}
    for number, story in enumerate(stories):
        at_ms = 50 + number
        probes: list[int] = []
        if story.outcome is FrameOutcome.PROCESSED:
            probes = list(range(probe, probe + story.probes))
            probe += story.probes
        if story.reported:
            captured[number] = at_ms
        if story.outcome is not None:
            frame = books.processed("s1", number, at_ms, probes, story.outcome)
            calls.append(partial(hear.hear_frame, frame))
        for name, end in zip(probes, story.decided, strict=False):
            if end is not None:
                probe_end = books.decided("s1", name, number, at_ms, end)
                calls.append(partial(hear.hear_probe, probe_end))
    half = len(captured) // 2
    for at_ms, part, drops in (
        (220, dict(list(captured.items())[:half]), dropped),
        (240, dict(list(captured.items())[half:]), 0),
    ):
        closed = books.closed("s1", at_ms, part, drops)
        calls.append(partial(hear.hear_slot, closed))
    for role, purposes in GRANTED.items():
        ticket = books.ticket(role, 1, 0)
        granted = books.grant(ticket, "s1", 10)
        told = [books.destroyed("s1", p, {0: 120}, closed_ms=300) for p in purposes]
        acknowledging = books.ticket(role, 2, 310, destroyed=told)
        after = books.ticket(role, 3, 1_400)
        calls.append(partial(hear.hear_ticket, ticket))
        calls.append(partial(hear.hear_grant, granted))
        calls.append(partial(hear.hear_ticket, acknowledging))
        calls.append(partial(hear.hear_ticket, after))
    return calls


@settings(max_examples=300, deadline=None)
@given(
    stories=st.lists(_stories(), max_size=6),
    dropped=st.integers(0, 3),
    random=st.randoms(use_true_random=False),
    repeats=st.integers(0, 2),
    settles_between=st.booleans(),
)
def test_the_account_adds_up_in_any_order_and_with_any_repetition(
    *, stories: list[Story], dropped: int, random: Random, repeats: int, settles_between: bool
) -> None:
    books = Books()
    calls = _hear(books, stories, dropped) * (1 + repeats)
    random.shuffle(calls)
    for call in calls:
        call()
        if settles_between:
            books.later(random.randrange(_MESSAGES_MS))
    # Where grants came last, only a later ticket proves that their copies are over.
    for role in GRANTED:
        books.accountant.hear_ticket(books.ticket(role, 9, 2_000))
    books.later(3_500)
    books.later(3_500)
    account = books.accountant.account()
    adds_up(account)
    assert account["settled"]
    assert account["unerased"] == 0
    known = [s for s in stories if s.reported or s.outcome is not None]
    if not settles_between:
        assert account["frames"]["captured"] == len(known)
        assert account["frames"]["lost"] == sum(s.outcome is None for s in known)
        assert account["frames"]["dropped"] == dropped
        assert account["frames"]["reconstructed"] == sum(not s.reported for s in known)


def _tell(books: Books, role: Role, frame_ms: int, probe_ms: int) -> None:
    times = {Purpose.FRAME: {0: frame_ms}, Purpose.PROBE: {0: probe_ms}}
    told = [books.destroyed("s1", purpose, times[purpose]) for purpose in GRANTED[role]]
    books.accountant.hear_ticket(books.ticket(role, 2, 500, destroyed=told))


def test_a_probe_is_counted_also_when_the_report_of_its_frame_is_lost() -> None:
    books = Books()
    books.open_slot()
    books.accountant.hear_probe(books.decided("s1", 0, 0, 100))
    for role in GRANTED:
        books.accountant.hear_ticket(books.ticket(role, 3, 1_500))
    books.later(3_500)
    account = books.accountant.account()
    assert (account["frames"]["lost"], account["faces"]["probes"]) == (1, 1)
    adds_up(account)


def test_more_decided_than_extracted_shows() -> None:
    books = Books()
    books.one_frame()
    books.accountant.hear_probe(books.decided("s1", 7, 0, 100))
    account = books.accountant.account()
    assert account["faces"]["probes"] == 1
    assert sum(account["decisions"].values()) == 2


def test_an_age_is_that_of_the_last_holder() -> None:
    books = Books()
    books.one_frame()
    _tell(books, Role.INGEST, 101, 0)
    _tell(books, Role.DETECT, 160, 170)
    books.later(600)
    assert not books.accountant.account()["settled"]
    _tell(books, Role.MATCH, 0, 190)
    books.later(1)
    account = books.accountant.account()
    assert account["settled"]
    assert account["erasure_age_ms"]["max"] == 90.0
    assert account["latency_ms"]["capture_to_decision"]["max"] == 90.0
    adds_up(account)


def test_pictures_that_couldnt_be_decoded_are_counted_by_camera_and_never_offered() -> None:
    books = Books()
    for at_ms, garbled in ((100, 2), (200, 0), (300, 3)):
        closed = books.closed(None, at_ms, {}).model_copy(update={"garbled": garbled})
        books.accountant.hear_slot(closed)
        books.accountant.hear_slot(closed)
    [camera] = books.accountant.account()["cameras"].values()
    assert (camera["garbled"], camera["offered"]) == (5, 0)


def test_a_frame_is_not_settled_before_its_reports_are_in_or_overdue() -> None:
    books = Books()
    books.open_slot()
    books.accountant.hear_slot(books.closed("s1", 230, {0: 100}))
    for role in GRANTED:
        books.accountant.hear_ticket(books.ticket(role, 3, 1_500))
    books.later(3_000)
    account = books.accountant.account()
    assert (account["settled"], account["frames"]["lost"]) == (False, 0)
    books.later(200)
    account = books.accountant.account()
    assert (account["settled"], account["frames"]["lost"]) == (True, 1)


def test_a_frame_is_unerased_until_every_holder_has_told() -> None:
    books = Books()
    books.one_frame()
    _tell(books, Role.INGEST, 101, 0)
    _tell(books, Role.DETECT, 160, 170)
    books.later(3_000)
    assert books.accountant.account()["unerased"] == 0
    books.later(200)
    account = books.accountant.account()
    assert (account["unerased"], account["settled"]) == (1, False)
    books.accountant.hear_ticket(books.ticket(Role.MATCH, 2, 1_001))
    books.later(1)
    account = books.accountant.account()
    assert (account["unerased"], account["settled"]) == (0, True)
    assert account["erasure_age_ms"]["max"] == 900.0


def test_a_source_that_ended_is_said_to_have_ended() -> None:
    books = Books()
    books.accountant.hear_slot(books.closed(None, 10, {}, dropped=4))
    last = books.closed(None, 20, {}).model_copy(update={"ended": True})
    books.accountant.hear_slot(last)
    camera = books.accountant.account()["cameras"]["gate-1"]
    assert (camera["offered"], camera["dropped"], camera["ended"]) == (4, {"no-key": 4}, True)


def test_the_account_tells_how_a_camera_is() -> None:
    books = Books()
    closed = books.closed("s1", 100, {}, 0)
    books.accountant.hear_slot(
        closed.model_copy(update={"state": "reconnecting", "trouble": "it can't be reached"})
    )
    [camera] = books.accountant.account()["cameras"].values()
    assert (camera["state"], camera["trouble"]) == ("reconnecting", "it can't be reached")
    assert not camera["ended"]
    later = books.closed("s1", 200, {}, 0)
    books.accountant.hear_slot(later.model_copy(update={"state": "running"}))
    [camera] = books.accountant.account()["cameras"].values()
    assert (camera["state"], camera["trouble"]) == ("running", None)
