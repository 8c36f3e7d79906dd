"""Requests that list people and their images, as a client of alert sends them."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import httpx

_NONE: Mapping[str, bytes] = MappingProxyType({})


def form_of(*entries: Mapping[str, Any], images: Mapping[str, bytes] = _NONE) -> dict[str, Any]:
    """Return what httpx is given for a form of entries, with images by the names in them."""
    told = json.dumps({"entries": entries})
    return {"files": {"entries": (None, told, "application/json"), **images}}


async def enter(
    client: httpx.AsyncClient,
    watchlist: str,
    *entries: Mapping[str, Any],
    images: Mapping[str, bytes] = _NONE,
) -> list[dict[str, Any]]:
    """Enter them at the path of a watchlist; return what became of each."""
    answer = await client.post(f"{watchlist}/entries", **form_of(*entries, images=images))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["entries"]
    return found
