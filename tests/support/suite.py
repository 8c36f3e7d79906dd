"""What the whole suite holds itself to: nothing is skipped, and no place has no tests."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

_Report = TypeVar("_Report", pytest.TestReport, pytest.CollectReport)


def pytest_configure(config: pytest.Config) -> None:
    """Register the one marker that leaves tests out."""
    config.addinivalue_line(
        "markers",
        "needs_data(folder, reason): not collected where this folder, relative to the project's, "
        "isn't there",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests whose data isn't there; refuse a named place without any test.

    Raises
    ------
    pytest.UsageError
        If a file or folder of the command line has no test: it would pass by doing nothing.
    """
    for argument in config.args:
        place = Path(argument.split("::")[0])
        if not any(item.path.is_relative_to(place.absolute()) for item in items):
            raise pytest.UsageError(f"{place} has no test")
    absent = [item for item in items if _lacks_data(config.rootpath, item)]
    items[:] = [item for item in items if item not in absent]
    config.hook.pytest_deselected(items=absent)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failed one."""
    return _failed_if_skipped((yield), item.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a module that skips itself into an error."""
    return _failed_if_skipped((yield), collector.nodeid)


def _failed_if_skipped(report: _Report, nodeid: str) -> _Report:
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{nodeid} was skipped, and a test that doesn't run proves nothing"
    return report


def _lacks_data(root: Path, item: pytest.Item) -> bool:
    marks: Sequence[pytest.Mark] = list(item.iter_markers("needs_data"))
    return any(not (root / mark.args[0]).is_dir() for mark in marks)
