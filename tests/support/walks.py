"""What tests of walk-throughs are built from: a listed volunteer, and what happens to one."""

from dataclasses import replace

from tests.support.alert_desk import CROP, candidates_found
from tests.support.alert_web import AlertWeb
from tests.support.page_desk import present
from tests.support.watchlists import details, entered

from lethe.alert.alerts import Alert
from lethe.alert.ports import CameraStatus
from lethe.alert.watchlists.entry import Entry
from lethe.alert.watchlists.reference import Reference
from lethe.alert.watchlists.version import ListDetails
from lethe.contracts.instants import Instant
from lethe.contracts.volunteers import CATEGORY
from lethe.receipts.entries import SlotClosed

NAME = "deployment-1"
CAMERAS = ("entrance", "yard")


async def volunteer(web: AlertWeb, image: bytes = CROP, on: str = "watchlist-1") -> Reference:
    """Put a volunteer on the list of the deployment; return their image's reference."""
    await web.watchlists.versions.register(on, ListDetails())
    who = details("Vera Volunteer", category=CATEGORY)
    [reference] = (await entered(web.watchlists, Entry(who, [image]), on=on)).images
    assert isinstance(reference, Reference)
    return reference


def show_cameras(web: AlertWeb, *states: str, status: str = "running") -> None:
    """Let the deployment's cameras be as they are said to be, and the deployment."""
    [stands] = web.status.now.deployments
    web.status.now = replace(
        web.status.now,
        deployments=(replace(stands, status=status),),
        cameras=tuple(
            CameraStatus(name, NAME, state) for name, state in zip(CAMERAS, states, strict=False)
        ),
    )


async def passes(
    web: AlertWeb,
    reference: Reference,
    search_id: str,
    camera_id: str = "entrance",
    *,
    captured: Instant | None = None,
    crop: bytes = CROP,
) -> Alert:
    """Let the volunteer pass a camera; return the alert."""
    found = candidates_found(
        search_id,
        camera_id=camera_id,
        subject_id=reference.subject_id,
        reference_id=reference.reference_id,
        captured=captured or present(),
    )
    alert = await web.desk.receive(found, crop)
    assert alert is not None
    return alert


def receipt_of_frames(web: AlertWeb, oldest_ms: int = 300, *, later_ms: int = 1_000) -> None:
    """Let purge tell how old frames became, by a receipt that is so much later than now."""
    counts = dict.fromkeys(
        ("acknowledged", "dead", "lapsed", "open", "offered", "dropped", "processed"), 0
    )
    said = SlotClosed(
        at_ms=present().wall_us // 1_000 + later_ms,
        deployment=NAME,
        slot="t-1",
        oldest_age_ms=oldest_ms,
        captured=1,
        expired=0,
        lost=0,
        **counts,
    )
    web.figures.take([said.line()])


async def receipt_of_alerts(web: AlertWeb) -> None:
    """Let there be a receipt of every alert that is erased."""
    log = web.desk._log
    erased = await log.unreceipted(100)
    await log.mark_receipted({each.alert_id for each in erased})
