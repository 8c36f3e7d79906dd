"""Everything a command says: progress, the live table, plain lines, notices."""

import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO

from rich.console import Console
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from lethe.cli.errors import one_line
from lethe.cli.live.snapshot import Snapshot
from lethe.cli.live.table import LiveTable, plain_line

LINE_EVERY_S = 5.0
RATE_FROM_S = 1.0
"""A rate over less time is one of how many answers came at once."""


class _RateColumn(ProgressColumn):
    """Images per second since the first one, once that says something."""

    def render(self, task: Task) -> Text:
        """Return the rate as text."""
        took_s = task.elapsed or 0.0
        return Text(f"{task.completed / took_s:.1f}/s" if took_s >= RATE_FROM_S else "")


class _PlainProgress:
    """Says from time to time how far something has come."""

    def __init__(self, say: Callable[[str], None], what: str, total: int) -> None:
        self._say = say
        self._what = what
        self._total = total
        self._begun_s = self._said_s = time.monotonic()

    def advance(self, done: int) -> None:
        """Take how many are done."""
        now_s = time.monotonic()
        if done == 0 or now_s - self._said_s < LINE_EVERY_S:
            return
        self._said_s = now_s
        rate = done / (now_s - self._begun_s)
        left_s = (self._total - done) / rate
        self._say(
            f"{self._what} {done:,} of {self._total:,}, {rate:.1f}/s, about {left_s:.0f} s left"
        )


class Terminal:
    """The terminal, or whatever stands in its place.

    A reader that goes away (`lethe demo | head`, a terminal that is closed) ends the run in
    order instead of breaking it.

    Parameters
    ----------
    headless
        Plain lines also on a terminal.
    reader_gone
        Called once when nothing can be written any more.
    """

    def __init__(self, *, headless: bool, reader_gone: Callable[[], None] = lambda: None) -> None:
        self._out = _Console(self._reader_went)
        self._err = _Console(self._reader_went, stderr=True)
        self._plain = headless or not self._out.is_terminal
        self._reader_gone = reader_gone
        self._live: Live | None = None
        self._line_at_s = 0.0
        self._gone = False

    def say(self, text: str) -> None:
        """Say one line of what goes on, on stdout."""
        self._write(lambda: self._out.print(one_line(text), soft_wrap=True))

    def notice(self, text: str) -> None:
        """Say one line that matters, on stderr, or above the table."""
        console = self._err if self._live is None else self._out
        self._write(lambda: console.print(one_line(text), soft_wrap=True))

    def show(self, snapshot: Snapshot) -> None:
        """Show a moment of the run: the table each time, a plain line every five seconds."""
        if is_hung_up(self._out.file):
            # Rich writes nothing to a terminal that is gone, so that no write would fail.
            self._reader_went()
        live = self._live
        if live is not None:
            self._write(lambda: live.update(LiveTable(snapshot), refresh=True))
        elif self._plain and snapshot.running_s >= self._line_at_s:
            self._line_at_s = snapshot.running_s + LINE_EVERY_S
            self.say(plain_line(snapshot))

    @contextmanager
    def progress(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show how many of `total` are done, at what rate and with how much time left.

        A plain line every five seconds where there is no terminal.
        """
        if self._plain:
            yield _PlainProgress(self.say, what, total).advance
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            _RateColumn(),
            TimeRemainingColumn(),
        )
        with Progress(
            *columns, console=self._out, transient=True, get_time=time.monotonic
        ) as progress:
            task = progress.add_task(what, total=total)
            yield lambda done: progress.update(task, completed=done)

    @contextmanager
    def table(self) -> Iterator[None]:
        """Keep the live table up, on a terminal."""
        if self._plain:
            yield
            return
        live = Live(console=self._out, auto_refresh=False)
        live.start()
        self._live = live
        try:
            yield
        finally:
            self._live = None
            with suppress(OSError):
                live.stop()

    def _write(self, action: Callable[[], object]) -> None:
        if self._gone:
            return
        try:
            action()
        except OSError:
            self._reader_went()

    def _reader_went(self) -> None:
        if self._gone:
            return
        self._gone = True
        # What is still buffered would raise again when the interpreter flushes it at its end.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        if is_hung_up(sys.stderr):
            os.dup2(nowhere, sys.stderr.fileno())
        os.close(nowhere)
        self._reader_gone()


def is_hung_up(stream: IO[str]) -> bool:
    """Tell whether nobody can read a stream any more: a closed terminal, the end of a pipe.

    A terminal may be closed without a SIGHUP reaching this process. A file never is hung up.
    """
    try:
        descriptor = stream.fileno()
    except OSError:
        return False
    poll = select.poll()
    poll.register(descriptor, 0)
    return bool(poll.poll(0))


class _Console(Console):
    """A console that reports a broken pipe instead of leaving the process, as Rich would."""

    def __init__(self, broken: Callable[[], None], *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, highlight=False)
        self._broken = broken

    def on_broken_pipe(self) -> None:
        """Tell of it, once."""
        self.quiet = True
        self._broken()
