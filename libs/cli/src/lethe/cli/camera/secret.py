"""Writing a camera's user and password into a file that nobody else can read."""

import os
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from lethe.contracts.cameras import SecretName
from lethe.contracts.errors import InvalidInput


def require_name(name: str) -> str:
    """Return a name that a secret may have.

    Raises
    ------
    InvalidInput
        If it is none.
    """
    try:
        return TypeAdapter(SecretName).validate_python(name)
    except ValidationError:
        raise InvalidInput(
            f"{name!r} is no name for a secret: use letters, digits, dot, dash and underscore"
        ) from None


def keep_secret(folder: Path, name: str, user: str, password: str) -> Path:
    """Write a secret, over one of the same name.

    Raises
    ------
    InvalidInput
        If the name is none for a secret, or the folder can't be written.
    """
    path = folder / require_name(name)
    if not user or any(end in user + password for end in "\r\n"):
        raise InvalidInput("a user is needed, and neither may hold a line break: try again")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made closed from the start, whatever the umask is; an old one may have been open.
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(f"{user}\n{password}\n")
    except OSError as error:
        raise InvalidInput(
            f"{path} can't be written ({error.strerror}): check the rights of its folder"
        ) from None
    return path
