"""A real `lethe` with its broker and services, for end-to-end tests and for `make bench`."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import psutil

from lethe.alert.identity.principal import Role
from lethe.cli.home import find_home
from lethe.cli.identity.minting import Grant, LocalTokens

POLL_S = 0.1
PATIENCE_S = 60.0
"""However busy the machine is: the limit only ends a broken run."""


class RunningLethe:
    """A started `lethe` process.

    Attributes
    ----------
    data
        Its data folder: logs and database.
    report_file
        Where `--report` writes.
    page_address
        What it told people to open.
    token
        Returns a bearer token that may do everything.
    told
        What it said on stderr, once it is finished.
    """

    def __init__(self, process: subprocess.Popen[str], data: Path, report_file: Path) -> None:
        self.process = process
        self.data = data
        self.report_file = report_file
        self.told = ""
        self.page_address = self._ready()
        self.alert_url = self.page_address.partition("/#")[0]
        self.token = LocalTokens(Grant("the test", tuple(Role)), find_home().trust)

    def _ready(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("ready in"):
                return line.split()[-1]
        raise AssertionError(f"lethe ended: {self.process.stderr and self.process.stderr.read()}")

    def children(self) -> dict[str, psutil.Process]:
        """Return the running processes by instance: `purge-1` and so on, and `broker`."""
        found = {}
        for child in psutil.Process(self.process.pid).children():
            try:
                environment = child.environ()
                found[environment.get("LETHE_INSTANCE_ID", "broker")] = child
            except psutil.Error:
                continue
        return found

    def cpu_s(self) -> dict[str, float]:
        """Return the processor time that each process has used so far, by instance."""
        used = {}
        for name, child in self.children().items():
            with suppress(psutil.Error):
                times = child.cpu_times()
                used[name] = times.user + times.system
        return used

    def broker(self) -> str:
        """Return the broker's address, as the services know it."""
        return str(self.children()["purge-1"].environ()["LETHE_BROKER"])

    def accounts(self) -> list[dict[str, Any]]:
        """Return the account of every purge that answers."""
        found = []
        for name, child in self.children().items():
            if name.startswith("purge-"):
                with suppress(httpx.HTTPError, psutil.Error):
                    found.append(account(_url(child)))
        return found

    def metric(self, instance_id: str, name: str) -> float:
        """Return a number of an instance's `/metrics` by name and labels; 0 if it isn't there."""
        return metric(_url(self.children()[instance_id]), name)

    def told_over_http(self) -> bytes:
        """Return what all services tell whoever asks: their metrics, and purge's account.

        One that is just being started tells nothing yet.
        """
        told = b""
        for name, child in self.children().items():
            paths = ("metrics", "account") if name.startswith("purge-") else ("metrics",)
            for path in paths if name != "broker" else ():
                with suppress(httpx.TransportError, psutil.Error, KeyError):
                    told += httpx.get(f"{_url(child)}/{path}", timeout=PATIENCE_S).content
        return told

    def all_stand(self) -> bool:
        """Tell whether every service says that it is ready, or that it stands by."""
        try:
            return all(
                stands(int(child.environ()["LETHE_HTTP_PORT"]))
                for name, child in self.children().items()
                if name != "broker"
            )
        except (psutil.Error, KeyError):
            return False

    def ask(
        self, path: str, timeout_s: float = PATIENCE_S, alert_url: str | None = None
    ) -> httpx.Response:
        """Return alert's answer to a GET; raises `httpx.HTTPError` where it isn't a good one."""
        bearer = {"Authorization": f"Bearer {self.token()}"}
        url = f"{alert_url or self.alert_url}{path}"
        answer = httpx.get(url, headers=bearer, timeout=timeout_s)
        return answer.raise_for_status()

    def last_sequence(self, alert_url: str | None = None) -> int:
        """Return the sequence of the newest alert; 0 while no leading alert answers there."""
        try:
            answer = self.ask("/api/v1/status", timeout_s=1.0, alert_url=alert_url)
        except httpx.HTTPError:
            return 0
        return int(answer.json()["alerts"]["last_sequence"])

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts raised so far."""
        found: list[dict[str, Any]] = []
        while True:
            after = found[-1]["sequence"] if found else 0
            page = self.ask(f"/api/v1/alerts?after={after}&limit=1000").json()["alerts"]
            if not page:
                return found
            found += page

    def log_lines(self, instance_id: str) -> list[dict[str, Any]]:
        """Return the parsed log lines of an instance."""
        text = (self.data / f"{instance_id}.log").read_text()
        # One that is being written has no end yet.
        whole = (line for line in text.splitlines(keepends=True) if line.endswith("\n"))
        return [json.loads(line) for line in whole if line.startswith("{")]

    def finish(self, *, interrupt: bool = False) -> dict[str, Any]:
        """Wait for the end (after Ctrl-C, if asked for) and return the report."""
        if interrupt:
            self.process.send_signal(signal.SIGINT)
        _, self.told = self.process.communicate()
        assert self.process.returncode == 0, self.told
        report: dict[str, Any] = json.loads(self.report_file.read_text())
        return report


def stands(port: int) -> bool:
    """Tell whether the service at a port says that it is ready, or that it stands by."""
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/readyz")
        return answer.is_success or bool(answer.json()["standby"])
    except httpx.HTTPError:
        return False


def metric(url: str, name: str) -> float:
    """Return a number of a service's `/metrics` by name and labels; 0 if it isn't there."""
    told = httpx.get(f"{url}/metrics", timeout=PATIENCE_S).text.splitlines()
    return sum(float(line.split()[-1]) for line in told if line.startswith(f"{name} "))


def account(url: str) -> dict[str, Any]:
    """Return the account of a purge."""
    told: dict[str, Any] = httpx.get(f"{url}/account", timeout=PATIENCE_S).json()
    return told


def _url(child: psutil.Process) -> str:
    return f"http://127.0.0.1:{child.environ()['LETHE_HTTP_PORT']}"


@contextmanager
def running_lethe(
    folder: Path,
    *arguments: str,
    module: str = "lethe.cli",
    environment: Mapping[str, str] = MappingProxyType({}),
    reports: bool = True,
) -> Iterator[RunningLethe]:
    """Run `lethe` with a data folder, a report and a free port; kill it at the end.

    Parameters
    ----------
    module
        Run instead: the command with something of a bench's own in it.
    environment
        Added to that of the command, and so of every service.
    reports
        Whether the command writes one: `up` doesn't.
    """
    data, report = folder / "data", folder / "report.json"
    data.mkdir(exist_ok=True)
    command = [sys.executable, "-m", module, *arguments]
    options = ["--headless", "--port", "0", "--data", str(data)]
    if reports:
        options += ["--report", str(report)]
    with subprocess.Popen(
        [*command, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
    ) as process:
        try:
            yield RunningLethe(process, data, report)
        finally:
            process.kill()


def wait_until(condition: Any, *, within_s: float = 240.0) -> None:
    """Wait until a condition holds; the limit only keeps a broken test from hanging."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "the condition never came to hold"
        time.sleep(POLL_S)
