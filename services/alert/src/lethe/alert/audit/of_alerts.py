"""What is done with alerts, as deeds."""

from collections.abc import Iterator, Sequence

from lethe.alert.alerts import Alert
from lethe.alert.audit.deeds import Act, Deed, in_lots
from lethe.alert.judgements import Adjudication
from lethe.contracts.receipts import ErasureGround

_WHY_ERASED = {
    ErasureGround.FALSE_ALERT: "adjudicated as a false alert",
    ErasureGround.RETENTION: "retention ended",
    ErasureGround.KEY_GONE: "its key was lost before its time",
}


def raised(alert: Alert) -> Deed:
    """Return that a probe was combined with a reference."""
    return Deed(Act.COMBINATION, _records(alert), "a probe reached the order's threshold")


def sighted(alert: Alert) -> Deed:
    """Return that another probe led to the same alert."""
    why = "another probe of the same subject reached the order's threshold"
    return Deed(Act.COMBINATION, _records(alert), why)


def taken_back(alert: Alert) -> Deed:
    """Return that an alert was deleted which hadn't been published yet."""
    why = "its subject was withdrawn before the alert was published"
    return Deed(Act.ERASURE, _records(alert), why)


def handled(alert: Alert) -> Deed:
    """Return that somebody has seen an alert, or is going."""
    why = "an alert was acknowledged" if alert.claim is None else "an alert was claimed"
    return Deed(Act.ALTERATION, _alert(alert), why)


def released(alert: Alert) -> Deed:
    """Return that whoever was going isn't any more."""
    return Deed(Act.ALTERATION, _alert(alert), "a claim of an alert was handed back")


def adjudicated(alert: Alert, adjudication: Adjudication) -> Deed:
    """Return that an officer decided."""
    confirmed = "confirmed" if adjudication.confirmed else "unconfirmed"
    capacity = adjudication.capacity.value.replace("_", " ")
    why = f"adjudicated as {adjudication.verdict.value}, {confirmed}, in the capacity of {capacity}"
    return Deed(Act.ALTERATION, _alert(alert), why)


def announced(alert: Alert) -> Deed:
    """Return that an alert, or a decision on it, is told to systems outside."""
    return Deed(Act.DISCLOSURE, _alert(alert), "told to systems that listen to alert's events")


def erased(alerts: Sequence[Alert]) -> Iterator[Deed]:
    """Return that pictures of alerts are gone."""
    for ground, why in _WHY_ERASED.items():
        ids = [f"alert:{alert.alert_id}" for alert in alerts if alert.erasure_ground is ground]
        for lot in in_lots(ids):
            yield Deed(Act.ERASURE, lot, why)


def listed(alerts: Sequence[Alert]) -> Iterator[Deed]:
    """Return that alerts were read without their pictures."""
    for lot in in_lots([f"alert:{alert.alert_id}" for alert in alerts]):
        yield Deed(Act.CONSULTATION, lot, "alerts were read")


def probe_seen(alert: Alert) -> Deed:
    """Return that the picture from the camera was looked at."""
    return Deed(Act.CONSULTATION, _alert(alert), "the picture of an alert was looked at")


def reference_seen(alert: Alert, reference_id: str) -> Deed:
    """Return that a watchlist image of an alert's subject was looked at."""
    records = (*_alert(alert), f"reference:{reference_id}")
    return Deed(Act.CONSULTATION, records, "the watchlist image of an alert was looked at")


def subject_seen(alert: Alert) -> Deed:
    """Return that the details of an alert's subject were read."""
    records = (*_alert(alert), f"subject:{alert.subject_id}")
    return Deed(Act.CONSULTATION, records, "the details of an alert's subject were read")


def _alert(alert: Alert) -> tuple[str, ...]:
    return (f"alert:{alert.alert_id}",)


def _records(alert: Alert) -> tuple[str, ...]:
    return (
        *_alert(alert),
        f"reference:{alert.reference_id}",
        f"deployment:{alert.deployment_id}",
    )
