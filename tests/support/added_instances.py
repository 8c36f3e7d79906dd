"""Instances that a platform adds beside those of a running `lethe`, and takes away again."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from tools.running import PATIENCE_S, RunningLethe, metric, stands, wait_until

from lethe.cli.stack.ports import LOOPBACK, free_ports
from lethe.contracts.topic import Topic


@dataclass(frozen=True, slots=True)
class AddedInstance:
    """A running instance that nobody starts again.

    Attributes
    ----------
    url
        Where it answers.
    """

    process: subprocess.Popen[bytes]
    url: str

    def owns_partitions(self) -> bool:
        """Tell whether its group gave it a share of the cameras."""
        return metric(self.url, "lethe_partitions_owned") > 0

    def has_published(self, topic: Topic) -> bool:
        """Tell whether records of a topic have come from it: it does its share of the work."""
        return metric(self.url, f'lethe_published_bytes_total{{topic="{topic.name}"}}') > 0

    def leads(self) -> bool:
        """Tell whether an alert does the work, and doesn't merely stand by."""
        return httpx.get(f"{self.url}/readyz", timeout=PATIENCE_S).is_success


@contextmanager
def added_instance(lethe: RunningLethe, service: str) -> Iterator[AddedInstance]:
    """Run one more instance of a service until the block ends, and end it in order.

    Raises
    ------
    AssertionError
        If it ends by itself, or not in order.
    """
    first = lethe.children()[f"{service}-1"]
    [port] = free_ports(1)
    environment = first.environ() | {
        "LETHE_INSTANCE_ID": f"{service}-added",
        "LETHE_HTTP_PORT": str(port),
    }
    environment.pop("LETHE_PREDECESSOR", None)
    if service != "alert":
        # Alerts share a folder with database and keys, of the others each has its own.
        folder = lethe.data / f"{service}-added"
        folder.mkdir(mode=0o700)
        environment["LETHE_DATA_DIR"] = str(folder)
    with subprocess.Popen(
        first.cmdline(), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_until(lambda: process.poll() is not None or stands(port))
            yield AddedInstance(process, f"http://{LOOPBACK}:{port}")
            assert process.poll() is None, f"{service}-added ended by itself"
        finally:
            process.send_signal(signal.SIGTERM)
    assert process.returncode == 0, f"{service}-added ended with {process.returncode}"
