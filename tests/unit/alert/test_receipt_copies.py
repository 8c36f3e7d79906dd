"""Alert keeps copies of purge's receipts: what it serves holds, whatever happened to its disk."""

from pathlib import Path

import hypothesis.strategies as st
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from tests.support.handing_on import Courier, served, write_log
from tests.support.receipts import a_log, successor, verify

from lethe.alert.receipt_copies import ReceiptCopies
from lethe.contracts.errors import Refused
from lethe.receipts.notes import NoteSigner
from lethe.receipts.stored import SUFFIX

_FIRST = a_log(3)
_SECOND = successor(_FIRST, "t2", slots=2)


@pytest.fixture(name="purge")
def purge_(tmp_path: Path) -> Path:
    folder = tmp_path / "purge"
    folder.mkdir()
    write_log(folder, 1, _FIRST)
    write_log(folder, 2, _SECOND)
    return folder


def copies_in(folder: Path) -> ReceiptCopies:
    copies = ReceiptCopies(folder)
    copies.open()
    return copies


async def test_what_was_taken_is_served_and_holds(purge: Path, tmp_path: Path) -> None:
    copies = copies_in(tmp_path / "copies")
    await Courier(purge).bring_all(copies)
    verdict = verify([served(copies.kept())])
    assert (verdict.logs, verdict.entries) == (2, _FIRST.last.size + _SECOND.last.size)
    (growing,) = copies.kept().growing
    assert growing.checkpoint in served(copies.kept()).decode().replace("| ", "").replace("|", "")


async def test_it_goes_on_after_a_start(purge: Path, tmp_path: Path) -> None:
    copies = copies_in(tmp_path / "copies")
    courier = Courier(purge)
    await courier.bring_all(copies)
    before = served(copies.kept())
    third = successor(_SECOND, "t3")
    write_log(purge, 3, third)
    again = copies_in(tmp_path / "copies")
    assert served(again.kept()) == before
    assert again.kept().held() == copies.kept().held()
    assert await courier.bring_all(again) == 1
    assert verify([served(again.kept())]).logs == 3


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_a_copy_that_was_torn_anywhere_is_whole_again(
    purge: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("copies")
    courier, copies = Courier(purge), copies_in(folder)
    await courier.bring_all(copies)
    whole = served(copies.kept())
    victim = data.draw(st.sampled_from(sorted(folder.glob(f"*{SUFFIX}"))))
    content = victim.read_bytes()
    victim.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    again = copies_in(folder)
    await courier.bring_all(again)
    assert served(again.kept()) == whole


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_a_byte_that_changed_in_the_newest_copy_is_noticed_at_a_start(
    purge: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("copies")
    courier, copies = Courier(purge), copies_in(folder)
    await courier.bring_all(copies)
    newest = max(folder.glob(f"*{SUFFIX}"))
    content = newest.read_bytes()
    entries = range(content.index(b"{"), content.rindex(b"}"))
    at = data.draw(st.sampled_from(entries))
    newest.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    again = copies_in(folder)
    await courier.bring_all(again)
    assert served(again.kept()) == served(copies.kept())
    assert newest.read_bytes() == content


async def test_a_copy_that_somebody_removed_comes_again(purge: Path, tmp_path: Path) -> None:
    courier, copies = Courier(purge), copies_in(tmp_path / "copies")
    write_log(purge, 3, successor(_SECOND, "t3"))
    await courier.bring_all(copies)
    whole = served(copies.kept())
    sorted((tmp_path / "copies").glob(f"*{SUFFIX}"))[1].unlink()
    again = copies_in(tmp_path / "copies")
    await courier.bring_all(again)
    assert served(again.kept()) == whole


async def test_a_piece_that_does_not_hold_is_refused_and_changes_nothing(
    purge: Path, tmp_path: Path
) -> None:
    courier, copies = Courier(purge), copies_in(tmp_path / "copies")
    courier.tell({})
    piece = await courier.next_piece()
    assert piece is not None
    altered = [piece.leaves[0].replace(b"purge-1", b"purge-2"), *piece.leaves[1:]]
    stranger = NoteSigner("lethe-receipts/other", Ed25519PrivateKey.generate())
    for changes in (
        {"leaves": altered},
        {"leaves": piece.leaves[:-1]},
        {"signer": str(stranger.verifier)},
        {"signer": "no key"},
        {"checkpoint": "no checkpoint"},
        {"origin": "lethe-receipts/test/purge-1/../../elsewhere"},
    ):
        with pytest.raises(Refused):
            copies.take(piece.model_copy(update=changes))
    assert copies.kept().files == ()
    assert list((tmp_path / "copies").iterdir()) == []
    assert copies.take(piece)


async def test_what_is_there_already_or_comes_too_early_is_passed_over(
    purge: Path, tmp_path: Path
) -> None:
    courier, copies = Courier(purge), copies_in(tmp_path / "copies")
    await courier.bring_all(copies)
    before = served(copies.kept())
    for piece in courier.sent:
        assert not copies.take(piece)
        assert not copies.take(piece.model_copy(update={"origin": "x/purge-9/t", "first": 5}))
    assert served(copies.kept()) == before


async def test_what_a_full_disk_left_is_cut_off_before_it_goes_on(
    purge: Path, tmp_path: Path
) -> None:
    courier, copies = Courier(purge), copies_in(tmp_path / "copies")
    courier.tell({})
    first = await courier.next_piece()
    assert first is not None
    copies.take(first)
    (file,) = copies.kept().files
    with file.path.open("ab") as stream:
        stream.write(b'{"half an ent')
    assert b"half" not in served(copies.kept())
    third = successor(_SECOND, "t3")
    write_log(purge, 3, third)
    await courier.bring_all(copies)
    assert verify([served(copies.kept())]).logs == 3
    assert b"half" not in served(copies.kept())


async def test_logs_of_two_purges_stand_beside_each_other(purge: Path, tmp_path: Path) -> None:
    copies = copies_in(tmp_path / "copies")
    await Courier(purge).bring_all(copies)
    other = tmp_path / "other"
    other.mkdir()
    write_log(other, 1, a_log(2, term="t9", instance="purge-2"))
    courier = Courier(other)
    courier.outbox._part = "purge-2"
    await courier.bring_all(copies)
    assert verify([served(copies.kept())]).logs == 3
    assert len(copies.kept().held()) == 2
    assert served(copies_in(tmp_path / "copies").kept()) == served(copies.kept())
