"""Envelopes count for one signer, role, context and time; rosters only move forward."""

import json
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.clocks import WALL_US
from tests.support.roots import Root

from lethe.contracts.base import InvalidMessage
from lethe.contracts.errors import InvalidInput, Refused
from lethe.contracts.keys import Role
from lethe.contracts.sealed import SignedEnvelope
from lethe.shredding.roster import Roster
from lethe.shredding.signing import Signer
from lethe.shredding.trust import LocalTrust, load_local_trust

_HOUR_US = 3_600_000_000
_CONTEXT = "lethe.purge.key-granted.v1"


def _signer(trust: LocalTrust, name: str) -> Signer:
    return Signer.from_file(trust.key_file(name))


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


def test_a_roster_moves_forward_only(tmp_path: Path) -> None:
    root = Root(tmp_path)
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
    root = Root(tmp_path)
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
    root = Root(tmp_path)
    root.file.write_text(text)
    with pytest.raises(Refused, match="make setup"):
        root.read()


def test_trust_that_is_missing_is_the_users_to_mend(tmp_path: Path) -> None:
    for read in (lambda: load_local_trust(tmp_path), lambda: Root(tmp_path).read()):
        with pytest.raises(InvalidInput, match="make setup"):
            read()
    key_file = tmp_path / "ingest.key"
    for content in ("zz", "00"):
        key_file.write_text(content)
        with pytest.raises(InvalidInput, match="make setup"):
            Signer.from_file(key_file)
