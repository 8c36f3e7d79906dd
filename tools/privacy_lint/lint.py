"""Applying the rules to files, and waivers to what they find."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from tools.privacy_lint.errors import check_messages, check_repeating
from tools.privacy_lint.fields import check_fields
from tools.privacy_lint.files import check_files
from tools.privacy_lint.logs import check_logs, check_terminal
from tools.privacy_lint.module import Finding, Module, Rule
from tools.privacy_lint.sealing import check_sealing

RULES: tuple[Rule, ...] = (
    check_logs,
    check_messages,
    check_fields,
    check_files,
    check_terminal,
    check_repeating,
    check_sealing,
)


@dataclass(frozen=True, slots=True)
class Waived:
    """A finding that its line gives a reason for."""

    finding: Finding
    reason: str

    def __str__(self) -> str:
        return f"{self.finding} - waived: {self.reason}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found in one file or more."""

    findings: tuple[Finding, ...]
    waived: tuple[Waived, ...]


def check_source(text: str, path: PurePath) -> Verdict:
    """Check the text of one file.

    Raises
    ------
    SyntaxError
        If it isn't Python.
    """
    module = Module.parse(text, path)
    findings: list[Finding] = []
    waived: list[Waived] = []
    used: set[int] = set()
    for finding in sorted({finding for rule in RULES for finding in rule(module)}):
        line = _waiver_line(module, finding)
        reason = module.waivers[line] if line else None
        if line is None or reason is None:
            findings.append(finding)
        else:
            used.add(line)
            waived.append(Waived(finding, reason))
    findings.extend(_idle_waivers(module, used))
    return Verdict(tuple(sorted(findings)), tuple(waived))


def check_paths(paths: Iterable[Path]) -> Verdict:
    """Check every Python file in these files and folders.

    Raises
    ------
    FileNotFoundError
        If a path isn't there, or a folder has no Python file: a lint of nothing passes.
    """
    verdicts = [check_source(file.read_text("utf-8"), file) for file in _files(paths)]
    return Verdict(
        tuple(finding for verdict in verdicts for finding in verdict.findings),
        tuple(waived for verdict in verdicts for waived in verdict.waived),
    )


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        found = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        if not found:
            raise FileNotFoundError(f"{path} has no Python file")
        yield from found


def _waiver_line(module: Module, finding: Finding) -> int | None:
    lines = range(finding.line, finding.last_line + 1)
    return next((line for line in lines if line in module.waivers), None)


def _idle_waivers(module: Module, used: set[int]) -> Iterator[Finding]:
    path = module.path.as_posix()
    for line, reason in module.waivers.items():
        if reason is None:
            yield Finding(path, line, "PRV000", "a waiver without a reason", line)
        elif line not in used:
            yield Finding(path, line, "PRV000", "a waiver that waives nothing", line)
