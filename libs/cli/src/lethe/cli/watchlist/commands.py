"""`lethe watchlist`: watchlists are imported from a table and a folder of images."""

import csv
import sys
from pathlib import Path
from typing import Any

import click

from lethe.cli import options
from lethe.cli.home import find_home


@click.group()
def watchlist() -> None:
    """Import watchlists."""


@watchlist.command()
def template() -> None:
    """Print a table with every column and one example, to fill in.

    \b
    Example:
      lethe watchlist template > northtown.csv
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.watchlist.columns import COLUMNS  # noqa: PLC0415 - --help stays quick

    writer = csv.writer(sys.stdout)
    writer.writerow(column.name for column in COLUMNS)
    writer.writerow(column.example for column in COLUMNS)


@watchlist.command("import")
@click.argument("table", metavar="LIST.csv", type=click.Path(path_type=Path))
@click.option("--images", required=True, type=click.Path(path_type=Path), metavar="FOLDER",
              help="Where the images lie that the table names.")  # fmt: skip
@click.option("--id", "watchlist_id", metavar="ID",
              help="Of the watchlist; the table's own name without it.")  # fmt: skip
@click.option("--name", metavar="TEXT", help="What a new watchlist is called.")
@click.option("--purpose", metavar="TEXT", help="What a new watchlist is for.")
@click.option("--category", "categories", multiple=True, metavar="TEXT",
              help="A category of a new watchlist, not the usual ones; repeat it.")  # fmt: skip
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE",
              help="Where to write what was rejected; LIST.report.csv without it.")  # fmt: skip
@click.option("--skip-bad", is_flag=True, help="Exit code 0 although something was rejected.")
@options.alert_url
@options.trust
def import_(
    table: Path,
    images: Path,
    watchlist_id: str | None,
    report: Path | None,
    alert_url: str,
    trust: Path | None,
    *,
    skip_bad: bool,
    **described: Any,
) -> None:
    """Put everybody whom a table lists on a watchlist, with their images.

    'lethe watchlist template' prints the columns. Broken off, the same command goes on with what
    is missing. What is rejected or flagged is told at the end, and written to a CSV file.

    Exit code 2: something was rejected, or can't be used.

    \b
    Example:
      lethe watchlist import northtown-7.csv --images images/
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.watchlist.importing import ImportOptions, import_watchlist  # noqa: PLC0415 - --help stays quick

    import_watchlist(
        ImportOptions(
            table=table,
            folder=images,
            alert_url=alert_url,
            trust=trust or find_home().trust,
            watchlist_id=watchlist_id,
            described={key: said for key, said in described.items() if said},
            report=report,
            skip_bad=skip_bad,
        )
    )
