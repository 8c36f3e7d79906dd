"""`lethe watchlist copy`: a new version of a watchlist, with whoever is on the old one."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from lethe.cli.identity.minting import command_tokens
from lethe.cli.live.terminal import Terminal
from lethe.cli.session.api import AlertApi
from lethe.cli.session.deploying import checked_address
from lethe.cli.stopping import StopRequest
from lethe.cli.watchlist.api import WatchlistApi
from lethe.cli.watchlist.people import Fault, Verdict
from lethe.cli.watchlist.renewing import RenewalOptions, follow, tell_faults
from lethe.contracts.errors import InvalidInput


def copy(source_id: str, options: RenewalOptions, without: Sequence[str] = ()) -> None:
    """Copy a watchlist to a version of another id, and follow its enrolment.

    Parameters
    ----------
    options
        Of the new version.
    without
        Reference numbers of those who aren't wanted on it.

    Raises
    ------
    InvalidInput
        If there is no such watchlist or number, or the id is another's; at the end, if somebody was
        left out or an image can't be used, and `skip_bad` is off.
    Interrupted
        If it was broken off: the same command goes on.
    """
    terminal = Terminal(headless=False)
    tell_faults(asyncio.run(_copy(source_id, options, without, terminal)), options, terminal)


async def _copy(
    source_id: str, options: RenewalOptions, without: Sequence[str], terminal: Terminal
) -> list[Fault]:
    stop = StopRequest()
    stop.listen()
    url = checked_address(options.alert_url)
    async with AlertApi(url, command_tokens(options.trust)) as api:
        source = WatchlistApi(api, source_id)
        one = WatchlistApi(api, options.watchlist_id)
        work = _copy_all(source, one, without, terminal)
        return await stop.during(work, "interrupted: the same command goes on with the rest")


async def _copy_all(
    source: WatchlistApi, one: WatchlistApi, without: Sequence[str], terminal: Terminal
) -> list[Fault]:
    unwanted = await _ids_of(source, without)
    subjects = images = 0
    left_out: dict[str, str] = {}
    after: int | None = 0
    with terminal.progress("copying", await source.count() - len(unwanted)) as progress:
        while after is not None:
            copied = await source.copy(one.watchlist_id, after, unwanted)
            subjects, images = subjects + copied.subjects, images + copied.images
            left_out |= {each.subject_id: each.problem.detail for each in copied.left_out}
            progress(subjects + len(left_out))
            after = copied.next
    terminal.say(f"copied {subjects:,} subjects with {images:,} images to {one.watchlist_id}")
    faults = await follow(one, terminal, "enrolling")
    if not left_out:
        return faults
    numbers = {each.subject_id: each.reference_number async for each in source.subjects()}
    told = [Fault(numbers.get(each, each), why) for each, why in left_out.items()]
    return [replace(fault, verdict=Verdict.ROW) for fault in told] + faults


async def _ids_of(source: WatchlistApi, numbers: Sequence[str]) -> list[str]:
    """Return the ids of some reference numbers; all must be there."""
    if not numbers:
        return []
    known = {each.reference_number.casefold(): each.subject_id async for each in source.subjects()}
    for number in numbers:
        if number.strip().casefold() not in known:
            raise InvalidInput(f"{number} isn't on {source.watchlist_id}")
    return [known[number.strip().casefold()] for number in numbers]
