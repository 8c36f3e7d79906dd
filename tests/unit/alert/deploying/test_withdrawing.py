"""Alert passes on withdrawals that hold, and keeps the topic at the state that is in force."""

import pytest
from tests.support.forgetting import signed, signer_of, withdrawn
from tests.unit.alert.deploying.conftest import ORDER, Front, camera

from lethe.alert.errors import NotFound
from lethe.contracts.errors import Refused, RolledBack, Transient
from lethe.contracts.orders import DeploymentOrdered, OrderState, OrderStatus
from lethe.shredding.authorising import sign_state
from lethe.shredding.trust import LocalTrust

NAME = ORDER.deployment_id


@pytest.fixture(name="ordered")
async def ordered_(front: Front, trust: LocalTrust) -> DeploymentOrdered:
    ordered = signed(trust, ORDER)
    await front.desk.order(ordered, [camera()])
    front.published.clear()
    return ordered


async def withdraw(front: Front, state: DeploymentOrdered) -> tuple[str, ...]:
    withdrawal = front.desk.withdrawal(NAME, state.state)
    await front.desk.withdraw(withdrawal)
    return tuple(withdrawal.subject_ids)


def in_force(front: Front) -> list[str]:
    found = front.desk.deployment(NAME)
    assert found is not None
    assert front.desk.terms(NAME).withdrawn == set(found.withdrawn)
    return list(found.withdrawn)


async def test_a_withdrawal_is_published_and_says_who_is_new_in_it(
    front: Front, trust: LocalTrust, ordered: DeploymentOrdered
) -> None:
    first = withdrawn(trust, ordered.order, "s1", serial=2)
    second = withdrawn(trust, ordered.order, "s1", "s0", serial=3)
    assert await withdraw(front, first) == ("s1",)
    assert await withdraw(front, second) == ("s0",)
    assert front.published == [(first, NAME, []), (second, NAME, [])]
    assert in_force(front) == ["s0", "s1"]


async def test_the_same_one_again_is_published_again_and_withdraws_nobody_anew(
    front: Front, trust: LocalTrust, ordered: DeploymentOrdered
) -> None:
    once = withdrawn(trust, ordered.order, "s0")
    assert [await withdraw(front, once) for _ in range(2)] == [("s0",), ()]
    assert front.published == [(once, NAME, [])] * 2


async def test_what_the_broker_did_not_take_is_not_obeyed_and_can_be_handed_in_again(
    front: Front, trust: LocalTrust, ordered: DeploymentOrdered
) -> None:
    once = withdrawn(trust, ordered.order, "s0")
    front.broker_away = True
    with pytest.raises(Transient):
        await withdraw(front, once)
    assert in_force(front) == []
    front.broker_away = False
    assert await withdraw(front, once) == ("s0",)


async def test_what_is_no_withdrawal_is_refused_and_nobody_is_told(
    front: Front, trust: LocalTrust, ordered: DeploymentOrdered
) -> None:
    officer = signer_of(trust, "officer")

    def state(**said: object) -> DeploymentOrdered:
        content = {"status": OrderStatus.RUNNING, "serial": 9, "withdrawn": ["s0"]} | said
        return sign_state(ordered.order, officer, **content)  # type: ignore[arg-type]

    with pytest.raises(Refused, match="ends nothing and lifts no suspension"):
        await withdraw(front, state(status=OrderStatus.ENDED))
    with pytest.raises(Refused, match="ends nothing and lifts no suspension"):
        await withdraw(front, state(lifts="s-1"))
    with pytest.raises(Refused, match="nobody who isn't withdrawn already"):
        await withdraw(front, state(withdrawn=[]))
    with pytest.raises(RolledBack):
        await withdraw(front, state(serial=1))
    with pytest.raises(Refused, match="has the role drafter"):
        await withdraw(front, withdrawn(trust, ordered.order, "s0", by="drafter"))
    with pytest.raises(NotFound):
        front.desk.withdrawal("unknown", state().state)
    assert (front.published, in_force(front)) == ([], [])


async def test_subjects_are_not_withdrawn_where_nobody_would_write_down_who(
    front: Front, trust: LocalTrust, ordered: DeploymentOrdered
) -> None:
    state = withdrawn(trust, ordered.order, "s0")
    with pytest.raises(Refused, match="hand that in at /deployments/deployment-1/withdrawals"):
        await front.desk.order(state, [])
    assert (front.published, in_force(front)) == ([], [])
    await withdraw(front, state)
    resuming = sign_state(ordered.order, signer_of(trust, "officer"), status=OrderStatus.RUNNING,
                          serial=3, lifts="s-1", withdrawn=["s0"])  # fmt: skip
    await front.desk.order(resuming, [])
    assert in_force(front) == ["s0"]


async def test_a_state_that_came_meanwhile_stays_the_last_on_the_topic(
    front: Front, trust: LocalTrust, ordered: DeploymentOrdered
) -> None:
    withdrawal = front.desk.withdrawal(NAME, withdrawn(trust, ordered.order, "s0").state)
    assert await front.desk.end(NAME, "olga")
    [(ended, _, _)] = front.published
    with pytest.raises(Refused):
        await front.desk.withdraw(withdrawal)
    assert front.published[-1] == (ended, NAME, [])


async def test_who_was_withdrawn_is_known_after_the_end_and_after_a_restart(
    front: Front, trust: LocalTrust, ordered: DeploymentOrdered
) -> None:
    await withdraw(front, withdrawn(trust, ordered.order, "s1"))
    await front.desk.end(NAME, "ann")
    assert in_force(front) == ["s1"]
    ended, _, _ = front.published[-1]
    assert OrderState.decode(ended.state.payload).withdrawn == ["s1"]
    again = Front(trust)
    again.desk.hear_order(ended)
    assert in_force(again) == ["s1"]


async def test_whoever_ends_it_without_knowing_brings_nobody_back(
    front: Front, trust: LocalTrust, ordered: DeploymentOrdered
) -> None:
    await withdraw(front, withdrawn(trust, ordered.order, "s1"))
    officer = signer_of(trust, "officer")
    front.desk.hear_order(sign_state(ordered.order, officer, status=OrderStatus.ENDED, serial=9))
    assert in_force(front) == ["s1"]


async def test_another_order_of_the_list_searches_for_them_and_that_is_told(
    front: Front, trust: LocalTrust, ordered: DeploymentOrdered
) -> None:
    await withdraw(front, withdrawn(trust, ordered.order, "s1", "s0"))
    await front.desk.end(NAME, "ann")
    for name, content, elsewhere in (("later", ORDER.watchlist_hash, 2), ("other", "cd" * 32, 0)):
        changes = {"deployment_id": name, "watchlist_hash": content, "camera_ids": [name]}
        front.desk.hear_order(signed(trust, ORDER.model_copy(update=changes)))
        found = front.desk.deployment(name)
        assert found is not None
        assert (found.withdrawn, found.withdrawn_elsewhere) == ([], elsewhere)
    here = front.desk.deployment(NAME)
    assert here is not None
    assert here.withdrawn_elsewhere == 0
