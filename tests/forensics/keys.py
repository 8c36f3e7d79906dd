"""Every key that purge ever drew, as the attacker hears of it, and what follows from each."""

import socket
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from lethe.alert.transit import _SEEDS_BYTES
from lethe.contracts.errors import Refused
from lethe.contracts.keys import GrantedKey, KeyGranted
from lethe.contracts.sealed import NUMBERS_PER_SLOT, SealAddress
from lethe.shredding.sealing import TAG_BYTES, open_into
from lethe.shredding.slotkeys import KEY_BYTES, _expansion_info, commitment

SOCKET_VARIABLE = "FORENSICS_KEY_SOCKET"
SLOT, TICKET, STORED = b"s", b"t", b"k"
"""What a key is of: a slot of purge's, a ticket of somebody's, alert's store."""
_MOST_BYTES = 512
_POLL_S = 0.2


def boot_us() -> int:
    """Return the present moment as services count it."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000


@dataclass(frozen=True, slots=True)
class DrawnKey:
    """A key, and when the attacker had it, which is before anybody else had."""

    key: bytes = field(repr=False)
    at_us: int


class KeyTap:
    """Receives what every service of a run draws, on a socket that only its owner can write to.

    Attributes
    ----------
    keys, tickets, stored
        Slot keys, private keys of tickets, keys in alert's store.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.keys: list[DrawnKey] = []
        self.tickets: list[DrawnKey] = []
        self.stored: list[DrawnKey] = []
        # A service must never wait for the attacker: each has a connection with room of its own.
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._thread = threading.Thread(target=self._receive)
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        """Listen."""
        self.path.unlink(missing_ok=True)  # as a run that was killed left it
        self._socket.bind(str(self.path))
        self.path.chmod(0o600)
        self._socket.listen()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening."""
        self._ended.set()
        self._thread.join()
        self._socket.close()

    def drawn_by(self, moment_us: int) -> int:
        """Return how many slot keys were drawn by a moment."""
        return sum(key.at_us <= moment_us for key in self.keys)

    def _receive(self) -> None:
        heard = {SLOT: self.keys, TICKET: self.tickets, STORED: self.stored}
        with ExitStack() as open_ones, DefaultSelector() as waiting:
            waiting.register(self._socket, EVENT_READ)
            while not self._ended.is_set():
                for ready, _ in waiting.select(_POLL_S):
                    if ready.fileobj is self._socket:
                        connection = open_ones.enter_context(self._socket.accept()[0])
                        waiting.register(connection, EVENT_READ, connection)
                    elif message := ready.data.recv(_MOST_BYTES):
                        heard[message[:1]].append(DrawnKey(message[1:], boot_us()))
                    else:
                        waiting.unregister(ready.data)


class Opener:
    """Opens what was sealed, given keys and the grants that name them."""

    def __init__(self, keys: list[DrawnKey]) -> None:
        self._by_commitment = {commitment(drawn.key): drawn.key for drawn in keys}
        self._slots: dict[tuple[str, str, str], GrantedKey] = {}

    def learn(self, grant: KeyGranted) -> None:
        """Take the names that a grant has for its keys."""
        for named in grant.keys:
            self._slots[named.slot, named.lane, named.purpose.value] = named

    def expanded(self) -> dict[bytes, tuple[bytes, bytes]]:
        """Return, by every slot key that a grant names, its stream key and its single-use keys."""
        return {
            key: (_stream_key(named, key), _expanded(named, key))
            for named in self._slots.values()
            if (key := self._by_commitment.get(named.commitment)) is not None
        }

    def open(self, topic: str, address: SealAddress, sealed: bytes) -> bytes | None:
        """Return the content of a record; None where no key of these opens it."""
        named = self._slots.get((address.slot, address.lane, address.purpose.value))
        key = self._by_commitment.get(named.commitment) if named is not None else None
        if named is None or key is None:
            return None
        place = slice(address.number * KEY_BYTES, (address.number + 1) * KEY_BYTES)
        single = memoryview(_expanded(named, key)[place])
        room = memoryview(bytearray(len(sealed) - TAG_BYTES))
        try:
            return bytes(open_into(single, topic, address, sealed, room))
        except Refused:
            return None


def _expanded(named: GrantedKey, key: bytes) -> bytes:
    stream = Cipher(AES(_stream_key(named, key)), CTR(bytes(16))).encryptor()
    return stream.update(bytes(NUMBERS_PER_SLOT[named.purpose] * KEY_BYTES))


def _stream_key(named: GrantedKey, key: bytes) -> bytes:
    return HKDFExpand(hashes.SHA256(), KEY_BYTES, _expansion_info(named)).derive(key)


def transit_seeds(secret: bytes) -> bytes:
    """Return what a transit key is made of, given the key of the store that it is derived from."""
    return HKDFExpand(hashes.SHA256(), _SEEDS_BYTES, b"lethe transit key v1").derive(secret)
