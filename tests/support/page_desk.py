"""An alert service behind a page, with one listed person and what happens before its cameras."""

import time
from dataclasses import dataclass

import cv2
from tests.support.alert_desk import candidates_found
from tests.support.alert_web import AlertWeb
from tests.support.images import astronaut

from lethe.alert.alerts import Alert, AlertTerms
from lethe.alert.identity.principal import Role
from lethe.alert.judgements import Adjudication
from lethe.alert.watchlists.reference import Reference
from lethe.alert.watchlists.subject import SubjectDetails
from lethe.contracts.adjudication import Capacity, Verdict
from lethe.contracts.headings import Heading
from lethe.contracts.instants import Instant
from lethe.contracts.live import Candidate


def present() -> Instant:
    return Instant(
        boot_id="boot",
        boot_us=time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000,
        wall_us=time.time_ns() // 1000,
    )


def _jpeg(top: int, left: int, size: tuple[int, int], out: tuple[int, int]) -> bytes:
    """Cut out and resize; sizes are width and height."""
    crop = astronaut()[top : top + size[1], left : left + size[0]]
    done, encoded = cv2.imencode(".jpg", cv2.resize(crop, out))
    assert done
    return encoded.tobytes()


FACE = _jpeg(50, 160, (130, 130), (160, 160))
FIGURE = _jpeg(0, 60, (330, 450), (152, 208))
PORTRAIT = _jpeg(0, 70, (340, 340), (340, 340))


@dataclass
class Desk:
    """The service, and who is listed."""

    web: AlertWeb
    reference: Reference
    port: int

    async def alert(
        self,
        search_id: str,
        terms: AlertTerms | None = None,
        camera_id: str = "entrance",
        others: tuple[Candidate, ...] = (),
        further: tuple[str, ...] = (),
        deployment_id: str = "deployment-1",
        age_s: int = 0,
    ) -> Alert:
        now = present()
        found = candidates_found(
            search_id,
            camera_id=camera_id,
            subject_id=self.reference.subject_id,
            reference_id=self.reference.reference_id,
            captured=now.shifted_to(now.boot_us - age_s * 1_000_000),
            others=others,
            deployment_id=deployment_id,
            heading=Heading.TOWARDS_LEFT,
            further=further,
        )
        alert = await self.web.desk.receive(found, FACE, terms, figure=FIGURE)
        assert alert is not None
        return alert

    async def judge(self, alert: Alert, verdict: Verdict) -> None:
        """Let an engagement officer decide about an alert."""
        made = Adjudication(verdict, True, None, "B", present(), Capacity.ENGAGEMENT_OFFICER)
        await self.web.desk.handling.adjudicate(alert.alert_id, made)

    @property
    def url(self) -> str:
        return self.web.page_address(self.port)

    def url_of(self, officer: str, *roles: Role) -> str:
        """Return an address that signs somebody in; without roles they have every one."""
        return self.web.page_address(self.port, self.web.issuer.token(*roles, sub=officer))

    async def erase_all(self) -> None:
        """Let the retention of every alert that is kept for an hour end."""
        now = present()
        await self.web.desk.erase_due(now.shifted_to(now.boot_us + 3_600_000_000))

    async def rename(self, told: SubjectDetails) -> None:
        """Have the listed person's details be others, also such as aren't taken any more."""
        subjects = self.web.watchlists.subjects
        await subjects.edit("watchlist-1", self.reference.subject_id, told, revision=1)
