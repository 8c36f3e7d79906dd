"""A real `lethe` that is expected to end by itself, and how it ended."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_LIMIT_S = 120


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    def refused(self, *words: str) -> None:
        """Check that it ended with exit code 2 and one line that holds these words."""
        assert self.code == 2, self.err
        assert self.err.startswith("lethe: "), self.err
        assert len(self.err.splitlines()) == 1, self.err
        for word in words:
            assert word in self.err


Run = Callable[..., Ended]


def running_in(folder: Path, home: Path) -> Run:
    """Return what runs `lethe` in a folder of its own and sees that it leaves no temporary file."""

    def run(
        *arguments: object,
        home_folder: Path = home,
        no_space: bool = False,
        settings: dict[str, str] | None = None,
    ) -> Ended:
        temporary = folder / "temporary"
        temporary.mkdir(exist_ok=True)
        places = {"LETHE_HOME": str(home_folder), "TMPDIR": str(temporary)}
        ended = subprocess.run(
            [sys.executable, "-m", "lethe.cli", *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=folder,
            timeout=_LIMIT_S,
            check=False,
            env=os.environ | places | (settings or {}),
            preexec_fn=_refuse_writes if no_space else None,
        )
        assert list(temporary.iterdir()) == []
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    return run


def _refuse_writes() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
