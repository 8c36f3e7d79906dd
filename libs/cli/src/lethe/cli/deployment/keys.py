"""Whose signature a command gives: a key in a file, or whatever a command of one's own asks."""

import shlex
import subprocess
from pathlib import Path

from lethe.contracts.errors import InvalidInput
from lethe.shredding.keyfiles import read_private_key
from lethe.shredding.signing import Signer, SigningKey

_SIGNATURE_BYTES = 64


class CommandKey:
    """A key that another program holds: a token of hardware, a key service.

    Parameters
    ----------
    command
        Takes the message on its standard input and gives the Ed25519 signature, 64 bytes, on its
        standard output.
    """

    def __init__(self, name: str, command: str) -> None:
        self._name = name
        self._command = command

    @property
    def name(self) -> str:
        """The roster entry that it signs as."""
        return self._name

    def sign_message(self, message: bytes) -> bytes:
        """Return the signature of a message; raises `InvalidInput` if there is none."""
        try:
            done = subprocess.run(
                shlex.split(self._command), input=message, stdout=subprocess.PIPE, check=True
            )
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            raise InvalidInput(f"--sign-with gave no signature ({type(error).__name__})") from None
        if len(done.stdout) != _SIGNATURE_BYTES:
            raise InvalidInput(
                f"--sign-with gave {len(done.stdout)} bytes instead of the {_SIGNATURE_BYTES} of "
                "an Ed25519 signature"
            )
        return done.stdout


def chosen_key(trust: Path, person: str, key: Path | None, sign_with: str | None) -> SigningKey:
    """Return the key that a command line names.

    Parameters
    ----------
    person
        Who signs, as the roster names them.
    key
        Their key file, however it is called; without it `keys/PERSON.key` of the trust's folder.
    sign_with
        A command instead of a file, see `CommandKey`.

    Raises
    ------
    InvalidInput
        If there is no such file, or it holds no key.
    """
    if sign_with is not None:
        return CommandKey(person, sign_with)
    file = key or trust / "keys" / f"{person}.key"
    if not file.exists():
        raise InvalidInput(
            f"signing key {file}: no such file; `lethe setup` makes those of the drafter and the "
            "officer of this machine alone; name yours with --key or --sign-with"
        )
    return Signer(person, read_private_key(file))
