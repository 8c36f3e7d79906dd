"""Node.js as Playwright's wheel carries it: pinned and checked against its hash like the rest."""

from pathlib import Path

import playwright


def node() -> Path:
    """Return the program.

    Raises
    ------
    AssertionError
        If the wheel has none: what needs it must not pass without having run.
    """
    found = Path(playwright.__file__).with_name("driver") / "node"
    assert found.is_file(), "playwright's wheel has no Node.js; is it another one than is pinned?"
    return found
