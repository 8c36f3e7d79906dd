"""A new version is made by copying one: its people, with the images that can be used."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from tests.support.watchlists import Records, details, entered, imaged, outcome

from lethe.alert.errors import Conflict, NotFound
from lethe.alert.watchlists.copying import Copied, CopyDesk
from lethe.alert.watchlists.entry import Entry
from lethe.alert.watchlists.reference import ReferenceState
from lethe.alert.watchlists.version import ListDetails
from lethe.contracts.errors import Erased, InvalidInput

PACK = "5a" * 32


@dataclass
class Enrols:
    submitted: list[str] = field(default_factory=list)

    def submit(self, reference_id: str) -> None:
        self.submitted.append(reference_id)


@dataclass
class Desk:
    records: Records
    enrols: Enrols = field(default_factory=Enrols)

    async def copy(self, new: str = "list-2", after: int = 0, limit: int = 10) -> Copied:
        desk = CopyDesk(self.records.book, self.enrols, lambda: PACK)
        return await desk.copy("list", new, after, limit)

    async def add(self, name: str, *images: bytes, fault: str | None = None) -> str:
        entry = Entry(details(name))
        subject_id = (await entered(self.records.book, entry)).subject_id
        for image in images:
            added = await imaged(self.records.book, "list", subject_id, image)
            await self.records.book.record([outcome(added.reference_id, fault, pack=PACK)])
        return subject_id

    async def names(self, watchlist_id: str = "list-2") -> list[str]:
        found = await self.records.book.subjects.after(watchlist_id, 0, 100)
        return [each.details.name for each in found]


@pytest.fixture(name="desk")
def desk_(records: Records) -> Desk:
    return Desk(records)


async def test_the_copy_is_the_next_version_with_the_same_people_and_images(desk: Desk) -> None:
    old = [await desk.add("Ada", b"a", b"b"), await desk.add("Grace", b"c")]
    copied = await desk.copy()
    assert (copied.subjects, copied.images, copied.left_out, copied.following) == (2, 3, [], None)
    version = copied.version
    assert (version.watchlist_id, version.list_id, version.number) == ("list-2", "list", 2)
    book = desk.records.book
    assert await desk.names() == await desk.names("list") == ["Ada", "Grace"]
    ids = {each.subject_id for each in await book.subjects.after("list-2", 0, 100)}
    assert not ids & set(old)
    references = await book.references("list-2")
    assert {each.state for each in references} == {ReferenceState.SUBMITTED}
    assert desk.enrols.submitted == [each.reference_id for each in references]
    assert [(await book.payload(each.reference_id)).image for each in references] == [
        b"a",
        b"b",
        b"c",
    ]
    assert (await desk.copy("list-3")).version.number == 3


async def test_some_at_a_time_and_the_same_again_adds_nobody_twice(desk: Desk) -> None:
    for name in ("Ada", "Grace", "Mary"):
        await desk.add(name, name.encode())
    first = await desk.copy(limit=2)
    assert (first.subjects, await desk.names()) == (2, ["Ada", "Grace"])
    assert first.following is not None
    for _ in range(2):
        last = await desk.copy(after=first.following, limit=2)
        assert (last.subjects, last.following) == (1, None)
    await desk.copy()
    assert await desk.names() == ["Ada", "Grace", "Mary"]
    assert len(await desk.records.book.references("list-2")) == 3


async def test_what_cannot_be_used_is_left_out(desk: Desk) -> None:
    await desk.add("Ada", b"a")
    rejected = await desk.add("Grace", b"no face", fault="no_face")
    bare = await desk.add("Mary")
    unfit = await desk.add("Joan", b"j")
    book = desk.records.book
    await book.versions.freeze("list", await book.content_hash("list"), {})
    [joan] = await book.of_subject("list", unfit)
    await book.record([outcome(joan.reference_id, "blurred", pack=PACK)])
    copied = await desk.copy()
    assert await desk.names() == ["Ada"]
    assert [subject_id for subject_id, _ in copied.left_out] == [rejected, bare, unfit]
    assert all("none of its images" in str(fault) for _, fault in copied.left_out)


async def test_whose_last_day_is_over_is_left_out_with_the_reason(desk: Desk) -> None:
    subject_id = await desk.add("Ada", b"a")
    known = await desk.records.book.subjects.find("list", subject_id)
    today = datetime.fromtimestamp(desk.records.clock.wall_us() / 1e6, UTC).date()
    over = known.details.model_copy(update={"expires_on": today})
    await desk.records.book.subjects.edit("list", subject_id, over, known.revision)
    desk.records.clock.ms += 48 * 3_600_000
    copied = await desk.copy()
    [(left_out, fault)] = copied.left_out
    assert (left_out, copied.subjects) == (subject_id, 0)
    assert isinstance(fault, InvalidInput)
    assert "expires_on" in str(fault)


async def test_a_copy_needs_an_id_of_its_own_and_a_version_that_is_there(desk: Desk) -> None:
    await desk.add("Ada", b"a")
    with pytest.raises(NotFound):
        await CopyDesk(desk.records.book, desk.enrols, lambda: PACK).copy("none", "list-2", 0, 1)
    with pytest.raises(Conflict, match="id of its own"):
        await desk.copy("list")
    await desk.records.book.versions.register("another", ListDetails())
    with pytest.raises(Conflict, match="another watchlist's"):
        await desk.copy("another")
    await desk.copy()
    await desk.records.book.versions.freeze("list-2", "00" * 32, {})
    with pytest.raises(Conflict, match="ordered"):
        await desk.copy()


async def test_each_version_is_erased_by_itself(desk: Desk) -> None:
    await desk.add("Ada", b"a")
    await desk.copy()
    await desk.records.ends().erase("list")
    assert await desk.names() == ["Ada"]
    [reference] = await desk.records.book.references("list-2")
    assert (await desk.records.book.payload(reference.reference_id)).image == b"a"
    with pytest.raises(Erased):
        await desk.copy("list-3")
