"""A security module made of software: SoftHSM, from Debian's package, with a token of its own."""

import atexit
import functools
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

_LIBRARIES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)
_LABEL, _PIN = "lethe tests", "1234"


@dataclass(frozen=True)
class SoftModule:
    """Where it is, and how to log in; `folder` has what it keeps."""

    address: str
    folder: Path
    pin: str = field(default=_PIN, repr=False)


@functools.cache
def soft_module() -> SoftModule:
    """Return the module of this process: a library has one configuration for as long as it runs."""
    folder = Path(tempfile.mkdtemp(prefix="lethe-softhsm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    tokens = folder / "tokens"
    tokens.mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {tokens}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    make = ["softhsm2-util", "--init-token", "--free", "--label", _LABEL]
    subprocess.run([*make, "--pin", _PIN, "--so-pin", _PIN], check=True, capture_output=True)
    library = next(each for each in _LIBRARIES if Path(each).exists())
    label = _LABEL.replace(" ", "%20")
    return SoftModule(f"pkcs11:token={label}?module-path={library}", tokens)
