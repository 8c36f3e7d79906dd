"""`lethe watchlist import`: a table and a folder of images become a watchlist."""

import asyncio
import re
import time
from dataclasses import dataclass
from pathlib import Path

from lethe.cli.identity.minting import command_tokens
from lethe.cli.live.terminal import Terminal
from lethe.cli.session.api import AlertApi
from lethe.cli.session.deploying import checked_address
from lethe.cli.stack.data import require_writable_file
from lethe.cli.stopping import StopRequest
from lethe.cli.watchlist.api import WatchlistApi
from lethe.cli.watchlist.enrolment import Enrolment
from lethe.cli.watchlist.listing import Listing
from lethe.cli.watchlist.people import Fault, Verdict
from lethe.cli.watchlist.report import counted, show_faults, write_report
from lethe.cli.watchlist.table import Table, read_table
from lethe.contracts.errors import InvalidInput
from lethe.receipts.words import many

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Options of `lethe watchlist import`.

    Attributes
    ----------
    watchlist_id
        None takes the name of the table's file.
    described
        Name, purpose and categories of a list that isn't there yet.
    report
        None takes the table's name with `.report.csv`.
    """

    table: Path
    folder: Path
    alert_url: str
    trust: Path
    watchlist_id: str | None
    described: dict[str, object]
    report: Path | None
    skip_bad: bool

    @property
    def list_id(self) -> str:
        """The version that is made or gone on with."""
        name = self.watchlist_id or self.table.stem
        if not _ID.fullmatch(name):
            raise InvalidInput(
                f"{name} can't be the id of a watchlist: name one with --id, of letters, digits, "
                "dots, dashes and underscores"
            )
        return name

    @property
    def report_file(self) -> Path:
        """Where the report goes."""
        return self.report or self.table.with_suffix(".report.csv")

    def require_report_apart(self) -> None:
        """Check that the report can be written, and not over the table.

        Raises
        ------
        InvalidInput
            If it can't.
        """
        if self.report_file.resolve() == self.table.resolve():
            raise InvalidInput(f"{self.report_file} is the table; name another file with --report")
        require_writable_file(self.report_file, "--report")


def import_watchlist(options: ImportOptions) -> None:
    """Enrol what a table lists; tell of everything that was rejected or flagged.

    Whatever is there already isn't sent again: broken off, it goes on where it was.

    Raises
    ------
    InvalidInput
        Before anything is sent, if table, folder or id can't be used; at the end, if something
        was rejected and `skip_bad` is off.
    Interrupted
        If it was broken off.
    """
    list_id, table = options.list_id, read_table(options.table)
    if not options.folder.is_dir():
        raise InvalidInput(f"{options.folder} isn't a folder; --images takes one with the images")
    options.require_report_apart()
    faults: list[Fault] = []
    terminal = Terminal(headless=False)
    if not table.is_utf8:
        terminal.notice(f"{table.file} isn't UTF-8: read as Windows-1252; look at its accents")
    try:
        subjects = asyncio.run(_import(options, list_id, table, faults, terminal))
    except BaseException:
        if faults:
            _keep_report(options, table, faults, terminal)
        raise
    _keep_report(options, table, faults, terminal)
    if not faults:
        terminal.say(f"all {subjects:,} subjects of {table.file} are on {list_id}")
        return
    show_faults(faults)
    told = f"{subjects:,} of {table.subjects:,} subjects are on {list_id}; {counted(faults)}"
    terminal.say(f"{told}: {options.report_file} says why")
    rejected = any(fault.verdict is not Verdict.FLAG for fault in faults)
    if rejected and not options.skip_bad:
        raise InvalidInput(
            "not everything could be enrolled: mend what the report names and import again, or "
            "go on without it with --skip-bad"
        )


def _keep_report(
    options: ImportOptions, table: Table, faults: list[Fault], terminal: Terminal
) -> None:
    """Write the report; one that can't be written any more ends nothing."""
    try:
        write_report(options.report_file, faults, table.delimiter)
    except InvalidInput as unwritable:
        terminal.notice(str(unwritable))


async def _import(
    options: ImportOptions, list_id: str, table: Table, faults: list[Fault], terminal: Terminal
) -> int:
    """Enrol; return how many subjects of the table are on the list."""
    stop = StopRequest()
    stop.listen()
    url = checked_address(options.alert_url)
    async with AlertApi(url, command_tokens(options.trust)) as api:
        one = WatchlistApi(api, list_id)
        await one.register(**options.described)
        if await one.is_ordered():
            raise InvalidInput(
                f"{list_id} was ordered and can't be changed: import under another id"
            )
        work = _enrol(one, options, table, faults, terminal)
        return await stop.during(work, "interrupted: the same command goes on with what is missing")


async def _enrol(
    api: WatchlistApi, options: ImportOptions, table: Table, faults: list[Fault], terminal: Terminal
) -> int:
    begun_s = time.monotonic()

    def note(fault: Fault) -> None:
        enrolment.note(fault)

    listing = Listing(table, options.folder, note)
    with terminal.progress("importing", table.images) as progress:
        enrolment = Enrolment(
            api,
            listing.people(),
            faults.append,
            lambda done: progress(done + listing.passed_over),
        )
        enrolled = await enrolment.run()
    await enrolment.drop_without_image()
    took_s = time.monotonic() - begun_s
    terminal.say(
        f"enrolled {len(enrolled):,} of {table.images:,} images; {enrolment.sent:,} were sent, in "
        f"{took_s:.1f} s, {enrolment.sent / max(took_s, 0.1):.1f}/s"
    )
    if enrolment.changed:
        terminal.say(f"changed what is known of {many(enrolment.changed, 'subject')}")
    return len({each.subject_id for each in enrolled})
