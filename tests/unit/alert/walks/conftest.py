"""A deployment of two cameras that searches for a volunteer."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.alert_web import AlertWeb, alert_web
from tests.support.page_desk import present
from tests.support.walks import NAME, show_cameras, volunteer

from lethe.alert.walks.walk import Lack, Progress
from lethe.alert.watchlists.reference import Reference


@dataclass
class Walked:
    """A deployment, and who walks through it."""

    web: AlertWeb
    who: Reference

    async def stands(self) -> Progress:
        return await self.web.walks.progress(NAME)

    async def lacks(self) -> dict[str, Lack | None]:
        return (await self.stands()).lacks()


@pytest.fixture
async def walked(tmp_path: Path) -> AsyncIterator[Walked]:
    """Give one that runs, both cameras live."""
    async with alert_web(tmp_path, now=present) as web:
        who = await volunteer(web)
        show_cameras(web, "live", "live")
        yield Walked(web, who)
