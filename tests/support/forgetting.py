"""A small world in which keys live and die: trust, orders, holders, and a witness of every key."""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from struct import pack

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from tests.support.clocks import WALL_US

from lethe.contracts.instants import Instant
from lethe.contracts.keys import HeldList, KeyGranted, KeyTicket
from lethe.contracts.orders import (
    CameraAssigned,
    DeploymentOrder,
    DeploymentOrdered,
    OrderStatus,
    OrderType,
    camera_hash,
)
from lethe.contracts.sealed import NUMBERS_PER_SLOT, Purpose, SealAddress, SignedEnvelope
from lethe.contracts.topic import PARTITIONS
from lethe.contracts.topics import FRAME_CAPTURED
from lethe.shredding.authorising import sign_draft, sign_order, sign_state
from lethe.shredding.clock import instant
from lethe.shredding.holder import Holder
from lethe.shredding.memory import BLOCK_BYTES
from lethe.shredding.orders import OrderBook
from lethe.shredding.ownership import HeardTicket
from lethe.shredding.roster import create_local_trust
from lethe.shredding.signing import Signer
from lethe.shredding.slotkeys import commitment
from lethe.shredding.terms import Reservation, Standing
from lethe.shredding.trust import LocalTrust, load_local_trust

CAMERA = "gate-1"
STEP = 1024
LIST = HeldList(watchlist_id="watchlist-1", model="", references=2, content_hash="00" * 32)
"""What match holds of what `an_order` names."""
ALL_PARTITIONS = Standing(partitions=tuple(range(PARTITIONS)), generation=1, lists=(LIST,))
KEY = 32
NumberName = tuple[str, str, Purpose, int]


@dataclass
class FakeSwitch:
    """Remembers for when it is armed, where the kernel would kill."""

    at_us: int | None = None

    def arm(self, at_boot_us: int | None) -> None:
        self.at_us = at_boot_us


def local_trust(folder: Path) -> LocalTrust:
    """Return a fresh roster with its keys."""
    create_local_trust(folder, wall_us=WALL_US)
    return load_local_trust(folder)


def signer_of(trust: LocalTrust, name: str) -> Signer:
    """Return the key of somebody on a roster."""
    return Signer.from_file(trust.key_file(name))


def an_order(**changes: object) -> DeploymentOrder:
    """Return an order for one camera, an hour long, changed as told."""
    content: dict[str, object] = {
        "deployment_id": "deployment-1",
        "type": OrderType.LOCAL,
        "use_case": "test",
        "grounds": "test",
        "authorised_by": "officer",
        "camera_ids": [CAMERA],
        "starts_at_us": WALL_US - 60_000_000,
        "ends_at_us": WALL_US + 3_600_000_000,
        "watchlist_id": "watchlist-1",
        "watchlist_hash": "00" * 32,
        "watchlist_size": 2,
        "threshold": 0.6,
    }
    return DeploymentOrder.model_validate(content | changes)


def signed(
    trust: LocalTrust,
    order: DeploymentOrder,
    *,
    status: OrderStatus = OrderStatus.RUNNING,
    serial: int = 1,
) -> DeploymentOrdered:
    """Return an order with its state, signed by the officer."""
    return sign_order(order, signer_of(trust, "officer"), status=status, serial=serial)


def resumed(
    trust: LocalTrust, order: SignedEnvelope, *, lifts: str, serial: int
) -> DeploymentOrdered:
    """Return the next state of an order, in which an officer lifts a suspension."""
    officer = signer_of(trust, "officer")
    return sign_state(order, officer, status=OrderStatus.RUNNING, serial=serial, lifts=lifts)


def withdrawn(
    trust: LocalTrust, order: SignedEnvelope, *subjects: str, serial: int = 2, by: str = "officer"
) -> DeploymentOrdered:
    """Return the next state of an order, under which some subjects aren't searched for."""
    key = signer_of(trust, by)
    return sign_state(order, key, status=OrderStatus.RUNNING, serial=serial, withdrawn=subjects)


def drafted(trust: LocalTrust, by: str = "drafter", **changes: object) -> SignedEnvelope:
    """Return an operational order as somebody drafted it, changed as told."""
    return sign_draft(operational(**({"authorised_by": ""} | changes)), signer_of(trust, by))


def operational(**changes: object) -> DeploymentOrder:
    """Return an operational order, changed as told."""
    content = {"type": OrderType.OPERATIONAL, "zone": "the north gate", "false_alert_budget": 3}
    order = an_order(**(content | changes))
    if "camera_hashes" in changes:
        return order
    cameras = [a_camera(camera_id=name, deployment_id=order.deployment_id)
               for name in order.camera_ids]  # fmt: skip
    return order.model_copy(
        update={"camera_hashes": {each.camera_id: camera_hash(each) for each in cameras}}
    )


def a_camera(**changes: object) -> CameraAssigned:
    """Return the camera that an operational order names, changed as told."""
    content = {"camera_id": CAMERA, "deployment_id": "deployment-1", "source": "footage.mp4"}
    return CameraAssigned.model_validate(content | changes)


def book_with(trust: LocalTrust, order: DeploymentOrder) -> OrderBook:
    """Return a book that holds one running order."""
    book = OrderBook(trust.roster())
    book.hear(signed(trust, order), WALL_US)
    return book


def heard(ticket: KeyTicket, at: Instant) -> HeardTicket:
    """Return a ticket as a custodian received it."""
    return HeardTicket(ticket, sha256(ticket.encode()).digest(), at)


def address_of(reservation: Reservation, captured: Instant) -> SealAddress:
    """Return the address of a record that is sealed under a reservation."""
    return SealAddress(
        deployment_id=reservation.deployment_id,
        order_hash=reservation.order_hash,
        lane=reservation.lane,
        slot=reservation.slot,
        number=reservation.number,
        purpose=reservation.purpose,
        captured=captured,
    )


def seal_frame(holder: Holder, content: bytes) -> tuple[SealAddress, bytes] | None:
    """Capture one frame now and seal it, or return None when no key is in hand."""
    captured = instant(holder.clock)
    reservation = holder.reserve(CAMERA, Purpose.FRAME)
    if reservation is None:
        return None
    address = address_of(reservation, captured)
    try:
        sealed = holder.seal(FRAME_CAPTURED.name, address, memoryview(content), step=STEP)
    finally:
        holder.finish(reservation)
    return address, sealed


def open_frame(
    holder: Holder, address: SealAddress, sealed: bytes, topic: str = FRAME_CAPTURED.name
) -> bytes:
    """Open a record, return a copy of its content, and check that the buffer is overwritten."""
    buffer = bytearray(4 * STEP)
    with holder.opening(topic, address, sealed, memoryview(buffer)) as content:
        copied = bytes(content)
    assert not any(buffer), "the clear copy outlives its block"
    return copied


@dataclass
class Entropy:
    """Random slot keys, remembered for the witness as nobody else does."""

    draw: Callable[[int], bytes]
    drawn: dict[bytes, bytearray] = field(default_factory=dict)

    def __call__(self, size: int) -> bytes:
        key = self.draw(size)
        self.drawn[commitment(key)] = bytearray(key)
        return key


@dataclass
class Witness:
    """Knows every key ever drawn, and finds it wherever it lies in a holder's key memory."""

    entropy: Entropy
    numbers: dict[bytes, NumberName] = field(default_factory=dict)
    streams: dict[bytes, NumberName] = field(default_factory=dict)

    def learn(self, granted: KeyGranted) -> None:
        """Expand the keys of a grant independently of the code under test."""
        for named in granted.keys:
            told = (named.slot, named.lane, named.purpose.value, str(named.after_ms))
            parts = [part.encode() for part in told]
            info = b"lethe frame keys v3" + b"".join(pack(">I", len(p)) + p for p in parts)
            count = NUMBERS_PER_SLOT[named.purpose]
            slot_key = bytes(self.entropy.drawn[named.commitment])
            stream_key = HKDFExpand(hashes.SHA256(), KEY, info).derive(slot_key)
            stream = Cipher(AES(stream_key), CTR(bytes(16))).encryptor()
            expanded = stream.update(bytes(count * KEY))
            # As good as all of them, and alive like one more of them if it stays.
            self.streams[stream_key] = (named.slot, named.lane, named.purpose, count)
            for number in range(count):
                name = (named.slot, named.lane, named.purpose, number)
                self.numbers[expanded[number * KEY : (number + 1) * KEY]] = name

    def live_numbers(self, holder: Holder) -> list[NumberName]:
        """Return the name of every key in a holder's memory; fail at bytes that are no key."""
        found, known = [], self.numbers | self.streams
        for chunk in holder._keyring._arena._chunks:
            for start in range(0, len(chunk), BLOCK_BYTES):
                block = chunk[start : start + BLOCK_BYTES]
                if block.count(0) == BLOCK_BYTES:
                    continue
                cells = [block[i : i + KEY] for i in range(0, BLOCK_BYTES, KEY)]
                found += [known[cell] for cell in cells if any(cell)]
        assert len(found) == len(set(found)), "one key lies in two places"
        return found
