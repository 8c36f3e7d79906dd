"""`lethe watchlist import`, as it is called."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from lethe.cli.watchlist import importing
from lethe.cli.watchlist.commands import watchlist
from lethe.cli.watchlist.importing import ImportOptions


def test_an_import_makes_way_for_live_video_before_it_begins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done: list[object] = []

    def import_watchlist(options: ImportOptions) -> None:
        done.append(options.table)

    monkeypatch.setattr(os, "nice", lambda by: done.append(by > 0))
    monkeypatch.setattr(importing, "import_watchlist", import_watchlist)
    arguments = ["import", "list.csv", "--images", str(tmp_path), "--trust", str(tmp_path)]
    result = CliRunner().invoke(watchlist, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert done == [True, Path("list.csv")]
