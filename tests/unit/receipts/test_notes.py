"""Notes, checkpoints and cosignatures read and write as their specifications say."""

from hashlib import sha256
from io import BytesIO

import hypothesis.strategies as st
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given

from lethe.receipts.checkpoints import Checkpoint, signed_by_one
from lethe.receipts.cosignatures import Cosigner, cosignatures
from lethe.receipts.errors import BadInput, Refuted
from lethe.receipts.exports import HEADER, CheckpointNote, item_lines, read_items, read_lines
from lethe.receipts.notes import COSIGNATURE, ED25519, Note, NoteSigner, VerifierKey

# The examples of c2sp.org/signed-note and c2sp.org/tlog-checkpoint.
_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
_NOTE = (
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi"
    "2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
_CHECKPOINT = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
)

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = NoteSigner("lethe.example/log", PRIVATE)
WITNESS = Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(32)))


def test_the_example_of_the_specification_is_verified() -> None:
    signer = VerifierKey.parse(_VKEY)
    assert (signer.name, signer.kind, signer.key_id.hex()) == (
        "example.com/foo",
        ED25519,
        "530d903a",
    )
    assert str(signer) == _VKEY
    note = Note.parse(_NOTE)
    assert str(note) == _NOTE
    note.require_signed(signer)


def test_a_key_is_named_by_the_hash_of_its_name_kind_and_bytes() -> None:
    public = PRIVATE.public_key().public_bytes_raw()
    wanted = sha256(b"lethe.example/log\n\x01" + public).digest()[:4]
    assert SIGNER.verifier.key_id == wanted
    as_witness = VerifierKey("lethe.example/log", COSIGNATURE, public)
    assert as_witness.key_id == sha256(b"lethe.example/log\n\x04" + public).digest()[:4]


@given(seed=st.binary(min_size=32, max_size=32))
def test_a_verifier_key_reads_back_also_with_plus_signs_in_its_base64(seed: bytes) -> None:
    signer = NoteSigner("a.example", Ed25519PrivateKey.from_private_bytes(seed)).verifier
    assert VerifierKey.parse(str(signer)) == signer


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com/foo",
        _VKEY.replace("530d903a", "530d903b"),
        _VKEY.replace("example.com/foo", "example.com/fob"),
        _VKEY.replace("example.com/foo", "example com"),
        _VKEY[:-1],
        _VKEY[:-4],
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ],
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        VerifierKey.parse(text)


@pytest.mark.parametrize(
    "changed",
    [
        _NOTE.replace("message", "massage"),
        _NOTE.replace("iKe", "iKf").replace("yaQM=", "yaQI="),
        _NOTE.replace("Uw2QOk", "Uw2QOl"),
    ],
)
def test_a_changed_note_is_refuted(changed: str) -> None:
    with pytest.raises(Refuted):
        Note.parse(changed).require_signed(VerifierKey.parse(_VKEY))


@pytest.mark.parametrize(
    "changed",
    [
        "",
        "text only\n",
        _NOTE.replace("\n\n", "\n"),
        _NOTE[:-1],
        _NOTE.replace("— ", "- "),
        _NOTE.replace("This", "\tThis"),
        _NOTE.replace("yaQM=", "yaQN="),
        _NOTE.replace("yaQM=", "yaQM"),
        _NOTE + "\n",
        "a\n\n" + "— example.com/foo Uw2QOkk=\n" * 65,
    ],
)
def test_what_is_no_note_is_refused(changed: str) -> None:
    with pytest.raises(BadInput):
        Note.parse(changed)


def test_signatures_of_strangers_do_not_matter() -> None:
    note = SIGNER.sign("text\n")
    stranger = NoteSigner("lethe.example/log", Ed25519PrivateKey.generate()).sign("text\n")
    both = Note("text\n", (*stranger.signatures, *note.signatures))
    both.require_signed(SIGNER.verifier)
    with pytest.raises(Refuted, match="isn't signed"):
        stranger.require_signed(SIGNER.verifier)


def test_a_text_with_empty_lines_ends_at_the_last_of_them() -> None:
    note = SIGNER.sign("one\n\ntwo\n")
    assert Note.parse(str(note)) == note


def test_the_checkpoint_of_the_specification_reads_back() -> None:
    checkpoint = Checkpoint.parse(_CHECKPOINT)
    assert checkpoint.size == 20852163
    assert checkpoint.text == _CHECKPOINT


@pytest.mark.parametrize(
    "text",
    [
        _CHECKPOINT.replace("20852163", "020852163"),
        _CHECKPOINT.replace("20852163", "-1"),
        _CHECKPOINT.replace("20852163", "²"),
        _CHECKPOINT.replace("20852163", "9" * 30),
        _CHECKPOINT.replace("q2I=", "q2J="),
        _CHECKPOINT.replace("CsUY", ""),
        "\n" + _CHECKPOINT.partition("\n")[2],
        _CHECKPOINT + "extension\n",
        _CHECKPOINT[:-1],
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        Checkpoint.parse(text)


def test_a_checkpoint_counts_when_the_pinned_key_signed_it() -> None:
    checkpoint = Checkpoint("lethe.example/log/1", 3, bytes(32))
    note = checkpoint.sign(SIGNER)
    assert signed_by_one(note, (SIGNER.verifier,)) == (checkpoint, SIGNER.verifier)
    with pytest.raises(Refuted, match="not by the key"):
        signed_by_one(note, (VerifierKey.parse(_VKEY),))


def test_a_cosignature_signs_time_and_text() -> None:
    note = Checkpoint("lethe.example/log/1", 3, bytes(32)).sign(SIGNER)
    cosigned = WITNESS.cosign(note, 1_679_315_147)
    line = cosigned.signatures[-1]
    assert line.signature[:8] == (1_679_315_147).to_bytes(8, "big")
    message = f"cosignature/v1\ntime 1679315147\n{note.text}".encode()
    assert WITNESS.verifier.holds(message, line.signature[8:])
    found = cosignatures(Note.parse(str(cosigned)), (WITNESS.verifier,))
    assert [(each.witness, each.at_s) for each in found] == [("witness.example/w1", 1_679_315_147)]
    cosigned.require_signed(SIGNER.verifier)


def test_a_changed_cosignature_is_refuted_and_an_unknown_one_ignored() -> None:
    cosigned = WITNESS.cosign(Checkpoint("lethe.example/log/1", 3, bytes(32)).sign(SIGNER), 100)
    later = cosigned.signatures[-1].signature
    moved = later[:7] + b"\x65" + later[8:]
    for signature in (moved, later[:-1]):
        line = type(cosigned.signatures[-1])(
            WITNESS.verifier.name, WITNESS.verifier.key_id, signature
        )
        changed = Note(cosigned.text, (cosigned.signatures[0], line))
        with pytest.raises(Refuted):
            cosignatures(changed, (WITNESS.verifier,))
    stranger = Cosigner("witness.example/w2", Ed25519PrivateKey.generate())
    assert cosignatures(cosigned, (stranger.verifier,)) == []


def test_a_note_is_written_as_it_was_read_whatever_stands_in_it() -> None:
    note = "a\u2028b\u0085c\n\n\u2014 name AAAA\n"
    block = item_lines(CheckpointNote(note))
    (item,) = read_items([HEADER, *read_lines(BytesIO(block))])
    assert item == CheckpointNote(note)
