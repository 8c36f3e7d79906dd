"""`lethe witness`: the witness of `lethe-receipts`."""

from pathlib import Path

import click

from lethe.contracts.errors import InvalidInput


@click.command()
@click.option("--data", required=True, type=click.Path(path_type=Path, file_okay=False),
              metavar="DIR", help="For the witness's key and what it saw.")  # fmt: skip
@click.option("--name", required=True,
              help="Names it in cosignatures, such as witness.example/w1.")  # fmt: skip
@click.option("--log-key", "logs", required=True, multiple=True, metavar="PUB",
              help="Verifier key of logs that it knows, or a file that holds it; may be "
              "repeated.")  # fmt: skip
@click.option("--listen", default="127.0.0.1:8090", show_default=True, metavar="HOST:PORT",
              help="Where it is reached.")  # fmt: skip
def witness(data: Path, name: str, logs: tuple[str, ...], listen: str) -> None:
    """Run a witness of receipts, on a machine that somebody else looks after.

    It cosigns a checkpoint only if its log grew from the last one that it saw: never a fork,
    never a step back. 'lethe-receipts witness' is the same without the rest of Lethe.

    \b
    Example:
      lethe witness --data ./witness --name witness.example/w1 --log-key receipts.vkey
    """  # noqa: D301 - click needs the backspace itself
    from lethe.receipts.errors import BadInput  # noqa: PLC0415 - --help stays quick
    from lethe.receipts.witness_command import run_witness  # noqa: PLC0415

    try:
        run_witness(data, name=name, logs=logs, listen=listen)
    except BadInput as error:
        raise InvalidInput(str(error)) from None
