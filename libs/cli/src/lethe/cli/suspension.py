"""`lethe status` and `lethe resume`: how the deployments stand, and going on after a suspension."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lethe.cli import options
from lethe.cli.asking import require_yes
from lethe.cli.errors import EXIT_FAILED, one_line
from lethe.cli.home import find_home

if TYPE_CHECKING:
    from lethe.cli.session.api import DeploymentRecord, SystemStatus


_LEFT = {
    "memory": "nothing, they lay in memory only",
    "overwritten": "nothing on a disk that writes in place; flash may keep a copy out of reach",
    "unlinked": "perhaps all of them, for whoever reads the disk that they lay on",
    "module": "nothing, as whoever runs the security module says",
}


@click.command()
@options.alert_url
@options.trust
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def status(alert_url: str, trust: Path | None, *, as_json: bool) -> None:
    """Show how the deployments stand, and why one is suspended.

    Ends with 1 if a deployment is suspended or the system is blind, else with 0.

    \b
    Examples:
      lethe status
      lethe status --alert-url http://127.0.0.1:8081 --json
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.session.resuming import system_status  # noqa: PLC0415 - --help stays quick

    found = asyncio.run(system_status(alert_url, trust or find_home().trust))
    if as_json:
        click.echo(found.model_dump_json(indent=1))  # privacy: names and states, nothing of a face
    else:
        click.echo("\n".join(_told(found)))
    if found.blind is not None or any(each.suspended for each in found.deployments):
        sys.exit(EXIT_FAILED)


@click.command()
@click.argument("deployment_id", metavar="DEPLOYMENT")
@options.alert_url
@options.trust
@options.signing_as("officer")
@click.option("--yes", is_flag=True, help="Don't ask.")
def resume(
    deployment_id: str, alert_url: str, trust: Path | None, *, yes: bool, **signer: Any
) -> None:
    """Let a suspended deployment go on, as an officer.

    Lifts the suspension that is shown and no later one. Find out first why it was suspended: the
    promise to the people who walked past may have been broken.

    \b
    Example:
      lethe resume local-5f0c2a7d91be
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.deployment.keys import chosen_key  # noqa: PLC0415 - --help stays quick
    from lethe.cli.session import resuming  # noqa: PLC0415

    folder = trust or find_home().trust
    found = asyncio.run(resuming.suspended_deployment(alert_url, deployment_id, folder))
    if found.suspended is None:
        return
    click.echo(_line(found))
    key = chosen_key(folder, **signer)
    require_yes("Resume it?", asked=not yes)
    asyncio.run(resuming.resume(alert_url, found, found.suspended.suspension_id, folder, key))
    click.echo(f"{one_line(deployment_id)} goes on")


def _told(found: "SystemStatus") -> list[str]:
    lines = [_line(each) for each in found.deployments] or ["no deployment"]
    lines += [f"  {each.camera_id}: {each.state}" for each in found.cameras]
    if found.blind is not None:
        lines.append(f"no searches take place: {found.blind}")
    if found.key_promise:
        left = _LEFT.get(found.key_promise, found.key_promise)
        lines.append(f"what is left of destroyed keys: {left}")
    return [
        one_line(line) if not line.startswith("  ") else f"  {one_line(line)}" for line in lines
    ]


def _line(each: "DeploymentRecord") -> str:
    told = f"{each.deployment_id} ({each.order_type}): {each.status}"
    if each.suspended is None:
        return told
    return one_line(
        f"{told} since {each.suspended.since}: {each.suspended.reason} "
        f"({each.suspended.suspension_id}); when that is understood: "
        f"lethe resume {each.deployment_id}"
    )
