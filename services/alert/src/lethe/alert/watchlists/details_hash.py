"""What stands in an order for everything that is known of whom it has searched for."""

from collections.abc import Iterable
from hashlib import sha256

from lethe.alert.vault import SealedBlob
from lethe.alert.watchlists.subject import SealedSubject

_DOMAIN = b"lethe watchlist details v1\0"


def details_hash(description: SealedBlob | None, subjects: Iterable[SealedSubject]) -> str:
    """Return the SHA-256 (hex) over a version's description and the details of its subjects.

    It is over what is stored of them, which is sealed: whoever reads it in an order learns nothing
    by trying names, and whoever has the rows can work it out without the key.

    Parameters
    ----------
    description
        Of the version; None for one from before there were any.
    subjects
        All of the version, in any order.
    """
    digest = sha256(_DOMAIN + _digest("list", description))
    for subject in sorted(subjects, key=lambda each: each.subject_id):
        digest.update(_told(subject.subject_id) + _digest(subject.bound, subject.details))
    return digest.hexdigest()


def _digest(bound: str, sealed: SealedBlob | None) -> bytes:
    stored = sealed.nonce + sealed.ciphertext if sealed else b""
    return sha256(_told(bound) + stored).digest()


def _told(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(4, "big") + encoded
