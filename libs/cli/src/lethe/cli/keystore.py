"""`lethe keystore`: whether a store of alert's keys does what every store must."""

import os
from pathlib import Path

import click

from lethe.cli.errors import one_line

_SECRET = "LETHE_KEY_STORE_SECRET"  # noqa: S105 - the name of a variable


@click.group()
def keystore() -> None:
    """Examine the store that alert's keys lie in, or are to lie in."""


@keystore.command()
@click.argument("address", metavar="ADDRESS")
def check(address: str) -> None:
    """Ask of a store what alert needs of it; exit code 2 if it doesn't do all of that.

    ADDRESS is what LETHE_KEY_STORE has, or a folder for keys in files. With which it is opened is
    read from LETHE_KEY_STORE_SECRET. Keys of its own are made and erased again, so that a store in
    use can be asked too.

    \b
    Examples:
      lethe keystore check /dev/shm/lethe-keys
      lethe keystore check 'pkcs11:token=lethe?module-path=/usr/lib/softhsm/libsofthsm2.so'
    """  # noqa: D301 - click needs the backspace itself
    from lethe.alert.keystores.demands import examine  # noqa: PLC0415 - --help stays quick
    from lethe.alert.keystores.opening import open_key_store  # noqa: PLC0415
    from lethe.alert.keystores.port import ErasableKeyStore  # noqa: PLC0415
    from lethe.contracts.errors import InvalidInput  # noqa: PLC0415

    secret = os.environ.get(_SECRET)

    def opened() -> ErasableKeyStore:
        if ":" in address:
            return open_key_store(address, Path(), secret=secret)
        return open_key_store(None, Path(address))

    unmet = 0
    for said, otherwise in examine(opened):
        unmet += otherwise is not None
        click.echo(one_line(f"{'NO' if otherwise else 'yes'}: {said}{_why(otherwise)}"))
    if unmet:
        raise InvalidInput(
            f"{unmet} of what alert needs isn't there: don't keep keys in this store"
        )
    click.echo(one_line(f"what it promises of a key that it erased: {opened().promise.value}"))


def _why(otherwise: str | None) -> str:
    return f": {otherwise}" if otherwise else ""
