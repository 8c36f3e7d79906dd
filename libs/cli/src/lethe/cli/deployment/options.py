"""Options of commands that sign as somebody of the roster."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


def signing_as(default: str) -> Callable[[Any], Any]:
    """Return the options that say who signs, and with what; see `chosen_key`."""
    options = (
        click.option("--as", "person", default=default, show_default=True, metavar="NAME",
                     help="Who you are on the roster."),
        click.option("--key", type=click.Path(path_type=Path), metavar="FILE",
                     help="Your key file; keys/NAME.key of the trust folder without it."),
        click.option("--sign-with", metavar="COMMAND",
                     help="Sign with a command instead of a file: it takes what is to be signed "
                     "on its input and gives the Ed25519 signature, 64 bytes."),
    )  # fmt: skip

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate
