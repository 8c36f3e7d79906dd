"""A withdrawal stands in the receipts before any key under it, and in the grants themselves."""

from tests.support.clocks import WALL_US
from tests.support.forgetting import withdrawn
from tests.support.receipting_desk import Desk, of_kind

from lethe.contracts.orders import withdrawal_hash
from lethe.receipts.entries import OrderInForce, SlotGranted, SubjectsWithdrawn
from lethe.shredding.trust import LocalTrust

NAME = "deployment-1"


def withdraw(desk: Desk, trust: LocalTrust, *subjects: str, serial: int) -> None:
    orders = desk.custody.custodian._orders
    held = orders.by_deployment(NAME)
    assert held is not None
    orders.hear(withdrawn(trust, held.signed, *subjects, serial=serial), WALL_US)


async def test_it_is_told_once_in_each_log_before_the_first_key_under_it(
    desk: Desk, trust: LocalTrust
) -> None:
    await desk.begin("term1")
    await desk.slot()
    withdraw(desk, trust, "s1", "s0", serial=2)
    for _ in range(2):
        await desk.slot()
    withdraw(desk, trust, "s0", "s1", "s2", serial=3)
    await desk.slot()
    kinds = (OrderInForce, SlotGranted, SubjectsWithdrawn)
    told = [type(entry) for entry in desk.entries() if isinstance(entry, kinds)]
    assert told == [OrderInForce, SlotGranted, SubjectsWithdrawn, SlotGranted, SlotGranted,
                    SubjectsWithdrawn, SlotGranted]  # fmt: skip
    counted = [(e.withdrawn, e.list_hash) for e in of_kind(desk, SubjectsWithdrawn)
               if isinstance(e, SubjectsWithdrawn)]  # fmt: skip
    assert counted == [(2, withdrawal_hash(["s0", "s1"])), (3, withdrawal_hash(["s0", "s1", "s2"]))]
    await desk.later(6)
    await desk.begin("term2")
    await desk.slot()
    assert len(of_kind(desk, SubjectsWithdrawn)) == 3
    await desk.later(6)
    assert desk.verified().totals[NAME].withdrawn == 3
    lines = b"".join(file.read_bytes() for file in desk.folder.rglob("*.receipts"))
    assert b'"s0"' not in lines


async def test_grants_name_the_list_under_which_they_were_made(
    desk: Desk, trust: LocalTrust
) -> None:
    await desk.begin("term1")
    before = desk.made()
    withdraw(desk, trust, "s0", serial=2)
    after = desk.made()
    assert {key.withdrawn for grant in before for key in grant.keys} == {""}
    assert {key.withdrawn for grant in after for key in grant.keys} == {withdrawal_hash(["s0"])}
