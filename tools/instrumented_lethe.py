"""The `lethe` command with other programs in the place of services.

Everything else runs as it always does: same supervisor, same environment, same services.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest import mock

from lethe.cli.__main__ import main
from lethe.cli.stack import supervisor
from lethe.cli.stack.process import ChildSpec
from lethe.cli.stack.services import service_spec


def run(module_of: Callable[[str], str | None]) -> None:
    """Run the command.

    Parameters
    ----------
    module_of
        Returns the module that runs a service, which it is given as an argument; None leaves the
        service as it is.
    """

    def spec(instance_id: str, *arguments: Any) -> ChildSpec:
        usual = service_spec(instance_id, *arguments)
        service = instance_id.partition("-")[0]
        module = module_of(service)
        if module is None:
            return usual
        return replace(usual, command=(sys.executable, "-m", module, service))

    with mock.patch.object(supervisor, "service_spec", spec):
        main()
