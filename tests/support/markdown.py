"""What the repository's Markdown files say: links, headings, commands, code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^ *```[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)(`{1,2})(?!`)(.+?)(?<!`)\1(?!`)")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """Its path within the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def prose(self) -> str:
        """The text without fenced blocks."""
        return _FENCE.sub("", self.text)

    def links(self) -> list[str]:
        """Targets of links and images."""
        return _LINK.findall(self.prose)

    def anchors(self) -> set[str]:
        """Names under which headings can be linked to, as GitHub and MkDocs make them."""
        return {_slug(heading) for heading in _HEADING.findall(self.prose)}

    def code(self) -> list[str]:
        """Code spans, and every line of fenced blocks."""
        lines = [line for block in _FENCE.findall(self.text) for line in block.splitlines()]
        return [*(content.strip() for _, content in _SPAN.findall(self.prose)), *lines]

    def cells(self) -> Iterator[list[str]]:
        """Yield the cells of every row of every table."""
        for line in self.prose.splitlines():
            if line.startswith("|"):
                yield [cell.strip() for cell in line.strip("|").split(" | ")]


def pages() -> list[Page]:
    """Every Markdown file of the documentation, the ones in the root included."""
    files = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return [page_at(file) for file in sorted(files)]


def page(name: str) -> Page:
    """Read one page by its path within the repository."""
    return page_at(ROOT / name)


def page_at(file: Path) -> Page:
    """Read one page."""
    return Page(file, file.read_text(encoding="utf-8"))


def _slug(heading: str) -> str:
    plain = re.sub(r"[^\w\s-]", "", heading.lower())
    return re.sub(r"\s", "-", plain.strip())
