"""Importing lots into a run, and erasing what was imported."""

import subprocess
import sys

import httpx
from tests.forensics.keys import boot_us
from tests.forensics.lots import Import, Lot, lots_in
from tests.forensics.running import Run, until
from tools.bench.enrolment.importing import started_import


def imported(run: Run) -> None:
    """Import one lot, and begin with another: some of its images are through when this returns."""
    first, second = lots_in(run.ground.folder.parent / "lots")
    _finish(_begun(run, first))
    _begun(run, second)
    until(lambda: _enrolled(run, second) > 0, "an image of the second list is through")


def erased(run: Run) -> None:
    """Let the rest of what was begun be imported, and erase all of it."""
    for each in run.imports:
        _finish(each)
        run.database.seen()  # as its rows are deleted next
        _command(run, "erase", each.lot.watchlist_id, "--yes")
        each.is_listed = False


def _begun(run: Run, lot: Lot) -> Import:
    process = started_import(run.lethe.alert_url, lot.table, lot.watchlist_id)
    run.imports.append(Import(lot, process))
    return run.imports[-1]


def _finish(begun: Import) -> None:
    assert begun.process.wait() == 0, f"{begun.lot.watchlist_id} was imported"
    begun.ended_us = begun.ended_us or boot_us()


def _enrolled(run: Run, lot: Lot) -> int:
    try:
        told = run.lethe.ask(f"/api/v1/watchlists/{lot.watchlist_id}").json()
    except httpx.HTTPStatusError:
        # The command hasn't made it yet.
        return 0
    return int(told["references"]["enrolled"])


def _command(run: Run, *arguments: str) -> None:
    command = [sys.executable, "-m", "lethe.cli", "watchlist", *arguments]
    subprocess.run([*command, "--alert-url", run.lethe.alert_url], check=True, capture_output=True)
