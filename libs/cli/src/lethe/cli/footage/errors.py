"""What can go wrong while footage is rendered."""

from lethe.contracts.errors import InvalidInput


class FootageUnavailable(InvalidInput):
    """The footage can't be made or replaced; the message says what to do about it."""
