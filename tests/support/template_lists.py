"""Lists of templates for the contract of template indexes, and how a Qdrant server is reached."""

import numpy as np
from tests.support.qdrant_server import API_KEY, QdrantServer

from lethe.match.ports import Comparison, ListName, Reference, Template, TemplateIndex
from lethe.match.settings import MatchSettings

LENGTH = 128
PACK = "5a" * 32
LIST = ListName("list-1", PACK)


def settings_with(**given: object) -> MatchSettings:
    return MatchSettings.model_validate(
        {
            "instance_id": "match-1",
            "roster_file": "none",
            "roster_root": "",
            "signing_key_file": "none",
            **given,
        }
    )


def settings_for(server: QdrantServer, api_key: str | None = API_KEY) -> MatchSettings:
    return settings_with(
        qdrant_url=server.url, qdrant_api_key=api_key, qdrant_ca_file=str(server.ca_file)
    )


def templates(count: int, seed: int = 1) -> Template:
    drawn = np.random.default_rng(seed).normal(size=(count, LENGTH)).astype(np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), dtype=np.float32)


def reference(name: str, template: Template, subject: str | None = None) -> Reference:
    return Reference(name, subject or f"subject of {name}", "00" * 32, template)


async def filled(index: TemplateIndex, count: int = 40) -> Template:
    drawn = templates(count)
    await index.create(LIST, LENGTH)
    for number, template in enumerate(drawn):
        await index.add(LIST, reference(f"r{number}", template))
    return drawn


def names(found: list[Comparison]) -> list[str]:
    return [comparison.reference_id for comparison in found]
