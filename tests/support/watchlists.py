"""What tests of watchlists are built from."""

from pathlib import Path
from typing import Any

from tests.support.alert_desk import ManualClock
from tests.support.keyrings import keyring_in

from lethe.alert.term import Term
from lethe.alert.vault import Vault
from lethe.alert.watchlists.book import WatchlistBook
from lethe.alert.watchlists.end import OrderedList
from lethe.alert.watchlists.ending import WatchlistEnds
from lethe.alert.watchlists.ends import SqlEndStore
from lethe.alert.watchlists.entry import Entered, Entry
from lethe.alert.watchlists.over import OverJudge
from lethe.alert.watchlists.reference import Reference
from lethe.alert.watchlists.samples import SqlSampleStore
from lethe.alert.watchlists.sampling import SampleDesk
from lethe.alert.watchlists.sql_shelf import sql_shelf
from lethe.alert.watchlists.subject import SubjectDetails
from lethe.alert.watchlists.version import ListDetails
from lethe.contracts.enrolment import EnrolmentOutcome, ReferenceEnrolled
from lethe.contracts.errors import LetheError

IMAGE = b"\xff\xd8\xff the image of a person"


def details(name: str = "Ada Lovelace", **others: Any) -> SubjectDetails:
    """Return the details of somebody; the reference number is theirs alone."""
    told = {
        "reference_number": f"no. {name}",
        "name": name,
        "category": "wanted on warrant",
        "grounds": "failed to appear at Northtown court",
    }
    return SubjectDetails.model_validate(told | others)


class Records:
    """A watchlist book on a database, and what lies below it."""

    def __init__(self, term: Term, folder: Path) -> None:
        self.term = term
        self.clock = ManualClock()
        self.judge = OverJudge(self.clock)
        self.keys = keyring_in(folder / "keys", self.clock)
        self.shelf = sql_shelf(term)
        self.end_store = SqlEndStore(term)
        self.book = self.reopened()
        self.ordered: list[OrderedList] = []

    def reopened(self) -> WatchlistBook:
        return WatchlistBook(self.shelf, Vault(self.keys), self.clock)

    def samples(self) -> SampleDesk:
        """Return what draws samples of the book's watchlists."""
        return SampleDesk(SqlSampleStore(self.term), self.book, self.clock)

    def ends(self, hours: float = 24) -> WatchlistEnds:
        """Return what has the book's watchlists erased, as made anew by a restart."""
        return WatchlistEnds(
            self.end_store,
            self.book,
            Vault(self.keys),
            heard=lambda: self.ordered,
            now=self.clock,
            judge=self.judge,
            kept_us=int(hours * 3_600_000_000),
        )


async def entered(book: WatchlistBook, entry: Entry, *, on: str = "list") -> Entered:
    """Enter one entry; raise what is wrong with it or with one of its images."""
    [told] = await book.entries.enter(on, [entry])
    for fault in (told.fault, *told.images):
        if isinstance(fault, LetheError):
            raise fault
    return told


async def listed(book: WatchlistBook, name: str = "Ada Lovelace", *, on: str = "list") -> str:
    """Put somebody on a list, which is made if need be; return the subject's id."""
    await book.versions.register(on, ListDetails())
    return (await entered(book, Entry(details(name)), on=on)).subject_id


async def imaged(
    book: WatchlistBook, watchlist_id: str, subject_id: str, image: bytes
) -> Reference:
    """Add an image of somebody who is listed."""
    [reference] = (await entered(book, Entry(subject_id, [image]), on=watchlist_id)).images
    assert isinstance(reference, Reference)
    return reference


def outcome(
    reference_id: str, fault: str | None = None, *, on: str = "list", pack: str = ""
) -> ReferenceEnrolled:
    kind = EnrolmentOutcome.ENROLLED if fault is None else EnrolmentOutcome.REJECTED
    return ReferenceEnrolled(
        reference_id=reference_id,
        watchlist_id=on,
        instance_id="match-1",
        outcome=kind,
        fault=fault,
        resembles="other" if fault == "resembles" else None,
        model=pack,
    )


async def pictured(
    book: WatchlistBook, name: str, image: bytes, *, on: str = "watchlist-1"
) -> Reference:
    """Put somebody on a list with an image."""
    return await imaged(book, on, await listed(book, name, on=on), image)
