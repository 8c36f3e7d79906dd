"""Where an audit log may be: in an exported file, in a database, at the address of alert."""

import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, SecretStr, ValidationError

from lethe.alert.audit.chain import SealedEntry
from lethe.alert.audit.stored import stored_audit
from lethe.alert.identity.principal import Role
from lethe.cli.audit.exports import read_entries
from lethe.cli.identity.minting import command_tokens
from lethe.cli.session.api import AlertApi
from lethe.cli.session.deploying import checked_address
from lethe.contracts.errors import InvalidInput
from lethe.receipts.canonical import encode

PASSWORD_VARIABLE = "LETHE_DATABASE_PASSWORD"  # noqa: S105 - the name of a variable
_SQLITE = b"SQLite format 3\0"
_PAGE = 1_000

Entries = AsyncGenerator[SealedEntry, None]


class _Page(BaseModel):
    entries: list[dict[str, object]]
    withheld: list[int] = []


@asynccontextmanager
async def found_log(place: str, trust: Path) -> AsyncIterator[Entries]:
    """Give the entries of the audit log at a place.

    Parameters
    ----------
    place
        A file, the file of a SQLite database, the URL of a database, or the address of alert.
    trust
        Folder with the key for tokens, which alert asks for.

    Raises
    ------
    InvalidInput
        If there is no audit log.
    StackFailed
        If alert doesn't answer.
    """
    if place.startswith(("http://", "https://")):
        async with _served(place, trust) as found:
            yield found
    elif "://" in place:
        async with _stored(place) as found:
            yield found
    elif (url := _url_of_sqlite(Path(place))) is not None:
        async with _stored(url) as found:
            yield found
    else:
        with _opened(Path(place)) as stream:
            yield _given(read_entries(stream))


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as error:
        raise InvalidInput(f"{file}: {error.strerror}") from None


def _url_of_sqlite(file: Path) -> str | None:
    with _opened(file) as stream:
        is_database = stream.read(len(_SQLITE)) == _SQLITE
    return f"sqlite+aiosqlite:///{file.absolute()}" if is_database else None


@asynccontextmanager
async def _stored(url: str) -> AsyncIterator[Entries]:
    secret = os.environ.get(PASSWORD_VARIABLE)
    async with stored_audit(url, SecretStr(secret) if secret else None) as stored:
        yield stored


@asynccontextmanager
async def _served(address: str, trust: Path) -> AsyncIterator[Entries]:
    tokens = command_tokens(trust, roles=(Role.AUDITOR,))
    async with AlertApi(checked_address(address), tokens) as api:
        first = await _page(api, 0)
        yield _pages(api, first)


async def _pages(api: AlertApi, page: list[dict[str, object]]) -> Entries:
    number = 0
    while page:
        for said in page:
            digest = str(said.pop("digest", ""))
            yield SealedEntry(encode(said).decode(), digest)
        number += len(page)
        if len(page) < _PAGE:
            # That it was read is an entry too: there would be no end.
            return
        page = await _page(api, number)


async def _page(api: AlertApi, after: int) -> list[dict[str, object]]:
    page = await _asked(api, after, _PAGE)
    if not page.withheld:
        return page.entries
    # Entries of version 1: their hashes are over the words. There are none after the first of
    # version 2, so that no reason that is kept apart is opened with them.
    first, last = min(page.withheld) - after - 1, max(page.withheld) - after
    whole = await _asked(api, after + first, last - first, reasons="true")
    return page.entries[:first] + whole.entries + page.entries[last:]


async def _asked(api: AlertApi, after: int, limit: int, **wishes: str) -> _Page:
    reason = {"Lethe-Reason": "lethe audit"}
    parameters = {"after": after, "limit": limit, **wishes}
    answer = await api.ask("GET", "/api/v1/audit", also=reason, params=parameters)
    try:
        return _Page.model_validate(answer)
    except ValidationError:
        raise InvalidInput("alert answers with no audit log") from None


async def _given(entries: Iterable[SealedEntry]) -> Entries:
    for entry in entries:
        yield entry
