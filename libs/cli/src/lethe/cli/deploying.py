"""`lethe deploy`: what `lethe watch` does, on services that it didn't start."""

from pathlib import Path
from typing import Any

import click

from lethe.cli.finite import FiniteRange
from lethe.cli.home import find_home
from lethe.cli.run_options import AREA
from lethe.cli.session.options import THRESHOLD
from lethe.cli.source_options import chosen_sources, with_source_options


@click.command()
@click.argument("sources", metavar="[SOURCE]...", nargs=-1)
@with_source_options
@click.option("--alert-url", required=True, metavar="URL", help="Address of the alert service.")
@click.option(
    "--watchlist",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="One image per person, or a sub-folder per person.",
)
@click.option(
    "--trust",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Folder with roster.json, root.pub, keys/officer.key and keys/token.key; this "
    "machine's own without it.",
)
@click.option(
    "--threshold",
    type=FiniteRange(0, 1),
    default=THRESHOLD,
    show_default=True,
    help="Comparison score from which an alert is raised.",
)
@AREA
@click.option("--once", is_flag=True, help="Don't loop footage.")
@click.option(
    "--no-realtime",
    is_flag=True,
    help="As fast as it goes, nothing dropped, instead of at the footage's pace.",
)
@click.option(
    "--skip-bad", is_flag=True, help="Go on without the watchlist images that can't be used."
)
@click.option(
    "--seconds",
    type=FiniteRange(min=0, min_open=True),
    metavar="N",
    help="End the order after N seconds.",
)
@click.option(
    "--detach",
    is_flag=True,
    help="Leave the order in force, for as long as a local order may last.",
)
def deploy(
    sources: tuple[str, ...],
    alert_url: str,
    watchlist: Path,
    trust: Path | None,
    threshold: float,
    *,
    area: str | None,
    once: bool,
    no_realtime: bool,
    skip_bad: bool,
    seconds: float | None,
    detach: bool,
    **chosen: Any,
) -> None:
    """Enrol a watchlist on running services and put a local order in force.

    SOURCE is named as ingest sees it: a URL, a device number, or an absolute path where ingest
    runs. Every SOURCE is a camera of its own: camera-1, camera-2 and so on. A --secret is looked
    up where ingest runs. The order ends with the command:
    after --seconds, or with Ctrl-C.

    \b
    Example:
      lethe deploy /footage/hall.mp4 --watchlist people/ --alert-url http://127.0.0.1:8080
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.session.deploying import DeployOptions  # noqa: PLC0415 - --help stays quick
    from lethe.cli.session.deploying import deploy as run_deploy  # noqa: PLC0415

    if detach and seconds is not None:
        raise click.UsageError("--detach leaves the order in force; take it or --seconds")
    run_deploy(
        DeployOptions(
            alert_url=alert_url,
            sources=chosen_sources(sources, chosen),
            watchlist=watchlist,
            trust=trust or find_home().trust,
            threshold=threshold,
            area=area,
            once=once,
            realtime=not no_realtime,
            skip_bad=skip_bad,
            detach=detach,
            seconds=seconds,
        )
    )  # fmt: skip
