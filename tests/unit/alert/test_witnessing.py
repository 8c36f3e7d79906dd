"""Alert asks witnesses for cosignatures; none of them can stop or mislead it."""

import asyncio
import socket
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.handing_on import Courier, served, write_log
from tests.support.receipts import SIGNER, Log, successor, verify
from tests.support.witnesses import running_witness

from lethe.alert.receipt_copies import Kept, ReceiptCopies
from lethe.alert.witnessing import Send, Witnessing
from lethe.receipts.asking import NamedWitness, ask_witness
from lethe.receipts.cosignatures import Cosigner
from lethe.receipts.errors import BadInput
from lethe.receipts.notes import VerifierKey
from lethe.receipts.witness import Witness
from lethe.receipts.witness_folder import WitnessFolder
from lethe.runtime.metrics import WITNESSED

_COSIGNER = Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
_OTHER = Cosigner("witness.example/w2", Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
_ADDRESS = "http://witness.example"


class Scene:
    """A purge, an alert that keeps copies of its receipts, and a witness without a network."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "purge").mkdir()
        self.log = Log().begin().sign().slot().sign()
        self.copies = ReceiptCopies(folder / "copies")
        self.copies.open()
        self.courier = Courier(folder / "purge")
        self.witness = self.a_witness()
        self.calls = 0

    def a_witness(self, cosigner: Cosigner = _COSIGNER, name: str = "w") -> Witness:
        kept = WitnessFolder(self.folder / name)
        kept.close()
        return Witness(cosigner, [SIGNER.verifier], kept, lambda: 1_700_000_000)

    def kept(self) -> Kept:
        return self.copies.kept()

    def answer(self, address: str, body: bytes) -> tuple[int, str]:
        assert address == _ADDRESS
        self.calls += 1
        answer = self.witness.add_checkpoint(body)
        return answer.status.value, answer.body

    def witnessing(self, send: Send | None = None, key: VerifierKey | None = None) -> Witnessing:
        named = NamedWitness(_ADDRESS, key or _COSIGNER.verifier)
        return Witnessing([named], self.kept, send or self.answer)

    async def grow(self) -> None:
        """Let the log have a slot more, and alert hear of it."""
        self.log.slot().sign()
        await self.arrive()

    async def arrive(self) -> None:
        write_log(self.folder / "purge", 1, self.log)
        await self.courier.bring_all(self.copies)

    def cosignatures(self, *keys: VerifierKey) -> int:
        """Verify what is served; return how many cosignatures of these witnesses hold in it."""
        return verify([served(self.kept())], witnesses=keys or [_COSIGNER.verifier]).cosignatures


@pytest.fixture(name="scene")
async def scene_(tmp_path: Path) -> Scene:
    scene = Scene(tmp_path)
    await scene.arrive()
    return scene


async def test_checkpoints_are_cosigned_as_the_log_grows_and_served_so(scene: Scene) -> None:
    witnessing = scene.witnessing()
    for round_ in range(1, 4):
        await witnessing.turn()
        assert scene.cosignatures() == round_
        await scene.grow()
    (state,) = witnessing.states()
    assert (state.name, state.cosigned, state.fault) == ("witness.example/w1", 3, None)


async def test_a_start_of_alert_costs_one_more_call(scene: Scene) -> None:
    await scene.witnessing().turn()
    await scene.grow()
    before = scene.calls
    again = scene.witnessing()
    await again.turn()
    assert scene.calls == before + 2
    assert scene.cosignatures() == 2
    assert again.states()[0].fault is None


async def test_two_witnesses_cosign_one_checkpoint(scene: Scene) -> None:
    await scene.witnessing().turn()
    scene.witness = scene.a_witness(_OTHER, "w2")
    await scene.witnessing(key=_OTHER.verifier).turn()
    assert scene.cosignatures(_COSIGNER.verifier, _OTHER.verifier) == 2


async def test_what_was_cosigned_outlives_a_start_and_a_torn_copy(
    scene: Scene, tmp_path: Path
) -> None:
    await scene.witnessing().turn()
    await scene.grow()
    await scene.witnessing().turn()
    (path,) = (tmp_path / "copies").glob("*.receipts")
    path.write_bytes(path.read_bytes()[:-100])
    scene.copies = ReceiptCopies(tmp_path / "copies")
    scene.copies.open()
    await scene.arrive()
    assert scene.cosignatures() >= 1


async def test_a_log_that_was_put_back_and_went_on_differently_is_told_as_a_fork(
    scene: Scene, tmp_path: Path
) -> None:
    await scene.grow()
    await scene.witnessing().turn()
    forked = Scene(tmp_path_of(tmp_path, "forked"))
    forked.witness = scene.witness
    forked.log.slot(oldest_age_ms=7).sign()
    forked.log.slot().sign()
    await forked.arrive()
    witnessing = forked.witnessing()
    await witnessing.turn()
    (state,) = witnessing.states()
    assert state.refused == 1
    assert "fork" in str(state.fault)
    assert forked.cosignatures() == 0


def tmp_path_of(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


async def test_a_copy_that_is_behind_is_said_and_nothing_else(scene: Scene, tmp_path: Path) -> None:
    behind = Scene(tmp_path_of(tmp_path, "behind"))
    behind.witness = scene.witness
    await behind.arrive()
    await scene.grow()
    await scene.witnessing().turn()
    witnessing = behind.witnessing()
    await witnessing.turn()
    assert "it saw 6 entries, here are 4" in str(witnessing.states()[0].fault)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((404, ""), "it doesn't know this log"),
        ((403, ""), "it doesn't know the key of receipts"),
        ((500, ""), "it answered 500"),
        ((409, "many"), "the size is no number"),
        ((409, "0\n"), "fork"),
        ((200, ""), "no signed note"),
        ((200, "nonsense\n"), "no signed note"),
        ((200, "\u2014 witness.example/w1 AAAA\n"), "too short"),
    ],
)
async def test_an_answer_that_is_none_is_counted_and_told(
    scene: Scene, answer: tuple[int, str], told: str
) -> None:
    before = WITNESSED.labels("refused")._value.get()
    witnessing = scene.witnessing(lambda _address, _body: answer)
    await witnessing.turn()
    (state,) = witnessing.states()
    assert (state.cosigned, state.refused) == (0, 1)
    assert told in str(state.fault)
    assert WITNESSED.labels("refused")._value.get() == before + 1
    assert scene.cosignatures() == 0


async def test_a_cosignature_by_another_key_or_of_another_checkpoint_is_not_kept(
    scene: Scene,
) -> None:
    foreign = scene.witnessing(key=_OTHER.verifier)
    await foreign.turn()
    assert "without a cosignature of its own" in str(foreign.states()[0].fault)
    other = successor(scene.log, "t2").last.sign(SIGNER)
    line = _COSIGNER.cosign(other, 1).signatures[-1].line()
    mistaken = scene.witnessing(lambda _address, _body: (200, line))
    await mistaken.turn()
    assert "doesn't hold" in str(mistaken.states()[0].fault)
    assert scene.cosignatures(_COSIGNER.verifier, _OTHER.verifier) == 0


async def test_a_witness_is_asked_over_http(scene: Scene, tmp_path: Path) -> None:
    with running_witness(tmp_path / "witness", str(SIGNER.verifier)) as (address, key):
        witnessing = Witnessing([NamedWitness(address, key)], scene.kept, ask_witness)
        await witnessing.turn()
        await scene.grow()
        await witnessing.turn()
        again = Witnessing([NamedWitness(address, key)], scene.kept, ask_witness)
        await again.turn()
    assert [each.states()[0].fault for each in (witnessing, again)] == [None, None]
    assert scene.cosignatures(key) >= 2


async def test_a_witness_that_is_away_stops_nothing(scene: Scene) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        named = NamedWitness(address, _COSIGNER.verifier)
        witnessing = Witnessing([named], scene.kept, ask_witness)
        await witnessing.turn()
    (state,) = witnessing.states()
    assert (state.unreachable, state.fault) == (1, "Connection refused")


async def test_without_witnesses_there_is_nothing_to_do(scene: Scene) -> None:
    await asyncio.wait_for(Witnessing([], scene.kept, scene.answer).run(), 10)
    assert scene.calls == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://w",
        "w.example key",
        f"ftp://w {_COSIGNER.verifier}",
        f"http://w {SIGNER.verifier}",
    ],
)
def test_a_witness_is_named_by_address_and_key(text: str) -> None:
    with pytest.raises(BadInput, match="ADDRESS KEY"):
        NamedWitness.parse(text)
    assert NamedWitness.parse(f"https://w.example {_COSIGNER.verifier}").key == _COSIGNER.verifier
