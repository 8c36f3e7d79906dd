"""A whole run under attack: Apache Kafka, `lethe up` with an overheard purge, and one deployment.

Every file of a run lies in its folder, temporary ones included.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.forensics.attacked_service import CLOCKS_VARIABLE
from tests.forensics.database import Pieces
from tests.forensics.keys import SOCKET_VARIABLE, KeyTap
from tests.forensics.lots import Import
from tests.forensics.tape import Tape, taping
from tests.support.onlooker import Onlooker, live_cameras
from tests.support.small_disk import SmallDisk, small_disk
from tools.kafka.node import ApacheKafka
from tools.running import RunningLethe

from lethe.alert.keystores.port import KEY_BYTES

_POLL_S = 0.1
_PATIENCE_S = 45.0
_END_WITHIN_S = 30.0
SERVICES = ("ingest", "detect", "match", "alert", "purge")


@dataclass(frozen=True, slots=True)
class Ground:
    """Where and how a run takes place.

    Attributes
    ----------
    footage, watchlist, footage_s
        What the cameras see, one file each, and for how long; who is listed.
    options
        Of `lethe up`.
    environment
        Added to that of `lethe up`, and so of every service.
    steps_clocks
        Whether wall clocks may be stepped.
    disk_mb
        Size of the disk that the services have for themselves; 0 for a folder of the machine's.
    """

    folder: Path
    footage: tuple[Path, ...]
    watchlist: Path
    footage_s: float
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    steps_clocks: bool = False
    disk_mb: int = 0

    @property
    def told(self) -> Path:
        """The file of all that the supervisor says of its services."""
        return self.folder / "told" / "lethe.err"


@dataclass(frozen=True, slots=True)
class Decided:
    """An alert that was adjudicated as false: what it showed, and when that was answered."""

    pictures: list[bytes] = field(repr=False)
    at_us: int


@dataclass(slots=True)
class Run:
    """What the attacker has of a run: its processes, files, keys and ciphertext."""

    ground: Ground
    kafka: ApacheKafka
    lethe: RunningLethe
    keys: KeyTap
    tape: Tape
    database: Pieces
    disk: SmallDisk | None = None
    deployment: subprocess.Popen[str] | None = None
    onlooker: Onlooker | None = None
    imports: list[Import] = field(default_factory=list)
    decided: Decided | None = None
    _deployed_s: float = 0.0

    def deploy(self) -> None:
        """Put an order in force under which the footage is watched, once."""
        self.deployment = subprocess.Popen(
            [
                *(sys.executable, "-m", "lethe.cli", "deploy", "--once"),
                *map(str, self.ground.footage),
                *("--alert-url", self.lethe.alert_url, "--watchlist", str(self.ground.watchlist)),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.deployment.stdout is not None
        for line in self.deployment.stdout:
            if "is in force" in line:
                self._deployed_s = time.monotonic()
                return
        raise AssertionError("the order didn't come into force")

    def look(self) -> None:
        """Have somebody look at every camera, until the deployment ends."""
        self.onlooker = Onlooker(self.lethe, live_cameras(self.lethe))
        self.onlooker.start()

    def end_deployment(self) -> None:
        """End the order, and with it the stream."""
        if self.onlooker is not None:
            # While pictures still come: whoever waits for one that doesn't waits for long.
            onlooker, self.onlooker = self.onlooker, None
            onlooker.stop()
        if self.deployment is not None:
            deployment, self.deployment = self.deployment, None
            _end(deployment)

    def processes(self, *, broker: bool = True) -> dict[str, int]:
        """Return every process that may hold something, by what it is."""
        found = {"supervisor": self.lethe.process.pid}
        for name, child in self.lethe.children().items():
            service, _, number = name.rpartition("-")
            found[service if number == "1" else f"{service} {number}"] = child.pid
        return found | ({"broker": self.kafka.pid} if broker else {})

    def folders(self) -> dict[str, Path]:
        """Return every folder that may hold something."""
        return {
            "files of the broker": self.ground.folder / "kafka",
            "files of the services": self.lethe.data,
            "what the supervisor said": self.ground.told.parent,
            "temporary files": self.ground.folder / "tmp",
        }

    @property
    def clocks(self) -> Path:
        """The folder that says by how much the clock of each service is stepped."""
        return self.ground.folder / "clocks"

    def stored_keys(self) -> set[bytes]:
        """Return the keys that lie in alert's key store now, as whoever reads its disk has them."""
        folder = self.lethe.data / "alert" / "keys"
        return {content[:KEY_BYTES] for content in map(_content, folder.iterdir())}

    def filled(self) -> None:
        """Fill the disk of the services."""
        assert self.disk is not None
        self.disk.fill()

    def freed(self) -> None:
        """Make room on the disk of the services."""
        assert self.disk is not None
        self.disk.free()

    def is_replaced(self, instance: str, pid: int) -> bool:
        """Tell whether another process than `pid` runs as an instance."""
        child = self.lethe.children().get(instance)
        return child is not None and child.pid != pid

    def footage_is_over(self) -> bool:
        """Tell whether the footage has come to its end."""
        return time.monotonic() > self._deployed_s + self.ground.footage_s

    def metrics(self) -> bytes:
        """Return what all services tell over HTTP."""
        return self.lethe.told_over_http()


@contextmanager
def running(ground: Ground) -> Iterator[Run]:
    """Start everything but the deployment, and end it."""
    shutil.rmtree(ground.folder, ignore_errors=True)
    (ground.folder / "tmp").mkdir(parents=True)
    (ground.folder / "kafka").mkdir()
    (ground.folder / "clocks").mkdir()
    ground.told.parent.mkdir()
    with ExitStack() as stack:
        keys = stack.enter_context(KeyTap(ground.folder.parent / "keys.socket"))
        stack.callback(keys.path.unlink)
        kafka = stack.enter_context(ApacheKafka(ground.folder / "kafka"))
        data = ground.folder / "data"
        disk = stack.enter_context(small_disk(data, ground.disk_mb)) if ground.disk_mb else None
        lethe = stack.enter_context(_lethe(ground, kafka.address, keys.path))
        tape = stack.enter_context(taping(kafka.address))
        database = Pieces(data / "alert" / "database" / "alerts.sqlite")
        run = Run(ground, kafka, lethe, keys, tape, database, disk)
        try:
            yield run
        finally:
            run.end_deployment()
            for each in run.imports:
                each.process.kill()
            _end(lethe.process)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""


def _end(process: subprocess.Popen[str]) -> None:
    """End a process in order; in time in any case, so that the next run has its turn."""
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=_END_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise AssertionError(f"{process.args!r} didn't end in {_END_WITHIN_S:g} s") from None


@contextmanager
def _lethe(ground: Ground, broker: str, key_socket: Path) -> Iterator[RunningLethe]:
    data = ground.folder / "data"
    command = [sys.executable, "-m", "tests.forensics.attacked_lethe", "up", "--headless"]
    options = ["--port", "0", "--data", str(data), "--broker", broker, *ground.options]
    told = {
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(ground.folder / "tmp"),
        SOCKET_VARIABLE: str(key_socket),
    }
    if ground.steps_clocks:
        told[CLOCKS_VARIABLE] = str(ground.folder / "clocks")
    with (
        ground.told.open("w") as errors,
        subprocess.Popen(
            [*command, *options],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ | ground.environment | told,
        ) as process,
    ):
        try:
            yield RunningLethe(process, data, ground.folder / "report.json")
        finally:
            process.kill()


@contextmanager
def ending_within(seconds: int, what: str) -> Iterator[None]:
    """Break off what takes longer, whatever it waits for: another run may be waiting for its turn.

    Raises
    ------
    AssertionError
        If it takes longer.
    """

    def ring(_number: int, _frame: object) -> None:
        raise AssertionError(f"{what} didn't end in {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def until(condition: Callable[[], object], what: str, *, poll_s: float = _POLL_S) -> None:
    """Wait for something that other processes do.

    Raises
    ------
    AssertionError
        If it doesn't come to pass; the attack is no good then.
    """
    end_s = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > end_s:
            raise AssertionError(f"it didn't come to this: {what}")
        time.sleep(poll_s)
