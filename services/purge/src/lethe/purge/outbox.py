"""Handing receipts on: what alert lacks of this instance's logs is sent, piece by piece.

Alert's tickets say how much of which log it keeps. So nothing is lost by a message that is, by an
alert that was away, or by one that begins with nothing: this instance's folder has all of it.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import structlog

from lethe.contracts.errors import LetheError, Refused
from lethe.contracts.keys import KeyTicket, Role
from lethe.contracts.receipts import MOST_ENTRIES, ErasureReceipted
from lethe.purge.log_folder import log_files
from lethe.receipts.exports import KeyNamed, LogBegun, read_items, read_lines
from lethe.receipts.origins import instance_part, plain
from lethe.receipts.pieces import Piece, Place, place_behind, read_piece
from lethe.receipts.stored import SUFFIX
from lethe.runtime.threads import Threads
from lethe.shredding.clock import Clock

PIECE_BYTES = 256 * 1024
"""A piece ends at the first checkpoint behind so many bytes."""

_LARGEST_BYTES = 3 * 1024 * 1024
"""What lies between two checkpoints is smaller by far: purge signs after some thousand entries."""

_HEAD_BYTES, _HEAD_ITEMS = 16_384, 2
_TURN_S = 2.0
_AGAIN_US = 2_000_000
_SILENT_US = 5_000_000
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, order=True)
class _Position:
    """How far somebody keeps the logs of a folder: which file, and how many entries of it."""

    file: int
    entries: int


@dataclass(frozen=True, slots=True)
class _Heard:
    receipts: dict[str, int]
    at_us: int


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where the last piece ended in its file: reading goes on there."""

    file: Path
    place: Place


class ReceiptsOutbox:
    """Sends one piece at a time, to the one alert that has the least of all that are there.

    The others take of it what they lack. A piece that wasn't taken is sent again.

    Parameters
    ----------
    instance
        Whose logs lie in the folder.
    send
        Publishes a piece; raises `Transient` when the broker doesn't take it.
    """

    def __init__(
        self,
        folder: Path,
        instance: str,
        clock: Clock,
        send: Callable[[ErasureReceipted], Awaitable[None]],
    ) -> None:
        self._folder = folder
        self._part = plain(instance)
        self._clock = clock
        self._send = send
        self._threads = Threads("outbox", 1)
        self._heard: dict[str, _Heard] = {}
        self._cursor: _Cursor | None = None
        self._answered: _Position | None = None
        self._sent_us = 0
        self._fault = ""

    def hear(self, ticket: KeyTicket) -> None:
        """Note what an alert says that it keeps."""
        if ticket.role is not Role.ALERT:
            return
        if ticket.leaving or ticket.receipts is None:
            self._heard.pop(ticket.instance_id, None)
        else:
            self._heard[ticket.instance_id] = _Heard(ticket.receipts, self._clock.boot_us())

    async def run(self) -> None:
        """Send what is lacked until cancelled."""
        try:
            while True:
                await asyncio.sleep(_TURN_S)
                await self.turn()
        finally:
            self._threads.close()

    async def turn(self) -> None:
        """Send the next piece, if somebody lacks one."""
        reports = self._reports()
        if not reports:
            return
        try:
            piece = await self._threads.run(self._next_piece, reports)
            if piece is not None:
                await self._send(piece)
            self._fault = ""
        except LetheError as error:
            self._complain(str(error))
        except OSError as error:
            self._complain(str(error.strerror))

    def _complain(self, reason: str) -> None:
        if reason != self._fault:
            _log.warning("receipts aren't handed on; trying again", reason=reason)
        self._fault = reason

    def _reports(self) -> list[dict[str, int]]:
        """Return what each alert keeps that was heard of lately."""
        now_us = self._clock.boot_us()
        self._heard = {
            name: heard for name, heard in self._heard.items() if now_us - heard.at_us < _SILENT_US
        }
        return [heard.receipts for heard in self._heard.values()]

    def _next_piece(self, reports: list[dict[str, int]]) -> ErasureReceipted | None:
        files = log_files(self._folder)
        position = min(self._position(files, kept) for kept in reports)
        now_us = self._clock.boot_us()
        if position == self._answered and now_us - self._sent_us < _AGAIN_US:
            return None
        at, entries = position.file, position.entries
        while 0 <= at < len(files):
            found = self._read(files[at], entries)
            if found is not None:
                self._answered, self._sent_us = position, now_us
                return found
            at, entries = at + 1, 0
        return None

    def _position(self, files: list[Path], kept: dict[str, int]) -> _Position:
        """Return how far an alert keeps these logs; their beginning if it knows none of them."""
        terms = {
            origin.rpartition("/")[2]: entries
            for origin, entries in kept.items()
            if instance_part(origin) == self._part
        }
        for at in reversed(range(len(files))):
            term = files[at].name.removesuffix(SUFFIX).partition("-")[2]
            if term in terms:
                return _Position(at, terms[term])
        return _Position(0, 0)

    def _read(self, file: Path, entries: int) -> ErasureReceipted | None:
        """Read what follows so many entries of a log; None where nothing is signed yet."""
        with file.open("rb") as stream:
            place = self._place(stream, file, entries)
            piece = read_piece(stream, place, PIECE_BYTES) if place is not None else None
            if piece is None:
                return None
            # Nothing is handed on that a crash of this machine could still take back.
            os.fsync(stream.fileno())
            stream.seek(0)
            made = _made(stream.read(_HEAD_BYTES), piece)
        self._cursor = _Cursor(file, piece.end)
        return made

    def _place(self, stream: BinaryIO, file: Path, entries: int) -> Place | None:
        cursor = self._cursor
        if cursor is not None and (cursor.file, cursor.place.entries) == (file, entries):
            return cursor.place
        return place_behind(stream, entries)


def _made(head: bytes, piece: Piece) -> ErasureReceipted:
    """Return a piece as it is sent, named by the head of its file."""
    if len(piece.leaves) > MOST_ENTRIES or sum(map(len, piece.leaves)) > _LARGEST_BYTES:
        raise Refused(f"{len(piece.leaves):,} entries without a checkpoint are too many")
    items = list(islice(read_items(read_lines(BytesIO(head))), _HEAD_ITEMS))
    return ErasureReceipted(
        origin=next(item.origin for item in items if isinstance(item, LogBegun)),
        signer=next(item.text for item in items if isinstance(item, KeyNamed)),
        first=piece.first,
        leaves=list(piece.leaves),
        checkpoint=piece.checkpoint,
    )
