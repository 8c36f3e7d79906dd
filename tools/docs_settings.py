"""Write docs/reference/settings.md from the settings of the services.

Usage: `python tools/docs_settings.py`. A test fails when the page differs.
"""

from enum import Enum
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from lethe.alert.settings import AlertSettings
from lethe.detect.settings import DetectSettings
from lethe.ingest.settings import IngestSettings
from lethe.match.settings import MatchSettings
from lethe.purge.settings import PurgeSettings
from lethe.runtime.settings import ServiceSettings

PAGE = Path("docs/reference/settings.md")
SERVICES: tuple[type[ServiceSettings], ...] = (
    IngestSettings,
    DetectSettings,
    MatchSettings,
    AlertSettings,
    PurgeSettings,
)
_HEAD = """# Settings

<!-- Generated from the services' settings by `python tools/docs_settings.py`; don't edit. -->

Every service reads its settings from environment variables.
They are for services that you start yourself: `lethe` sets them for the stack it starts.
A setting without a default is required; an unknown variable is ignored.

`LETHE_SECRETS_DIR` names a folder, such as `/run/secrets`.
A variable that isn't set is read from a file in it.
The file has the variable's name in lower case: `lethe_database_password`.
"""
_LIMITS = {"ge": "at least {}", "gt": "above {}", "le": "at most {}", "lt": "below {}"}


def settings_page() -> str:
    """Return the page, in Markdown."""
    common = ServiceSettings.model_fields
    parts = [_HEAD, "\n## Every service\n\n", _table(ServiceSettings, common)]
    for kind in SERVICES:
        own = {name: field for name, field in kind.model_fields.items() if name not in common}
        parts.append(f"\n## {kind.__module__.split('.')[1]}\n\n")
        parts.append(_table(kind, own) if own else "Nothing beyond what every service needs.\n")
    return "".join(parts)


def _table(kind: type[ServiceSettings], fields: dict[str, FieldInfo]) -> str:
    prefix = kind.model_config.get("env_prefix", "")
    rows = ["| variable | default | meaning |\n", "|---|---|---|\n"]
    for name, field in fields.items():
        meaning = " ".join(filter(None, (field.description, _limits(field))))
        rows.append(f"| `{prefix}{name.upper()}` | {_default(field)} | {meaning} |\n")
    return "".join(rows)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value: Any = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value is PydanticUndefined or value == []:
        return "none"
    if isinstance(value, Enum):
        return f"`{value.value}`"
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    return f"`{value}`"


def _limits(field: FieldInfo) -> str:
    told = [
        text.format(f"{limit:,}")
        for constraint in field.metadata
        for name, text in _LIMITS.items()
        if (limit := getattr(constraint, name, None)) is not None
    ]
    return f"({', '.join(told)})" if told else ""


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[1]
    (root / PAGE).write_text(settings_page())
