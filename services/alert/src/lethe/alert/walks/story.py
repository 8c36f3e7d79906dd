"""A walk-through as the audit log tells it: the entries are its only record."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from lethe.alert.audit.of_walks import BEGAN, CAMERA, CONCLUSIONS, ERASED, FRAMED
from lethe.alert.walks.walk import Walk
from lethe.contracts.errors import InvalidInput

WHYS = (BEGAN, FRAMED, ERASED, *CONCLUSIONS)


def latest(told: Iterable[Mapping[str, object]]) -> Walk | None:
    """Return the latest walk-through of a deployment, of its entries in their order.

    Raises
    ------
    InvalidInput
        If an entry is none.
    """
    walk: Walk | None = None
    for said in told:
        match said:
            case {"why": str(why), "at_us": int(at_us), "who": str(who), "records": list(records)}:
                if why == BEGAN:
                    walk = Walk(at_us, who)
                elif why == ERASED:
                    walk = walk and replace(walk, erased_us=at_us)
                elif walk is not None:
                    walk = _after(walk, why, who, cameras_of(records))
            case _:
                raise InvalidInput("an entry of the audit log is none")
    return walk


def cameras_of(records: Iterable[object]) -> list[str]:
    """Return the cameras among the records of an entry."""
    named = (each for each in records if isinstance(each, str) and each.startswith(CAMERA))
    return [each.removeprefix(CAMERA) for each in named]


def _after(walk: Walk, why: str, who: str, cameras: list[str]) -> Walk:
    if why in CONCLUSIONS:
        results = dict.fromkeys(cameras, CONCLUSIONS[why])
        return replace(walk, results={**walk.results, **results})
    return replace(walk, framed={**walk.framed, **dict.fromkeys(cameras, who)})
