"""How logs are named: by the key that signs them, the instance of purge, and its term."""

import re
from hashlib import sha256

_NAME_DIGITS = 16
_PARTS = 3
_PLAIN = re.compile(r"[^A-Za-z0-9._-]")


def fingerprint(public: bytes) -> str:
    """Return how an order pins the key of an installation's receipts: its SHA-256 in hex.

    Parameters
    ----------
    public
        Ed25519 public key (32 bytes).
    """
    return sha256(public).hexdigest()


def signer_name(public: bytes) -> str:
    """Return how the key of an installation's receipts is named: by the beginning of its hash.

    Parameters
    ----------
    public
        Ed25519 public key (32 bytes).
    """
    return f"lethe-receipts/{fingerprint(public)[:_NAME_DIGITS]}"


def log_origin(signer: str, instance: str, term: str) -> str:
    """Return the origin of a log, as its checkpoints name it.

    Parameters
    ----------
    signer
        Name of the key.
    """
    return f"{signer}/{plain(instance)}/{plain(term)}"


def plain(name: str) -> str:
    """Return how the name of an instance or a term stands in an origin."""
    return _PLAIN.sub("_", name)


def instance_part(origin: str) -> str:
    """Return what an origin says of the instance whose log it names; empty if it names none."""
    parts = origin.rsplit("/", 2)
    return parts[1] if len(parts) == _PARTS else ""


def slot_name(term: str, slot_number: int) -> str:
    """Return how a slot is named."""
    return f"{term}-{slot_number}"


def term_of(slot: str) -> str:
    """Return the term in which a slot was granted."""
    return slot.rpartition("-")[0]
