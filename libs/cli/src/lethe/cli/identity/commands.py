"""`lethe token` and `lethe sign-in`: tokens of this machine, and a browser that gets one."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from lethe.alert.identity.claims import EVERYTHING, MOST_LIFE_S
from lethe.alert.identity.principal import Role
from lethe.cli import options
from lethe.cli.home import find_home
from lethe.contracts.errors import InvalidInput

_MOST_MINUTES = MOST_LIFE_S // 60
_MOST_SUBJECT = 100


def _with_grant(*, minutes: int, roles: tuple[str, ...] = ()) -> Callable[[Any], Any]:
    """Return the options that say what a token says."""
    offered = [
        click.option(
            "--role",
            "roles",
            type=click.Choice([role.value for role in Role]),
            multiple=True,
            required=not roles,
            default=roles or None,
            show_default=bool(roles),
            help="What its holder may do; may be repeated.",
        ),
        click.option("--subject", metavar="NAME", help="Who holds it; your user name without it."),
        click.option(
            "--deployment",
            "deployments",
            multiple=True,
            default=(EVERYTHING,),
            show_default=True,
            metavar="ID",
            help="Limit it to a deployment; may be repeated.",
        ),
        click.option(
            "--area",
            "areas",
            multiple=True,
            default=(EVERYTHING,),
            show_default=True,
            metavar="NAME",
            help="Limit it to deployments whose order names this area; may be repeated.",
        ),
        click.option(
            "--minutes",
            type=click.IntRange(1, _MOST_MINUTES),
            default=minutes,
            show_default=True,
            help="How long it counts.",
        ),
        click.option(
            "--trust",
            type=click.Path(path_type=Path),
            metavar="FOLDER",
            help="Folder with keys/token.key; this machine's own without it.",
        ),
    ]

    def decorate(command: Any) -> Any:
        for option in reversed(offered):
            command = option(command)
        return command

    return decorate


@click.command()
@_with_grant(minutes=60)
def token(**chosen: Any) -> None:
    """Print a bearer token of this machine, for alert on a local stack.

    Whoever has it may do what its roles allow: keep it out of command lines, files and logs.
    An alert in production takes tokens of its OpenID Connect issuer instead.

    \b
    Examples:
      lethe token --role operator
      lethe token --role auditor --subject ann --deployment local-5f0c2a7d91be --minutes 15
      curl -H @<(echo "Authorization: Bearer $(lethe token --role operator)") URL/api/v1/alerts
    """  # noqa: D301 - click needs the backspace itself
    click.echo(_mint(chosen))


@click.command("sign-in")
@options.alert_url
@_with_grant(
    minutes=_MOST_MINUTES,
    roles=(Role.OPERATOR.value, Role.ENGAGEMENT_OFFICER.value, Role.SUPERVISOR.value),
)
def sign_in(alert_url: str, **chosen: Any) -> None:
    """Print an address that opens the alert page and signs a browser in, once.

    It counts for ten minutes. The browser stays signed in for as long as --minutes says.

    \b
    Examples:
      lethe sign-in
      lethe sign-in --subject ann --role engagement-officer --alert-url http://127.0.0.1:8081
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.session.signing_in import page_address  # noqa: PLC0415 - --help stays quick

    minted = _mint(chosen)
    click.echo(asyncio.run(page_address(alert_url, minted)))


def _mint(chosen: dict[str, Any]) -> str:
    from lethe.cli.identity.minting import Grant, mint, this_user  # noqa: PLC0415 - as above

    subject = this_user() if chosen["subject"] is None else chosen["subject"].strip()
    named = (subject, *chosen["deployments"], *chosen["areas"])
    if not all(each and len(each) <= _MOST_SUBJECT and each.isprintable() for each in named):
        raise InvalidInput(f"names in a token have 1 to {_MOST_SUBJECT} printable characters")
    grant = Grant(
        subject,
        tuple(Role(name) for name in chosen["roles"]),
        chosen["deployments"],
        chosen["areas"],
        chosen["minutes"] * 60,
    )
    return mint(grant, chosen["trust"] or find_home().trust)
