"""Which scripts a page is made of: a browser that is told asks for all of them at once."""

import re
from importlib.resources import files
from importlib.resources.abc import Traversable

_IMPORTED = re.compile(
    r'^(?:import|export)\s(?:[^"\'();]*\sfrom\s)?"\./([\w-]+\.js)";$', re.MULTILINE
)
"""As our scripts import others at once; what they import when it is asked for isn't meant."""


def modules_of(page: str) -> list[str]:
    """Return the files of a page's scripts, its own first, each behind one that imports it.

    Parameters
    ----------
    page
        Name of the page: its script is called so.
    """
    static = files(__package__).joinpath("static")
    found = [f"{page}.js"]
    for name in found:
        found += [each for each in dict.fromkeys(_imports(static, name)) if each not in found]
    return found


def _imports(static: Traversable, name: str) -> list[str]:
    return _IMPORTED.findall(static.joinpath(name).read_text(encoding="utf-8"))
