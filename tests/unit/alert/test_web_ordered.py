"""What a deployment was ordered for, and by whom, over HTTP."""

from pathlib import Path

from tests.support.alert_web import AlertWeb
from tests.support.forgetting import an_order, drafted, local_trust, signed, signer_of
from tests.unit.alert.test_web_records import NAME, hold

from lethe.alert.identity.principal import Role
from lethe.contracts.instants import rfc3339
from lethe.contracts.orders import DeploymentOrder
from lethe.shredding.authorising import authorise

PATH = f"/api/v1/deployments/{NAME}/ordered"


async def test_whoever_is_on_duty_reads_why_and_by_whom_it_was_ordered(
    web: AlertWeb, tmp_path: Path
) -> None:
    trust = local_trust(tmp_path / "trust")
    draft = drafted(trust, grounds="a fair is threatened", use_case="wanted persons", area="north")
    ordered = authorise(draft, signer_of(trust, "officer"))
    hold(web, ordered)
    async with web.client(web.issuer.token(Role.OPERATOR)) as client:
        answer = await client.get(PATH)
    assert answer.status_code == 200
    assert answer.json() == {
        "deployment_id": NAME,
        "use_case": "wanted persons",
        "grounds": "a fair is threatened",
        "zone": "the north gate",
        "area": "north",
        "drafted_by": "drafter",
        "authorised_by": "officer",
        "starts_at": rfc3339(DeploymentOrder.decode(ordered.order.payload).starts_at_us),
        "false_alert_budget": 3,
    }


async def test_a_local_order_has_neither_drafter_nor_budget(web: AlertWeb, tmp_path: Path) -> None:
    hold(web, signed(local_trust(tmp_path / "trust"), an_order()))
    async with web.client(web.issuer.token(Role.OPERATOR)) as client:
        told = (await client.get(PATH)).json()
        unknown = await client.get("/api/v1/deployments/another/ordered")
    assert (told["drafted_by"], told["zone"], told["false_alert_budget"]) == (None, None, None)
    assert unknown.status_code == 404
