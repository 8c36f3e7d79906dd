"""What `lethe deployment` does: orders are drafted, shown and authorised."""

import time
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from lethe.cli.deployment.camera_lines import lines_of_camera
from lethe.cli.deployment.drafts import DraftFile
from lethe.cli.deployment.order_file import Watchlist, read_order_file
from lethe.cli.home import RECEIPTS_VERIFIER
from lethe.cli.identity.minting import command_tokens
from lethe.cli.receipts.keys import key_to_pin
from lethe.cli.session.api import AlertApi
from lethe.cli.session.cameras import read_camera_file
from lethe.cli.session.deploying import checked_address, load_trust, require_remote
from lethe.contracts.errors import InvalidInput, Refused
from lethe.contracts.orders import DeploymentOrder
from lethe.shredding.authorising import authorise, sign_draft
from lethe.shredding.order_content import require_content
from lethe.shredding.orders import OrderBook
from lethe.shredding.roster import OFFICER_ROLE
from lethe.shredding.signing import SigningKey


async def draft_order(alert_url: str, file: Path, trust: Path, key: SigningKey) -> DraftFile:
    """Sign what an order file says, with the watchlist as alert has it now.

    Raises
    ------
    InvalidInput
        If the file, its cameras or its watchlist don't do.
    """
    written = read_order_file(file)
    planned = [require_remote(each) for each in read_camera_file(file.parent / written.cameras)]
    cameras = [each.assigned(written.deployment_id) for each in planned]
    async with AlertApi(checked_address(alert_url), command_tokens(trust)) as api:
        watchlist = await _watchlist(api, written.watchlist_id)
    pinned = key_to_pin(trust)
    if pinned is None:
        raise InvalidInput(
            f"{trust / RECEIPTS_VERIFIER} isn't there: an order names the key that receipts are "
            "signed with; fetch the public half of purge's, or run `lethe setup` on this machine"
        )
    order = written.of_list(cameras, watchlist, pinned)
    try:
        require_content(order, allow_local=False)
    except Refused as refused:
        raise InvalidInput(str(refused)) from None
    return DraftFile(draft=b64encode(sign_draft(order, key).encode()), cameras=cameras)


def require_officer(trust: Path, key: SigningKey) -> None:
    """Check that whoever holds a key may authorise orders, before they are asked to.

    Raises
    ------
    InvalidInput
        If this machine's roster doesn't name them as an authorising officer at present.
    """
    try:
        load_trust(trust).roster().entitled(key.name, (OFFICER_ROLE,), time.time_ns() // 1000)
    except Refused as refused:
        raise InvalidInput(str(refused)) from None


async def authorise_order(alert_url: str, draft: DraftFile, trust: Path, key: SigningKey) -> None:
    """Sign the order of a draft and hand it in.

    Raises
    ------
    InvalidInput
        If draft or signature don't hold by this machine's roster, the watchlist isn't what was
        drafted, or alert refuses the order.
    """
    ordered = authorise(draft.signed, key)
    try:
        OrderBook(load_trust(trust).roster()).hear(ordered, time.time_ns() // 1000)
    except Refused as refused:
        raise InvalidInput(str(refused)) from None
    async with AlertApi(checked_address(alert_url), command_tokens(trust)) as api:
        watchlist = await _watchlist(api, draft.order.watchlist_id)
        drafted = draft.order.watchlist_hash, draft.order.details_hash
        if (watchlist.content_hash, watchlist.details_hash) != drafted:
            raise InvalidInput(
                f"{draft.order.watchlist_id} isn't what it was when this was drafted: draft it anew"
            )
        await api.deploy(ordered, draft.cameras)


async def end_deployment(alert_url: str, deployment_id: str, trust: Path) -> None:
    """End a deployment at once.

    Raises
    ------
    InvalidInput
        If alert hasn't heard of it, or the token doesn't allow it.
    """
    async with AlertApi(checked_address(alert_url), command_tokens(trust)) as api:
        await api.end(deployment_id)


def lines_of(draft: DraftFile) -> list[str]:
    """Return what somebody reads before they sign."""
    cameras = [line for each in draft.cameras for line in lines_of_camera(each)]
    return [*lines_of_order(draft.order), f"drafted by: {draft.signed.signer}", *cameras]


def lines_of_order(order: DeploymentOrder) -> list[str]:
    """Return what an order says."""
    budget = order.false_alert_budget
    told = {
        "deployment": order.deployment_id,
        "type": order.type.value,
        "use case": order.use_case,
        "grounds": order.grounds,
        "zone": order.zone or "",
        "area": order.area or "none: officers limited to areas don't see it",
        "from": _moment(order.starts_at_us),
        "until": _moment(order.ends_at_us),
        "watchlist": f"{order.watchlist_id}, {order.watchlist_size:,} subjects, "
        f"content {order.watchlist_hash[:16]}, details {(order.details_hash or 'left open')[:16]}",
        "threshold": f"{order.threshold:g}",
        "false alerts": "no budget"
        if budget is None
        else f"{budget} at most, one more suspends it",
        "alerts kept": f"{order.alert_retention_hours} h",
        "sightings": "each of an alert's is kept as long as the alert"
        if order.keeps_sightings
        else "only the latest of an alert is kept",
        "sample": _sample(order),
        "receipts": _pinned(order),
    }
    return [f"{name}: {said}" for name, said in told.items()]


async def _watchlist(api: AlertApi, watchlist_id: str) -> Watchlist:
    answer = await api.ask("GET", f"/api/v1/watchlists/{quote(watchlist_id, safe='')}")
    return Watchlist.model_validate(answer)


def _sample(order: DeploymentOrder) -> str:
    told = [f"{order.sample_least:,} subjects"] if order.sample_least else []
    told += [f"{order.sample_share:.0%} of them"] if order.sample_share else []
    return f"{' and '.join(told)} checked at least, none wrong" if told else "none is required"


def _pinned(order: DeploymentOrder) -> str:
    if order.receipts_key is None:
        return "signed by any key"
    return f"signed by the key {order.receipts_key[:16]}"


def _moment(wall_us: int) -> str:
    return datetime.fromtimestamp(wall_us / 1e6, UTC).isoformat(timespec="seconds")
