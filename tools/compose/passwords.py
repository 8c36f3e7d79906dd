"""The files that docker-compose.yml needs, beside those of `lethe setup`.

`python -m tools.compose.passwords` makes what is missing. What is there stays: a database keeps the
password that it was made with.
"""

import os
import secrets
import sys
from pathlib import Path

from tools.compose.file import ROOT

from lethe.cli.home import find_home
from lethe.contracts.errors import InvalidInput, LetheError

KEYS = Path("/dev/shm/lethe-keys")  # noqa: S108 - a tmpfs of this machine, in a folder of one's own


def make_passwords(folder: Path) -> None:
    """Make the passwords of the database and of Qdrant, each readable by its owner only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("database_password", "qdrant_api_key"):
        if not (folder / name).exists():
            _write(folder / name, secrets.token_urlsafe(32))
    key = (folder / "qdrant_api_key").read_text()
    if not (folder / "qdrant.yaml").exists():
        _write(folder / "qdrant.yaml", f"service:\n  api_key: {key}\n")


def make_key_folder(folder: Path = KEYS) -> None:
    """Make the folder for alert's data keys.

    Raises
    ------
    InvalidInput
        If it can't be made, or somebody else has it.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mine = folder.stat().st_uid == os.getuid() and not folder.is_symlink()
    except OSError as error:
        raise InvalidInput(
            f"{folder} can't be made ({error.strerror}); name another tmpfs in LETHE_KEYS"
        ) from None
    if not mine:
        raise InvalidInput(f"{folder} belongs to somebody else; name another in LETHE_KEYS")
    folder.chmod(0o700)


def make_camera_secrets_folder(folder: Path) -> None:
    """Make the folder that `lethe camera secret` writes to, for cameras that need none as well."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def make_receipts_folder(folder: Path) -> None:
    """Make the folder in which purge keeps its receipts, or alert its copies of them."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_user(file: Path) -> None:
    """Tell Compose whose files these are: containers run as that user."""
    if not file.exists():
        file.write_text(f"LETHE_UID={os.getuid()}\nLETHE_GID={os.getgid()}\n")


def main() -> int:
    """Make what is missing."""
    try:
        if os.getuid() == 0:
            raise InvalidInput("run this as the user whose files containers may read, not as root")
        home = find_home()
        make_passwords(home.folder / "compose")
        make_camera_secrets_folder(home.secrets)
        for instance in ("purge-1", "alert-1"):
            make_receipts_folder(home.folder / "compose" / instance)
        make_key_folder(Path(os.environ.get("LETHE_KEYS", KEYS)))
        write_user(ROOT / ".env")
    except LetheError as error:
        sys.stderr.write(f"compose: {error}\n")
        return 2
    return 0


def _write(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as stream:
        stream.write(text)


if __name__ == "__main__":
    sys.exit(main())
