"""The head of alert's audit log stands in the receipts, in every term anew."""

from tests.support.receipting_desk import Desk

from lethe.contracts.keys import AuditHead, Role
from lethe.receipts.entries import AuditAnchored


def audited(desk: Desk, size: int, log: str = "log", *, role: Role = Role.ALERT) -> None:
    """Let an alert tell how far its audit log has got."""
    head = AuditHead(log=log, size=size, digest=f"{size:064x}")
    desk.anchoring.hear(desk.custody.ticket(role, audit=head))


def anchored(desk: Desk) -> list[tuple[str, int]]:
    entries = [each for each in desk.entries() if isinstance(each, AuditAnchored)]
    return [(each.log, each.size) for each in entries]


async def test_a_head_is_anchored_without_any_key_being_granted(desk: Desk) -> None:
    await desk.begin("t1")
    audited(desk, 7)
    await desk.later(2)
    assert anchored(desk) == [("log", 7)]
    await desk.receipting.close()
    assert desk.verified().anchors == {("log", 7, f"{7:064x}")}


async def test_a_busy_log_is_anchored_every_ten_seconds(desk: Desk) -> None:
    await desk.begin("t1")
    for size in range(1, 31):
        audited(desk, size)
        await desk.later(1)
    sizes = [size for _, size in anchored(desk)]
    assert len(sizes) == 3
    assert sizes == sorted(sizes)


async def test_what_did_not_grow_is_not_anchored_again_and_nothing_goes_back(desk: Desk) -> None:
    await desk.begin("t1")
    audited(desk, 7)
    await desk.later(2)
    for size in (7, 5):
        audited(desk, size)
        await desk.later(20)
    assert anchored(desk) == [("log", 7)]


async def test_each_term_anchors_anew_and_the_last_head_before_it_ends(desk: Desk) -> None:
    await desk.begin("t1")
    audited(desk, 7)
    await desk.later(2)
    await desk.begin("t2")
    await desk.later(2)
    assert anchored(desk) == [("log", 7), ("log", 7)]
    audited(desk, 9)
    await desk.later(1)
    await desk.receipting.close()
    assert anchored(desk)[2:] == [("log", 9)]
    desk.verified()


async def test_another_log_is_anchored_beside_the_first(desk: Desk) -> None:
    await desk.begin("t1")
    audited(desk, 7)
    await desk.later(2)
    audited(desk, 1, log="other")
    await desk.later(11)
    assert anchored(desk) == [("log", 7), ("other", 1)]


async def test_only_alert_tells_of_it(desk: Desk) -> None:
    await desk.begin("t1")
    audited(desk, 7, role=Role.MATCH)
    await desk.later(2)
    assert anchored(desk) == []
