"""Where watchlists are kept, all together."""

from dataclasses import dataclass

from lethe.alert.watchlists.entry import EntryStore
from lethe.alert.watchlists.reference import ReferenceStore
from lethe.alert.watchlists.subject import SubjectStore
from lethe.alert.watchlists.version import VersionStore


@dataclass(frozen=True, slots=True)
class Shelf:
    """Versions, their subjects, the references of these, and what adds both."""

    versions: VersionStore
    subjects: SubjectStore
    references: ReferenceStore
    entries: EntryStore
