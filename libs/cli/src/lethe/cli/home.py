"""Where a machine keeps what `make setup` made: the `.lethe` folder."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lethe.contracts.errors import InvalidInput
from lethe.shredding.token_keys import TOKEN_KEYS_FILE

FOLDER = ".lethe"
PACK = "yunet-sface"
RECEIPTS_VERIFIER = "receipts.vkey"


@dataclass(frozen=True, slots=True)
class Home:
    """The folders under `.lethe`."""

    folder: Path

    @property
    def trust(self) -> Path:
        """Roster, root public key and signing keys of this machine."""
        return self.folder / "trust"

    @property
    def receipts_verifier(self) -> Path:
        """The public half of the key that purge signs receipts with, for auditors to pin."""
        return self.trust / RECEIPTS_VERIFIER

    @property
    def models(self) -> Path:
        """One folder per model pack."""
        return self.folder / "models"

    @property
    def model_pack(self) -> Path:
        """The pack that is used when none is named."""
        return self.models / PACK

    @property
    def demonstration(self) -> Path:
        """Footage, script and watchlist of `lethe demo`."""
        return self.folder / "footage" / "demonstration"

    @property
    def secrets(self) -> Path:
        """Users and passwords of cameras; `LETHE_CAMERA_SECRETS_DIR` names another folder."""
        named = os.environ.get("LETHE_CAMERA_SECRETS_DIR")
        return Path(named).expanduser().absolute() if named else self.folder / "secrets"

    @property
    def camera_ca_file(self) -> Path | None:
        """Certificates that vouch for cameras, where `LETHE_CAMERA_CA_FILE` names them."""
        named = os.environ.get("LETHE_CAMERA_CA_FILE")
        return Path(named).expanduser().absolute() if named else None

    def require_set_up(self) -> None:
        """Check that `make setup` has been here.

        Raises
        ------
        InvalidInput
            If a part of the trust or the model pack is missing.
        """
        made = (self.trust / "roster.json", self.trust / TOKEN_KEYS_FILE, self.model_pack)
        if not all(path.exists() for path in made):
            raise InvalidInput(f"{self.folder} isn't set up; run 'make setup' (or 'lethe setup')")


def find_home() -> Home:
    """Find the `.lethe` folder, whether it exists yet or not.

    `LETHE_HOME` names it. Otherwise it is looked for from the current folder upwards, then
    beside the virtual environment that runs this; the place for a new one is the project's root.
    """
    named = os.environ.get("LETHE_HOME")
    if named:
        return Home(Path(named).expanduser().absolute())
    candidates = [*_upwards(Path.cwd()), Path(sys.prefix).parent]
    for folder in candidates:
        if (folder / FOLDER).is_dir():
            return Home(folder / FOLDER)
    for folder in candidates:
        if (folder / "requirements.lock").is_file() and (folder / "libs" / "cli").is_dir():
            return Home(folder / FOLDER)
    return Home(Path.cwd() / FOLDER)


def _upwards(folder: Path) -> Iterator[Path]:
    yield folder
    yield from folder.parents
