"""Which software this is: a digest over the files of it."""

from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path

_LEFT_OUT = frozenset({"__pycache__", "node_modules"})


def software_digest() -> str:
    """Return the SHA-256 (hex) over the names and contents of every file of `lethe` here.

    It takes in all members of the workspace that are installed here, and nothing else:
    not Python, not packages of others, not services that are installed apart. Whoever has the
    same release can work it out again.
    """
    digest = sha256()
    for name, path in sorted(_files()):
        digest.update(f"{name}\0".encode() + sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@cache
def own_software() -> str:
    """Return the digest of the files that this process was started from, read once."""
    return software_digest()


def _files() -> list[tuple[str, Path]]:
    found = []
    for place in map(Path, import_module("lethe").__path__):
        for path in place.rglob("*"):
            parts = path.relative_to(place).parts
            if path.is_file() and not _LEFT_OUT & set(parts):
                found.append(("/".join(parts), path))
    return found
