"""Options of the commands that run the stack."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from lethe.cli.finite import FiniteRange
from lethe.cli.session.options import THRESHOLD, StackOptions
from lethe.contracts.bounds import Name
from lethe.contracts.errors import InvalidInput
from lethe.receipts.asking import NamedWitness
from lethe.receipts.errors import BadInput

COOL_DOWN_S = 30.0
MEMORY_BOUND_MB = 4_096
PORT = 8_080
MOST_INSTANCES = 4


def _with_options(options: list[Callable[..., Any]]) -> Callable[[Any], Any]:
    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _witnesses(
    _context: click.Context, _option: click.Parameter, named: tuple[str, ...]
) -> tuple[str, ...]:
    try:
        for each in named:
            NamedWitness.parse(each)
    except BadInput as error:
        raise click.BadParameter(str(error)) from None
    return named


def _area(_context: click.Context, _option: click.Parameter, named: str | None) -> str | None:
    try:
        return TypeAdapter(Name | None).validate_python(named)
    except ValidationError:
        raise click.BadParameter("1 to 200 printable characters") from None


with_stack_options = _with_options(
    [
        click.option(
            "--seconds",
            type=FiniteRange(min=0, min_open=True),
            metavar="N",
            help="End after N seconds.",
        ),
        click.option(
            "--port",
            type=click.IntRange(0, 65_535),
            default=PORT,
            show_default=True,
            help="Port of the alert page on this machine; 0 chooses a free one.",
        ),
        click.option(
            "--data",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="Keep the database and the logs in DIR. Without it they lie in a "
            "private temporary folder that is removed at the end.",
        ),
        click.option(
            "--cool-down",
            type=FiniteRange(min=0),
            default=COOL_DOWN_S,
            show_default=True,
            metavar="SECONDS",
            help="One alert per subject and camera until it wasn't sighted for so long; "
            "0 raises one per search.",
        ),
        click.option(
            "--memory-bound-mb",
            type=click.IntRange(min=64),
            help="End when the embedded broker uses more memory; "
            f"{MEMORY_BOUND_MB} unless you say otherwise.",
        ),
        click.option(
            "--broker",
            metavar="HOST:PORT",
            help="Use a broker that is there already instead of the embedded one; how to log in "
            "is read from LETHE_BROKER_... variables.",
        ),
        click.option("--standby", is_flag=True, help="Run a second purge that takes over."),
        click.option(
            "--instances",
            type=click.IntRange(1, MOST_INSTANCES),
            default=1,
            show_default=True,
            help="So many of each service: they share the cameras and take over.",
        ),
        click.option(
            "--tracking/--no-tracking",
            default=True,
            show_default=True,
            help="Follow faces and compare the best shots of each, or every face of every frame.",
        ),
        click.option(
            "--witness",
            multiple=True,
            metavar="'ADDRESS KEY'",
            help="Have a witness cosign the checkpoints of receipts; may be repeated.",
            callback=_witnesses,
        ),
        click.option(
            "--headless", is_flag=True, help="A plain line every five seconds instead of the table."
        ),
    ]
)
AREA = click.option(
    "--area",
    metavar="NAME",
    callback=_area,
    help="Name the area in the order: officers whose tokens are limited to areas see its alerts.",
)
with_watch_options = _with_options(
    [
        click.option("--threshold", type=FiniteRange(0, 1), default=THRESHOLD,
                     show_default=True, help="Comparison score from which an alert is raised."),
        AREA,
        click.option("--once", is_flag=True, help="End with the footage instead of looping it."),
        click.option("--no-realtime", is_flag=True,
                     help="As fast as it goes, nothing dropped, instead of at the footage's pace."),
        click.option("--report", type=click.Path(path_type=Path), metavar="FILE",
                     help="Write counts, alerts, latencies and erasure ages as JSON at the end."),
        click.option("--skip-bad", is_flag=True,
                     help="Go on without the watchlist images that can't be used."),
        click.option("--volunteer", multiple=True, metavar="NAME",
                     help="Somebody of the watchlist who isn't sought, for a walk-through on "
                     "the desk; may be repeated."),
    ]
)  # fmt: skip


def chosen_stack(chosen: dict[str, Any]) -> StackOptions:
    """Return what was chosen.

    Raises
    ------
    InvalidInput
        If two options don't go together.
    """
    if chosen["broker"] is not None and chosen["memory_bound_mb"] is not None:
        raise InvalidInput(
            "--memory-bound-mb bounds the embedded broker; leave it out with --broker"
        )
    return StackOptions(
        port=chosen["port"],
        data=chosen["data"],
        cool_down_s=chosen["cool_down"],
        memory_bound_mb=chosen["memory_bound_mb"] or MEMORY_BOUND_MB,
        standby=chosen["standby"],
        instances=chosen["instances"],
        tracking=chosen["tracking"],
        headless=chosen["headless"],
        seconds=chosen["seconds"],
        broker=chosen["broker"],
        witnesses=chosen["witness"],
    )
