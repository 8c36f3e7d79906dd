"""Over HTTP: orders are drafted, changed, given up, signed elsewhere, and authorised by another."""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.alert_web import AlertWeb
from tests.support.clocks import WALL_US
from tests.support.watchlists import details, outcome, pictured
from tests.support.written_drafts import BODY, DRAFTS, FAIR, ORDER, words

from lethe.alert.identity.principal import Role
from lethe.contracts.errors import Refused
from lethe.contracts.orders import DeploymentOrder, DeploymentOrdered, camera_hash
from lethe.contracts.sealed import SignedEnvelope
from lethe.shredding.keyfiles import read_private_key
from lethe.shredding.orders import OrderBook
from lethe.shredding.trust import LocalTrust


@pytest.fixture
async def ann(web: AlertWeb, trust: LocalTrust) -> AsyncIterator[httpx.AsyncClient]:
    """Give somebody who drafts, and a list to draft for."""
    web.status.roster = trust.roster()
    added = await pictured(web.watchlists, "Ada", b"a", on="list")
    await web.watchlists.record([outcome(added.reference_id)])
    async with web.client(web.issuer.token(Role.SUPERVISOR, sub="Ann")) as client:
        yield client


@pytest.fixture
async def bob(web: AlertWeb) -> AsyncIterator[httpx.AsyncClient]:
    """Give somebody who authorises."""
    async with web.client(web.issuer.token(Role.AUTHORISING_OFFICER, sub="Bob")) as client:
        yield client


def signed(trust: LocalTrust, name: str, message: str) -> str:
    """Return a signature as a token of hardware gives one: it knows nothing but the message."""
    key: Ed25519PrivateKey = read_private_key(trust.key_file(name))
    return b64encode(key.sign(b64decode(message))).decode()


async def drafted(ann: httpx.AsyncClient, trust: LocalTrust, by: str = "drafter") -> None:
    draft = (await ann.post(DRAFTS, json=BODY)).json()
    body = {"signer": by, "signature": signed(trust, by, draft["to_sign"])}
    answer = await ann.post(f"{FAIR}/signature", json=body)
    assert (answer.status_code, answer.json()["signed_by"]) == (200, by)


async def authorise(
    bob: httpx.AsyncClient, trust: LocalTrust, by: str = "officer"
) -> httpx.Response:
    asked = (await bob.get(f"{FAIR}/authorisation", params={"officer": by})).json()
    signatures = {name: signed(trust, by, asked[name]) for name in ("order", "state")}
    return await bob.post(f"{FAIR}/authorisation", json={"officer": by} | signatures)


async def test_what_one_person_drafts_and_another_signs_is_an_order_that_holds(
    web: AlertWeb, ann: httpx.AsyncClient, bob: httpx.AsyncClient, trust: LocalTrust
) -> None:
    await drafted(ann, trust)
    answer = await authorise(bob, trust)
    assert answer.status_code == 202, answer.text
    [(ordered, [camera])] = web.deployments.orders
    held = OrderBook(trust.roster(), allow_local=False).hear(ordered, WALL_US)
    order = held.order
    assert (order.authorised_by, order.watchlist_size, order.area) == ("officer", 1, "north")
    assert order.watchlist_hash == await web.watchlists.content_hash("list")
    assert order.details_hash == await web.watchlists.details_hash("list")
    assert order.camera_hashes == {"gate": camera_hash(camera)}
    assert not order.keeps_sightings, "nobody said so"
    assert (camera.deployment_id, len(camera.masks)) == ("fair-1", 1)
    assert (await ann.get(FAIR)).status_code == 404, "it is an order now"
    told = [entry.said() for entry in await web.audit.after(0, 99)]
    assert [
        (each["who"], each["why"]) for each in told if each["records"] == ["deployment:fair-1"]
    ] == [
        ("Ann", "a draft of an order was written"),
        ("Ann", "a draft of an order was signed"),
    ]
    assert told[-1]["why"] == "a signed order was handed in"


async def test_what_is_read_can_be_sent_back_changed_and_has_to_be_signed_anew(
    ann: httpx.AsyncClient, trust: LocalTrust
) -> None:
    await drafted(ann, trust)
    read = await ann.get(FAIR)
    said = read.json()
    assert {name: said["order"][name] for name in ORDER} == ORDER | {
        "starts_at": "2026-12-01T10:00:00.000Z",
        "ends_at": "2026-12-01T16:00:00.000Z",
    }
    sent = {name: said[name] for name in ("order", "cameras", "receipts_key")}
    sent["order"] |= {"threshold": 0.7, "keeps_sightings": True}
    assert (await ann.put(FAIR, json=sent)).status_code == 428
    tag = {"If-Match": read.headers["etag"]}
    changed = await ann.put(FAIR, json=sent, headers=tag)
    assert (changed.status_code, changed.headers["etag"]) == (200, '"3"')
    told = changed.json()
    assert (told["order"]["threshold"], told["order"]["keeps_sightings"]) == (0.7, True)
    assert (told["signed_by"], told["draft"]) == (None, None)
    assert told["to_sign"] != said["to_sign"]
    assert (await ann.put(FAIR, json=sent, headers=tag)).status_code == 412
    old = {"signer": "drafter", "signature": signed(trust, "drafter", said["to_sign"])}
    assert (await ann.post(f"{FAIR}/signature", json=old)).status_code == 403


async def test_nobody_authorises_what_they_drafted_by_token_or_by_key(
    web: AlertWeb, ann: httpx.AsyncClient, bob: httpx.AsyncClient, trust: LocalTrust
) -> None:
    await drafted(ann, trust, by="officer")
    answer = await authorise(bob, trust)
    assert answer.status_code == 202, "whether keys differ is for whoever verifies the order"
    [(ordered, _)] = web.deployments.orders
    with pytest.raises(Refused, match="authorised by who drafted it"):
        OrderBook(trust.roster()).hear(ordered, WALL_US)
    web.deployments.orders.clear()
    await drafted(ann, trust)
    read = await bob.get(FAIR)
    tag = {"If-Match": read.headers["etag"]}
    assert (await bob.put(FAIR, json=BODY, headers=tag)).status_code == 200
    again = {"signer": "drafter", "signature": signed(trust, "drafter", read.json()["to_sign"])}
    assert (await ann.post(f"{FAIR}/signature", json=again)).status_code == 200
    answer = await authorise(bob, trust)
    assert (answer.status_code, answer.json()["detail"]) == (
        403,
        "you drafted it; somebody else must authorise it",
    )
    assert web.deployments.orders == []


async def test_a_draft_that_alert_refuses_as_an_order_stays(
    web: AlertWeb, ann: httpx.AsyncClient, bob: httpx.AsyncClient, trust: LocalTrust
) -> None:
    await drafted(ann, trust)
    web.deployments.refusal = Refused("a signature doesn't hold")
    assert (await authorise(bob, trust)).status_code == 403
    assert (await ann.get(FAIR)).status_code == 200


async def test_an_order_handed_in_by_itself_takes_its_draft_away(
    web: AlertWeb, ann: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    web.status.areas.clear()
    assert (await ann.post(DRAFTS, json=words(deployment_id="deployment-1"))).status_code == 201
    envelope = SignedEnvelope(signer="officer", payload=b"order", signature=b"signature")
    ordered = b64encode(DeploymentOrdered(order=envelope, state=envelope).encode()).decode()
    body = {"ordered": ordered, "cameras": []}
    assert (await bob.post("/api/v1/deployments", json=body)).status_code == 202
    assert (await ann.get(f"{DRAFTS}/deployment-1")).status_code == 404


async def test_a_draft_is_given_up_and_may_be_written_again(ann: httpx.AsyncClient) -> None:
    assert (await ann.post(DRAFTS, json=BODY)).status_code == 201
    assert (await ann.post(DRAFTS, json=BODY)).status_code == 409
    assert (await ann.delete(FAIR)).status_code == 204
    assert (await ann.delete(FAIR)).status_code == 404
    assert (await ann.post(DRAFTS, json=BODY)).headers["etag"] == '"1"'


async def test_of_two_that_are_written_at_once_one_is_kept(ann: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(ann.post(DRAFTS, json=BODY) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]


async def test_there_are_no_more_drafts_than_so_many(
    ann: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lethe.alert.drafts.desk.MOST_DRAFTS", 1)
    assert (await ann.post(DRAFTS, json=BODY)).status_code == 201
    answer = await ann.post(DRAFTS, json=words(deployment_id="fair-2"))
    assert (answer.status_code, "give up some" in answer.text) == (409, True)


async def test_drafts_come_in_pages_of_those_within_ones_limits(
    web: AlertWeb, ann: httpx.AsyncClient
) -> None:
    for number, area in enumerate(("north", "south", None)):
        body = words(deployment_id=f"fair-{number}", area=area)
        assert (await ann.post(DRAFTS, json=body)).status_code == 201
    first = (await ann.get(DRAFTS, params={"limit": 2})).json()
    rest = (await ann.get(DRAFTS, params={"limit": 2, "after": first["next"]})).json()
    told = [each["order"]["deployment_id"] for each in (*first["drafts"], *rest["drafts"])]
    assert (told, rest["next"]) == (["fair-0", "fair-1", "fair-2"], None)
    async with web.client(web.issuer.token(Role.SUPERVISOR, areas=["south"])) as limited:
        [seen] = (await limited.get(DRAFTS)).json()["drafts"]
        assert seen["order"]["deployment_id"] == "fair-1"
        assert (await limited.get(f"{DRAFTS}/fair-0")).status_code == 404
        assert (await limited.delete(f"{DRAFTS}/fair-0")).status_code == 404
        away = words(deployment_id="fair-1", area="north")
        tag = {"If-Match": '"1"'}
        assert (await limited.put(FAIR, json=away, headers=tag)).status_code == 403
        assert (await limited.post(DRAFTS, json=words(deployment_id="x"))).status_code == 403


async def test_a_draft_needs_a_list_that_is_enrolled_and_a_name_that_is_free(
    web: AlertWeb, ann: httpx.AsyncClient
) -> None:
    assert (await ann.post(DRAFTS, json=words(watchlist_id="none"))).status_code == 404
    taken = await ann.post(DRAFTS, json=words(deployment_id="deployment-1"))
    assert taken.status_code == 409, "an order of this name was heard"
    await pictured(web.watchlists, "Grace", b"g", on="list")
    answer = await ann.post(DRAFTS, json=BODY)
    assert (answer.status_code, "isn't enrolled yet" in answer.text) == (409, True)


async def test_a_list_that_changed_since_needs_another_draft(
    web: AlertWeb, ann: httpx.AsyncClient, bob: httpx.AsyncClient, trust: LocalTrust
) -> None:
    await drafted(ann, trust)
    added = await pictured(web.watchlists, "Grace", b"g", on="list")
    await web.watchlists.record([outcome(added.reference_id)])
    answer = await authorise(bob, trust)
    assert (answer.status_code, "isn't what it was" in answer.text) == (409, True)
    assert web.deployments.orders == []


async def test_a_draft_says_which_key_receipts_are_signed_with(ann: httpx.AsyncClient) -> None:
    answer = await ann.post(DRAFTS, json=BODY | {"receipts_key": None})
    assert (answer.status_code, "receipts_key" in answer.json()["detail"]) == (400, True)


async def test_grounds_that_changed_since_need_another_draft(
    web: AlertWeb, ann: httpx.AsyncClient, bob: httpx.AsyncClient, trust: LocalTrust
) -> None:
    await drafted(ann, trust)
    [ada] = await web.watchlists.subjects.after("list", 0, 1)
    others = details("Ada", grounds="seen nearby")
    await web.watchlists.subjects.edit("list", ada.subject_id, others, ada.revision)
    answer = await authorise(bob, trust)
    assert (answer.status_code, "draft it anew" in answer.text) == (409, True)
    assert web.deployments.orders == []


async def test_signatures_that_are_none_are_refused(
    web: AlertWeb, ann: httpx.AsyncClient, bob: httpx.AsyncClient, trust: LocalTrust
) -> None:
    assert (await ann.post(DRAFTS, json=BODY)).status_code == 201
    unsigned = await bob.get(f"{FAIR}/authorisation", params={"officer": "officer"})
    assert unsigned.status_code == 409
    short, zeros = b64encode(b"short").decode(), b64encode(bytes(64)).decode()
    for body, status in (
        ({"signer": "drafter", "signature": short}, 400),
        ({"signer": "drafter", "signature": zeros}, 403),
        ({"signer": "alert", "signature": zeros}, 403),
        ({"signer": "nobody", "signature": zeros}, 403),
        ({"signer": "drafter"}, 400),
    ):
        assert (await ann.post(f"{FAIR}/signature", json=body)).status_code == status
    assert (await ann.get(FAIR)).json()["signed_by"] is None
    draft = (await ann.get(FAIR)).json()
    body = {"signer": "drafter", "signature": signed(trust, "drafter", draft["to_sign"])}
    assert (await ann.post(f"{FAIR}/signature", json=body)).status_code == 200
    assert (await bob.get(f"{FAIR}/authorisation")).status_code == 400, "who is to sign?"
    wrong = {"officer": "officer", "order": short, "state": zeros}
    assert (await bob.post(f"{FAIR}/authorisation", json=wrong)).status_code == 400
    assert web.deployments.orders == []


async def test_drafts_survive_a_restart(
    web: AlertWeb, ann: httpx.AsyncClient, trust: LocalTrust
) -> None:
    await drafted(ann, trust)
    before = (await ann.get(FAIR)).json()
    await web.restart()
    async with web.client(web.issuer.token(Role.OPERATOR)) as client:
        assert (await client.get(FAIR)).json() == before
    order = DeploymentOrder.decode((await web.drafts.find("fair-1")).payload)
    assert order.deployment_id == "fair-1"
