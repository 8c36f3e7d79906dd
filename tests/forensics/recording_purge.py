"""`python -m tests.forensics.recording_purge`: purge as it is, whose entropy is overheard.

Each key that is drawn is sent to the attacker before anybody else has it. Nothing of it is kept
in this process: the same object that the custodian gets, and overwrites, is what is sent.
"""

import os
import socket
import sys
from functools import partial
from unittest import mock

from tests.forensics.keys import SOCKET_VARIABLE

from lethe.purge import reign
from lethe.purge.app import serve
from lethe.purge.custodian import Custodian
from lethe.purge.settings import PurgeSettings
from lethe.runtime.service import run_service


def main() -> int:
    """Run purge."""
    tap = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    tap.connect(os.environ[SOCKET_VARIABLE])

    def entropy(size: int) -> bytes:
        drawn = os.urandom(size)
        tap.send(drawn)
        return drawn

    with mock.patch.object(reign, "Custodian", partial(Custodian, entropy=entropy)):
        return run_service("purge", PurgeSettings, serve)


if __name__ == "__main__":
    sys.exit(main())
