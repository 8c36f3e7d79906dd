"""`lethe camera ...`."""

import sys
from typing import Any

import click

from lethe.cli.finite import FiniteRange
from lethe.cli.home import find_home
from lethe.cli.source_options import chosen_sources, with_source_options

_SECONDS = 5.0


@click.group()
def camera() -> None:
    """Look at cameras before they are watched, and keep their passwords."""


@camera.command()
@click.argument("sources", metavar="[SOURCE]...", nargs=-1)
@with_source_options
@click.option(
    "--seconds",
    type=FiniteRange(min=1, max=600),
    default=_SECONDS,
    show_default=True,
    metavar="N",
    help="How long to look at each source.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")  # fmt: skip
def check(sources: tuple[str, ...], *, seconds: float, as_json: bool, **chosen: Any) -> None:
    """Look at a source and say whether faces can be recognised in it.

    Walk through the picture meanwhile. Nothing is kept, sent or searched: there is no watchlist
    and no broker, and pictures are overwritten at once. Exit code 0: fine, 1: something can be
    better, 2: unusable.

    \b
    Examples:
      lethe camera check rtsp://192.0.2.10/stream1 --secret gate
      lethe camera check --camera cameras.toml --seconds 20 --json
    """  # noqa: D301 - click needs the backspace itself
    # --help stays quick
    from lethe.cli.camera.look import check_cameras  # noqa: PLC0415

    home = find_home()
    home.require_set_up()
    options = chosen_sources(sources, chosen)
    sys.exit(check_cameras(options, home, seconds=seconds, as_json=as_json, say=click.echo))


@camera.command("secret")
@click.argument("name")
def make_secret(name: str) -> None:
    """Ask for a camera's user and password and keep them as the secret NAME.

    \b
    Example:
      lethe camera secret gate
    """  # noqa: D301 - click needs the backspace itself
    # --help stays quick
    from lethe.cli.camera.secret import keep_secret, require_name  # noqa: PLC0415

    require_name(name)
    user = click.prompt("user", type=str)
    password = click.prompt("password", type=str, hide_input=True, default="", show_default=False)
    path = keep_secret(find_home().secrets, name, user, password)
    click.echo(f"kept in {path}; use it with --secret {name}")
