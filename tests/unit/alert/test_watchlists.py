import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
from tests.support.databases import a_term
from tests.support.keyrings import keyring_in

from lethe.alert.database import Database, sqlite_url
from lethe.alert.errors import Conflict, NotFound
from lethe.alert.reference import ReferenceState
from lethe.alert.references import SqlReferenceStore
from lethe.alert.term import Term
from lethe.alert.vault import Vault
from lethe.alert.watchlists import WatchlistBook
from lethe.contracts.enrolment import EnrolmentOutcome, ReferenceEnrolled
from lethe.contracts.errors import Erased

IMAGE = b"\xff\xd8\xff the image of a person"


class Shelf:
    """A watchlist book on SQLite, and what lies below it."""

    def __init__(self, term: Term, folder: Path) -> None:
        self.keys = keyring_in(folder / "keys")
        self.store = SqlReferenceStore(term)
        self.book = self.reopened()

    def reopened(self) -> WatchlistBook:
        return WatchlistBook(self.store, Vault(self.keys))


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    database = await Database.open(sqlite_url(tmp_path / "alert.sqlite"))
    shelf = Shelf(await a_term(database), tmp_path)
    await shelf.book.register("list")
    yield shelf
    await database.close()


def _stored(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("alert.sqlite*"))


def outcome(reference_id: str, fault: str | None = None) -> ReferenceEnrolled:
    kind = EnrolmentOutcome.ENROLLED if fault is None else EnrolmentOutcome.REJECTED
    return ReferenceEnrolled(
        reference_id=reference_id,
        watchlist_id="list",
        instance_id="match-1",
        outcome=kind,
        fault=fault,
        resembles="other" if fault == "resembles" else None,
    )


async def test_a_reference_is_kept_with_its_image_and_name(shelf: Shelf) -> None:
    added = await shelf.book.add("list", "s-1", "Ada Lovelace", IMAGE)
    assert await shelf.book.references("list") == [added]
    assert (added.name, added.state) == ("Ada Lovelace", ReferenceState.SUBMITTED)
    payload = await shelf.book.payload(added.reference_id)
    assert payload.image == IMAGE
    assert payload.image_sha256 == sha256(IMAGE).hexdigest()


async def test_names_and_images_are_on_disk_only_sealed(shelf: Shelf, tmp_path: Path) -> None:
    await shelf.book.add("list", "s-1", "Ada Lovelace", IMAGE)
    stored = _stored(tmp_path)
    assert b"s-1" in stored
    assert b"Lovelace" not in stored
    assert IMAGE not in stored


async def test_the_same_image_of_a_subject_is_one_reference_however_often_it_is_added(
    shelf: Shelf,
) -> None:
    added = await asyncio.gather(
        *(shelf.book.add("list", "s-1", "Ada Lovelace", IMAGE) for _ in range(3)),
        shelf.book.add("list", "s-1", "Ada Lovelace", IMAGE + b"2"),
    )
    assert len({reference.reference_id for reference in added}) == 2
    assert len(await shelf.book.references("list")) == 2


async def test_registering_a_watchlist_again_keeps_what_is_in_it(shelf: Shelf) -> None:
    await shelf.book.add("list", "s-1", "Ada Lovelace", IMAGE)
    assert await shelf.book.register("list") is False
    assert len(await shelf.book.references("list")) == 1


async def test_only_what_is_enrolled_counts_for_the_hash(shelf: Shelf) -> None:
    first = await shelf.book.add("list", "s-1", "Ada", IMAGE)
    second = await shelf.book.add("list", "s-2", "Grace", IMAGE + b"2")
    await shelf.book.add("list", "s-3", "Mary", IMAGE + b"3")
    assert await shelf.book.record(outcome(first.reference_id))
    assert await shelf.book.record(outcome(second.reference_id, "resembles"))
    assert await shelf.book.enrolled("list") == [("s-1", first.image_sha256)]
    rejected = (await shelf.book.references("list"))[1]
    assert (rejected.state, rejected.fault, rejected.resembles) == (
        ReferenceState.REJECTED,
        "resembles",
        "other",
    )


@pytest.mark.parametrize("faults", [(None, "no_face"), ("no_face", None)])
async def test_one_rejection_outweighs_an_enrolment_elsewhere_in_any_order(
    shelf: Shelf, faults: tuple[str | None, str | None]
) -> None:
    added = await shelf.book.add("list", "s-1", "Ada", IMAGE)
    for fault in faults:
        await shelf.book.record(outcome(added.reference_id, fault))
    (reference,) = await shelf.book.references("list")
    assert (reference.state, reference.fault) == (ReferenceState.REJECTED, "no_face")


async def test_an_outcome_of_an_unknown_reference_is_told_apart(shelf: Shelf) -> None:
    assert await shelf.book.record(outcome("unknown")) is False


async def test_names_are_known_again_after_a_restart(shelf: Shelf) -> None:
    await shelf.book.add("list", "s-1", "Ada Lovelace", IMAGE)
    book = shelf.reopened()
    assert book.name_of("list", "s-1") == "s-1"
    await book.restore()
    assert book.name_of("list", "s-1") == "Ada Lovelace"


async def test_a_watchlist_whose_key_is_erased_tells_nothing_and_holds_up_no_start(
    shelf: Shelf,
) -> None:
    added = await shelf.book.add("list", "s-1", "Ada Lovelace", IMAGE)
    for name in shelf.keys.names():
        shelf.keys.destroy(name)
    book = shelf.reopened()
    await book.restore()
    assert book.name_of("list", "s-1") == "s-1"
    with pytest.raises(Erased):
        await book.payload(added.reference_id)
    with pytest.raises(Erased):
        await book.references("list")


async def test_a_rejected_reference_can_be_removed_and_an_enrolled_one_cannot(
    shelf: Shelf,
) -> None:
    first = await shelf.book.add("list", "s-1", "Ada", IMAGE)
    second = await shelf.book.add("list", "s-2", "Grace", IMAGE + b"2")
    await shelf.book.record(outcome(first.reference_id))
    await shelf.book.record(outcome(second.reference_id, "no_face"))
    with pytest.raises(Conflict):
        await shelf.book.remove("list", first.reference_id)
    await shelf.book.remove("list", second.reference_id)
    assert [r.reference_id for r in await shelf.book.references("list")] == [first.reference_id]
    assert shelf.book.name_of("list", "s-2") == "s-2"
    assert shelf.book.name_of("list", "s-1") == "Ada"


async def test_what_is_not_there_is_not_found(shelf: Shelf) -> None:
    for call in (
        shelf.book.references("nothing"),
        shelf.book.add("nothing", "s-1", "Ada", IMAGE),
        shelf.book.payload("nothing"),
        shelf.book.remove("list", "nothing"),
    ):
        with pytest.raises(NotFound):
            await call


async def test_a_name_stays_out_of_messages(shelf: Shelf) -> None:
    assert "Lovelace" not in repr(await shelf.book.add("list", "s-1", "Ada Lovelace", IMAGE))
