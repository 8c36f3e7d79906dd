"""Options that say where pictures come from; several commands have them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from lethe.cli.session.cameras import SourceOptions
from lethe.contracts.cameras import Transport

_OPTIONS = [
    click.option("--camera", "files", type=click.Path(path_type=Path), multiple=True,
                 metavar="FILE", help="A TOML file with a table per camera; may be repeated."),
    click.option("--secret", metavar="NAME",
                 help="Secret with the user and password of the addresses among the sources."),
    click.option("--transport", type=click.Choice([each.value for each in Transport]),
                 default=Transport.TCP.value, show_default=True,
                 help="How rtsp:// brings its pictures."),
    click.option("--follow", is_flag=True,
                 help="Take the new pictures of folders as they come."),
]  # fmt: skip


def with_source_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def chosen_sources(sources: tuple[str, ...], chosen: dict[str, Any]) -> SourceOptions:
    """Return what was chosen."""
    return SourceOptions(
        sources=sources,
        files=chosen["files"],
        secret=chosen["secret"],
        transport=Transport(chosen["transport"]),
        follow=chosen["follow"],
    )
