"""Apache Kafka with SASL/SCRAM and access rules: what a user lacks is told in one line."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
import structlog
from tests.support.access import (
    PASSWORDS,
    On,
    To,
    environment,
    forbid,
    grant,
    login,
    permit,
)
from tests.support.brokers import publishing, settings_for
from tests.support.clocks import FakeClock
from tests.support.homes import make_home
from tools.kafka.node import ADMIN, ApacheKafka, Security
from tools.running import PATIENCE_S, running_lethe, wait_until

from lethe.contracts.errors import InvalidInput, LetheError, Transient
from lethe.contracts.sealed import SealedBody
from lethe.contracts.topics import (
    ALERT_RAISED,
    CAMERA_ASSIGNED,
    DETECT_TICKET,
    FRAME_CAPTURED,
    PROBE_EXTRACTED,
)
from lethe.purge.backstop import Backstop
from lethe.runtime.admin import TopicAdmin
from lethe.runtime.broker_settings import BrokerSettings
from lethe.runtime.ownership import Ownership
from lethe.runtime.record_deletion import RecordDeletion
from lethe.runtime.settings import ServiceSettings

ALL_RIGHTS = {
    On.TOPIC: tuple(To),
    On.GROUP: (To.READ, To.DESCRIBE),
}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    folder = tmp_path_factory.mktemp("secured")
    with ApacheKafka(folder, security=Security(PASSWORDS)) as secured:
        asyncio.run(_make_topics(secured))
        yield secured


async def _make_topics(node: ApacheKafka) -> None:
    async with TopicAdmin(login(node, ADMIN)) as admin:
        await admin.create()
        await admin.wait_ready(timeout_s=60.0)
    for user in ("lethe", "hindered"):
        await grant(node, user, ALL_RIGHTS)


def service(settings: BrokerSettings) -> ServiceSettings:
    return settings_for(settings.broker, "client").model_copy(update=settings.model_dump())


def lethe(
    settings: BrokerSettings, *arguments: str, home: Path | None = None
) -> subprocess.CompletedProcess[str]:
    known = {"LETHE_HOME": str(home)} if home else {}
    return subprocess.run(
        [sys.executable, "-m", "lethe.cli", *arguments, "--broker", settings.broker],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | known | environment(settings),
    )


def test_wrong_credentials_are_told_of_in_one_line(node: ApacheKafka) -> None:
    done = lethe(login(node, "lethe", "guessed"), "up", "--port", "0", "--headless")
    told = f"lethe: the broker {node.address} refuses the credentials; check LETHE_BROKER_USERNAME"
    assert (done.returncode, done.stderr) == (2, f"{told} and _PASSWORD\n")


async def test_a_service_with_wrong_credentials_says_so(node: ApacheKafka) -> None:
    with pytest.raises(InvalidInput, match="refuses the credentials"):
        async with publishing(service(login(node, "lethe", "guessed"))):
            pass


def test_a_client_that_doesnt_log_in_is_told_which_setting_to_look_at(node: ApacheKafka) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lethe.cli", "topics", "check", "--broker", node.address],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "check LETHE_BROKER_SECURITY" in done.stderr


@pytest.mark.parametrize("command", [("topics", "check"), ("topics", "create")])
def test_a_user_without_rights_is_told_which_topic_it_cant_see(
    node: ApacheKafka, command: tuple[str, ...]
) -> None:
    done = lethe(login(node, "guest"), *command)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "the broker refuses this user topic lethe." in done.stderr


async def test_a_group_that_a_user_may_not_join_ends_the_service(node: ApacheKafka) -> None:
    await grant(node, "guest", {On.TOPIC: (To.DESCRIBE, To.READ)}, prefix=CAMERA_ASSIGNED.name)

    async def ignore(_partitions: frozenset[int], _generation: int) -> None:
        return

    ownership = Ownership(service(login(node, "guest")), "detect", CAMERA_ASSIGNED, ignore)
    with pytest.raises(InvalidInput, match=r"refuses this user group lethe\.detect"):
        await ownership.run()


async def test_a_session_shorter_than_the_broker_allows_ends_the_service(
    node: ApacheKafka,
) -> None:
    async def ignore(_partitions: frozenset[int], _generation: int) -> None:
        return

    settings = service(login(node, "lethe")).model_copy(update={"session_timeout_ms": 900})
    ownership = Ownership(settings, "detect", CAMERA_ASSIGNED, ignore)
    with pytest.raises(InvalidInput, match=r"sessions of 900 ms.*group\.min\.session\.timeout\.ms"):
        await ownership.run()


async def test_a_topic_that_a_user_may_not_write_is_named_in_the_log(node: ApacheKafka) -> None:
    await forbid(node, "hindered", DETECT_TICKET.name, To.WRITE)
    async with publishing(service(login(node, "hindered"))) as publisher:
        with structlog.testing.capture_logs() as lines:
            for _ in range(2):
                with pytest.raises(Transient):
                    await publisher.send(DETECT_TICKET, "detect-1", b"ticket")
        await publisher.send(ALERT_RAISED, "a", b"allowed")
        assert publisher.trouble == lines[0]["reason"]
        await permit(node, "hindered", DETECT_TICKET.name, To.WRITE)
        while publisher.trouble:
            with suppress(Transient):
                await publisher.send(DETECT_TICKET, "detect-1", b"ticket")
    assert [line["topic"] for line in lines] == [DETECT_TICKET.name]
    assert f"refuses this user topic {DETECT_TICKET.name}" in lines[0]["reason"]


async def test_a_user_that_may_not_delete_records_is_told_so(node: ApacheKafka) -> None:
    await forbid(node, "hindered", FRAME_CAPTURED.name, To.DELETE)
    options = login(node, "hindered").connection("client")
    async with (
        publishing(service(login(node, "hindered"))) as publisher,
        RecordDeletion(options, [FRAME_CAPTURED]) as records,
    ):
        await publisher.send(FRAME_CAPTURED, "camera-1", SealedBody(b"sealed"))
        with pytest.raises(LetheError, match=FRAME_CAPTURED.name):
            await records.delete_before(await records.ends())


async def test_a_backstop_that_is_refused_one_topic_says_so_once_and_purge_goes_on(
    node: ApacheKafka,
) -> None:
    await forbid(node, "hindered", FRAME_CAPTURED.name, To.DELETE)
    settings = service(login(node, "hindered"))
    clock = FakeClock()
    async with (
        publishing(settings) as publisher,
        RecordDeletion(settings.broker_options(), [FRAME_CAPTURED, PROBE_EXTRACTED]) as records,
    ):
        backstop = Backstop(records, clock, lambda: True, budget_ms=1_000)
        with structlog.testing.capture_logs() as lines:
            for number in range(6):
                for topic in (FRAME_CAPTURED, PROBE_EXTRACTED):
                    await publisher.send(topic, f"camera-{number}", SealedBody(b"sealed"))
                await backstop.look()
                clock.time.advance_ms(3_000)
    [line] = lines
    assert (line["event"], line["log_level"]) == ("the broker deletes no sealed records", "warning")
    assert FRAME_CAPTURED.name in line["reason"]


def test_a_run_tells_which_topic_it_may_not_write_and_leaves_nothing(
    node: ApacheKafka, tmp_path: Path
) -> None:
    asyncio.run(forbid(node, "hindered", PROBE_EXTRACTED.name, To.WRITE))
    settings = login(node, "hindered")
    arguments = ("demo", "--broker", settings.broker)
    with running_lethe(tmp_path, *arguments, environment=environment(settings)) as running:
        port = running.children()["detect-1"].environ()["LETHE_HTTP_PORT"]
        readiness = f"http://127.0.0.1:{port}/readyz"
        wait_until(lambda: not httpx.get(readiness, timeout=PATIENCE_S).is_success)
        unready = httpx.get(readiness, timeout=PATIENCE_S).json()["reason"]
        report = running.finish(interrupt=True)
    refusal = f"refuses this user topic {PROBE_EXTRACTED.name}"
    assert refusal in unready
    # On a busy machine the kernel timer may end a service that holds keys: that isn't asked here.
    [told] = [line for line in running.told.splitlines() if "stopped (signal 9)" not in line]
    assert told.startswith("detect")
    assert refusal in told
    assert report["frames"]["captured"] > 0
    assert (report["unerased"], report["alerts"]) == (0, [])


def test_a_stack_whose_user_has_every_right_stands(node: ApacheKafka, tmp_path: Path) -> None:
    home = make_home(tmp_path / ".lethe")
    arguments = ("up", "--port", "0", "--headless", "--seconds", "1")
    done = lethe(login(node, "lethe"), *arguments, home=home.folder)
    assert (done.returncode, done.stderr) == (0, "")
