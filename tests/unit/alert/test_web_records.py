"""The record of a deployment: what was ordered, and what the logs tell of it."""

from pathlib import Path

from tests.support.alert_desk import CROP, candidates_found, instant
from tests.support.alert_web import AlertWeb
from tests.support.forgetting import an_order, drafted, local_trust, signed, signer_of, withdrawn
from tests.support.watchlists import listed

from lethe.alert.audit import of_deployments
from lethe.alert.identity.principal import Role
from lethe.alert.judgements import Adjudication
from lethe.alert.kept_orders import KeptOrder
from lethe.alert.ports import SignedState, Withdrawal
from lethe.contracts.adjudication import Capacity, Verdict
from lethe.contracts.instants import rfc3339
from lethe.contracts.orders import DeploymentOrder, DeploymentOrdered, order_hash
from lethe.shredding.authorising import authorise

NAME = "deployment-1"
PATH = f"/api/v1/deployments/{NAME}/record"


def hold(web: AlertWeb, ordered: DeploymentOrdered, *subjects: str) -> None:
    [stands] = web.status.now.deployments
    state = SignedState(stands, ordered.order, ordered.state, 1, subjects)
    web.status.orders[NAME] = state


async def alerted(web: AlertWeb, search: str, verdict: Verdict | None = None) -> None:
    alert = await web.desk.receive(candidates_found(search), CROP)
    assert alert is not None
    if verdict is not None:
        said = Adjudication(
            verdict, True, None, "Ames", instant(9_000), Capacity.ENGAGEMENT_OFFICER
        )
        await web.desk.handling.adjudicate(alert.alert_id, said)


async def test_it_tells_what_was_ordered_and_what_the_logs_say(
    web: AlertWeb, tmp_path: Path
) -> None:
    trust = local_trust(tmp_path / "trust")
    ordered = authorise(drafted(trust), signer_of(trust, "officer"))
    order = DeploymentOrder.decode(ordered.order.payload)
    withdrawing = withdrawn(trust, ordered.order, "s0")
    hold(web, replace_state(ordered, withdrawing), "s0")
    await listed(web.watchlists, "Ada", on=order.watchlist_id)
    composition = await web.watchlists.subjects.composition(order.watchlist_id)
    await web.watchlists.versions.freeze(order.watchlist_id, order.watchlist_hash, composition)
    for search, verdict in (("a", Verdict.TRUE_ALERT), ("b", Verdict.FALSE_ALERT), ("c", None)):
        await alerted(web, search, verdict)
    withdrawal = Withdrawal(NAME, order.watchlist_id, ("s0",), withdrawing)
    await web.audit.append(
        of_deployments.handed_in(NAME),
        of_deployments.handed_in("deployment-10"),
        *of_deployments.withdrawn(withdrawal),
        of_deployments.ended(NAME),
    )
    async with web.client(web.issuer.token(Role.AUDITOR)) as client:
        answer = await client.get(PATH)
    assert answer.status_code == 200
    told = answer.json()
    steps = told.pop("steps")
    assert [(each["what"], each["subjects"]) for each in steps] == [
        ("handed in", 0),
        ("withdrawn", 1),
        ("ended", 0),
    ]
    assert told == {
        "deployment_id": NAME,
        "order_type": "operational",
        "order_hash": order_hash(ordered.order.payload),
        "status": "running",
        "use_case": "test",
        "grounds": "test",
        "zone": "the north gate",
        "area": None,
        "drafted_by": "drafter",
        "authorised_by": "officer",
        "starts_at": rfc3339(order.starts_at_us),
        "ends_at": rfc3339(order.ends_at_us),
        "cameras": order.camera_ids,
        "threshold": 0.6,
        "watchlist": {
            "watchlist_id": order.watchlist_id,
            "content_hash": order.watchlist_hash,
            "subjects": 2,
            "erased": False,
            "categories": {"wanted on warrant": 1},
        },
        "alerts": {"raised": 3, "true": 1, "false": 1, "unadjudicated": 1, "rehearsals": 0},
        "withdrawn": 1,
        "withdrawn_elsewhere": 0,
    }


def replace_state(ordered: DeploymentOrdered, newer: DeploymentOrdered) -> DeploymentOrdered:
    return ordered.model_copy(update={"state": newer.state})


async def test_a_list_that_nobody_counted_has_no_categories(web: AlertWeb, tmp_path: Path) -> None:
    hold(web, signed(local_trust(tmp_path / "trust"), an_order(watchlist_id="elsewhere")))
    async with web.client() as client:
        told = (await client.get(PATH)).json()
    assert told["watchlist"]["categories"] is None
    assert (told["drafted_by"], told["steps"], told["alerts"]["raised"]) == (None, [], 0)


async def test_what_it_searched_is_told_to_be_erased_and_how_it_was_composed_stays(
    web: AlertWeb, tmp_path: Path
) -> None:
    hold(web, signed(local_trust(tmp_path / "trust"), an_order(watchlist_id="watchlist-1")))
    await listed(web.watchlists, on="watchlist-1")
    await web.watchlists.versions.freeze("watchlist-1", "00" * 32, {"wanted on warrant": 1})
    await web.ends.erase("watchlist-1")
    async with web.client() as client:
        told = (await client.get(PATH)).json()["watchlist"]
    assert (told["erased"], told["categories"]) == (True, {"wanted on warrant": 1})


async def test_what_was_not_heard_of_or_is_beyond_somebodys_limits_is_not_told(
    web: AlertWeb, tmp_path: Path
) -> None:
    async with web.client() as client:
        assert (await client.get(PATH)).status_code == 404
    hold(web, signed(local_trust(tmp_path / "trust"), an_order()))
    token = web.issuer.token(Role.SUPERVISOR, areas=["south"])
    async with web.client(token) as client:
        assert (await client.get(PATH)).status_code == 404
    async with web.client() as client:
        assert (await client.get(PATH)).status_code == 200


async def test_it_is_told_of_an_order_that_no_broker_has_any_more(
    web: AlertWeb, tmp_path: Path
) -> None:
    trust = local_trust(tmp_path / "trust")
    now_us = web.now().wall_us
    draft = drafted(trust, area="north", starts_at_us=now_us - 1, ends_at_us=now_us + 3_600_000_000)
    ordered = authorise(draft, signer_of(trust, "officer"))
    hold(web, ordered)
    await alerted(web, "a", Verdict.TRUE_ALERT)
    await web.audit.append(of_deployments.handed_in(NAME))
    web.heard = [KeptOrder(NAME, 1, ordered)]
    await web.orders.keep()
    async with web.client() as client:
        before = (await client.get(PATH)).json()
    # The topics are gone, and alert was started again.
    web.status.orders.clear()
    web.status.areas.clear()
    web.heard = []
    await web.restart()
    async with web.client() as client:
        assert (await client.get(PATH)).json() == before | {"status": "lost"}
        web.clock.ms += 24 * 3_600_000
        assert (await client.get(PATH)).json() == before | {"status": "over"}
    for areas, status in ((["south"], 404), (["north"], 200)):
        token = web.issuer.token(Role.SUPERVISOR, areas=areas)
        async with web.client(token) as client:
            assert (await client.get(PATH)).status_code == status
