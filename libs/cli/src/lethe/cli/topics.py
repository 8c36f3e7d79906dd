"""`lethe topics create`: the registry's topics on a broker that `lethe` didn't start."""

import asyncio

import click


@click.group()
def topics() -> None:
    """Make the topics on a broker of your own."""


@topics.command()
@click.option("--broker", required=True, metavar="HOST:PORT", help="Kafka bootstrap servers.")
@click.option(
    "--replication",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Copies of each partition.",
)
def create(broker: str, replication: int) -> None:
    """Make every topic of the registry with its retention; what is there stays.

    \b
    Example:
      lethe topics create --broker 127.0.0.1:9092
    """  # noqa: D301 - click needs the backspace itself
    asyncio.run(_create(broker, replication))
    click.echo(f"the topics are there on {broker}")


async def _create(broker: str, replication: int) -> None:
    from lethe.runtime.admin import TopicAdmin  # noqa: PLC0415 - --help stays quick

    async with TopicAdmin(broker, replication=replication) as admin:
        await admin.create()
        await admin.wait_ready()
