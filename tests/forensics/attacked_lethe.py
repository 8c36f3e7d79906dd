"""`python -m tests.forensics.attacked_lethe`: the `lethe` command, with instruments in services.

Everything else runs as `lethe up` runs it: same supervisor, same environment, same services.
"""

import os
import sys
from dataclasses import replace
from typing import Any
from unittest import mock

from tests.forensics.attacked_service import CLOCKS_VARIABLE, LATE_VARIABLE

from lethe.cli.__main__ import main
from lethe.cli.stack import supervisor
from lethe.cli.stack.process import ChildSpec
from lethe.cli.stack.services import service_spec

_MODULE = "tests.forensics.attacked_service"


def _with_instruments(instance_id: str, *arguments: Any) -> ChildSpec:
    spec = service_spec(instance_id, *arguments)
    service = instance_id.partition("-")[0]
    asked = service == "detect" and LATE_VARIABLE in os.environ
    if service == "purge" or asked or CLOCKS_VARIABLE in os.environ:
        return replace(spec, command=(sys.executable, "-m", _MODULE, service))
    return spec


if __name__ == "__main__":
    with mock.patch.object(supervisor, "service_spec", _with_instruments):
        main()
