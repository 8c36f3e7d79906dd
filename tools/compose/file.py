"""Reading docker-compose.yml as Compose does: variables, then merges, then each part."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lethe.contracts.errors import InvalidInput

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"
_SECRETS = "/run/secrets"
_VARIABLE = re.compile(
    r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?:(?P<how>:?[-?])(?P<other>[^}]*))?\})"
)


@dataclass(frozen=True, slots=True)
class Part:
    """One entry of `services`, as far as a process of it goes.

    Attributes
    ----------
    service
        The build argument SERVICE; None where the image is somebody else's.
    mounts
        Container path of every bind mount and secret -> the path on this machine.
    tmpfs
        Container paths.
    depends_on
        Name of another part -> the condition it must meet.
    healthcheck
        The command, without its leading CMD.
    """

    name: str
    service: str | None
    command: tuple[str, ...]
    environment: dict[str, str]
    mounts: dict[str, Path]
    tmpfs: tuple[str, ...]
    depends_on: dict[str, str]
    healthcheck: tuple[str, ...]
    profiles: tuple[str, ...]


def load_document(variables: Mapping[str, str], file: Path = FILE) -> dict[str, Any]:
    """Return the whole file with its variables put in.

    Raises
    ------
    InvalidInput
        If a variable that is needed isn't there.
    """
    content = yaml.safe_load(file.read_text())
    document: dict[str, Any] = _filled(content, variables)
    return document


def load_parts(variables: Mapping[str, str], file: Path = FILE) -> dict[str, Part]:
    """Return the parts of the file by name; paths of this machine are absolute."""
    document = load_document(variables, file)
    secrets = {
        name: _host(entry["file"], file) for name, entry in document.get("secrets", {}).items()
    }
    return {name: _part(name, entry, secrets, file) for name, entry in document["services"].items()}


def _part(name: str, entry: dict[str, Any], secrets: dict[str, Path], file: Path) -> Part:
    build = entry.get("build", {})
    test = [str(word) for word in entry.get("healthcheck", {}).get("test", ["CMD"])]
    return Part(
        name=name,
        service=build.get("args", {}).get("SERVICE"),
        command=tuple(str(word) for word in entry.get("command", [])),
        environment={key: str(value) for key, value in entry.get("environment", {}).items()},
        mounts=_binds(entry, file) | _mounted_secrets(entry, secrets),
        tmpfs=tuple(each.partition(":")[0] for each in entry.get("tmpfs", [])),
        depends_on={
            key: str(value["condition"]) for key, value in entry.get("depends_on", {}).items()
        },
        healthcheck=tuple(test[1:]),
        profiles=tuple(entry.get("profiles", [])),
    )


def _binds(entry: dict[str, Any], file: Path) -> dict[str, Path]:
    return {
        volume["target"]: _host(volume["source"], file)
        for volume in entry.get("volumes", [])
        if isinstance(volume, dict) and volume["type"] == "bind"
    }


def _mounted_secrets(entry: dict[str, Any], secrets: dict[str, Path]) -> dict[str, Path]:
    mounted = {}
    for secret in entry.get("secrets", []):
        source = secret if isinstance(secret, str) else secret["source"]
        target = source if isinstance(secret, str) else secret.get("target", source)
        place = target if target.startswith("/") else f"{_SECRETS}/{target}"
        mounted[place] = secrets[source]
    return mounted


def _host(path: str, file: Path) -> Path:
    return (file.parent / path).absolute()


def _filled(content: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(content, dict):
        return {key: _filled(value, variables) for key, value in content.items()}
    if isinstance(content, list):
        return [_filled(value, variables) for value in content]
    if not isinstance(content, str):
        return content
    return _VARIABLE.sub(lambda found: _value(found, variables), content)


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    if found["dollar"]:
        return "$"
    name, how = found["name"], found["how"] or ""
    value = variables.get(name)
    if value is None or (not value and how.startswith(":")):
        if "?" in how:
            raise InvalidInput(f"{name} isn't set: {found['other']}")
        return found["other"] or ""
    return value
