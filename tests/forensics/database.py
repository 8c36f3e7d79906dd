"""What lies sealed in alert's database, and what each piece is sealed as."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_SEALED = (
    "SELECT 'probe:' || alert_id, nonce, ciphertext FROM pictures",
    "SELECT 'figure:' || alert_id, figure_nonce, figure_ciphertext FROM pictures",
    """SELECT 'image:' || watchlist_id || ':' || reference_id, image_nonce, image_ciphertext
    FROM "references" """,
    "SELECT bound, details_nonce, details_ciphertext FROM subjects",
    "SELECT 'list:' || watchlist_id, details_nonce, details_ciphertext FROM watchlists",
    'SELECT "commitment", nonce, ciphertext FROM audit_reasons',
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Something sealed under a key of the store's."""

    bound: str
    nonce: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)

    def opened(self, key: bytes) -> bytes | None:
        """Return the content; None where it isn't sealed under this key."""
        try:
            return AESGCM(key).decrypt(self.nonce, self.ciphertext, self.bound.encode())
        except InvalidTag:
            return None


class Pieces:
    """All pieces that were there whenever it was looked: a row that is deleted isn't forgotten.

    Parameters
    ----------
    file
        The SQLite database of a run.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: dict[Piece, None] = {}

    def seen(self) -> list[Piece]:
        """Look once more, and return all that was seen so far."""
        with closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True)) as database:
            for query in _SEALED:
                rows = database.execute(query).fetchall()
                self._seen |= {Piece(*row): None for row in rows if row[1] is not None}
        return list(self._seen)
