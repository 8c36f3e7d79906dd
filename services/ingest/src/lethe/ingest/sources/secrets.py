"""Users and passwords of cameras: files of a mounted folder, read when a source is opened."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from lethe.contracts.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

_MOST_BYTES = 4096
_OTHERS = stat.S_IRWXO
_WRITABLE = stat.S_IWGRP | stat.S_IWOTH


class UnusableSecret(InvalidInput):
    """A secret that isn't there, is open to others, or isn't `user:password`."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a camera asks for; never shown."""

    user: str = field(repr=False)
    password: str = field(repr=False)

    @property
    def userinfo(self) -> str:
        """Both, percent-encoded, as they stand before the host of an address."""
        return f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"

    def filled(self, address: str) -> str:
        """Put both, percent-encoded, for `{user}` and `{password}` in an address."""
        filled = address.replace("{user}", quote(self.user, safe=""))
        return filled.replace("{password}", quote(self.password, safe=""))


class Secrets:
    """A folder with one file per secret: `user:password` in one line, or two lines.

    Parameters
    ----------
    folder
        As mounted; None where this instance was given none.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def credentials(self, name: str) -> Credentials:
        """Read a secret. It is read anew each time, so that a changed one takes effect.

        Raises
        ------
        UnusableSecret
            One line that says what is wrong; it names the secret, never its content.
        """
        if self._folder is None:
            raise UnusableSecret(
                f"the secret {name} can't be looked up: name a folder of secrets with "
                "LETHE_CAMERA_SECRETS_DIR"
            )
        path = self._folder / name
        if path.parent != self._folder or name in {".", ".."}:
            raise UnusableSecret(f"{name!r} is no name of a secret: use a plain file name")
        try:
            text = _read(path, name)
        except OSError as error:
            raise UnusableSecret(
                f"the secret {name} can't be read in {self._folder} ({error.strerror}): put a "
                "file with user:password there"
            ) from None
        return _parse(text, name)


def _read(path: Path, name: str) -> str:
    with open(path, "rb", opener=_opened_at_once) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise UnusableSecret(f"the secret {name} isn't a file: put user:password into one")
        if status.st_mode & (_OTHERS | _WRITABLE):
            raise UnusableSecret(
                f"the secret {name} is open to other users: close it with chmod 600"
            )
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise _no_pair(name)
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise _no_pair(name) from None


def _opened_at_once(path: str, flags: int) -> int:
    """Open without waiting for a writer, which a named pipe would do without an end."""
    return os.open(path, flags | os.O_NONBLOCK)


def _parse(text: str, name: str) -> Credentials:
    lines = text.strip("\r\n").splitlines()
    if len(lines) == 1 and ":" in lines[0]:
        user, _, password = lines[0].partition(":")
        return Credentials(user, password)
    if len(lines) == 2:  # noqa: PLR2004 - the user's line and the password's
        return Credentials(lines[0], lines[1])
    raise _no_pair(name)


def _no_pair(name: str) -> UnusableSecret:
    return UnusableSecret(
        f"the secret {name} isn't user:password in one line, nor the two in two lines: "
        "write it again"
    )
