"""`lethe deployment`: orders that one person drafts and another authorises."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import click

from lethe.cli import options
from lethe.cli.asking import require_yes
from lethe.cli.errors import EXIT_FAILED, one_line
from lethe.cli.home import find_home


@click.group()
def deployment() -> None:
    """Draft, authorise and look at orders: nobody authorises what they drafted themselves."""


@deployment.command()
@click.argument("order", type=click.Path(path_type=Path))
@click.argument("draft", type=click.Path(path_type=Path))
@options.signing_as("drafter")
@options.alert_url
@options.trust
def draft(order: Path, draft: Path, alert_url: str, trust: Path | None, **signer: Any) -> None:
    """Sign what the file ORDER says as a draft, and write it to DRAFT for an officer.

    The draft names the watchlist as it is now: if it changes, draft anew. Cameras are named as
    ingest sees them.

    \b
    Example:
      lethe deployment draft northtown.toml northtown.draft
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.deployment.authorising import draft_order, lines_of  # noqa: PLC0415 - --help stays quick
    from lethe.cli.deployment.drafts import write_draft  # noqa: PLC0415
    from lethe.cli.deployment.keys import chosen_key  # noqa: PLC0415

    folder = trust or find_home().trust
    key = chosen_key(folder, **signer)
    drafted = asyncio.run(draft_order(alert_url, order, folder, key))
    write_draft(draft, drafted)
    _say([*lines_of(drafted), f"{draft}: have another person authorise it"])


@deployment.command()
@options.alert_url
@options.trust
def drafts(alert_url: str, trust: Path | None) -> None:
    """Show a line for each draft that waits at alert to be signed."""
    from lethe.cli.deployment.waiting import waiting_drafts  # noqa: PLC0415 - --help stays quick

    found = asyncio.run(waiting_drafts(alert_url, trust or find_home().trust))
    _say([each.line for each in found] or ["there are no drafts"])


@deployment.command()
@click.argument("deployment_id", metavar="DEPLOYMENT")
@click.argument("draft", type=click.Path(path_type=Path))
@options.alert_url
@options.trust
def fetch(deployment_id: str, draft: Path, alert_url: str, trust: Path | None) -> None:
    """Write a draft that waits at alert to DRAFT, to be authorised on this machine.

    \b
    Example:
      lethe deployment fetch northtown-1 northtown.draft
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.deployment.drafts import write_draft  # noqa: PLC0415 - --help stays quick
    from lethe.cli.deployment.waiting import fetched_draft  # noqa: PLC0415

    folder = trust or find_home().trust
    write_draft(draft, asyncio.run(fetched_draft(alert_url, deployment_id, folder)))
    _say([f"{draft}: read it with 'lethe deployment authorise', which asks before it signs"])


@deployment.command()
@click.argument("draft", type=click.Path(path_type=Path))
@options.signing_as("officer")
@click.option("--yes", is_flag=True, help="Don't ask.")
@options.alert_url
@options.trust
def authorise(draft: Path, alert_url: str, trust: Path | None, *, yes: bool, **signer: Any) -> None:
    """Sign the order that somebody else drafted; it is in force within its window.

    What it says is shown first. A longer window, another camera or another watchlist is another
    draft with another signature.

    \b
    Example:
      lethe deployment authorise northtown.draft
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.deployment.authorising import (  # noqa: PLC0415 - --help stays quick
        authorise_order,
        lines_of,
        require_officer,
    )
    from lethe.cli.deployment.drafts import read_draft  # noqa: PLC0415
    from lethe.cli.deployment.keys import chosen_key  # noqa: PLC0415

    folder = trust or find_home().trust
    drafted = read_draft(draft)
    key = chosen_key(folder, **signer)
    require_officer(folder, key)
    _say(lines_of(drafted))
    require_yes("Authorise it?", asked=not yes)
    asyncio.run(authorise_order(alert_url, drafted, folder, key))
    _say([f"{drafted.order.deployment_id} is authorised by {key.name}"])


@deployment.command()
@click.argument("deployment_id", metavar="DEPLOYMENT")
@click.option("--yes", is_flag=True, help="Don't ask.")
@options.alert_url
@options.trust
def end(deployment_id: str, alert_url: str, trust: Path | None, *, yes: bool) -> None:
    """End a deployment at once, for good: nothing more is captured under its order.

    Operators, supervisors and authorising officers may; no signature is asked for.

    \b
    Example:
      lethe deployment end northtown-1
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.deployment.authorising import end_deployment  # noqa: PLC0415

    require_yes(f"End {one_line(deployment_id)} for good?", asked=not yes)
    asyncio.run(end_deployment(alert_url, deployment_id, trust or find_home().trust))
    _say([f"{deployment_id} has ended"])


@deployment.command()
@click.argument("deployment_id", metavar="DEPLOYMENT")
@click.option("--yes", is_flag=True, help="Don't ask.")
@options.alert_url
@options.trust
def erase(deployment_id: str, alert_url: str, trust: Path | None, *, yes: bool) -> None:
    """Erase the watchlist of a deployment that is over, at once and for good.

    By itself that happens a day at most after the last deployment that searches it is over. The
    record of the deployment stays.

    \b
    Example:
      lethe deployment erase northtown-1
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.deployment.erasing import erase_deployment  # noqa: PLC0415 - --help stays quick

    require_yes(f"Erase what {one_line(deployment_id)} searched, for good?", asked=not yes)
    asyncio.run(erase_deployment(alert_url, deployment_id, trust or find_home().trust))
    _say([f"the watchlist of {deployment_id} is erased"])


@deployment.command("list")
@options.alert_url
@options.trust
def list_(alert_url: str, trust: Path | None) -> None:
    """Show a line for each deployment: how it stands, its watchlist's size and its threshold."""
    from lethe.cli.deployment.looking import list_deployments  # noqa: PLC0415 - --help stays quick

    _say(asyncio.run(list_deployments(alert_url, trust or find_home().trust)))


@deployment.command()
@click.argument("deployment_id", metavar="DEPLOYMENT")
@options.alert_url
@options.trust
def show(deployment_id: str, alert_url: str, trust: Path | None) -> None:
    """Show what the order of a deployment says, who signed it, and whether that holds.

    \b
    Example:
      lethe deployment show northtown-1
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.deployment.looking import show_deployment  # noqa: PLC0415 - --help stays quick

    _say(asyncio.run(show_deployment(alert_url, deployment_id, trust or find_home().trust)))


@deployment.command()
@click.argument("deployment_id", metavar="DEPLOYMENT")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
@click.option("--receipts-key", metavar="PUB",
              help="Verifier key of the receipts, or a file that holds it; this machine's own "
              "without it.")  # fmt: skip
@options.alert_url
@options.trust
def record(
    deployment_id: str,
    alert_url: str,
    trust: Path | None,
    receipts_key: str | None,
    *,
    as_json: bool,
) -> None:
    """Print what was done in a deployment, from its order, alert's logs and the receipts.

    The receipts are verified. Exit code 1: what they say and what alert says differ, or there are
    no receipts that hold.

    \b
    Examples:
      lethe deployment record northtown-1
      lethe deployment record northtown-1 --json > northtown-1.json
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.deployment import recording  # noqa: PLC0415 - --help stays quick
    from lethe.cli.receipts.keys import receipts_verifier  # noqa: PLC0415

    folder = trust or find_home().trust
    told = asyncio.run(recording.told_by_alert(alert_url, deployment_id, folder))
    key = receipts_key or str(receipts_verifier(find_home()))
    found = recording.held_against_receipts(told, alert_url, key)
    if as_json:
        click.echo(found.model_dump_json(indent=1))  # privacy: counts and names of officers
    else:
        _say(list(recording.lines_of(found)))
    if found.doubts:
        sys.exit(EXIT_FAILED)


def _say(lines: list[str]) -> None:
    for line in lines:
        click.echo(one_line(line))
