"""An environment in which libraries leave nothing behind of what they freed.

They free copies of what they are given: compressed frames, activations, lists of numbers. Memory
that is freed keeps its bytes until somebody else needs it, which may be never.
"""

import os

_TUNABLES = "GLIBC_TUNABLES"

WITHOUT_RESIDUE = {
    "PYTHONMALLOC": "malloc",
    _TUNABLES: "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0",
    "LD_BIND_NOW": "1",
}
"""Of every service.

glibc's `perturb` overwrites a block on release but for its last eight bytes. Blocks in its
per-thread cache would be left out, so there is no such cache, and Python's own allocator is passed
by. Functions are bound at the start: binding one at its first call saves the vector registers on
the stack, and in them is what was copied last.
"""


def starts_without_residue() -> bool:
    """Tell whether this process was started in that environment, or in more of the kind."""
    own = {name: os.environ.get(name, "") for name in WITHOUT_RESIDUE}
    wanted = set(WITHOUT_RESIDUE[_TUNABLES].split(":"))
    others = {name: value for name, value in WITHOUT_RESIDUE.items() if name != _TUNABLES}
    return wanted <= set(own.pop(_TUNABLES).split(":")) and own == others
