"""What can be wrong with a source. Every message is one line that says what to do."""

from lethe.contracts.errors import InvalidInput, LetheError


class SourceUnavailable(InvalidInput):
    """The source can't be opened: missing, unreadable, or not a kind we read."""


class SourceRejected(SourceUnavailable):
    """The source is there and refuses: a wrong password, a wrong path. Haste doesn't help."""


class SourceEnded(InvalidInput):
    """The source ended before its first picture."""


class SourceGarbled(InvalidInput):
    """The source has data, but no picture could be decoded from it."""


class SourceStalled(InvalidInput):
    """A live source sends nothing more, although it is still there."""


class SourceLost(InvalidInput):
    """A live source ended the connection."""


def reason_of(error: Exception) -> str:
    """Say in one line why a source failed; an unforeseen error's message might carry anything."""
    if isinstance(error, LetheError):
        return str(error)
    return f"reading the source failed: {type(error).__name__}"
