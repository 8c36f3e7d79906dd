"""Match on a live path: real keys and seals, an exact index, a broker that remembers."""

from collections.abc import Mapping
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from tests.support.clocks import WALL_US
from tests.support.forgetting import CAMERA
from tests.support.indexes import NumpyIndex
from tests.support.live_path import LivePath

from lethe.contracts.enrolment import TemplatePayload
from lethe.contracts.errors import Transient
from lethe.contracts.headings import Heading
from lethe.contracts.instants import Instant
from lethe.contracts.keys import KeyTicket, Role, TransitKey
from lethe.contracts.live import CandidatesFound, ProbeDecided
from lethe.contracts.orders import watchlist_hash
from lethe.contracts.probe import NO_TRACK
from lethe.match.ports import ListName
from lethe.match.probes import ProbeDesk, SealedProbe
from lethe.match.transit import TransitKeys
from lethe.match.watchlists import Watchlists
from lethe.shredding.clock import instant
from lethe.shredding.trust import LocalTrust
from lethe.shredding.wrapping import UnwrapKey

LENGTH = 64
CROP = b"\xff\xd8\xff the face of a passer-by \xff\xd9"
FIGURE = b"\xff\xd8\xff the body of a passer-by \xff\xd9"
LIST = "watchlist-1"
PACK = "5a" * 32
NAME = ListName(LIST, PACK)


def unit(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return a template: float32, length 1."""
    return np.asarray(values / np.linalg.norm(values), dtype=np.float32)


def template(seed: int) -> NDArray[np.float32]:
    """Return a template; those of different seeds have nothing in common."""
    values = np.zeros(LENGTH)
    values[seed] = 1
    return unit(values)


def blend(one: NDArray[np.float32], cosine: float) -> NDArray[np.float32]:
    """Return a template with a given cosine to another, and nothing else in common with any."""
    other = template(LENGTH - 1)
    return unit(cosine * one.astype(np.float64) + np.sqrt(1 - cosine**2) * other)


def image_hash(name: str) -> str:
    """Return the hash of an image that exists in name only."""
    return sha256(name.encode()).hexdigest()


def payload(
    name: str, subject: str, values: NDArray[np.float32] | None, pack: str = PACK
) -> TemplatePayload:
    """Return what detect tells of a reference."""
    return TemplatePayload(
        reference_id=name,
        subject_id=subject,
        watchlist_id=LIST,
        image_sha256=image_hash(name),
        template=b"" if values is None else values.tobytes(),
        fault="no_face" if values is None else None,
        model=pack,
    )


def hashes(lists: Watchlists) -> dict[str, str]:
    """Return the content hash of each list of `PACK`, as it is told when nothing comes any more."""
    lists.tell()
    return {each.watchlist_id: each.content_hash for each in lists.tell() if each.model == PACK}


def ticket_of_alert(key: TransitKey | None) -> KeyTicket:
    """Return a ticket with which alert announces a transit key."""
    return KeyTicket(
        instance_id="alert-1",
        role=Role.ALERT,
        boot="run",
        sequence=1,
        sent=Instant(boot_id="boot-a", boot_us=0, wall_us=WALL_US),
        public_key=b"",
        transit=key,
    )


Content = Mapping[str, tuple[str, NDArray[np.float32]]]


class MatchDesk(LivePath):
    """A desk over a list of three references of two subjects, `s0` and `s1`.

    Parameters
    ----------
    content
        Another list: subject and template of each reference.

    Attributes
    ----------
    rescued
        What the broker was given, in order.
    broker_away
        The broker takes nothing.
    """

    def __init__(
        self, trust: LocalTrust, content: Content | None = None, **changes: object
    ) -> None:
        usual = {"r0": ("s0", template(0)), "r1": ("s1", template(1)), "r1b": ("s1", template(2))}
        self.content = dict(content or usual)
        listed = watchlist_hash([(s, image_hash(name)) for name, (s, _) in self.content.items()])
        super().__init__(trust, **({"watchlist_hash": listed} | changes))
        self.index = NumpyIndex()
        self.watchlists = Watchlists(
            self.index, instance_id="match-1", resemblance_cosine=0.5, unlikeness_cosine=0.2
        )
        self.transit = TransitKeys()
        self.unwrap_key = UnwrapKey.generate()
        self.rescued: list[CandidatesFound] = []
        self.broker_away = False
        self.desk = ProbeDesk(
            self.holders[Role.MATCH],
            self.book,
            self.watchlists,
            self.index,
            self.transit,
            self._rescue,
            batch=4,
        )

    async def prepare(self) -> None:
        """Enrol the list, hear alert's transit key, and take the keys of a slot."""
        for name, (subject, values) in self.content.items():
            await self.watchlists.enrol(payload(name, subject, values))
        hashes(self.watchlists)
        self.announce()
        self.run_slot()

    def announce(self) -> None:
        """Let match hear alert's transit key now."""
        key = TransitKey(key_id="transit-1", public_key=self.unwrap_key.public_key)
        self.transit.hear(ticket_of_alert(key), instant(self.clock))

    def probe(
        self,
        values: NDArray[np.float32],
        crop: bytes = CROP,
        *,
        figure: bytes = b"",
        heading: Heading | None = None,
        track: bytes = NO_TRACK,
        pack: str = PACK,
    ) -> SealedProbe:
        """Seal a probe of the camera under order."""
        sealed = self.sealed_probe(
            values, crop, camera=CAMERA, figure=figure, heading=heading, track=track, pack=pack
        )
        return SealedProbe(*sealed)

    async def decide(self, *probes: SealedProbe) -> list[ProbeDecided]:
        """Decide a batch; whatever happens, its clear copies must be gone."""
        try:
            return await self.desk.decide(list(probes))
        finally:
            self.check_clear()

    def check_clear(self) -> None:
        """Check that no probe is left in the desk's buffers, and no key is busy."""
        assert not any(any(buffer) for buffer in self.desk._buffers)
        assert not any(s.is_busy for s in self.holders[Role.MATCH]._keyring._slots.values())

    async def _rescue(self, found: CandidatesFound) -> None:
        if self.broker_away:
            raise Transient("the broker doesn't take it")
        self.rescued.append(found)
