"""Pick one image's part of requirements.lock: `python image_lock.py IMAGE WHAT`.

WHAT is `packages` (lines for pip, hashes and all) or `members` (folders of our own packages).
Runs in the first stage of the Dockerfile with nothing installed: standard library only.
"""

import json
import re
import sys
from pathlib import Path

_ENTRY = re.compile(r"\n(?=\S)")
_NAME = re.compile(r"[\w.-]+")
_SEPARATORS = re.compile(r"[-_.]+")
_ARGUMENTS = 2


def locked_entries(lock: str) -> dict[str, str]:
    """Return the entries of a lock by their normalised name, as they stand there."""
    found: dict[str, str] = {}
    for entry in _ENTRY.split(lock.strip()):
        name = _NAME.match(entry)
        if name is None:
            raise SystemExit(f"image_lock: {entry.splitlines()[0]!r} isn't a pinned package")
        normal = _SEPARATORS.sub("-", name[0]).lower()
        # A version may depend on the platform: then a name has several entries.
        found[normal] = f"{found[normal]}\n{entry}" if normal in found else entry
    return found


def part_of_lock(lock: str, names: list[str]) -> str:
    """Return the lines of a lock for these packages; every one must be there."""
    entries = locked_entries(lock)
    absent = [name for name in names if name not in entries]
    if absent:
        raise SystemExit(f"image_lock: not in requirements.lock: {', '.join(absent)}")
    return "".join(f"{entries[name]}\n" for name in names)


def main(arguments: list[str]) -> None:
    """Print what one image needs."""
    root = Path(__file__).resolve().parents[1]
    images = json.loads((root / "tools" / "image_packages.json").read_text())
    if len(arguments) != _ARGUMENTS or arguments[0] not in images:
        raise SystemExit(f"usage: image_lock.py {'|'.join(images)} packages|members")
    image, what = arguments
    if what == "packages":
        lock = (root / "requirements.lock").read_text()
        sys.stdout.write(part_of_lock(lock, images[image]["packages"]))
    else:
        folders = (next(iter(root.glob(f"*/{name}/pyproject.toml"))).parent
                   for name in images[image]["members"])  # fmt: skip
        sys.stdout.write("".join(f"./{folder.relative_to(root)}\n" for folder in folders))


if __name__ == "__main__":
    main(sys.argv[1:])
