"""Counts in words."""


def many(count: int, one: str, several: str | None = None) -> str:
    """Return a count with its noun in the right number: `1 alert`, `2,000 alerts`.

    Parameters
    ----------
    several
        The plural, where it isn't `one` with an s.
    """
    return f"{count:,} {one if count == 1 else several or f'{one}s'}"
