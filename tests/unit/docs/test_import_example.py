"""The documented import over REST, run as it stands against a real alert service."""

import asyncio
import json
import os
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.alert_web import AlertWeb, alert_web, free_port, served
from tests.support.markdown import ROOT
from tests.support.played_pipeline import AS_JPEG, PlayedPipeline

from lethe.alert.identity.principal import Role

EXAMPLE = ROOT / "docs/examples/import.sh"


@pytest.fixture(name="web")
async def web_(tmp_path: Path) -> AsyncIterator[AlertWeb]:
    async with alert_web(tmp_path / "alert") as web:
        web.enroller = PlayedPipeline(web.watchlists)
        yield web


def documented() -> dict[str, Any]:
    """Return the people of the example's own words."""
    told = [line[1:] for line in EXAMPLE.read_text().splitlines() if line.startswith("#  ")]
    text = "\n".join(told)
    found: dict[str, Any] = json.loads(text[text.index("{") :])
    return found


async def run(web: AlertWeb, people: dict[str, Any], *images: Path, role: Role) -> tuple[int, str]:
    """Run the example; return how it ended and what it printed."""
    port, folder = free_port(), images[0].parent
    (folder / "people.json").write_text(json.dumps(people))
    environment = os.environ | {"LETHE_TOKEN": web.issuer.token(role), "NO_PROXY": "*"}
    async with served(web.app(port), port):
        process = await asyncio.create_subprocess_exec(
            "sh", EXAMPLE, f"http://127.0.0.1:{port}", "square-may", folder / "people.json",
            *images, env=environment, stdout=PIPE, stderr=PIPE,
        )  # fmt: skip
        printed, faults = await process.communicate()
    assert process.returncode is not None
    return process.returncode, printed.decode() + faults.decode()


def images(folder: Path, **contents: str) -> list[Path]:
    files = []
    for name, content in contents.items():
        file = folder / f"{name}.jpg"
        file.write_bytes(AS_JPEG + content.encode())
        files.append(file)
    return files


async def test_it_lists_people_and_tells_what_became_of_each_image(
    web: AlertWeb, tmp_path: Path
) -> None:
    people = documented()
    jane = people["entries"][0]["details"]
    nobody = {**jane, "reference_number": "N-2", "grounds": ""}
    people["entries"].append({"details": nobody, "images": []})
    files = images(tmp_path, front="a face", side="no_face: a wall")
    for is_new in (True, False):
        ended, printed = await run(web, people, *files, role=Role.OPERATOR)
        assert ended == 0, printed
        entered, references = map(json.loads, printed.splitlines())
        first, second = entered["entries"]
        assert first["is_new"] is is_new
        assert second["problem"]["status"] == 400
        told = {(each["state"], each["fault"]) for each in references["references"]}
        assert told == {("enrolled", None), ("rejected", "no_face")}
    [subject] = await web.watchlists.subjects.after("square-may", 0, 10)
    assert (subject.details.name, subject.details.grounds) == (jane["name"], jane["grounds"])


async def test_it_ends_with_the_reason_where_somebody_may_not(
    web: AlertWeb, tmp_path: Path
) -> None:
    files = images(tmp_path, front="a face")
    ended, printed = await run(web, documented(), *files, role=Role.ENGAGEMENT_OFFICER)
    assert ended != 0
    assert "403" in printed
