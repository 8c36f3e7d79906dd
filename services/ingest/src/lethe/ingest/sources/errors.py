"""What can be wrong with a source. Every message is one line that says what to do."""

from lethe.contracts.errors import InvalidInput


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
