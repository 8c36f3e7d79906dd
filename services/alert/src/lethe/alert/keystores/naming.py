"""How keys are called, and how their due times are written."""

import re

DUE_BYTES = 8
_NEVER = 2 ** (8 * DUE_BYTES - 1) - 1
"""Stands for no end; the same as no due time at all, which older files have."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")


def is_name(text: str) -> bool:
    """Tell whether a key can be called so."""
    return _NAME.fullmatch(text) is not None


def require_name(text: str) -> str:
    """Return a name; raises `ValueError` for what could lead elsewhere."""
    if not is_name(text):
        raise ValueError("a key's name consists of lower-case letters, digits and hyphens")
    return text


def written(due_us: int | None) -> bytes:
    """Return a due time as it lies beside a key."""
    return (_NEVER if due_us is None else due_us).to_bytes(DUE_BYTES, "big")


def read(due: bytes) -> int | None:
    """Return the due time that lies beside a key; None for no end."""
    due_us = int.from_bytes(due, "big")
    return None if due_us >= _NEVER else due_us
