"""`python -m tests.forensics.attacked_lethe`: the `lethe` command, with a purge that is overheard.

Everything else runs as `lethe up` runs it: same supervisor, same environment, same services.
"""

import sys
from dataclasses import replace
from typing import Any
from unittest import mock

from lethe.cli.__main__ import main
from lethe.cli.stack import supervisor
from lethe.cli.stack.process import ChildSpec
from lethe.cli.stack.services import service_spec


def _overheard_spec(instance_id: str, *arguments: Any) -> ChildSpec:
    spec = service_spec(instance_id, *arguments)
    if not instance_id.startswith("purge-"):
        return spec
    return replace(spec, command=(sys.executable, "-m", "tests.forensics.recording_purge"))


if __name__ == "__main__":
    with mock.patch.object(supervisor, "service_spec", _overheard_spec):
        main()
