"""What suspends a deployment, and what comes close to it and doesn't."""

import pytest
from tests.support.ledger import GRANTED, Books

from lethe.contracts.keys import Predecessor, Role
from lethe.contracts.live import FrameOutcome, ProbeOutcome
from lethe.contracts.suspension import SuspensionGround
from lethe.purge.accountant import Ground

_OVER_MS = 20_000


@pytest.fixture(name="books")
def books_() -> Books:
    return Books()


def found(
    books: Books, until_ms: int = _OVER_MS, *, silent: frozenset[Role] = frozenset()
) -> list[Ground]:
    """Let everybody but the silent send tickets as ever; return the grounds that were found."""
    grounds: list[Ground] = []
    sequence = 10
    for at_ms in range(1_400, until_ms, 500):
        books.later(500)
        for role in GRANTED:
            if role not in silent:
                sequence += 1
                books.accountant.hear_ticket(books.ticket(role, sequence, at_ms))
        grounds += books.accountant.take_grounds()
    return grounds


def acknowledge(books: Books, role: Role, numbers: dict[int, int], sequence: int = 2) -> None:
    """Let a role tell that it destroyed its copies of the slot in time."""
    told = [books.destroyed("s1", p, numbers, closed_ms=300) for p in GRANTED[role]]
    books.accountant.hear_ticket(books.ticket(role, sequence, 310, destroyed=told))


def pass_one_frame(books: Books, *, probes: tuple[int, ...] = (0,)) -> None:
    """Let one frame be captured and processed, and its probes be decided."""
    hear = books.accountant
    books.open_slot()
    hear.hear_slot(books.closed("s1", 220, {0: 50}))
    hear.hear_frame(books.processed("s1", 0, 50, probes))
    for probe in probes:
        hear.hear_probe(books.decided("s1", probe, 0, 50))


def test_a_healthy_slot_is_no_ground(books: Books) -> None:
    pass_one_frame(books)
    for role in GRANTED:
        acknowledge(books, role, {0: 120})
    assert found(books) == []
    assert books.accountant.account()["unerased"] == 0


def test_a_copy_that_nobody_accounts_for_is_a_ground_once(books: Books) -> None:
    pass_one_frame(books)
    acknowledge(books, Role.INGEST, {0: 120})
    acknowledge(books, Role.DETECT, {0: 120})
    [ground] = found(books, silent=frozenset({Role.MATCH}))
    assert ground.ground is SuspensionGround.COPY_OPEN
    assert (ground.deployment_id, ground.slot) == ("d", "s1")


def test_a_grant_for_a_holder_that_nobody_knows_is_a_ground(books: Books) -> None:
    pass_one_frame(books)
    for role in GRANTED:
        acknowledge(books, role, {0: 120})
    unknown = books.ticket(Role.DETECT, 1, 0).model_copy(update={"instance_id": "detect-9"})
    books.accountant.hear_grant(books.grant(unknown, "s1", 10))
    grounds = found(books)
    assert {ground.ground for ground in grounds} == {SuspensionGround.COPY_OPEN}
    assert {ground.deployment_id for ground in grounds} == {"d"}


def test_a_copy_is_waited_for_ten_seconds(books: Books) -> None:
    pass_one_frame(books)
    acknowledge(books, Role.INGEST, {0: 120})
    acknowledge(books, Role.DETECT, {0: 120})
    assert found(books, until_ms=2_000, silent=frozenset({Role.MATCH})) == []


def test_a_crash_is_no_ground_once_the_next_process_tells_of_it(books: Books) -> None:
    pass_one_frame(books)
    acknowledge(books, Role.INGEST, {0: 120})
    acknowledge(books, Role.DETECT, {0: 120})
    exited = Predecessor(boot="run-match", exited=books.at(600))
    books.accountant.hear_ticket(
        books.ticket(Role.MATCH, 1, 6_000, boot="run-2", started_ms=5_000, predecessor=exited)
    )
    assert found(books, silent=frozenset({Role.MATCH})) == []


def test_what_was_said_while_nobody_could_be_heard_is_no_ground(books: Books) -> None:
    pass_one_frame(books)
    books.later(30_000)
    assert books.accountant.take_grounds() == []
    for role in GRANTED:
        acknowledge(books, role, {0: 120}, sequence=9)
    books.later(250)
    assert books.accountant.take_grounds() == []


def test_after_a_silence_a_copy_is_waited_for_anew(books: Books) -> None:
    pass_one_frame(books)
    books.later(15_000)
    silent = frozenset({Role.INGEST, Role.DETECT})
    assert found(books, until_ms=6_000, silent=silent) == []
    assert {g.ground for g in found(books, silent=silent)} == {SuspensionGround.COPY_OPEN}


def test_an_age_over_the_budget_is_a_ground(books: Books) -> None:
    pass_one_frame(books)
    acknowledge(books, Role.INGEST, {0: 120})
    acknowledge(books, Role.MATCH, {0: 120})
    acknowledge(books, Role.DETECT, {0: 1_060})
    assert {g.ground for g in found(books)} == {SuspensionGround.AGE_OVER_BUDGET}


def test_an_age_within_the_budget_is_none(books: Books) -> None:
    pass_one_frame(books)
    acknowledge(books, Role.INGEST, {0: 120})
    acknowledge(books, Role.MATCH, {0: 120})
    acknowledge(books, Role.DETECT, {0: 1_050})
    assert found(books) == []


def test_a_processed_frame_that_a_living_ingest_never_sealed_is_a_ground(books: Books) -> None:
    pass_one_frame(books)
    books.accountant.hear_frame(books.processed("s1", 5, 60))
    for role in GRANTED:
        acknowledge(books, role, {0: 120})
    assert {g.ground for g in found(books)} == {SuspensionGround.MORE_PROCESSED}


def test_a_count_that_got_lost_is_none(books: Books) -> None:
    pass_one_frame(books)
    books.accountant.hear_frame(books.processed("s1", 5, 60))
    for role in GRANTED:
        acknowledge(books, role, {0: 120, 5: 125})
    assert found(books) == []
    assert books.accountant.account()["frames"]["reconstructed"] == 1


def test_a_frame_of_an_ingest_that_crashed_is_none(books: Books) -> None:
    books.open_slot()
    books.accountant.hear_frame(books.processed("s1", 5, 60))
    acknowledge(books, Role.DETECT, {5: 120})
    acknowledge(books, Role.MATCH, {5: 120})
    books.accountant.hear_ticket(
        books.ticket(Role.INGEST, 1, 5_000, boot="run-2", started_ms=4_000)
    )
    assert found(books, silent=frozenset({Role.INGEST})) == []


def test_a_decision_about_a_face_that_no_frame_yielded_is_a_ground(books: Books) -> None:
    pass_one_frame(books)
    books.accountant.hear_probe(books.decided("s1", 7, 0, 50))
    for role in GRANTED:
        acknowledge(books, role, {0: 120})
    assert {g.ground for g in found(books)} == {SuspensionGround.MORE_DECIDED}


@pytest.mark.parametrize("outcome", [ProbeOutcome.REFUSED, ProbeOutcome.EXPIRED])
def test_a_probe_that_match_did_not_open_is_none(books: Books, outcome: ProbeOutcome) -> None:
    pass_one_frame(books)
    books.accountant.hear_probe(books.decided("s1", 7, 0, 50, outcome))
    for role in GRANTED:
        acknowledge(books, role, {0: 120})
    assert found(books) == []


def test_a_frame_that_detect_refused_is_none(books: Books) -> None:
    pass_one_frame(books)
    books.accountant.hear_frame(books.processed("s1", 5, 60, outcome=FrameOutcome.REFUSED))
    for role in GRANTED:
        acknowledge(books, role, {0: 120})
    assert found(books) == []


@pytest.mark.parametrize("outcome", [None, FrameOutcome.EXPIRED])
def test_a_decision_without_a_report_of_the_frame_is_none(
    books: Books, outcome: FrameOutcome | None
) -> None:
    books.open_slot()
    hear = books.accountant
    hear.hear_slot(books.closed("s1", 220, {0: 50}))
    if outcome is not None:
        hear.hear_frame(books.processed("s1", 0, 50, outcome=outcome))
    hear.hear_probe(books.decided("s1", 0, 0, 50))
    for role in GRANTED:
        acknowledge(books, role, {0: 120})
    assert found(books) == []


def test_counts_of_a_slot_that_was_never_granted_are_none(books: Books) -> None:
    books.accountant.hear_frame(books.processed("forged", 0, 50, [0]))
    books.accountant.hear_probe(books.decided("forged", 9, 0, 50))
    assert found(books) == []
