"""An office that imports: a table, a folder of images, and an alert that a pipeline answers."""

import asyncio
import csv
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.alert_web import AlertWeb, alert_web, free_port, served
from tests.support.enrolling_bench import Bench, opened
from tests.support.played_pipeline import AS_JPEG, PlayedPipeline

from lethe.alert.watchlists.subject import SubjectDetails
from lethe.cli.stopping import StopRequest
from lethe.cli.watchlist import importing
from lethe.cli.watchlist.importing import ImportOptions, import_watchlist

HEADER = "reference_number,name,category,grounds,images,expires_on,warning_markers"


@dataclass
class Office:
    """A table beside a folder of images, and an alert that a pipeline answers."""

    web: AlertWeb
    pipeline: PlayedPipeline
    options: ImportOptions

    def image(self, name: str, content: str | None = None) -> None:
        (self.options.folder / name).write_bytes(AS_JPEG + (content or name).encode())

    def lists(self, *rows: str) -> None:
        for row in rows:
            for name in row.split(",")[4].split(";"):
                if name and not (self.options.folder / name).exists():
                    self.image(name)
        commas = HEADER.count(",")
        filled = [row + "," * (commas - row.count(",")) for row in rows]
        self.options.table.write_text("\n".join([HEADER, *filled]))

    async def imports(self, **changes: Any) -> None:
        await asyncio.to_thread(import_watchlist, replace(self.options, **changes))

    async def names(self) -> list[str]:
        found = await self.web.watchlists.subjects.after("northtown-7", 0, 100)
        return [subject.details.name for subject in found]

    def report(self) -> list[list[str]]:
        text = self.options.report_file.read_text(encoding="utf-8-sig")
        return [row[:1] + row[2:] for row in csv.reader(text.splitlines())][1:]

    async def only(self) -> SubjectDetails:
        """Return what is known of the one subject."""
        [subject] = await self.web.watchlists.subjects.after("northtown-7", 0, 100)
        return subject.details


@pytest.fixture(name="stops")
def stops_(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """Return what a signal would do: signals themselves reach the main thread only."""
    signals: list[Callable[[], object]] = []

    def listen(stop: StopRequest) -> None:
        loop = asyncio.get_running_loop()
        signals.append(lambda: loop.call_soon_threadsafe(stop.request))

    monkeypatch.setattr(StopRequest, "listen", listen)
    return signals


@pytest.fixture(name="office")
async def office_(
    tmp_path: Path, stops: list[Callable[[], object]], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Office]:
    assert stops == []
    (tmp_path / "images").mkdir()
    port = free_port()
    async with alert_web(tmp_path / "alert") as web:
        pipeline = web.enroller = PlayedPipeline(web.watchlists)
        monkeypatch.setattr(importing, "command_tokens", lambda _trust: web.issuer.token)
        options = ImportOptions(
            table=tmp_path / "northtown-7.csv",
            folder=tmp_path / "images",
            alert_url=f"http://127.0.0.1:{port}",
            trust=tmp_path,
            watchlist_id=None,
            described={"name": "Northtown"},
            report=None,
            skip_bad=False,
        )
        async with served(web.app(port), port):
            yield Office(web, pipeline, options)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Give an alert in this process, and what a command sees of it."""
    async with opened(tmp_path / "alert") as bench:
        yield bench
