"""A folder enrolled against alert's own API, with a pipeline that a test plays."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.support.alert_web import BASE, AlertWeb, alert_web
from tests.support.played_pipeline import AS_JPEG, PlayedPipeline

from lethe.alert.watchlists.reference import ReferenceState
from lethe.cli.session.api import AlertApi
from lethe.cli.watchlist.api import WatchlistApi
from lethe.cli.watchlist.enrolment import Enrolment
from lethe.cli.watchlist.folder import read_watchlist
from lethe.cli.watchlist.people import Enrolled, People


@dataclass
class Bench:
    """An alert in this process, and what a command sees of it."""

    web: AlertWeb
    pipeline: PlayedPipeline
    api: WatchlistApi

    async def enrol(self, people: People) -> tuple[list[Enrolled], list[int]]:
        seen: list[int] = []
        await self.api.register()
        enrolment = Enrolment(self.api, people.listed, people.faults.append, seen.append)
        return await enrolment.run(), seen

    async def names(self) -> list[str]:
        return sorted(
            self.web.watchlists.name_of("w", each.subject_id)
            for each in await self.web.watchlists.references("w")
            if each.state is ReferenceState.ENROLLED
        )


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Bench]:
    async with alert_web(folder) as web:
        pipeline = web.enroller = PlayedPipeline(web.watchlists)
        transport = httpx.ASGITransport(web.app())
        async with AlertApi(BASE, web.issuer.token, transport) as api:
            yield Bench(web, pipeline, WatchlistApi(api, "w"))


def people_of(tmp_path: Path, *names: str) -> People:
    folder = tmp_path / "people"
    for name in names:
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.jpg").write_bytes(AS_JPEG + name.encode())
    return read_watchlist(folder)
