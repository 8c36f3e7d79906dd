"""`lethe topics`: make and check the topics of a broker that is there already."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import click

_BROKER = click.option(
    "--broker",
    required=True,
    metavar="HOST:PORT",
    help="How to log in is read from LETHE_BROKER_... variables.",
)


@click.group()
def topics() -> None:
    """Make, check and mend the topics of a broker that is there already."""


@topics.command()
@_BROKER
def check(broker: str) -> None:
    """Compare the broker's topics with the registry; exit code 2 if they differ.

    \b
    Example:
      lethe topics check --broker kafka.example:9092
    """  # noqa: D301 - click needs the backspace itself
    from lethe.contracts.errors import InvalidInput  # noqa: PLC0415 - --help stays quick

    async def work(admin: Any) -> None:
        missing, differences = await admin.missing(), await admin.differences()
        for line in (*(f"topic {name}: missing" for name in missing), *differences):
            click.echo(line)
        if missing or differences:
            raise InvalidInput(
                f"{len(missing)} topics are missing and {len(differences)} settings differ; "
                "'lethe topics create' and 'lethe topics apply' mend that"
            )
        click.echo("every topic is as the registry states")

    _with_admin(broker, work)


@topics.command()
@_BROKER
@click.option("--replication", type=click.IntRange(min=1), default=1, show_default=True,
              help="Copies of each partition.")  # fmt: skip
def create(broker: str, replication: int) -> None:
    """Make the topics that are missing; exit code 2 if one that is there differs.

    \b
    Example:
      lethe topics create --broker kafka.example:9092 --replication 3
    """  # noqa: D301 - click needs the backspace itself
    from lethe.contracts.errors import InvalidInput  # noqa: PLC0415 - --help stays quick

    async def work(admin: Any) -> None:
        missing = await admin.missing()
        if missing:
            await admin.create()
            await admin.wait_ready()
        click.echo(f"{len(missing)} topics made")
        differences = await admin.differences()
        for line in differences:
            click.echo(line)
        if differences:
            raise InvalidInput(
                f"{len(differences)} settings of topics that were there differ; "
                "'lethe topics apply' mends that"
            )

    _with_admin(broker, work, replication)


@topics.command()
@_BROKER
def apply(broker: str) -> None:
    """Give topics the settings that the registry states; other settings of theirs stay.

    Partitions are not changed: what was written under the old count would lie elsewhere.

    \b
    Example:
      lethe topics apply --broker kafka.example:9092
    """  # noqa: D301 - click needs the backspace itself
    from lethe.contracts.errors import InvalidInput  # noqa: PLC0415 - --help stays quick

    async def work(admin: Any) -> None:
        left = await admin.apply()
        if left:
            raise InvalidInput(
                f"{left[0]} (topics with other counts: {len(left)}); delete it and run "
                "'lethe topics create'"
            )
        click.echo("every topic that is there has the registry's settings")

    _with_admin(broker, work)


def _with_admin(address: str, work: Callable[[Any], Awaitable[None]], replication: int = 1) -> None:
    from lethe.cli.stack.external import broker_settings  # noqa: PLC0415 - --help stays quick
    from lethe.runtime.admin import TopicAdmin  # noqa: PLC0415 - --help stays quick
    from lethe.runtime.reaching import translated  # noqa: PLC0415 - --help stays quick

    async def run() -> None:
        settings = broker_settings(address)
        with translated(address):
            async with TopicAdmin(settings, replication=replication) as admin:
                await work(admin)

    asyncio.run(run())
