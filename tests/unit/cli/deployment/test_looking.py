"""`lethe deployment list` and `show`: how deployments stand, and what was ordered by whom."""

from base64 import b64encode
from typing import Any

from tests.support.forgetting import withdrawn
from tests.support.order_desk import Desk, Service

from lethe.contracts.orders import camera_hash

STANDS: dict[str, Any] = {
    "deployment_id": "northtown-1",
    "order_type": "operational",
    "status": "running",
    "watchlist_size": 3,
    "threshold": 0.62,
}


def test_deployments_are_listed_as_they_stand(service: Service, desk: Desk) -> None:
    status: dict[str, Any] = {"deployments": [STANDS], "cameras": []}
    service.shown["/api/v1/status"] = status
    told = desk.run("list")
    assert told.output == "northtown-1: running; operational, 3 subjects, threshold 0.62\n"
    status["deployments"] = []
    assert desk.run("list").output == "there are no deployments\n"


def test_what_was_ordered_is_shown_with_whether_its_signatures_hold(
    service: Service, desk: Desk
) -> None:
    desk.drafts()
    desk.authorises()
    [held] = service.book.all_orders()
    path = "/api/v1/deployments/northtown-1"
    order, state = (b64encode(each.encode()).decode() for each in (held.signed, held.signed_state))
    service.shown[path] = STANDS | {"order": order, "state": state}
    told = desk.run("show", "northtown-1").output
    for said in (
        "northtown-1: running\n",
        "type: operational",
        "grounds: three suspects were seen here last year",
        "drafted by: drafter\nauthorised by: officer\nits signatures hold",
        f"camera gate: settings {camera_hash(service.cameras[0])[:16]}",
    ):
        assert said in told
    forged = held.signed.model_copy(update={"signature": bytes(64)})
    service.shown[path]["order"] = b64encode(forged.encode()).decode()
    assert "WARNING, by this machine's roster" in desk.run("show", "northtown-1").output


def test_what_alert_says_of_an_order_is_not_taken_for_what_was_signed(
    service: Service, desk: Desk
) -> None:
    desk.drafts()
    desk.authorises()
    [held] = service.book.all_orders()
    order, state = (b64encode(each.encode()).decode() for each in (held.signed, held.signed_state))
    said = STANDS | {"order_type": "local", "watchlist_size": 47, "threshold": 0.1}
    service.shown["/api/v1/deployments/northtown-2"] = said | {"order": order, "state": state}
    told = desk.run("show", "northtown-2").output
    assert "WARNING, alert answered with the order of another: northtown-1" in told
    assert "type: operational" in told
    # Moments and hashes hold any two digits.
    for unsigned in ("local", "47 subjects", "threshold: 0.1"):
        assert unsigned not in told


def test_how_many_are_withdrawn_is_told_as_an_officer_signed_it(
    service: Service, desk: Desk
) -> None:
    desk.drafts()
    desk.authorises()
    [held] = service.book.all_orders()
    path = "/api/v1/deployments/northtown-1"
    state = withdrawn(desk.trust, held.signed, "s0", "s1").state
    forged = state.model_copy(update={"signature": bytes(64)})
    order = b64encode(held.signed.encode()).decode()
    for shown, told in (
        (held.signed_state, "holds by"),
        (state, "withdrawn: 2 subjects of 3"),
        (forged, "WARNING, how far it has come can't be told"),
    ):
        service.shown[path] = STANDS | {
            "order": order, "state": b64encode(shown.encode()).decode()
        }  # fmt: skip
        output = desk.run("show", "northtown-1").output
        assert told in output or told == "holds by"
        assert ("withdrawn: " in output) == (shown is state)
