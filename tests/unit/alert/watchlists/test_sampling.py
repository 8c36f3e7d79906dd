"""A sample is drawn once of what a version holds, and only grows; what is wrong stays wrong."""

from collections.abc import Sequence

import pytest
from tests.support.forgetting import an_order
from tests.support.watchlists import Records, details, imaged, listed, outcome

from lethe.alert.errors import Conflict, NotFound, Stale
from lethe.alert.watchlists.sample import Sample, least_of
from lethe.alert.watchlists.samples import SqlSampleStore
from lethe.alert.watchlists.sampling import SampleDesk
from lethe.contracts.orders import DeploymentOrder


class Sampling:
    """A list of people with an image each, and its samples."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.store = SqlSampleStore(records.term)
        self.desk = SampleDesk(self.store, records.book, records.clock)
        self.ids: list[str] = []

    async def lists(self, *names: str) -> None:
        for name in names:
            self.ids.append(await listed(self.records.book, name))
            await self.pictures(self.ids[-1], name)

    async def pictures(self, subject_id: str, image: str) -> None:
        added = await imaged(self.records.book, "list", subject_id, image.encode())
        await self.records.book.record([outcome(added.reference_id)])

    async def found(self, subject_id: str, *, right: bool = True) -> Sample:
        known = await self.records.book.subjects.known("list", subject_id)
        return await self.desk.check("list", subject_id, "Sue", known.revision, has_passed=right)

    async def order(self, **required: object) -> DeploymentOrder:
        content = await self.records.book.content_hash("list")
        size = await self.records.book.subjects.count("list")
        told = {"watchlist_id": "list", "watchlist_hash": content, "watchlist_size": size}
        return an_order(**(told | required))


@pytest.fixture(name="sampling")
async def sampling_(records: Records) -> Sampling:
    made = Sampling(records)
    await made.lists("Ada", "Bob", "Cid", "Dee", "Eve")
    return made


def drawn(sample: Sample) -> list[str]:
    return [each.subject_id for each in sample.drawn]


async def test_drawing_again_changes_nothing_and_drawing_more_adds(sampling: Sampling) -> None:
    first = await sampling.desk.draw("list", 2, "Ann")
    assert [each.drawn_by for each in first.drawn] == ["Ann"] * 2
    for again in (2, 1):
        assert await sampling.desk.draw("list", again, "Bob") == first
    # A restart doesn't either.
    sampling.desk = SampleDesk(sampling.store, sampling.records.book, sampling.records.clock)
    more = await sampling.desk.draw("list", 4, "Bob")
    assert (drawn(more)[:2], len(set(drawn(more)))) == (drawn(first), 4)
    whole = await sampling.desk.draw("list", 1_000, "Bob")
    assert (set(drawn(whole)), whole.unchecked) == (set(sampling.ids), 5)


async def test_it_is_chance_that_draws(sampling: Sampling) -> None:
    asked: list[tuple[Sequence[str], int]] = []

    def draw(among: Sequence[str], size: int) -> list[str]:
        asked.append((among, size))
        return list(among[-size:])

    desk = SampleDesk(sampling.store, sampling.records.book, sampling.records.clock, draw)
    first = await desk.draw("list", 2, "Ann")
    await desk.draw("list", 3, "Ann")
    left = sorted(set(sampling.ids) - set(drawn(first)))
    assert asked == [(sorted(sampling.ids), 2), (left, 1)]


async def test_a_list_that_is_being_enrolled_or_is_empty_has_no_sample(sampling: Sampling) -> None:
    await imaged(sampling.records.book, "list", sampling.ids[0], b"under way")
    with pytest.raises(Conflict, match="isn't enrolled yet"):
        await sampling.desk.draw("list", 2, "Ann")
    await listed(sampling.records.book, on="empty")
    with pytest.raises(Conflict, match="nobody is enrolled on empty"):
        await sampling.desk.draw("empty", 2, "Ann")
    with pytest.raises(NotFound):
        await sampling.desk.draw("nothing", 2, "Ann")


async def test_who_found_what_is_kept_of_those_who_were_drawn(sampling: Sampling) -> None:
    one, other = drawn(await sampling.desk.draw("list", 2, "Ann"))
    sample = await sampling.found(one)
    assert (sample.passed, sample.failed, sample.unchecked) == (1, 0, 1)
    assert sample.checks[one].checked_by == "Sue"
    sample = await sampling.found(other, right=False)
    assert (sample.passed, sample.failed, sample.unchecked) == (1, 1, 0)
    [nobody] = [each for each in sampling.ids[:3] if each not in (one, other)][:1]
    with pytest.raises(NotFound, match="isn't in the sample"):
        await sampling.found(nobody)


async def test_what_is_wrong_stays_so_until_it_is_changed_and_found_right(
    sampling: Sampling,
) -> None:
    [wrong] = drawn(await sampling.desk.draw("list", 1, "Ann"))
    await sampling.found(wrong, right=False)
    with pytest.raises(Conflict, match="Sue found it wrong: change it first"):
        await sampling.found(wrong)
    # Another image makes another content, of which another sample is drawn.
    await sampling.pictures(wrong, "another image")
    sample = await sampling.desk.find("list")
    assert (sample.drawn, sample.failed, sample.earlier) == ([], 1, 1)
    sample = await sampling.found(wrong)
    assert sample.failed == 0


async def test_who_was_found_right_and_is_changed_is_to_be_checked_again(
    sampling: Sampling,
) -> None:
    [one] = drawn(await sampling.desk.draw("list", 1, "Ann"))
    await sampling.found(one)
    subjects = sampling.records.book.subjects
    await subjects.edit("list", one, details("Renamed"), 1)
    sample = await sampling.desk.find("list")
    assert (drawn(sample), sample.passed, sample.unchecked) == ([one], 0, 1)


async def test_who_is_off_the_list_is_not_wrong_on_it(sampling: Sampling) -> None:
    await sampling.desk.draw("list", 5, "Ann")
    gone = sampling.ids[0]
    await sampling.found(gone, right=False)
    await sampling.records.shelf.subjects.remove("list", gone)
    assert (await sampling.desk.find("list")).failed == 0


async def test_an_order_that_requires_a_sample_waits_for_it(sampling: Sampling) -> None:
    await sampling.desk.require_checked(await sampling.order())
    order = await sampling.order(sample_least=2)

    async def lacks() -> str:
        with pytest.raises(Conflict, match="2 of 5 subjects of list are checked") as refused:
            await sampling.desk.require_checked(order)
        return str(refused.value)

    assert "0 are drawn; draw more with 'lethe watchlist sample list --n 2'" in await lacks()
    one, other = drawn(await sampling.desk.draw("list", 2, "Ann"))
    await sampling.found(one)
    assert "1 of those that are drawn aren't checked; go on with" in await lacks()
    await sampling.found(other, right=False)
    assert "1 are found wrong; change them" in await lacks()
    await sampling.records.book.subjects.edit("list", other, details("Mended"), 1)
    await sampling.found(other)
    await sampling.desk.require_checked(order)
    await sampling.lists("Fay")
    with pytest.raises(Conflict, match="isn't what was ordered; draft it anew"):
        await sampling.desk.require_checked(order)


@pytest.mark.parametrize(
    ("size", "least", "share", "needed"),
    [
        (100, None, None, 0),
        (100, 50, None, 50),
        (20, 50, None, 20),
        (1_001, None, 0.05, 51),
        (1_000, 80, 0.05, 80),
        (1_000, 20, 0.05, 50),
        (10, None, 1.0, 10),
    ],
)
def test_number_and_share_are_minima_of_the_same_list(
    size: int, least: int | None, share: float | None, needed: int
) -> None:
    order = an_order(watchlist_size=size, sample_least=least, sample_share=share)
    assert least_of(order) == needed


async def test_a_finding_is_about_what_was_looked_at(sampling: Sampling) -> None:
    [ada] = drawn(await sampling.desk.draw("list", 1, "Ann"))
    subjects = sampling.records.book.subjects
    known = await subjects.find("list", ada)
    others = known.details.model_copy(update={"grounds": "others than somebody looked at"})
    changed = await subjects.edit("list", ada, others, known.revision)
    with pytest.raises(Stale, match="look again"):
        await sampling.desk.check("list", ada, "Sue", known.revision, has_passed=True)
    assert (await sampling.desk.find("list")).unchecked == 1
    found = await sampling.desk.check("list", ada, "Sue", changed.revision, has_passed=True)
    assert (found.passed, found.unchecked) == (1, 0)
