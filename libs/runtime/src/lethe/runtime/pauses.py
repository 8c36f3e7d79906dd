"""Pauses of the interpreter, which stop every thread: also the one that wipes keys in time."""

import gc


def settle() -> None:
    """Leave what is there by now out of the search for garbage from here on.

    Modules, classes and whatever the parts were wired from live as long as the process. Looked
    through with each full collection, they make it pause for 50 to 140 ms, close to what lies
    between the wiping of a slot's keys and the dead man's switch.
    """
    gc.collect()
    gc.freeze()
