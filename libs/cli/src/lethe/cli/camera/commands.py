"""`lethe camera ...`."""

import sys
from pathlib import Path
from typing import Any

import click

from lethe.cli.finite import FiniteRange
from lethe.cli.home import find_home
from lethe.cli.source_options import chosen_sources, with_source_options

_SECONDS = 5.0


@click.group()
def camera() -> None:
    """Look at cameras before they are watched, keep their passwords, stand in for one."""


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


@camera.command()
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--host",
    default="127.0.0.1",
    envvar="LETHE_HTTP_HOST",
    show_default=True,
    help="Address to serve on; 0.0.0.0 is every one of this machine.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8_090,
    envvar="LETHE_HTTP_PORT",
    show_default=True,
    help="0 is a free one.",
)
@click.option(
    "--max-fps",
    type=FiniteRange(min=0.1, max=60),
    default=12.0,
    show_default=True,
    metavar="N",
    help="Pictures above this rate are left out.",
)
def serve(files: tuple[Path, ...], *, host: str, port: int, max_fps: float) -> None:
    """Serve recordings as cameras of the network: MJPEG, played again and again.

    For trying out the way over a network without a camera. Anybody who reaches the port sees the
    pictures: serve nothing that not everybody may see. Ctrl-C ends it.

    \b
    Examples:
      lethe camera serve hall.mp4 gate.mp4
      lethe watch http://127.0.0.1:8090/hall --watchlist people/
    """  # noqa: D301 - click needs the backspace itself
    # --help stays quick
    from lethe.cli.camera.serve import serve_recordings  # noqa: PLC0415

    serve_recordings(files, host=host, port=port, max_fps=max_fps, say=click.echo)


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
