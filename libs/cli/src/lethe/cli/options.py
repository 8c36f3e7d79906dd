"""Options that several commands have: where alert is, whom to trust, and who signs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

alert_url = click.option("--alert-url", default="http://127.0.0.1:8080", show_default=True,
                         metavar="URL", help="Address of the alert service.")  # fmt: skip
trust = click.option("--trust", type=click.Path(path_type=Path), metavar="FOLDER",
                     help="Folder with roster.json, root.pub and keys; this machine's own without "
                     "it.")  # fmt: skip


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
