"""What can go wrong in alert, beside what every part of Lethe shares."""

from typing import TypeVar

from lethe.contracts.errors import InvalidInput, LetheError, Transient

_Fault = TypeVar("_Fault", bound=LetheError)


class DatabaseUnusable(InvalidInput):
    """The database can't be opened or written; the message says what to do."""


class DatabaseUnavailable(Transient):
    """The database didn't take a statement; candidates wait uncommitted until it does."""


class KeyStoreUnusable(InvalidInput):
    """The key store can't be used; the message says what to do."""


class KeyStoreUnavailable(Transient):
    """The key store couldn't write or remove a key."""


class ReceiptsUnavailable(Transient):
    """Copies of purge's receipts aren't there yet."""


class NoCandidates(InvalidInput):
    """A candidate list without a candidate: there is nothing to alert anybody to."""


class NotFound(LetheError):
    """There is no such alert, watchlist or reference."""


class Conflict(LetheError):
    """What is asked for contradicts what is there; the message says what to do."""


class Stale(LetheError):
    """Somebody did something about it since the asker looked; the message says what to do."""


class TooMany(LetheError):
    """Somebody asks more often than anybody has to."""


class NotLeading(Transient):
    """Another instance leads: it alone writes, raises alerts and answers requests."""


class NotSignedIn(LetheError):
    """There is no token that holds; the message says why, and nothing of a token."""


def bare(fault: _Fault) -> _Fault:
    """Return a fault to be kept, without the frames that it came through.

    They hold it in turn, and whatever else they hold would stay with it: images of a request.
    """
    fault.__traceback__ = fault.__context__ = fault.__cause__ = None
    return fault
