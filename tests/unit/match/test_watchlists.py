"""What is enrolled, what is turned away and why, and the hash that an order is held to."""

import asyncio
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.indexes import NumpyIndex
from tests.support.match_desk import (
    LENGTH,
    LIST,
    NAME,
    PACK,
    blend,
    hashes,
    image_hash,
    payload,
    template,
    unit,
)

from lethe.contracts.enrolment import EnrolmentOutcome
from lethe.contracts.errors import InvalidInput, Transient
from lethe.contracts.orders import watchlist_hash
from lethe.match.watchlists import Watchlists

_ENROLLED, _REJECTED = EnrolmentOutcome.ENROLLED, EnrolmentOutcome.REJECTED


async def test_an_enrolled_reference_is_found_and_counts_in_the_hash_of_the_list(
    lists: Watchlists, index: NumpyIndex
) -> None:
    told = await lists.enrol(payload("r0", "s0", template(0)))
    assert (told.outcome, told.reference_id, told.instance_id) == (_ENROLLED, "r0", "match-1")
    assert hashes(lists) == {LIST: watchlist_hash([("s0", image_hash("r0"))])}
    [[found]] = await index.search(NAME, [template(0)], 5)
    assert (found.reference_id, found.subject_id) == ("r0", "s0")


async def test_a_fault_that_detect_found_passes_through_and_changes_nothing(
    lists: Watchlists,
) -> None:
    told = await lists.enrol(payload("r0", "s0", None))
    assert (told.outcome, told.fault) == (_REJECTED, "no_face")
    assert hashes(lists) == {}
    await lists.enrol(payload("r1", "s1", template(1)))
    before = hashes(lists)
    told = await lists.enrol(payload("r2", "s2", None))
    assert (told.outcome, hashes(lists)) == (_REJECTED, before)


async def test_a_second_subject_who_looks_like_the_first_is_rejected_with_whom_it_resembles(
    lists: Watchlists, index: NumpyIndex
) -> None:
    await lists.enrol(payload("r0", "s0", template(0)))
    before = hashes(lists)
    told = await lists.enrol(payload("r1", "s1", blend(template(0), 0.51)))
    assert (told.outcome, told.fault, told.resembles) == (_REJECTED, "resembles", "r0")
    assert hashes(lists) == before
    [found] = await index.search(NAME, [template(0)], 5)
    assert [comparison.reference_id for comparison in found] == ["r0"]


async def test_below_the_limit_two_subjects_are_two(lists: Watchlists) -> None:
    await lists.enrol(payload("r0", "s0", template(0)))
    told = await lists.enrol(payload("r1", "s1", blend(template(0), 0.49)))
    assert told.outcome is _ENROLLED


async def test_a_subject_may_look_like_itself(lists: Watchlists) -> None:
    await lists.enrol(payload("r0", "s0", template(0)))
    told = await lists.enrol(payload("r1", "s0", blend(template(0), 0.9)))
    assert told.outcome is _ENROLLED


@pytest.mark.parametrize(("cosine", "flag"), [(0.19, "unlike"), (0.21, None)])
async def test_an_image_that_looks_like_none_of_the_subjects_others_is_enrolled_and_flagged(
    lists: Watchlists, cosine: float, flag: str | None
) -> None:
    first = await lists.enrol(payload("r0", "s0", template(0)))
    await lists.enrol(payload("r1", "s1", template(1)))
    told = await lists.enrol(payload("r2", "s0", blend(template(0), cosine)))
    assert (first.fault, told.outcome, told.fault) == (None, _ENROLLED, flag)
    again = await lists.enrol(payload("r2", "s0", blend(template(0), cosine)))
    assert again.fault == flag
    like_one = await lists.enrol(payload("r3", "s0", blend(template(0), 0.8)))
    assert (like_one.outcome, like_one.fault) == (_ENROLLED, None)


async def test_many_references_of_a_subject_do_not_hide_another_whom_it_resembles(
    lists: Watchlists,
) -> None:
    await lists.enrol(payload("other", "other", template(0)))
    for number in range(12):
        own = unit(template(1) + 0.05 * template(number + 2))
        assert (await lists.enrol(payload(f"r{number}", "s", own))).outcome is _ENROLLED
    between = unit(template(1) * 0.8 + template(0) * 0.6)
    told = await lists.enrol(payload("last", "s", between))
    assert (told.outcome, told.resembles) == (_REJECTED, "other")


async def test_a_reference_submitted_again_changes_nothing(lists: Watchlists) -> None:
    for _ in range(3):
        await lists.enrol(payload("r0", "s0", template(0)))
        assert hashes(lists) == {LIST: watchlist_hash([("s0", image_hash("r0"))])}


async def test_a_reference_enrolled_for_another_subject_is_no_longer_of_the_first(
    lists: Watchlists,
) -> None:
    await lists.enrol(payload("r0", "s0", template(0)))
    await lists.enrol(payload("r1", "s0", template(0)))
    await lists.enrol(payload("r1", "s1", template(1)))
    assert lists.subjects(NAME) == 2
    first = await lists.enrol(payload("r0", "s1", template(1)))
    assert (first.outcome, lists.subjects(NAME)) == (_ENROLLED, 1)
    expected = [("s1", image_hash("r0")), ("s1", image_hash("r1"))]
    assert hashes(lists) == {LIST: watchlist_hash(expected)}
    alone = await lists.enrol(payload("r2", "s0", template(2)))
    assert alone.fault is None, "it is held against references that another subject has now"


async def _hash_of(names: list[tuple[int, int]]) -> str:
    lists = Watchlists(
        NumpyIndex(), instance_id="match-1", resemblance_cosine=0.5, unlikeness_cosine=0.2
    )
    for subject, number in names:
        values = unit(template(subject) + 0.3 * template(20 + number))
        told = await lists.enrol(payload(f"r{subject}.{number}", f"s{subject}", values))
        assert told.outcome is _ENROLLED
    return hashes(lists)[LIST]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12, unique=True),
    st.randoms(use_true_random=False),
)
async def test_the_hash_is_the_contracts_and_does_not_depend_on_the_order(
    names: list[tuple[int, int]], rng: random.Random
) -> None:
    shuffled = list(names)
    rng.shuffle(shuffled)
    expected = watchlist_hash([(f"s{s}", image_hash(f"r{s}.{n}")) for s, n in names])
    assert await _hash_of(names) == await _hash_of(shuffled) == expected


async def test_a_dropped_list_is_gone_here_and_in_the_index(
    lists: Watchlists, index: NumpyIndex
) -> None:
    await lists.enrol(payload("r0", "s0", template(0)))
    await lists.drop(LIST)
    assert (hashes(lists), lists.template_length(NAME)) == ({}, None)
    with pytest.raises(Transient):
        await index.search(NAME, [template(0)], 5)
    await lists.drop(LIST)


async def test_a_list_that_only_the_index_holds_is_dropped(
    lists: Watchlists, index: NumpyIndex
) -> None:
    """As on a Qdrant server, when match was started again."""
    await index.create(NAME, LENGTH)
    index.away = True
    with pytest.raises(Transient):
        await lists.drop(LIST)
    index.away = False
    await lists.drop(LIST)
    with pytest.raises(Transient):
        await index.search(NAME, [template(0)], 5)
    # What came late is dropped again.
    await lists.enrol(payload("r0", "s0", template(0)))
    await lists.drop(LIST)
    assert hashes(lists) == {}


async def test_a_list_that_is_dropped_while_somebody_is_enrolled_leaves_nothing(
    lists: Watchlists, index: NumpyIndex
) -> None:
    for step in ("create", "search", "add"):
        plain, began, may_go_on = getattr(index, step), asyncio.Event(), asyncio.Event()

        async def waits(
            *given: Any,
            plain: Any = plain,
            began: asyncio.Event = began,
            may_go_on: asyncio.Event = may_go_on,
        ) -> Any:
            began.set()
            await may_go_on.wait()
            return await plain(*given)

        setattr(index, step, waits)
        enrolling = asyncio.create_task(lists.enrol(payload("r0", "s0", template(0))))
        await began.wait()
        dropping = asyncio.create_task(lists.drop(LIST))
        await asyncio.sleep(0)
        may_go_on.set()
        await enrolling
        await dropping
        setattr(index, step, plain)
        assert hashes(lists) == {}
        with pytest.raises(Transient):
            await index.search(NAME, [template(0)], 5)


async def test_a_list_whose_index_is_away_claims_nothing_that_is_not_in_it(
    lists: Watchlists, index: NumpyIndex
) -> None:
    index.away = True
    with pytest.raises(Transient):
        await lists.enrol(payload("r0", "s0", template(0)))
    assert hashes(lists) == {}
    index.away = False
    await lists.enrol(payload("r0", "s0", template(0)))
    before = hashes(lists)
    index.full = True
    with pytest.raises(Transient):
        await lists.enrol(payload("r1", "s1", template(1)))
    assert hashes(lists) == before


@pytest.mark.parametrize("body", [b"", b"\x00" * 5, np.full(LENGTH, np.nan, np.float32).tobytes()])
async def test_a_malformed_template_is_refused(lists: Watchlists, body: bytes) -> None:
    malformed = payload("r0", "s0", template(0)).model_copy(update={"template": body})
    with pytest.raises(InvalidInput, match="malformed"):
        await lists.enrol(malformed)
    assert hashes(lists) == {}


async def test_a_template_of_another_model_is_refused(lists: Watchlists) -> None:
    await lists.enrol(payload("r0", "s0", template(0)))
    assert lists.template_length(NAME) == LENGTH
    with pytest.raises(InvalidInput, match="another length"):
        await lists.enrol(payload("r1", "s1", np.ones(LENGTH * 2, np.float32)))


async def test_a_list_tells_its_hash_once_nothing_comes_any_more(
    lists: Watchlists, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made for every ticket it took as long as the list was large."""
    made: list[int] = []

    def counted(references: list[tuple[str, str]]) -> str:
        made.append(len(references))
        return watchlist_hash(references)

    monkeypatch.setattr("lethe.match.watchlists.watchlist_hash", counted)
    for number in range(3):
        await lists.enrol(payload(f"r{number}", f"s{number}", template(number)))
        [told] = lists.tell()
        assert (told.references, told.subjects, told.content_hash) == (number + 1, number + 1, "")
        assert lists.whole(LIST, watchlist_hash([("s0", image_hash("r0"))])) == []
    whole = watchlist_hash([(f"s{n}", image_hash(f"r{n}")) for n in range(3)])
    for _ in range(5):
        [told] = lists.tell()
        assert (told.watchlist_id, told.model, told.content_hash) == (LIST, PACK, whole)
    assert made == [3]
    assert lists.whole(LIST, whole) == [NAME]
    # Sent again for another instance that lacked it: nothing is another than before.
    await lists.enrol(payload("r0", "s0", template(0)))
    assert lists.whole(LIST, whole) == [NAME]
    assert lists.tell()[0].content_hash == whole
    assert made == [3]


async def test_a_larger_list_rests_for_longer_before_it_tells_its_hash(
    lists: Watchlists, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where references come one by one, beside live video, not each has it made anew."""
    monkeypatch.setattr("lethe.match.watchlists._TOLD_AT_ONCE", 2)
    for number in range(3):
        await lists.enrol(payload(f"r{number}", f"s{number}", template(number)))
    told = [lists.tell()[0].content_hash for _ in range(3)]
    assert told == ["", "", watchlist_hash([(f"s{n}", image_hash(f"r{n}")) for n in range(3)])]
