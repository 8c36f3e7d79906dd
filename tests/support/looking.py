"""A camera that somebody looks at: detect seals views, and alert has their keys."""

from tests.support.forgetting import CAMERA, address_of
from tests.support.live_path import LivePath

from lethe.alert.audit.deeds import Deed
from lethe.alert.looks import Looks
from lethe.contracts.errors import Transient
from lethe.contracts.instants import Instant
from lethe.contracts.keys import Role
from lethe.contracts.sealed import Purpose, SealAddress
from lethe.contracts.topics import VIEW_MADE
from lethe.contracts.view import VIEW_BYTES
from lethe.shredding.clock import instant
from lethe.shredding.sealing import LENGTH_BYTES
from lethe.shredding.trust import LocalTrust

PICTURE = b"\xff\xd8\xff what the camera sees \xff\xd9"


class Told:
    """An audit log in memory; `fails` makes it take nothing."""

    def __init__(self) -> None:
        self.deeds: list[Deed] = []
        self.fails = False

    async def append(self, *deeds: Deed) -> None:
        if self.fails:
            raise Transient("the database is away")
        self.deeds += deeds


class Watched(LivePath):
    """Looks of an alert that has the keys of a slot."""

    def __init__(self, trust: LocalTrust) -> None:
        super().__init__(trust)
        self.told = Told()
        self.looks = Looks(self.alert, self.told, lambda: instant(self.clock))

    def view(
        self, content: bytes = PICTURE, captured: Instant | None = None
    ) -> tuple[SealAddress, bytes]:
        """Seal a view as detect does, of a new slot and of a frame that was captured now."""
        for holder in self.holders.values():
            holder.release_all()
        self.run_watched_slot()
        detect = self.holders[Role.DETECT]
        reservation = detect.reserve(CAMERA, Purpose.VIEW)
        assert reservation is not None, "no key is in hand"
        address = address_of(reservation, captured or instant(self.clock))
        step = VIEW_BYTES + LENGTH_BYTES
        body = detect.seal(VIEW_MADE.name, address, memoryview(content), step=step)
        detect.finish(reservation)
        return address, body
