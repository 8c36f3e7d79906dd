"""One source file as the rules see it, and what they find in it."""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Self

_WAIVER = re.compile(r"#\s*privacy:\s*(?P<reason>\S.*)?$")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A line that breaks a rule, or would without its waiver."""

    path: str
    line: int
    rule: str
    text: str
    last_line: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule} {self.text}"


@dataclass(frozen=True, slots=True)
class Module:
    """A parsed source file.

    Attributes
    ----------
    waivers
        The reason of each waiver by the line it is for; None where it gives none.
    """

    path: PurePath
    tree: ast.Module
    waivers: dict[int, str | None]

    @classmethod
    def parse(cls, text: str, path: PurePath) -> Self:
        """Parse a file's text.

        Raises
        ------
        SyntaxError
            If it isn't Python.
        """
        return cls(path, ast.parse(text, filename=path.as_posix()), dict(_waivers(text)))

    def finding(
        self, node: ast.expr | ast.stmt | ast.excepthandler, rule: str, text: str
    ) -> Finding:
        """Describe a finding at a node."""
        return Finding(
            self.path.as_posix(), node.lineno, rule, text, node.end_lineno or node.lineno
        )

    def calls(self) -> Iterator[ast.Call]:
        """Give every call in the file."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def ours(self) -> frozenset[str]:
        """Names of classes that are defined here or imported from Lethe."""
        names = {node.name for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef)}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lethe."):
                names.update(alias.asname or alias.name for alias in node.names)
        return frozenset(names)


Rule = Callable[[Module], Iterator[Finding]]
"""Yields what it finds in one file, waived or not."""


def _waivers(text: str) -> Iterator[tuple[int, str | None]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and (match := _WAIVER.search(token.string)):
            alone = token.line.strip() == token.string
            yield token.start[0] + alone, match["reason"]
