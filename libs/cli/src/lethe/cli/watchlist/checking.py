"""What `lethe watchlist sample` and `check` do: draw subjects by chance, and ask how they are."""

from collections.abc import Callable
from pathlib import Path

from lethe.cli.identity.minting import command_tokens
from lethe.cli.session.api import AlertApi
from lethe.cli.session.deploying import checked_address
from lethe.cli.watchlist.api import SubjectState, WatchlistApi

Ask = Callable[[list[str]], bool | None]
"""Shows what is known of a subject; returns whether it is right, or None to leave it."""

_SHOWN = (
    "reference_number",
    "name",
    "category",
    "grounds",
    "instructions",
    "warning_markers",
    "conditions",
    "image_origin",
    "image_note",
    "review_on",
    "expires_on",
)


async def draw_sample(alert_url: str, watchlist_id: str, size: int, trust: Path) -> list[str]:
    """Draw subjects until the sample has so many; return how far it has come.

    Raises
    ------
    InvalidInput
        If there is no such watchlist, its images aren't enrolled, or the token doesn't allow it.
    """
    async with AlertApi(checked_address(alert_url), command_tokens(trust)) as api:
        return (await WatchlistApi(api, watchlist_id).draw(size)).lines()


async def check_sample(alert_url: str, watchlist_id: str, ask: Ask, trust: Path) -> list[str]:
    """Ask how each subject of a sample is that wasn't found right; return how far it has come.

    Raises
    ------
    InvalidInput
        If there is no such watchlist, or the token doesn't allow it.
    """
    address = checked_address(alert_url)
    async with AlertApi(address, command_tokens(trust)) as api:
        one = WatchlistApi(api, watchlist_id)
        sample = await one.sample()
        images: dict[str, list[str]] = {}
        for each in await one.changes(0):
            path = f"{address}{one.image_path(each.reference_id)}"
            images.setdefault(each.subject_id, []).append(f"image ({each.state}): {path}")
        for member in sample.members:
            if not member.is_open:
                continue
            known = await one.subject(member.subject_id)
            is_right = ask([*_lines(known), *images.get(member.subject_id, [])])
            if is_right is not None:
                result = "passed" if is_right else "failed"
                sample = await one.check(known.subject_id, known.revision, result)
    return sample.lines()


def _lines(subject: SubjectState) -> list[str]:
    known = subject.model_dump()
    told = [f"{_words(name)}: {_said(known[name])}" for name in _SHOWN if known.get(name)]
    marks = [name for name in ("is_child", "is_vulnerable") if known.get(name)]
    return [f"subject: {subject.subject_id}", *told, *map(_words, marks)]


def _words(name: str) -> str:
    return name.replace("_", " ")


def _said(value: object) -> str:
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
