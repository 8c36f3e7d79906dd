"""What can go wrong with an image or a model pack. Messages never hold image data."""

from lethe.contracts.errors import InvalidInput, LetheError


class UnreadableImage(InvalidInput):
    """Bytes that aren't a complete still image of a size and format we accept."""


class UnusablePack(InvalidInput):
    """A model pack without a readable manifest, or with models that don't fit together."""


class WrongModelHash(UnusablePack):
    """A model file isn't the one that its manifest, or this release, names."""


class LicenceNotAccepted(InvalidInput):
    """A model whose licence is not a free one was opened without its licence being accepted."""


class Halted(LetheError):
    """Work on an image was cut short from outside: its time was over."""


class BufferTooSmall(LetheError):
    """What was to be written is larger than the buffer that the caller gave."""
