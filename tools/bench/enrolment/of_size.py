"""A stack and a list of some size: its import is measured, and orders for what was imported."""

import tempfile
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tools.bench.enrolment import first_frame, importing
from tools.bench.enrolment.photographs import tabled
from tools.bench.figures import Figure, say
from tools.running import RunningLethe, running_lethe


class OfSize:
    """What is measured with a list of one size. Nothing is started before something is.

    Parameters
    ----------
    loses
        With the orders it is measured as well how long a list that match lost takes.
    """

    def __init__(self, faces: Path, count: int, *, loses: bool) -> None:
        self._faces = faces
        self._count = count
        self._loses = loses
        self._open = ExitStack()
        self._is_imported = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def measure_import(self) -> tuple[list[Figure], dict[str, Any]]:
        """Import a table of so many images into a new stack."""
        images = self._folder / "images"
        images.mkdir()
        table = tabled(self._faces, self._count, images)
        say(f"  {self._count:,} photographs lie ready")
        figures, report = importing.measure(self._lethe, table, self._count)
        self._is_imported = True
        return figures, report

    def measure_orders(self) -> tuple[list[Figure], dict[str, Any]]:
        """Order what was imported again and again; it is imported first where it wasn't yet."""
        if not self._is_imported:
            self.measure_import()
        return first_frame.measure(self._lethe, self._folder, self._count, loses=self._loses)

    @cached_property
    def _folder(self) -> Path:
        made = tempfile.TemporaryDirectory(prefix="lethe-bench-enrolment-")
        return Path(self._open.enter_context(made))

    @cached_property
    def _lethe(self) -> RunningLethe:
        return self._open.enter_context(running_lethe(self._folder, "up", reports=False))
