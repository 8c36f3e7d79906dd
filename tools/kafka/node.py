"""One node of Apache Kafka: broker and controller in one process (KRaft), on free ports."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tools.kafka.jars import jars, java

from lethe.cli.stack import parented
from lethe.cli.stack.ports import LOOPBACK, free_ports
from lethe.contracts.errors import LetheError

ADMIN = "admin"
MECHANISM = "SCRAM-SHA-512"
_READY_WITHIN_S = 120.0
_STOP_WITHIN_S = 30.0
_POLL_S = 0.05
# C1 alone and a serial collector: a test broker is short-lived and shares its cores.
_JVM = ("-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
SINGLE = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "CLIENT",
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    # What the registry's topic settings need of the broker to take effect soon.
    # Sessions of 1.2 s: an instance that is killed loses its cameras to another soon.
    "group.min.session.timeout.ms": "1000",
    "log.retention.check.interval.ms": "1000",
    "log.initial.task.delay.ms": "1000",
}


class NodeFailed(LetheError):
    """The node doesn't start; the line holds the last thing it logged."""


@dataclass(frozen=True, slots=True)
class Security:
    """SASL/SCRAM on the clients' listener, and access rules that know nobody but the admin.

    Attributes
    ----------
    passwords
        By user; `ADMIN` is among them.
    """

    passwords: Mapping[str, str] = field(repr=False)

    def properties(self) -> dict[str, str]:
        """Return the broker settings."""
        mechanism = f"listener.name.client.{MECHANISM.lower()}"
        return {
            "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
            "sasl.enabled.mechanisms": MECHANISM,
            "sasl.mechanism.inter.broker.protocol": MECHANISM,
            f"{mechanism}.sasl.jaas.config": (
                "org.apache.kafka.common.security.scram.ScramLoginModule required "
                f'username="{ADMIN}" password="{self.passwords[ADMIN]}";'
            ),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            # The node's own controller talks to itself without SASL, on the loopback interface.
            "super.users": f"User:{ADMIN};User:ANONYMOUS",
        }

    def format_options(self) -> list[str]:
        """Return how the users get into the node's metadata."""
        return [
            option
            for user, password in self.passwords.items()
            for option in ("--add-scram", f"{MECHANISM}=[name={user},password={password}]")
        ]


class ApacheKafka:
    """A node that lives in a folder: formatted at the first start, found again at the next.

    Parameters
    ----------
    folder
        For its settings, log and data.
    properties
        Broker settings that are added to or replace those of a single test node.
    log_dir
        Where the records lie; a folder inside `folder` by default.
    """

    def __init__(
        self,
        folder: Path,
        *,
        security: Security | None = None,
        properties: Mapping[str, str] | None = None,
        log_dir: Path | None = None,
    ) -> None:
        self.port, self._controller_port = free_ports(2)
        self.log_dir = log_dir or folder / "data"
        self._log_file = folder / "kafka.log"
        self._settings_file = folder / "server.properties"
        self._security = security
        self._properties = properties or {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Bootstrap server for clients."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int:
        """Process id of the node while it runs."""
        assert self._process is not None
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether the node's process is alive."""
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> Self:
        self._format()
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the node on its folder and port, and wait until it takes connections.

        Raises
        ------
        NodeFailed
            If it ends instead.
        """
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(
                self._command("kafka.Kafka", str(self._settings_file)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end_s = time.monotonic() + _READY_WITHIN_S
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > end_s:
                self.kill()
                raise NodeFailed(f"Apache Kafka doesn't start: {self._last_words()}")
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """End the node in order; with SIGKILL if that takes too long."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the node at once, as a crash would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def _format(self) -> None:
        self._settings_file.write_text(
            "".join(f"{name}={value}\n" for name, value in self._all_properties().items())
        )
        self._settings_file.chmod(0o600)
        cluster = subprocess.run(
            self._command("kafka.tools.StorageTool", "random-uuid"),
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        options = self._security.format_options() if self._security else []
        done = subprocess.run(
            self._command(
                *("kafka.tools.StorageTool", "format", "--standalone", "--ignore-formatted"),
                *("--cluster-id", cluster, "--config", str(self._settings_file), *options),
            ),
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise NodeFailed(f"Apache Kafka can't be formatted: {_last_line(done.stderr)}")

    def _all_properties(self) -> dict[str, str]:
        protocols = "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT"
        return {
            **SINGLE,
            "controller.quorum.bootstrap.servers": f"{LOOPBACK}:{self._controller_port}",
            "listeners": f"CLIENT://{self.address},CONTROLLER://{LOOPBACK}:{self._controller_port}",
            "advertised.listeners": f"CLIENT://{self.address}",
            "listener.security.protocol.map": protocols,
            "log.dirs": str(self.log_dir),
            **(self._security.properties() if self._security else {}),
            **self._properties,
        }

    def _command(self, *arguments: str) -> list[str]:
        # The node dies with whoever started it, however that one ends.
        guard = (sys.executable, "-ISs", parented.__file__, str(os.getpid()))
        return [*guard, java(), *_JVM, "-cp", f"{jars()}/*", *arguments]

    def _listens(self) -> bool:
        try:
            socket.create_connection((LOOPBACK, self.port), timeout=1.0).close()
        except OSError:
            return False
        return True

    def _last_words(self) -> str:
        return _last_line(self._log_file.read_text(errors="replace"))


def _last_line(text: str) -> str:
    told = [line for line in text.splitlines() if line.strip() and not re.match(r"\s+at ", line)]
    return told[-1] if told else "it logged nothing"
