"""What can be wrong with receipts: the question, or the answer."""


class ReceiptsError(Exception):
    """Anything this package raises on purpose; its text is one line."""


class BadInput(ReceiptsError):
    """What was given can't be verified at all: no file of receipts, no key, no checkpoint."""


class Refuted(ReceiptsError):
    """What the receipts claim doesn't hold; the text names the first entry that shows it."""
