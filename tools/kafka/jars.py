"""The jars of Apache Kafka: fetched once by Maven, held against recorded hashes ever after.

`pom.xml` pins the versions. After a change there, `python -m tools.kafka lock` records the hashes
anew; like requirements.lock, `jars.sha256` is reviewed and committed.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from lethe.contracts.errors import InvalidInput

_HERE = Path(__file__).parent
POM = _HERE / "pom.xml"
HASHES = _HERE / "jars.sha256"
FOLDER = _HERE.parents[1] / ".lethe" / "kafka"
JAVA_AT_LEAST = 17
_INSTALL = "install it (Debian: apt-get install openjdk-17-jre-headless maven)"


def java() -> str:
    """Return the path of Java: that of JAVA_HOME, or the first on the PATH.

    Raises
    ------
    InvalidInput
        If there is none, or one older than Kafka needs.
    """
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if found is None:
        raise InvalidInput(f"Java {JAVA_AT_LEAST} or newer is missing; {_INSTALL}")
    told = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < JAVA_AT_LEAST:
        raise InvalidInput(f"{found} is older than Java {JAVA_AT_LEAST}; {_INSTALL}")
    return found


def jars(folder: Path = FOLDER) -> Path:
    """Return the folder with every jar that Kafka needs; fetch them if one is missing or another.

    Raises
    ------
    InvalidInput
        If Maven is missing, can't fetch them, or fetched something else than was recorded.
    """
    wanted = {name: digest for digest, name in map(str.split, HASHES.read_text().splitlines())}
    if hashes(folder) != wanted:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".kafka-") as fresh:
            fetch(Path(fresh))
            if others := sorted({name for name, _ in hashes(Path(fresh)).items() ^ wanted.items()}):
                raise InvalidInput(
                    f"Maven's {', '.join(others)} and {HASHES.name} differ; check the repository "
                    "that Maven uses"
                )
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(fresh, folder)
    return folder


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every jar in a folder, by name."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("*.jar"))
    }


def fetch(folder: Path) -> None:
    """Let Maven copy the jars of the pom into a folder, from wherever it is set up to get them.

    Raises
    ------
    InvalidInput
        If it is missing or fails, with its first complaint.
    """
    maven = shutil.which("mvn")
    if maven is None:
        raise InvalidInput(f"Maven is missing; {_INSTALL}")
    done = subprocess.run(
        [
            *(maven, "--batch-mode", "--quiet", "--strict-checksums", "--file", str(POM)),
            "dependency:copy-dependencies",
            "-DincludeScope=runtime",
            f"-DoutputDirectory={folder}",
        ],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        complaints = [line for line in done.stdout.splitlines() if "ERROR" in line]
        why = complaints[0].partition("ERROR] ")[2] if complaints else f"exit {done.returncode}"
        raise InvalidInput(f"Maven couldn't fetch Apache Kafka: {why}")
