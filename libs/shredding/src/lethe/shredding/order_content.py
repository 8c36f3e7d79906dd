"""What an order must say: whoever signed it, one beyond these limits is refused by everybody."""

from lethe.contracts.errors import Refused
from lethe.contracts.orders import DeploymentOrder, OrderType
from lethe.contracts.sealed import ENROLMENT_LANE

LOCAL_HOURS_LIMIT = 12
LOCAL_SUBJECTS_LIMIT = 1_000
OPERATIONAL_HOURS_LIMIT = 31 * 24
OPERATIONAL_SUBJECTS_LIMIT = 100_000
EARLIEST_US = 1_577_836_800_000_000
"""The year 2020: a window before it was made by a clock that was never set."""

_HOUR_US = 3_600_000_000


def require_content(order: DeploymentOrder, *, allow_local: bool) -> None:
    """Check what an order says against the limits of its type.

    Raises
    ------
    Refused
        If it is beyond one.
    """
    name = f"order {order.deployment_id}"
    if ENROLMENT_LANE in order.camera_ids or not order.camera_ids:
        raise Refused(f"{name}: no camera, or one with a reserved name")
    if order.ends_at_us <= order.starts_at_us:
        raise Refused(f"{name}: ends before it starts")
    if order.camera_hashes is not None and order.camera_hashes.keys() != set(order.camera_ids):
        raise Refused(f"{name}: it has settings of other cameras than it names")
    if order.type is OrderType.OPERATIONAL:
        _require_operational(order, name)
        return
    if not allow_local:
        raise Refused(f"{name}: local orders are not accepted here")
    _require_within(order, f"{name}: a local order", LOCAL_HOURS_LIMIT, LOCAL_SUBJECTS_LIMIT)


def _require_operational(order: DeploymentOrder, name: str) -> None:
    if order.starts_at_us < EARLIEST_US:
        raise Refused(f"{name}: starts before 2020; set the clock")
    if len(set(order.camera_ids)) != len(order.camera_ids):
        raise Refused(f"{name}: names a camera twice")
    if order.camera_hashes is None:
        raise Refused(f"{name}: it doesn't say how its cameras are set; draft it anew")
    for said, what in ((order.use_case, "use case"), (order.grounds, "grounds")):
        if not said.strip():
            raise Refused(f"{name}: it says no {what}")
    if not (order.zone or "").strip():
        raise Refused(f"{name}: it says no zone")
    if order.false_alert_budget is None:
        raise Refused(f"{name}: it says no budget of false alerts")
    if order.watchlist_size == 0:
        raise Refused(f"{name}: its watchlist is empty")
    what = f"{name}: an operational order"
    _require_within(order, what, OPERATIONAL_HOURS_LIMIT, OPERATIONAL_SUBJECTS_LIMIT)


def _require_within(order: DeploymentOrder, what: str, hours: int, subjects: int) -> None:
    if order.ends_at_us - order.starts_at_us > hours * _HOUR_US:
        raise Refused(f"{what} lasts {hours} h at most")
    if not 0 <= order.watchlist_size <= subjects:
        raise Refused(f"{what} names {subjects} subjects at most")
