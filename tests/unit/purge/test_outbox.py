"""purge hands its receipts on: whatever is lost on the way, alert ends with all of them."""

from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from tests.support.handing_on import Courier, served, write_log
from tests.support.receipts import a_log, file_of, successor, verify

from lethe.alert.receipt_copies import ReceiptCopies
from lethe.contracts.errors import Transient
from lethe.contracts.keys import Role
from lethe.contracts.receipts import ErasureReceipted
from lethe.purge import outbox as outbox_module

_LOGS = [a_log(3)]
_LOGS += [successor(_LOGS[0], "t2", slots=2)]
_LOGS += [successor(_LOGS[1], "t3", slots=4)]


@pytest.fixture(name="folder")
def folder_(tmp_path: Path) -> Path:
    folder = tmp_path / "receipts"
    folder.mkdir()
    for number, log in enumerate(_LOGS, start=1):
        write_log(folder, number, log)
    return folder


def copies_in(folder: Path) -> ReceiptCopies:
    copies = ReceiptCopies(folder)
    copies.open()
    return copies


async def test_nothing_is_sent_to_nobody(folder: Path) -> None:
    courier = Courier(folder)
    assert await courier.next_piece() is None
    courier.tell(None)
    assert await courier.next_piece() is None
    courier.tell({}, role=Role.MATCH)
    assert await courier.next_piece() is None


async def test_an_alert_that_left_or_fell_silent_holds_nobody_back(folder: Path) -> None:
    courier = Courier(folder)
    courier.tell({}, "alert-2")
    courier.tell({}, "alert-2", leaving=True)
    assert await courier.next_piece() is None
    courier.tell({}, "alert-2")
    courier.time.advance_ms(6_000)
    assert await courier.next_piece() is None


async def test_a_piece_that_was_not_taken_is_sent_again_but_not_at_once(folder: Path) -> None:
    courier = Courier(folder)
    courier.tell({})
    first = await courier.next_piece()
    assert first is not None
    assert [await courier.next_piece() for _ in range(3)] == [None] * 3
    courier.tell({})
    assert await courier.next_piece() == first


async def test_pieces_are_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "PIECE_BYTES", 1)
    copies = copies_in(folder / "copies")
    courier = Courier(folder)
    assert await courier.bring_all(copies) == sum(
        block.startswith(b"checkpoint") for log in _LOGS for block in log.blocks
    )
    assert verify([served(copies.kept())]).logs == len(_LOGS)


async def test_a_log_that_grows_is_followed(folder: Path) -> None:
    copies, courier = copies_in(folder / "copies"), Courier(folder)
    await courier.bring_all(copies)
    log = successor(_LOGS[-1], "t4")
    blocks = file_of(log)
    path = folder / "000004-t4.receipts"
    for end in range(1, len(blocks) + 1):
        path.write_bytes(b"".join(blocks[:end]))
        await courier.bring_all(copies)
        kept = served(copies.kept())
        assert verify([kept]).logs in (len(_LOGS), len(_LOGS) + 1)
    assert kept.endswith(blocks[-1])


async def test_the_one_that_has_least_is_served_first_and_all_end_with_all(folder: Path) -> None:
    courier = Courier(folder)
    ahead, behind = copies_in(folder / "one"), copies_in(folder / "two")
    await courier.bring_all(ahead, "alert-1")
    courier.tell(ahead.kept().held(), "alert-1")
    await courier.bring_all(behind, "alert-2")
    assert served(behind.kept()) == served(ahead.kept())


async def test_an_unknown_log_means_from_the_beginning(folder: Path) -> None:
    courier = Courier(folder)
    courier.tell({"lethe-receipts/test/purge-1/elsewhere": 7, "lethe-receipts/test/purge-2/t3": 1})
    piece = await courier.next_piece()
    assert piece is not None
    assert (piece.origin, piece.first) == (_LOGS[0].origin, 0)


async def test_a_broker_that_is_away_and_a_folder_that_is_not_there_stop_nothing(
    folder: Path,
) -> None:
    courier = Courier(folder)

    async def refuse(_piece: ErasureReceipted) -> None:
        raise Transient("away")

    courier.outbox._send = refuse
    courier.tell({})
    assert await courier.next_piece() is None
    nowhere = Courier(folder / "nowhere")
    nowhere.tell({})
    assert await nowhere.next_piece() is None


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    fates=st.lists(st.sampled_from(["taken", "lost", "twice", "restarted", "purge"]), max_size=25)
)
async def test_whatever_is_lost_or_repeated_alert_ends_with_what_purge_wrote(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, fates: list[str]
) -> None:
    kept = tmp_path_factory.mktemp("copies")
    copies, courier = copies_in(kept), Courier(folder)
    for fate in fates:
        if fate == "purge":
            courier = Courier(folder)
        courier.tell(copies.kept().held())
        piece = await courier.next_piece()
        if fate == "restarted":
            copies = copies_in(kept)
        if piece is not None and fate != "lost":
            copies.take(piece)
            assert fate != "twice" or not copies.take(piece)
    await courier.bring_all(copies)
    assert served(copies.kept()) == b"".join(
        [file_of(_LOGS[0])[0], *(b"".join(coalesced(log)) for log in _LOGS)]
    )


def coalesced(log: object) -> list[bytes]:
    """Return a log with its last checkpoint only: it is sent in one piece."""
    lines = file_of(log)[1:]  # type: ignore[arg-type]
    return [x for x in lines[:-1] if not x.startswith(b"checkpoint")] + lines[-1:]
