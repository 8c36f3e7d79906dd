"""`python -m tests.forensics.attacked_lethe`: the `lethe` command, with instruments in services."""

import os

from tests.forensics.attacked_service import CLOCKS_VARIABLE, LATE_VARIABLE
from tools.instrumented_lethe import run

_MODULE = "tests.forensics.attacked_service"


def _with_instruments(service: str) -> str | None:
    asked = service == "detect" and LATE_VARIABLE in os.environ
    if service == "purge" or asked or CLOCKS_VARIABLE in os.environ:
        return _MODULE
    return None


if __name__ == "__main__":
    run(_with_instruments)
