"""The exception tree that every part of Lethe shares."""


class LetheError(Exception):
    """Anything Lethe raises on purpose. Messages never hold a template, an image or a key."""


class InvalidInput(LetheError):
    """Something its sender or the user can mend; a command ends with exit code 2 and this line."""


class Transient(LetheError):
    """Something that may go away by itself; the call site may try again."""


class Refused(LetheError):
    """A signature, order, ticket, grant or seal that doesn't hold. Nothing is opened."""


class RolledBack(Refused):
    """A signed statement that is older than one which was obeyed before."""


class Erased(LetheError):
    """The key is gone: counted and dropped, never retried."""
