"""A shelf in alert's database."""

from lethe.alert.term import Term
from lethe.alert.watchlists.entries import SqlEntryStore
from lethe.alert.watchlists.references import SqlReferenceStore
from lethe.alert.watchlists.shelf import Shelf
from lethe.alert.watchlists.subjects import SqlSubjectStore
from lethe.alert.watchlists.versions import SqlVersionStore


def sql_shelf(term: Term) -> Shelf:
    """Return the shelf of one term of leadership."""
    return Shelf(
        SqlVersionStore(term), SqlSubjectStore(term), SqlReferenceStore(term), SqlEntryStore(term)
    )
