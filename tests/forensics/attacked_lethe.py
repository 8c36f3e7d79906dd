"""`python -m tests.forensics.attacked_lethe`: the `lethe` command, with instruments in services."""

from tools.instrumented_lethe import run

_MODULE = "tests.forensics.attacked_service"


if __name__ == "__main__":
    run(lambda _service: _MODULE)
