"""What tests of the alert service are built from: a clock, messages, a desk on a log in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.support.keyrings import MemoryKeyStore, a_keyring
from tests.support.memory_alert_log import MemoryAlertLog

from lethe.alert.alerts import Alert, AlertTerms
from lethe.alert.audit.reasons import Reasons
from lethe.alert.hub import AlertHub
from lethe.alert.keyring import Keyring
from lethe.alert.raising import AlertDesk
from lethe.alert.vault import Vault
from lethe.contracts.headings import Heading
from lethe.contracts.instants import Instant
from lethe.contracts.live import Candidate, CandidatesFound

EPOCH_US = 1_790_000_000_000_000
CROP = b"\xff\xd8\xff a face \xff\xd9"
FIGURE = b"\xff\xd8\xff a body \xff\xd9"


def instant(ms: float) -> Instant:
    return Instant(boot_id="boot", boot_us=round(ms * 1000), wall_us=EPOCH_US + round(ms * 1000))


class ManualClock:
    def __init__(self) -> None:
        self.ms = 0.0

    def __call__(self) -> Instant:
        return instant(self.ms)

    @property
    def boot_id(self) -> str:
        return self().boot_id

    def boot_us(self) -> int:
        return self().boot_us

    def wall_us(self) -> int:
        return self().wall_us


def candidates_found(
    search_id: str,
    *,
    at_ms: float = 0,
    subject_id: str = "subject-1",
    camera_id: str = "entrance",
    reference_id: str = "reference-1",
    others: tuple[Candidate, ...] = (),
    deployment_id: str = "deployment-1",
    captured: Instant | None = None,
    heading: Heading | None = None,
    further: tuple[str, ...] = (),
) -> CandidatesFound:
    best = Candidate(
        subject_id=subject_id,
        reference_id=reference_id,
        score=0.83,
        cosine=0.61,
        further_references=further,
    )
    return CandidatesFound(
        search_id=search_id,
        camera_id=camera_id,
        deployment_id=deployment_id,
        order_hash="order",
        watchlist_id="watchlist-1",
        threshold=0.6,
        captured=captured or instant(at_ms),
        decided=(captured or instant(at_ms)).shifted_to(round(at_ms * 1000) + 80_000),
        candidates=[*others, best],
        transit_key_id="transit",
        sealed_crop=b"sealed",
        heading=heading,
    )


@dataclass
class DeskBench:
    """A desk on fakes; `restart` replaces what lives in the process only."""

    cool_down_s: float = 0
    kept: int = 20_000
    log: MemoryAlertLog = field(default_factory=MemoryAlertLog)
    keys: MemoryKeyStore = field(default_factory=MemoryKeyStore)
    clock: ManualClock = field(default_factory=ManualClock)
    retired: list[str] = field(default_factory=list)
    keyring: Keyring = field(init=False)
    hub: AlertHub = field(init=False)
    desk: AlertDesk = field(init=False)

    def __post_init__(self) -> None:
        self._assemble()

    def _assemble(self) -> None:
        self.hub = AlertHub("log", 1, self.kept)
        self.keyring = a_keyring(self.keys, self.clock)
        self.desk = AlertDesk(
            self.log,
            self.hub,
            Vault(self.keyring),
            self.clock,
            self._retire,
            cool_down_s=self.cool_down_s,
        )

    async def _retire(self, key_ids: Iterable[str]) -> None:
        self.retired += key_ids

    async def restart(self, terms: AlertTerms | None = None) -> list[Alert]:
        self._assemble()
        return await self.desk.restore(lambda _: terms or AlertTerms())


def some_reasons() -> Reasons:
    """Return what seals people's reasons, under keys in memory."""
    return Reasons(Vault(a_keyring(MemoryKeyStore())), ManualClock(), days=365)
