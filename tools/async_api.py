"""Writes the AsyncAPI document of the alert stream: `python -m tools.async_api`."""

import json
from pathlib import Path

from lethe.alert.web.asyncapi import describe_stream

FILE = "docs/reference/alert-stream.asyncapi.json"
_ROOT = Path(__file__).parents[1]


def rendered() -> str:
    """Return the document as it is committed."""
    return json.dumps(describe_stream(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    (_ROOT / FILE).write_text(rendered(), encoding="utf-8")
    print(f"wrote {FILE}")
