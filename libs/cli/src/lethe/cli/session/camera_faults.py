"""What is wrong with the settings of a camera, in one line that says what to write instead."""

from collections.abc import Iterable
from difflib import get_close_matches

from pydantic import ValidationError

from lethe.contracts.cameras import CREDENTIALS_ERROR, CREDENTIALS_HINT, MOST_CORNERS, MOST_MASKS

_OUTLINE = f"3 to {MOST_CORNERS} corners [x, y], each from 0 to 1"
_TAKEN = {
    "source": 'an address, a file or a folder, such as source = "hall.mp4"',
    "secret": "the name of a secret, with letters, digits, dot, dash and underscore",
    "transport": '"tcp" or "udp"',
    "follow": "true or false",
    "max_fps": "a number above 0 and up to 60, such as max_fps = 8",
    "max_width": "a whole number from 64 to 1920, such as max_width = 1280",
    "jpeg_quality": "a whole number from 1 to 100, such as jpeg_quality = 85",
    "masks": f"a list of at most {MOST_MASKS} outlines, each of {_OUTLINE}",
    "zone": f"an outline of {_OUTLINE}",
}
_OWN_WORDS = frozenset({"polygon_without_area", "polygon_crosses_itself"})


def first_fault(error: ValidationError, known: Iterable[str]) -> str:
    """Return what to mend first. It repeats nothing of a value: that may be a password.

    Parameters
    ----------
    known
        The settings that there are.
    """
    fault = error.errors(include_input=False, include_url=False)[0]
    if fault["type"] == CREDENTIALS_ERROR:
        return CREDENTIALS_HINT
    setting, *inside = map(str, fault["loc"])
    if fault["type"] == "extra_forbidden":
        return _unknown(setting, list(known))
    if fault["type"] == "missing" and not inside:
        return f"{setting} is missing: it takes {_TAKEN[setting]}"
    place = f"{setting}, at {'.'.join(inside)}," if inside else setting
    if fault["type"] in _OWN_WORDS:
        return f"{place} can't be used: {fault['msg']}"
    return f"{place} can't be used: it takes {_TAKEN[setting]}"


def _unknown(setting: str, known: list[str]) -> str:
    near = get_close_matches(setting, known, n=1)
    advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    return f"{setting} isn't a setting of a camera: {advice}"
