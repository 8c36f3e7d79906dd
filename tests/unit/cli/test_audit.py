"""`lethe audit` verifies and hands on who did what, without alert or from it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result
from tests.support.alert_web import AlertWeb, alert_web, free_port, served
from tests.support.receipts import Log, file_of

from lethe.alert.audit.deeds import Act, Deed
from lethe.alert.audit.log import SqlAuditLog
from lethe.alert.database import Database, sqlite_url
from lethe.alert.identity.principal import Role
from lethe.alert.term import Term
from lethe.cli.__main__ import lethe
from lethe.cli.audit import places
from lethe.cli.audit.places import found_log
from lethe.cli.home import Home
from lethe.cli.receipts.keys import receipts_verifier
from lethe.cli.session.api import AlertApi
from lethe.contracts.errors import InvalidInput
from lethe.contracts.keys import AuditHead
from lethe.receipts.entries import AuditAnchored
from lethe.receipts.notes import NoteSigner
from lethe.shredding.keyfiles import read_private_key
from lethe.shredding.roster import create_local_trust


@dataclass
class Office:
    """A machine that is set up, and a database with an audit log of five entries."""

    home: Home
    database: Path
    head: AuditHead

    @property
    def folder(self) -> Path:
        return self.database.parent

    def run(self, *words: str | Path) -> Result:
        return CliRunner().invoke(lethe, ["audit", *map(str, words)])

    def export(self) -> Path:
        file = self.folder / "audit.txt"
        assert self.run("export", self.database, file).output == f"{file}: 5 entries\n"
        return file

    def receipts(self, head: AuditHead) -> Path:
        """Return receipts of this machine in which a head is anchored."""
        private_key = read_private_key(self.home.trust / "keys" / "receipts.key")
        log = Log(signer=NoteSigner(receipts_verifier(self.home).name, private_key)).begin()
        anchored = AuditAnchored(log.at_ms, log=head.log, size=head.size, head=head.digest)
        file = self.folder / "receipts.txt"
        file.write_bytes(b"".join(file_of(log.add(anchored).sign())))
        return file


async def _audited(file: Path) -> AuditHead:
    database = await Database.open(sqlite_url(file))
    term = await Term.begin(database, "alert-1")
    audit = SqlAuditLog(term)
    for number in range(5):
        await audit.append(Deed(Act.CONSULTATION, (f"alert:{number}",), "looked at"))
    await database.close()
    return term.audit_head


@pytest.fixture(name="office")
def office_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    home = Home(tmp_path / "home")
    create_local_trust(home.trust, wall_us=time.time_ns() // 1000)
    monkeypatch.setenv("LETHE_HOME", str(home.folder))
    file = tmp_path / "alert's files" / "100% ours" / "alerts.sqlite"
    return Office(home, file, asyncio.run(_audited(file)))


def test_a_database_and_its_export_hold(office: Office) -> None:
    for place in (office.database, office.export(), f"sqlite+aiosqlite:///{office.database}"):
        told = office.run("verify", place)
        assert told.exit_code == 0
        assert told.output.splitlines()[0] == (
            f"good: 5 entries of the audit log {office.head.log}; head {office.head.digest}"
        )
        assert "can't be noticed" in told.output


def test_the_first_bad_entry_of_an_export_is_named(office: Office) -> None:
    whole = office.export().read_text().splitlines(keepends=True)
    forged = office.folder / "forged.txt"
    for lines, named in (
        ([*whole[:3], whole[3].replace("alert:2", "alert:9"), *whole[4:]], "entry 3 was altered"),
        ([*whole[:3], *whole[4:]], "entry 3 was dropped"),
        ([*whole[:3], whole[4], whole[3], whole[5]], "entry 3 was moved"),
        ([*whole[:3], whole[2], *whole[3:]], "entry 2 stands behind entry 2: inserted or moved"),
        ([*whole[:3], whole[3][:-9]], "entry 3 was altered"),
        ([*whole[:3], "\n", *whole[3:]], "entry 3 was altered"),
    ):
        forged.write_text("".join(lines))
        told = office.run("verify", forged)
        assert (told.exit_code, told.output[: len(named) + 9]) == (1, f"REFUTED: {named}")


def test_what_was_cut_off_shows_in_the_receipts_and_nowhere_else(office: Office) -> None:
    receipts = office.receipts(office.head)
    file = office.export()
    told = office.run("verify", file, "--receipts", receipts)
    assert told.exit_code == 0
    assert "anchored in the receipts up to entry 5" in told.output
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:-1]))
    assert office.run("verify", file).exit_code == 0
    told = office.run("verify", file, "--receipts", receipts)
    assert (told.exit_code, told.output) == (
        1,
        "REFUTED: entry 5 and what follows was cut off: 5 were anchored\n",
    )


def test_a_table_that_was_emptied_shows_in_the_receipts(office: Office) -> None:
    receipts = office.receipts(office.head)
    file = office.export()
    file.write_text(file.read_text().splitlines(keepends=True)[0])
    told = office.run("verify", file)
    assert (told.exit_code, told.output.split(";")[0]) == (0, "WARNING: there is no entry")
    told = office.run("verify", file, "--receipts", receipts)
    assert (told.exit_code, told.output) == (
        1,
        "REFUTED: every entry was cut off: 5 were anchored\n",
    )


def test_receipts_of_another_log_or_that_do_not_hold_are_told_apart(office: Office) -> None:
    receipts = office.receipts(AuditHead(log="other", size=5, digest="00" * 32))
    told = office.run("verify", office.database, "--receipts", receipts)
    assert told.exit_code == 1
    assert "REFUTED: another audit log was anchored, and nothing of this one" in told.output
    receipts.write_bytes(receipts.read_bytes().replace(b"other", b"wrong"))
    told = office.run("verify", office.database, "--receipts", receipts)
    assert told.exit_code == 1
    assert "REFUTED: the receipts themselves don't hold" in told.output


def test_what_is_no_audit_log_is_said_in_one_line(office: Office) -> None:
    other = office.folder / "other.txt"
    other.write_text("lethe-receipts v1\n")
    empty = office.folder / "empty.txt"
    empty.write_bytes(b"")
    for place, why in (
        (other, "neither an exported audit log"),
        (empty, "neither an exported audit log"),
        (office.folder / "gone", "No such file"),
        (office.folder, "Is a directory"),
        ("http://127.0.0.1:port", "isn't an address"),
        ("mysql://nobody@nowhere/x", "the database URL isn't understood"),
        ("sqlite+aiosqlite:////nowhere/alerts.sqlite", "there is no database in"),
        ("postgresql+asyncpg://lethe@127.0.0.1:1/lethe", "no audit log can be read"),
    ):
        told = office.run("verify", place)
        assert isinstance(told.exception, InvalidInput), place
        assert why in str(told.exception)


def test_an_export_that_can_not_be_written_leaves_nothing(office: Office) -> None:
    for file in (office.folder / "no" / "audit.txt", office.database / "audit.txt", office.folder):
        told = office.run("export", office.database, file)
        assert isinstance(told.exception, InvalidInput), file
        assert "can't be written" in str(told.exception)
    assert list(office.folder.parent.rglob("*.partial")) == []


async def test_what_alert_serves_is_read_page_by_page_with_an_auditors_token(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
    async with alert_web(tmp_path / "alert") as web:
        deeds = [Deed(Act.CONSULTATION, (f"alert:{n}",), "looked at") for n in range(1_500)]
        await web.audit.append(*deeds)
        port = free_port()
        async with served(web.app(port), port):
            address = f"http://127.0.0.1:{port}"
            monkeypatch.setenv("LETHE_TOKEN", web.issuer.token(Role.AUDITOR))
            async with found_log(address, office.home.trust) as found:
                assert len([entry async for entry in found]) == 1_501
            monkeypatch.setenv("LETHE_TOKEN", web.issuer.token(Role.OPERATOR))
            with pytest.raises(InvalidInput, match="it is for auditor"):
                await _read(address, office)
    assert isinstance(web, AlertWeb)


async def test_what_is_withheld_is_asked_for_since_hashes_are_over_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = [{"v": 1, "number": n, "reason": "a case" * (n > 1)} for n in (1, 2, 3)]
    newer = [{"v": 2, "number": n, "reason": "a commitment"} for n in (4, 5)]
    whole, opened = [*older, *newer], list[range]()

    def answer(request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        after = int(asked["after"])
        told = [dict(each) for each in whole[after : after + int(asked["limit"])]]
        if asked.get("reasons") == "true":
            opened.append(range(after + 1, after + 1 + len(told)))
            return httpx.Response(200, json={"entries": told, "withheld": []})
        withheld = [each for each in told if each["v"] == 1 and each["reason"]]
        for each in withheld:
            each["reason"] = ""
        numbers = [each["number"] for each in withheld]
        return httpx.Response(200, json={"entries": told, "withheld": numbers})

    _played(monkeypatch, answer)
    async with found_log("http://alert/", office.home.trust) as found:
        assert [entry.said() async for entry in found] == whole
    assert opened == [range(2, 4)], "newer reasons were opened with them"


async def test_pages_are_asked_for_again_and_each_with_a_token_that_counts_then(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [httpx.Response(503)]
    answers += [httpx.Response(200, json={"entries": [{}] * size}) for size in (1_000, 1)]
    asked: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.params["after"], request.headers["Authorization"]))
        return answers[len(asked) - 1]

    _played(monkeypatch, answer)
    tokens = (f"token-{number}" for number in range(9))
    monkeypatch.setattr(places, "command_tokens", lambda *_, **__: lambda: next(tokens))
    async with found_log("http://alert/", office.home.trust) as found:
        assert len([entry async for entry in found]) == 1_001
    assert asked == [
        ("0", "Bearer token-0"),
        ("0", "Bearer token-0"),
        ("1000", "Bearer token-1"),
    ]


@pytest.mark.parametrize("said", [{}, [], {"entries": None}, {"entries": ["no"]}])
async def test_what_answers_with_no_audit_log_is_told(
    office: Office, monkeypatch: pytest.MonkeyPatch, said: object
) -> None:
    _played(monkeypatch, lambda _: httpx.Response(200, json=said))
    with pytest.raises(InvalidInput, match="no audit log"):
        await _read("http://alert", office)


def _played(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[httpx.Request], httpx.Response]
) -> None:
    transport = httpx.MockTransport(answer)
    monkeypatch.setattr(places, "AlertApi", lambda url, token: AlertApi(url, token, transport))


async def _read(address: str, office: Office) -> None:
    async with found_log(address, office.home.trust):
        pass
