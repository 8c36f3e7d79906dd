"""`lethe watchlist`: watchlists are imported, checked and erased, subjects withdrawn."""

import asyncio
import csv
import os
import sys
from pathlib import Path
from typing import Any

import click

from lethe.cli import options
from lethe.cli.asking import require_yes
from lethe.cli.errors import one_line
from lethe.cli.home import find_home

_LONGEST_REASON = 200
_NICENESS = 10
"""An import takes what live video on the same machine leaves, from its first line on."""


def _reason(_context: click.Context, _option: click.Parameter, said: str) -> str:
    said = said.strip()
    if not said or len(said) > _LONGEST_REASON or not (said.isascii() and said.isprintable()):
        raise click.BadParameter(f"say it in 1 to {_LONGEST_REASON} characters of ASCII")
    return said


@click.group()
def watchlist() -> None:
    """Import, check and erase watchlists, and withdraw subjects from deployments that run."""


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
    os.nice(_NICENESS)
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


@watchlist.command()
@click.argument("source_id", metavar="ID")
@click.argument("watchlist_id", metavar="NEW-ID")
@click.option("--without", multiple=True, metavar="NUMBER",
              help="Whom to leave out, by reference number; repeat it.")  # fmt: skip
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE",
              help="Where to write who was left out and what can't be used, as CSV.")  # fmt: skip
@click.option("--skip-bad", is_flag=True, help="Exit code 0 although something was left out.")
@options.alert_url
@options.trust
def copy(source_id: str, without: tuple[str, ...], trust: Path | None, **said: Any) -> None:
    """Make a new version of a watchlist, with whoever is on the old one.

    Images that were rejected, or can't be used with the model pack in use, and subjects whose last
    day is over are left out. Nothing of the old version changes. Broken off, the same command goes
    on.

    Exit code 2: somebody was left out, or an image can't be used.

    \b
    Example:
      lethe watchlist copy northtown-7 northtown-8 --without A-1017
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.watchlist import copying, renewing  # noqa: PLC0415 - --help stays quick

    chosen = renewing.RenewalOptions(trust=trust or find_home().trust, **said)
    copying.copy(source_id, chosen, without)


@watchlist.command("re-enrol")
@click.argument("watchlist_id", metavar="ID")
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE",
              help="Where to write what can't be used, as CSV.")  # fmt: skip
@click.option("--skip-bad", is_flag=True, help="Exit code 0 although something can't be used.")
@options.alert_url
@options.trust
def re_enrol(
    watchlist_id: str, report: Path | None, alert_url: str, trust: Path | None, *, skip_bad: bool
) -> None:
    """Enrol a watchlist with the model pack that detect works with now.

    The images that are kept go through the pipeline again. Broken off, alert goes on with it, and
    the same command shows how far it is. A watchlist that an order names is enrolled again by
    itself; it stays what it is, and is searched once every image of it is.

    Exit code 2: some images can't be used with this model pack.

    \b
    Example:
      lethe watchlist re-enrol northtown-7
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.watchlist import renewing  # noqa: PLC0415 - --help stays quick

    renewing.re_enrol(
        renewing.RenewalOptions(
            watchlist_id=watchlist_id,
            alert_url=alert_url,
            trust=trust or find_home().trust,
            report=report,
            skip_bad=skip_bad,
        )
    )


@watchlist.command()
@click.argument("deployment_id", metavar="DEPLOYMENT")
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True)
@click.option("--why", required=True, metavar="TEXT", callback=_reason,
              help="Why, for the audit log: found, or listed in error. No names.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Don't ask.")
@options.signing_as("officer")
@options.alert_url
@options.trust
def withdraw(
    deployment_id: str,
    numbers: tuple[str, ...],
    why: str,
    alert_url: str,
    trust: Path | None,
    *,
    yes: bool,
    **signer: Any,
) -> None:
    """Search for subjects no longer under a deployment's order, by their reference numbers.

    An authorising officer signs it. It takes effect at once and for good: nobody who was
    withdrawn is brought back under the same order.

    \b
    Example:
      lethe watchlist withdraw northtown-1 A-1017 --why "found" --as bob --key bob.key
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.deployment.keys import chosen_key  # noqa: PLC0415 - --help stays quick
    from lethe.cli.watchlist import withdrawing  # noqa: PLC0415

    folder = trust or find_home().trust
    found = asyncio.run(withdrawing.find_subjects(alert_url, deployment_id, numbers, folder))
    for line in found.lines():
        click.echo(one_line(line))
    if found.subjects:
        key = chosen_key(folder, **signer)
        require_yes(f"Withdraw from {one_line(deployment_id)}, for good?", asked=not yes)
        asyncio.run(withdrawing.withdraw(alert_url, found, why, folder, key))
    click.echo(one_line(found.outcome()))


@watchlist.command()
@click.argument("watchlist_id", metavar="ID")
@click.option("--n", "size", required=True, type=click.IntRange(1, 1_000), metavar="N",
              help="How many the sample is to have.")  # fmt: skip
@options.alert_url
@options.trust
def sample(watchlist_id: str, size: int, alert_url: str, trust: Path | None) -> None:
    """Draw subjects of a watchlist by chance, for people to check.

    Of what a watchlist holds there is one sample: drawing again shows it, drawing more adds to it.

    \b
    Example:
      lethe watchlist sample northtown-7 --n 50
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.watchlist.checking import draw_sample  # noqa: PLC0415 - --help stays quick

    folder = trust or find_home().trust
    _say(asyncio.run(draw_sample(alert_url, watchlist_id, size, folder)))


@watchlist.command()
@click.argument("watchlist_id", metavar="ID")
@options.alert_url
@options.trust
def check(watchlist_id: str, alert_url: str, trust: Path | None) -> None:
    """Show each subject of the sample that isn't found right yet, and ask whether it is.

    Hold it against your own records. Images open in a browser that is signed in at alert. Broken
    off, the same command goes on with the rest.

    \b
    Example:
      lethe watchlist check northtown-7
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.watchlist.checking import check_sample  # noqa: PLC0415 - --help stays quick

    folder = trust or find_home().trust
    _say(asyncio.run(check_sample(alert_url, watchlist_id, _ask, folder)))


def _ask(shown: list[str]) -> bool | None:
    _say(["", *shown])
    answer = click.prompt("Is it right? y, n, or s to skip", type=click.Choice(["y", "n", "s"]))
    return None if answer == "s" else answer == "y"


def _say(lines: list[str]) -> None:
    for line in lines:
        click.echo(one_line(line))


@watchlist.command()
@click.argument("watchlist_id", metavar="ID")
@click.option("--yes", is_flag=True, help="Don't ask.")
@options.alert_url
@options.trust
def erase(watchlist_id: str, alert_url: str, trust: Path | None, *, yes: bool) -> None:
    """Erase a watchlist at once, for good: everybody on it, with their images.

    By itself that happens when the last deployment that searches it has been over for as long as
    alert is set to keep it, a day at most. One that a deployment is ordered to search is refused.

    \b
    Example:
      lethe watchlist erase northtown-7
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.watchlist.erasing import erase_watchlist  # noqa: PLC0415 - --help stays quick

    require_yes(f"Erase {one_line(watchlist_id)} for good?", asked=not yes)
    asyncio.run(erase_watchlist(alert_url, watchlist_id, trust or find_home().trust))
    click.echo(one_line(f"{watchlist_id} is erased"))
