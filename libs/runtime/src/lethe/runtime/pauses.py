"""Pauses of the interpreter, which stop every thread: also the one that wipes keys in time."""

import gc

_COLLECT_AFTER = (5_000, 20, 100)
"""Objects, collections of young ones, and of middle-aged ones."""


def spare_collections() -> None:
    """Leave what is there by now out of the search for garbage, and search the rest seldom.

    Modules, classes and whatever the parts were wired from live as long as the process. Looked
    through with each full collection, they hold the interpreter for 50 to 140 ms, and with a
    thousand open connections for several hundred; the kernel kills who is late with a key by 150.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
