"""A PostgreSQL server of one's own: in a temporary folder, on a free port of this machine."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lethe.cli.errors import StackFailed
from lethe.cli.stack.ports import LOOPBACK, free_ports
from lethe.contracts.errors import InvalidInput

_DEBIAN = Path("/usr/lib/postgresql")
_USER = "postgres"
_READY_WITHIN_S = 60.0
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, reached over TCP only.

    Attributes
    ----------
    user
        Its superuser, who also names the database that there is.
    data
        Every file of it: tables, write-ahead log, whatever else it writes.
    """

    binaries: Path
    data: Path
    port: int
    user: str
    password: str

    def create_database(self, name: str) -> str:
        """Make an empty database and return its address."""
        self.run("createdb", name)
        return self.url(name)

    def run(self, program: str, *arguments: str) -> None:
        """Run a program of PostgreSQL's own against the server."""
        subprocess.run(
            [
                *(str(self.binaries / program), "-h", LOOPBACK, "-p", str(self.port)),
                *("-U", self.user, *arguments),
            ],
            env={"PGPASSWORD": self.password},
            check=True,
        )

    def url(self, database: str | None = None) -> str:
        """Return SQLAlchemy's address of a database, without the password."""
        return f"postgresql+asyncpg://{self.user}@{LOOPBACK}:{self.port}/{database or self.user}"


@contextmanager
def running_postgres(user: str = "lethe", password: str | None = None) -> Iterator[Server]:
    """Run a server with one empty database; nothing of it is left afterwards.

    Raises
    ------
    InvalidInput
        If PostgreSQL isn't installed.
    StackFailed
        If it doesn't start.
    """
    (port,) = free_ports(1)
    folder = Path(tempfile.mkdtemp(prefix="postgres-of-lethe-"))
    data = folder / "data"
    try:
        server = Server(_binaries(), data, port, user, password or secrets.token_urlsafe(24))
        _initialise(folder, data, server)
        with _started(folder, data, server):
            server.create_database(server.user)
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda each: float(each.parts[-3]))
    if not versions:
        raise InvalidInput("PostgreSQL is missing; install it (Debian: apt-get install postgresql)")
    return versions[-1].parent


def _as_somebody() -> list[str]:
    """Return how to start what refuses to run as root, and dies with this process."""
    # The package brings the user. Its death signal is an orderly, fast shutdown.
    command = ["setpriv", "--pdeathsig", "INT"]
    if os.geteuid() == 0:
        command += ["--reuid", _USER, "--regid", _USER, "--clear-groups"]
    return command


def _initialise(folder: Path, data: Path, server: Server) -> None:
    password_file = folder / "password"
    password_file.write_text(server.password)
    password_file.chmod(0o600)
    if os.geteuid() == 0:
        owner = pwd.getpwnam(_USER)
        for path in (folder, password_file):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    command = [
        *_as_somebody(),
        str(server.binaries / "initdb"),
        f"--pgdata={data}",
        f"--username={server.user}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--no-locale",
        "--no-sync",
    ]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    password_file.unlink()
    if ended.returncode != 0:
        raise StackFailed(f"initdb failed: {' '.join(ended.stderr.split())}")


@contextmanager
def _started(folder: Path, data: Path, server: Server) -> Iterator[None]:
    command = [
        *_as_somebody(),
        *(str(server.binaries / "postgres"), "-D", str(data), "-p", str(server.port)),
        *("-c", f"listen_addresses={LOOPBACK}", "-c", "unix_socket_directories="),
        # What it holds is gone with the folder anyway.
        *("-c", "fsync=off", "-c", "shared_buffers=16MB"),
    ]
    log_file = folder / "log"
    with (
        log_file.open("wb") as log,
        subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as process,
    ):
        try:
            _wait_ready(process, log_file, server)
            yield
        finally:
            # SIGTERM would wait for clients; SIGINT sends them away.
            process.send_signal(signal.SIGINT)
            process.wait()


def _wait_ready(process: subprocess.Popen[bytes], log_file: Path, server: Server) -> None:
    question = [str(server.binaries / "pg_isready"), "-q", "-h", LOOPBACK, "-p", str(server.port)]
    end = time.monotonic() + _READY_WITHIN_S
    while subprocess.run(question, check=False).returncode != 0:
        if process.poll() is not None or time.monotonic() > end:
            told = " ".join(log_file.read_text(errors="replace").split())
            raise StackFailed(f"PostgreSQL didn't start: {told[-300:]}")
        time.sleep(_POLL_S)
