"""Whatever is forged, replayed, moved or out of its time is refused; the genuine one is not."""

import asyncio
import json
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.clocks import WALL_US, FakeClock
from tests.support.forgetting import (
    ALL_PARTITIONS,
    CAMERA,
    FakeSwitch,
    an_order,
    book_with,
    local_trust,
    open_frame,
    seal_frame,
    signed,
)
from tests.support.pipeline import Pipeline

from lethe.contracts.base import InvalidMessage
from lethe.contracts.errors import Erased, InvalidInput, Refused
from lethe.contracts.keys import GrantedKey, Role
from lethe.contracts.orders import OrderStatus
from lethe.contracts.sealed import Purpose, SignedEnvelope
from lethe.contracts.topics import FRAME_CAPTURED, INGEST_TICKET, KEY_GRANTED
from lethe.shredding.holder import Holder
from lethe.shredding.keytraffic import KeyTraffic
from lethe.shredding.orders import OrderBook, sign_order
from lethe.shredding.roster import OFFICER_ROLE, Roster, RosterDocument, RosterEntry, write_roster
from lethe.shredding.signing import Signer
from lethe.shredding.trust import LocalTrust, load_local_trust

_HOUR_US = 3_600_000_000
_CONTEXT = "lethe.purge.key-granted.v1"


@pytest.fixture(name="trust", scope="module")
def trust_(tmp_path_factory: pytest.TempPathFactory) -> LocalTrust:
    return local_trust(tmp_path_factory.mktemp("trust"))


def _signer(trust: LocalTrust, name: str) -> Signer:
    return Signer.from_file(trust.key_file(name))


# --- envelopes and the roster ----------------------------------------------------------------


def test_an_envelope_holds_for_its_role_context_and_time_only(trust: LocalTrust) -> None:
    roster = trust.roster()
    envelope = _signer(trust, "purge").sign(_CONTEXT, b"payload")
    assert roster.check(envelope, _CONTEXT, (Role.PURGE,), WALL_US).name == "purge"
    long_ago, long_after = WALL_US - 2 * _HOUR_US, WALL_US + 11 * 366 * 24 * _HOUR_US
    for context, roles, wall_us in (
        ("lethe.ingest.key-ticket.v1", (Role.PURGE,), WALL_US),
        (_CONTEXT, (Role.INGEST, Role.DETECT), WALL_US),
        (_CONTEXT, (Role.PURGE,), long_ago),
        (_CONTEXT, (Role.PURGE,), long_after),
    ):
        with pytest.raises(Refused):
            roster.check(envelope, context, roles, wall_us)


@pytest.mark.parametrize("name", ["ingest", "nobody", ""])
def test_an_envelope_under_another_signers_name_is_refused(trust: LocalTrust, name: str) -> None:
    envelope = _signer(trust, "purge").sign(_CONTEXT, b"payload")
    stolen = envelope.model_copy(update={"signer": name})
    with pytest.raises(Refused):
        trust.roster().check(stolen, _CONTEXT, (Role.PURGE, Role.INGEST), WALL_US)


def test_an_envelope_altered_or_cut_at_any_byte_is_refused(trust: LocalTrust) -> None:
    roster = trust.roster()
    body = _signer(trust, "purge").sign(_CONTEXT, b"payload of some length").encode()
    roster.check(SignedEnvelope.decode(body), _CONTEXT, (Role.PURGE,), WALL_US)
    altered = [body[:i] + bytes([body[i] ^ 1 << i % 8]) + body[i + 1 :] for i in range(len(body))]
    for forged in altered + [body[:i] for i in range(len(body))]:
        with pytest.raises((Refused, InvalidMessage)):
            roster.check(SignedEnvelope.decode(forged), _CONTEXT, (Role.PURGE,), WALL_US)


def test_a_refusal_shows_little_of_a_name_that_anybody_could_send(trust: LocalTrust) -> None:
    envelope = SignedEnvelope(signer="x" * 100_000, payload=b"", signature=b"")
    with pytest.raises(Refused) as refusal:
        trust.roster().check(envelope, _CONTEXT, (Role.PURGE,), WALL_US)
    assert len(str(refusal.value)) < 200


class _Root:
    """An offline root that signs rosters of one purge key."""

    def __init__(self, folder: Path) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.file = folder / "roster.json"

    def publish(self, serial: int, *, role: str = "purge", key: bytes = bytes(32)) -> None:
        entry = RosterEntry(
            name="purge", role=role, public_key=key, valid_from_us=0, valid_until_us=2**62
        )
        write_roster(self.file, RosterDocument(serial=serial, entries=[entry]), self.key)

    def read(self) -> Roster:
        return Roster(self.file, self.key.public_key().public_bytes_raw())


def test_a_roster_moves_forward_only(tmp_path: Path) -> None:
    root = _Root(tmp_path)
    root.publish(5)
    roster = root.read()
    assert not roster.reload()
    root.publish(6, role="ingest")
    assert roster.reload()
    for serial in (5, 6):
        root.publish(serial)
        with pytest.raises(Refused):
            roster.reload()
        assert roster.serial == 6


def test_a_roster_of_another_root_or_altered_at_any_byte_is_refused(tmp_path: Path) -> None:
    root = _Root(tmp_path)
    root.publish(1)
    genuine = root.file.read_text()
    with pytest.raises(Refused):
        Roster(root.file, Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    parts = json.loads(genuine)
    for part in ("payload", "signature"):
        raw = b64decode(parts[part])
        for index in range(len(raw)):
            forged = raw[:index] + bytes([raw[index] ^ 1]) + raw[index + 1 :]
            root.file.write_text(json.dumps(parts | {part: b64encode(forged).decode()}))
            with pytest.raises(Refused):
                root.read()
    for index in range(0, len(genuine.rstrip()), 7):
        root.file.write_text(genuine[:index])
        with pytest.raises(Refused):
            root.read()


@pytest.mark.parametrize("text", ["", "[]", "null", '{"payload": 1}', '"x"', "\u00ff"])
def test_a_file_that_is_no_roster_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    root = _Root(tmp_path)
    root.file.write_text(text)
    with pytest.raises(Refused, match="make setup"):
        root.read()


def test_trust_that_is_missing_is_the_users_to_mend(tmp_path: Path) -> None:
    for read in (lambda: load_local_trust(tmp_path), lambda: _Root(tmp_path).read()):
        with pytest.raises(InvalidInput, match="make setup"):
            read()
    key_file = tmp_path / "ingest.key"
    for content in ("zz", "00"):
        key_file.write_text(content)
        with pytest.raises(InvalidInput, match="make setup"):
            Signer.from_file(key_file)


# --- orders ----------------------------------------------------------------------------------


def test_an_order_is_live_inside_its_window_and_for_its_cameras_only(trust: LocalTrust) -> None:
    order = an_order()
    book = book_with(trust, order)
    live = book.live_order(CAMERA, WALL_US)
    assert live is not None
    assert live.order == order
    assert book.live_order("gate-2", WALL_US) is None
    assert book.live_order(CAMERA, order.starts_at_us - 1) is None
    assert book.live_order(CAMERA, order.ends_at_us) is None


def test_two_orders_for_one_camera_stop_it_rather_than_choose(trust: LocalTrust) -> None:
    book = book_with(trust, an_order())
    book.hear(signed(trust, an_order(deployment_id="deployment-2")), WALL_US)
    assert len(book.live_orders(WALL_US)) == 2
    assert book.live_order(CAMERA, WALL_US) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"authorised_by": "somebody-else"},
        {"camera_ids": []},
        {"camera_ids": [CAMERA, "enrolment"]},
        {"starts_at_us": WALL_US, "ends_at_us": WALL_US},
        {"starts_at_us": WALL_US, "ends_at_us": WALL_US + 12 * _HOUR_US + 1},
        {"watchlist_size": 1001},
        {"watchlist_size": -1},
    ],
)
def test_an_order_beyond_what_its_type_allows_is_refused(
    trust: LocalTrust, changes: dict[str, object]
) -> None:
    book = OrderBook(trust.roster())
    with pytest.raises(Refused):
        book.hear(signed(trust, an_order(**changes)), WALL_US)
    assert not book.live_orders(WALL_US)
    full = {"starts_at_us": WALL_US, "ends_at_us": WALL_US + 12 * _HOUR_US, "watchlist_size": 1000}
    book.hear(signed(trust, an_order(**full)), WALL_US)
    assert book.live_order(CAMERA, WALL_US) is not None


def test_local_orders_can_be_refused_altogether(trust: LocalTrust) -> None:
    with pytest.raises(Refused, match="local orders"):
        OrderBook(trust.roster(), allow_local=False).hear(signed(trust, an_order()), WALL_US)


def test_an_orders_state_cannot_go_back_nor_an_ended_one_revive(trust: LocalTrust) -> None:
    order = an_order()
    book = book_with(trust, order)
    running = signed(trust, order, serial=4)
    book.hear(running, WALL_US)
    book.hear(running, WALL_US)
    for older in (3, 4):
        with pytest.raises(Refused):
            book.hear(signed(trust, order, status=OrderStatus.ENDED, serial=older), WALL_US)
    book.hear(signed(trust, order, status=OrderStatus.ENDED, serial=5), WALL_US)
    for serial in (1, 4, 5, 6):
        with pytest.raises(Refused):
            book.hear(signed(trust, order, serial=serial), WALL_US)
        assert book.live_order(CAMERA, WALL_US) is None


def test_another_order_cannot_take_a_deployments_name_or_state(trust: LocalTrust) -> None:
    order, other = an_order(), an_order(threshold=0.1)
    book = book_with(trust, order)
    with pytest.raises(Refused):
        book.hear(signed(trust, other, serial=9), WALL_US)
    mixed = signed(trust, other).model_copy(update={"state": signed(trust, order).state})
    with pytest.raises(Refused):
        OrderBook(trust.roster()).hear(mixed, WALL_US)
    held = book.by_deployment("deployment-1")
    assert held is not None
    assert held.order == order


@pytest.mark.parametrize("part", ["order", "state"])
def test_only_an_officer_can_sign_an_order_and_its_state(trust: LocalTrust, part: str) -> None:
    genuine = signed(trust, an_order())
    envelope: SignedEnvelope = getattr(genuine, part)
    context = {"order": "lethe order", "state": "lethe order state"}[part]
    forgeries = [
        *(_signer(trust, name).sign(context, envelope.payload) for name in ("alert", "purge")),
        _signer(trust, "officer").sign("lethe roster", envelope.payload),
        envelope.model_copy(update={"payload": envelope.payload + b"\0"}),
        envelope.model_copy(update={"signature": bytes(64)}),
        _signer(trust, "officer").sign(context, b"no order"),
    ]
    for forged in forgeries:
        with pytest.raises(Refused):
            OrderBook(trust.roster()).hear(genuine.model_copy(update={part: forged}), WALL_US)
    OrderBook(trust.roster()).hear(genuine, WALL_US)


def test_an_order_ends_with_the_standing_of_the_officer_who_signed_it(tmp_path: Path) -> None:
    root = _Root(tmp_path)
    officer = Ed25519PrivateKey.generate()
    key_file = tmp_path / "purge.key"
    key_file.write_text(officer.private_bytes_raw().hex())
    root.publish(1, role=OFFICER_ROLE, key=officer.public_key().public_bytes_raw())
    roster = root.read()
    book = OrderBook(roster)
    trust = LocalTrust(tmp_path, "")
    (tmp_path / "keys").mkdir()
    key_file.rename(trust.key_file("purge"))
    ordered = sign_order(an_order(authorised_by="purge"), trust.key_file("purge"))
    book.hear(ordered, WALL_US)
    assert book.live_order(CAMERA, WALL_US) is not None
    root.publish(2, role="ingest", key=officer.public_key().public_bytes_raw())
    roster.reload()
    assert book.live_order(CAMERA, WALL_US) is None


# --- grants ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"slot": "another"},
        {"term": "another"},
        {"ticket_sequence": 9},
        {"boot": "another"},
        {"ticket_hash": bytes(32)},
        {"sealed": b""},
        {"keys": []},
    ],
)
def test_a_grant_changed_in_any_part_yields_no_key(
    trust: LocalTrust, changes: dict[str, object]
) -> None:
    pipeline = Pipeline(trust)
    granted = pipeline.grants()[Role.DETECT]
    with pytest.raises((Refused, Erased)):
        pipeline.holders[Role.DETECT].accept(granted.model_copy(update=changes))
    assert not pipeline.holders[Role.DETECT].holds(CAMERA, Purpose.FRAME)


@pytest.mark.parametrize("field", ["lane", "purpose", "deployment_id", "order_hash", "commitment"])
def test_a_key_renamed_within_its_grant_is_refused(trust: LocalTrust, field: str) -> None:
    pipeline = Pipeline(trust)
    granted = pipeline.grants()[Role.INGEST]
    values = {"lane": "gate-2", "purpose": Purpose.PROBE, "commitment": bytes(32)}
    renamed = granted.keys[0].model_copy(update={field: values.get(field, "another")})
    with pytest.raises(Refused):
        pipeline.holders[Role.INGEST].accept(granted.model_copy(update={"keys": [renamed]}))
    assert not pipeline.holders[Role.INGEST].holds(CAMERA, Purpose.FRAME)


def test_a_grant_for_another_holder_or_role_is_passed_over(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    granted = pipeline.grants()
    ingest = pipeline.holders[Role.INGEST]
    assert ingest.accept(granted[Role.DETECT]) == []
    other_role = granted[Role.INGEST].model_copy(update={"role": Role.DETECT})
    assert ingest.accept(other_role) == []
    assert len(ingest.accept(granted[Role.INGEST])) == 1


def test_a_grant_opens_once(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    granted = pipeline.grants()[Role.INGEST]
    ingest = pipeline.holders[Role.INGEST]
    assert len(ingest.accept(granted)) == 1
    ingest.release_all()
    with pytest.raises(Erased):
        ingest.accept(granted)
    assert ingest.holds_nothing()


def test_a_repeated_grant_does_not_tell_a_live_key_as_closed(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    granted = pipeline.grants()[Role.INGEST]
    ingest = pipeline.holders[Role.INGEST]
    ingest.accept(granted)
    with pytest.raises(Erased):
        ingest.accept(granted)
    assert not ingest.issue_ticket(ALL_PARTITIONS).destroyed


def test_a_grant_counts_only_as_purge_signed_it_on_its_own_topic(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    payload = pipeline.grants()[Role.INGEST].encode()
    observer = _Observer()
    traffic = _traffic(pipeline.holders[Role.INGEST], trust, observer, [])
    purge = _signer(trust, "purge")
    forged = [
        _signer(trust, "ingest").sign(KEY_GRANTED.name, payload),
        _signer(trust, "officer").sign(KEY_GRANTED.name, payload),
        purge.sign(INGEST_TICKET.name, payload),
        purge.sign(KEY_GRANTED.name, payload).model_copy(update={"signature": bytes(64)}),
    ]
    for envelope in forged:
        traffic.on_grant("ingest-1", envelope.encode())
    assert (observer.refused, observer.held) == (4, 0)
    genuine = purge.sign(KEY_GRANTED.name, payload).encode()
    traffic.on_grant("detect-1", genuine)
    assert observer.held == 0
    traffic.on_grant("ingest-1", genuine)
    traffic.on_grant("ingest-1", genuine)
    assert (observer.refused, observer.held) == (5, 1)


async def test_a_holder_that_stops_says_goodbye_holding_nothing(trust: LocalTrust) -> None:
    sent: list[bytes] = []
    clock = FakeClock()
    holder = Holder("ingest-1", Role.INGEST, "run-1", clock=clock, switch=FakeSwitch())
    traffic = _traffic(holder, trust, _Observer(), sent)
    running = asyncio.create_task(traffic.run())
    while not sent:
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    last = SignedEnvelope.decode(sent[-1])
    trust.roster().check(last, INGEST_TICKET.name, (Role.INGEST,), WALL_US)
    assert b"leaving\xc3" in last.payload
    assert holder.holds_nothing()


# --- sealed records --------------------------------------------------------------------------


def test_a_record_opens_once_and_nowhere_else(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    pipeline.run_slot()
    address, sealed = pipeline.captured(b"frame")
    detect, match = pipeline.holders[Role.DETECT], pipeline.holders[Role.MATCH]
    with pytest.raises(Erased):
        open_frame(match, address, sealed)
    with pytest.raises(Refused):
        open_frame(detect, address, sealed, topic="lethe.detect.probe-extracted.v1")
    assert open_frame(detect, address, sealed) == b"frame"
    with pytest.raises(Erased):
        open_frame(detect, address, sealed)


def test_a_record_altered_or_cut_at_any_byte_is_refused_and_the_genuine_one_opens(
    trust: LocalTrust,
) -> None:
    pipeline = Pipeline(trust)
    pipeline.run_slot()
    address, sealed = pipeline.captured(b"frame")
    detect = pipeline.holders[Role.DETECT]
    flipped = [sealed[:i] + bytes([sealed[i] ^ 1]) + sealed[i + 1 :] for i in range(len(sealed))]
    cut = [sealed[:i] for i in range(len(sealed))]
    for forged in [*flipped, *cut, sealed + b"\0", sealed * 5]:
        with pytest.raises(Refused):
            open_frame(detect, address, forged)
    assert open_frame(detect, address, sealed) == b"frame"


def test_a_frame_captured_before_its_key_was_in_hand_is_not_sealed(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    before = pipeline.clock.now()
    pipeline.run_slot()
    ingest = pipeline.holders[Role.INGEST]
    early = before.boot_us
    assert ingest.reserve(CAMERA, Purpose.FRAME, captured_boot_us=early) is None
    address, _ = pipeline.captured(b"first")
    dated_back = address.model_copy(update={"captured": before, "number": 7})
    with pytest.raises(Erased, match="in hand"):
        ingest.seal(FRAME_CAPTURED.name, dated_back, memoryview(b"second"), step=1024)


def test_nothing_is_sealed_or_opened_once_the_order_is_over(trust: LocalTrust) -> None:
    live = True

    def ordered(_granted: GrantedKey, _wall_us: int) -> bool:
        return live

    pipeline = Pipeline(trust, order_check=ordered)
    pipeline.run_slot()
    address, sealed = pipeline.captured(b"frame")
    reservation = pipeline.holders[Role.INGEST].reserve(CAMERA, Purpose.FRAME)
    assert reservation is not None
    live = False
    assert seal_frame(pipeline.holders[Role.INGEST], b"frame") is None
    with pytest.raises(Refused):
        open_frame(pipeline.holders[Role.DETECT], address, sealed)
    late = address.model_copy(update={"number": reservation.number})
    with pytest.raises(Refused):
        pipeline.holders[Role.INGEST].seal(FRAME_CAPTURED.name, late, memoryview(b""), step=16)


class _Observer:
    def __init__(self) -> None:
        self.refused = self.held = self.failed = 0

    def ticket_failed(self, _error: Exception) -> None:
        self.failed += 1

    def grant_refused(self, _error: Exception) -> None:
        self.refused += 1

    def granted(self, keys: list[GrantedKey]) -> None:
        self.held += len(keys)


def _traffic(
    holder: Holder, trust: LocalTrust, observer: _Observer, sent: list[bytes]
) -> KeyTraffic:
    async def send(_topic: object, _key: str, body: bytes) -> None:
        sent.append(body)

    return KeyTraffic(
        holder,
        _signer(trust, holder.role.value),
        trust.roster(),
        ticket_topic=INGEST_TICKET,
        send=send,
        standing=lambda: ALL_PARTITIONS,
        observer=observer,
        slot_ms=1,
    )
