"""`python -m tools.kafka`: fetch Apache Kafka, run one node of it, or record what was fetched."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from tools.kafka.jars import HASHES, fetch, hashes, jars, java
from tools.kafka.node import ApacheKafka

from lethe.contracts.errors import InvalidInput


def main() -> int:
    """Do what was asked; what the user can mend is one line and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m tools.kafka", description=__doc__)
    parser.add_argument("work", choices=("fetch", "run", "lock"))
    try:
        {"fetch": _fetch, "run": _run, "lock": _lock}[parser.parse_args().work]()
    except InvalidInput as error:
        sys.stderr.write(f"kafka: {error}\n")
        return 2
    return 0


def _fetch() -> None:
    java()
    jars()


def _run() -> None:
    with tempfile.TemporaryDirectory(prefix="kafka-") as folder, ApacheKafka(Path(folder)) as node:
        sys.stdout.write(f"Apache Kafka: {node.address}; Ctrl-C ends it and deletes what it kept\n")
        sys.stdout.flush()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


def _lock() -> None:
    with tempfile.TemporaryDirectory(prefix="kafka-") as folder:
        fetch(Path(folder))
        lines = [f"{digest}  {name}\n" for name, digest in hashes(Path(folder)).items()]
    HASHES.write_text("".join(lines))


if __name__ == "__main__":
    sys.exit(main())
