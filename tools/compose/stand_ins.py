"""Where on this machine the places lie that docker-compose.yml names."""

import re
from collections.abc import Mapping
from pathlib import Path

from tools.compose.file import Part

from lethe.cli.stack.ports import LOOPBACK

CONTAINER_PORT = 8_080


class StandIns:
    """Files, ports and hosts of this machine in the place of a composition's.

    Parameters
    ----------
    root
        An empty folder: every part gets the file system that it is given there.
    hosts
        Address in the file (`kafka:9092`) -> address on this machine, or None where there is no
        stand-in: then whatever names it is left out.
    ports
        Port on this machine of each part that serves HTTP.
    settings
        What must be set otherwise here than in the file, for every part.
    """

    def __init__(
        self,
        parts: Mapping[str, Part],
        root: Path,
        hosts: Mapping[str, str | None],
        ports: Mapping[str, int],
        *,
        settings: Mapping[str, str],
    ) -> None:
        self._root = root
        self._settings = dict(settings)
        self._ports = ports
        served = {f"{name}:{CONTAINER_PORT}": f"{LOOPBACK}:{port}" for name, port in ports.items()}
        self._hosts = {**served, **hosts}
        self._mounts = {name: self._mount(part) for name, part in parts.items()}

    def environment(self, part: Part) -> dict[str, str]:
        """Return a part's environment as it holds on this machine."""
        found = {}
        for name, value in part.environment.items():
            local = self._hosted(value)
            if local is not None:
                found[name] = self.path(part, local)
        if part.name in self._ports:
            found |= {"LETHE_HTTP_HOST": LOOPBACK, "LETHE_HTTP_PORT": str(self._ports[part.name])}
        temporary = self._mounts[part.name].get("/tmp")  # noqa: S108 - the container's own
        return found | ({"TMPDIR": str(temporary)} if temporary else {}) | self._settings

    def command(self, part: Part) -> tuple[str, ...]:
        """Return a part's arguments as they hold on this machine."""
        return tuple(self.path(part, self._hosted(word) or "") for word in part.command)

    def path(self, part: Part, text: str) -> str:
        """Put paths of this machine in the place of the container's.

        What isn't mounted here is a place in another container: a source as ingest sees it.
        """
        others = {
            target: path for mounts in self._mounts.values() for target, path in mounts.items()
        }
        mounts = others | self._mounts[part.name]
        for target in sorted(mounts, key=len, reverse=True):
            pattern = rf"(?P<before>^|=){re.escape(target)}(?=/|$)"
            replaced = re.sub(pattern, rf"\g<before>{mounts[target]}", text)
            if replaced != text:
                return replaced
        return text

    def _hosted(self, text: str) -> str | None:
        for address, local in self._hosts.items():
            pattern = rf"(?<![\w.-]){re.escape(address)}(?![\w.-])"
            if not re.search(pattern, text):
                continue
            if local is None:
                return None
            text = re.sub(pattern, local, text)
        return text

    def _mount(self, part: Part) -> dict[str, Path]:
        """Lay out what a container would see, and return it by its path there."""
        folder = self._root / part.name
        found = {}
        for target in part.tmpfs:
            found[target] = folder / target.lstrip("/")
            found[target].mkdir(mode=0o700, parents=True)
        for target, source in part.mounts.items():
            place = folder / target.lstrip("/")
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if source.is_dir():
                place.symlink_to(source)
            else:
                # A secret that leads out of its folder isn't read: as a mount would, this stays in.
                place.touch(mode=0o600)
                place.write_bytes(source.read_bytes())
            found[target] = place
        for target in part.mounts:
            # Settings and options name folders of these too.
            for above in list(Path(target).parents)[:-1]:
                found[str(above)] = folder / str(above).lstrip("/")
        return found
