"""What `lethe deployment record` does: the record that alert keeps, held against the receipts."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from lethe.cli.deployment.records import AlertsWord, DeploymentAccount, ListRecord, ReceiptsWord
from lethe.cli.identity.minting import command_tokens
from lethe.cli.session.api import AlertApi
from lethe.cli.session.deploying import checked_address
from lethe.contracts.instants import rfc3339
from lethe.receipts.command import verified
from lethe.receipts.errors import BadInput, Refuted
from lethe.receipts.totals import Totals
from lethe.receipts.words import many

_MILLION = 1_000_000


async def told_by_alert(alert_url: str, deployment_id: str, trust: Path) -> AlertsWord:
    """Return the record of a deployment as alert tells it.

    Raises
    ------
    InvalidInput
        If alert hasn't heard of it, or the token doesn't allow it.
    """
    async with AlertApi(checked_address(alert_url), command_tokens(trust)) as api:
        return AlertsWord.model_validate(await api.record(deployment_id))


def held_against_receipts(record: AlertsWord, place: str, key: str) -> DeploymentAccount:
    """Return a record with what the verified receipts say, and where they differ.

    Parameters
    ----------
    place
        Address of alert, or an exported file of receipts.
    key
        Verifier key of the receipts, or a file that holds it.
    """
    try:
        totals = verified(place, signers=(key,)).totals
    except Refuted as refuted:
        return _doubted(record, f"the receipts are refuted: {refuted}")
    except BadInput as fault:
        return _doubted(record, f"no receipts: {fault}")
    return _compared(record, totals)


def _doubted(record: AlertsWord, doubt: str) -> DeploymentAccount:
    return DeploymentAccount(record=record, receipts=None, doubts=[doubt])


def _compared(record: AlertsWord, totals: Mapping[str, Totals]) -> DeploymentAccount:
    found = totals.get(record.deployment_id)
    if found is None:
        return _doubted(record, "the receipts tell nothing of it: no key was granted")
    said = ReceiptsWord(
        first_keys_at=None if found.first_ms is None else rfc3339(found.first_ms * 1000),
        last_end_at=None if found.first_ms is None else rfc3339(found.last_ms * 1000),
        faces_seen=found.faces["seen"],
        frames_captured=found.frames["captured"],
        alerts_erased=len(found.alerts),
        withdrawn=found.withdrawn,
        suspensions=found.suspensions,
    )
    doubts = list(_doubts(record, said, found))
    return DeploymentAccount(record=record, receipts=said, doubts=doubts)


def _doubts(record: AlertsWord, said: ReceiptsWord, totals: Totals) -> Iterator[str]:
    # Whom nobody was searched for after, no receipt tells of: fewer may be told, never more.
    withdrawn = sum(step.subjects for step in record.steps)
    if said.withdrawn > withdrawn:
        yield f"the receipts tell of {many(said.withdrawn, 'withdrawn subject')}"
    if said.alerts_erased > record.alerts.raised + record.alerts.rehearsals:
        yield f"the receipts tell of {many(said.alerts_erased, 'erased alert')}"
    order = totals.order
    if order is None:
        return
    if order.order_hash != record.order_hash:
        yield "the receipts tell of another order"
    if round(record.threshold * _MILLION) != order.threshold_millionths:
        yield f"the receipts tell of the threshold {order.threshold_millionths / _MILLION:g}"
    if len(record.cameras) != order.cameras:
        yield f"the receipts tell of {many(order.cameras, 'camera')}"


def lines_of(found: DeploymentAccount) -> Iterator[str]:
    """Return it for a terminal."""
    record, receipts = found.record, found.receipts
    yield f"deployment: {record.deployment_id} ({record.order_type}), {record.status}"
    yield f"use case: {record.use_case}"
    yield f"grounds: {record.grounds}"
    yield f"place: {record.zone or 'not said'}, area {record.area or 'not said'}"
    yield f"drafted by {record.drafted_by or 'nobody'}, authorised by {record.authorised_by}"
    yield f"ordered from {record.starts_at} until {record.ends_at}"
    if receipts is not None and receipts.first_keys_at is not None:
        yield f"filmed from {receipts.first_keys_at} until {receipts.last_end_at}"
    yield f"cameras: {', '.join(record.cameras)}"
    yield f"watchlist: {_watchlist(record.watchlist)}"
    yield f"threshold: {record.threshold:g}"
    if receipts is not None:
        yield f"faces seen: {receipts.faces_seen:,}, {receipts.faces_seen_is}"
    alerts = record.alerts
    yield (
        f"alerts: {alerts.raised:,}, of which {alerts.true:,} true, {alerts.false:,} false, "
        f"{alerts.unadjudicated:,} not adjudicated"
    )
    if alerts.rehearsals:
        told = many(alerts.rehearsals, "alert")
        yield f"rehearsals: {told} about volunteers, counted nowhere else"
    if record.withdrawn_elsewhere:
        yield (
            f"{many(record.withdrawn_elsewhere, 'subject')} that another order of this watchlist "
            "has withdrawn: searched for under this one"
        )
    for step in record.steps:
        whom = f" {many(step.subjects, 'subject')}" if step.subjects else ""
        where = f" {', '.join(step.cameras)}" if step.cameras else ""
        by = f", by {step.by}" if step.by else ""
        yield f"{step.at} {step.what}{whom}{where}{by}"
    yield from (f"WARNING: {doubt}" for doubt in found.doubts)


def _watchlist(told: ListRecord) -> str:
    said = f"{told.watchlist_id}, {many(told.subjects, 'subject')}"
    if told.erased:
        said += ", erased"
    if told.categories is None:
        return f"{said}; nobody counted its categories"
    by_category = sorted(told.categories.items())
    return f"{said}: " + ", ".join(f"{count:,} {name}" for name, count in by_category)
