"""The `lethe` command with other programs in the place of services, or settings of one's own.

Everything else runs as it always does: same supervisor, same environment, same services.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from unittest import mock

from lethe.cli.__main__ import main
from lethe.cli.stack import supervisor
from lethe.cli.stack.process import ChildSpec
from lethe.cli.stack.services import service_spec

_NONE: Mapping[str, str] = MappingProxyType({})


def run(
    module_of: Callable[[str], str | None] = lambda _service: None,
    settings_of: Callable[[str], Mapping[str, str]] = lambda _service: _NONE,
) -> None:
    """Run the command.

    Parameters
    ----------
    module_of
        Returns the module that runs a service, which it is given as an argument; None leaves the
        service as it is.
    settings_of
        Returns what a service's environment has besides, or otherwise.
    """

    def spec(instance_id: str, *arguments: Any) -> ChildSpec:
        service = instance_id.partition("-")[0]
        usual = service_spec(instance_id, *arguments)
        usual = replace(usual, environment={**usual.environment, **settings_of(service)})
        module = module_of(service)
        if module is None:
            return usual
        return replace(usual, command=(sys.executable, "-m", module, service))

    with mock.patch.object(supervisor, "service_spec", spec):
        main()
