"""Every option reaches what it is for."""

import shlex
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.commands import commands
from tests.support.homes import make_home

from lethe.cli.__main__ import lethe
from lethe.cli.home import Home
from lethe.cli.session import run
from lethe.cli.session.cameras import SourceOptions
from lethe.cli.session.options import StackOptions, WatchOptions
from lethe.cli.stack.services import StackSettings, service_spec
from lethe.contracts.cameras import Transport
from lethe.contracts.errors import InvalidInput
from lethe.receipts.cosignatures import Cosigner
from lethe.shredding.trust import load_local_trust

_COSIGNER = Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
_WITNESS = f"https://witness.example {_COSIGNER.verifier}"
_DEFAULTS = StackOptions(
    port=8080,
    data=None,
    cool_down_s=30.0,
    memory_bound_mb=4096,
    standby=False,
    instances=1,
    tracking=True,
    headless=False,
    seconds=None,
    broker=None,
)
_STACK = {
    "--port 9000": ("port", 9000),
    "--data kept": ("data", Path("kept")),
    "--cool-down 7": ("cool_down_s", 7.0),
    "--memory-bound-mb 512": ("memory_bound_mb", 512),
    "--standby": ("standby", True),
    "--instances 3": ("instances", 3),
    "--no-tracking": ("tracking", False),
    "--headless": ("headless", True),
    "--seconds 12.5": ("seconds", 12.5),
    "--broker kafka.example:9092": ("broker", "kafka.example:9092"),
    f"--witness '{_WITNESS}'": ("witnesses", (_WITNESS,)),
}
_WATCH = {
    "--threshold 0.75": ("threshold", 0.75),
    "--once": ("once", True),
    "--no-realtime": ("realtime", False),
    "--report run.json": ("report", Path("run.json")),
    "--skip-bad": ("skip_bad", True),
    "--area north": ("area", "north"),
    "--volunteer ada": ("volunteers", ("ada",)),
}
_SOURCES = {
    "--camera cameras.toml": ("files", (Path("cameras.toml"),)),
    "--secret gate": ("secret", "gate"),
    "--transport udp": ("transport", Transport.UDP),
    "--follow": ("follow", True),
}
_WATCHED = ["watch", "rtsp://192.0.2.10/s", "--watchlist", "people"]


@pytest.fixture(name="home")
def home_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = make_home(tmp_path / ".lethe")
    home.demonstration.mkdir(parents=True)
    monkeypatch.setenv("LETHE_HOME", str(home.folder))
    return home


@pytest.fixture(name="asked")
def asked_(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Collect what the commands ask to be run, instead of running it."""
    asked: list[Any] = []
    for name in ("watch", "up"):
        monkeypatch.setattr(run, name, lambda options, _home: asked.append(options))
    return asked


def call(*arguments: str) -> None:
    ended = CliRunner().invoke(lethe, arguments, catch_exceptions=False)
    assert ended.exit_code == 0, ended.output


def changed(options: Any, defaults: Any) -> dict[str, Any]:
    """Return the fields in which options differ from the defaults."""
    return {
        field.name: getattr(options, field.name)
        for field in fields(defaults)
        if getattr(options, field.name) != getattr(defaults, field.name)
    }


def test_without_options_watch_asks_for_the_defaults(asked: list[WatchOptions]) -> None:
    call(*_WATCHED)
    assert asked == [
        WatchOptions(
            stack=_DEFAULTS,
            sources=SourceOptions(("rtsp://192.0.2.10/s",)),
            watchlist=Path("people"),
            threshold=0.60,
            once=False,
            realtime=True,
            report=None,
            skip_bad=False,
        )
    ]


@pytest.mark.parametrize("option", _STACK)
@pytest.mark.parametrize("command", ["watch", "demo", "up"])
@pytest.mark.usefixtures("home")
def test_an_option_of_the_stack_changes_that_alone(
    asked: list[Any], command: str, option: str
) -> None:
    call(*(_WATCHED if command == "watch" else [command]), *shlex.split(option))
    [options] = asked
    name, value = _STACK[option]
    assert changed(options if command == "up" else options.stack, _DEFAULTS) == {name: value}


@pytest.mark.parametrize("option", _WATCH)
@pytest.mark.parametrize("command", ["watch", "demo"])
@pytest.mark.usefixtures("home")
def test_an_option_of_watching_changes_that_alone(
    asked: list[WatchOptions], command: str, option: str
) -> None:
    arguments = _WATCHED if command == "watch" else [command]
    call(*arguments)
    call(*arguments, *option.split())
    defaults, options = asked
    name, value = _WATCH[option]
    assert changed(options, defaults) == {name: value}


@pytest.mark.parametrize("option", _SOURCES)
def test_an_option_of_the_sources_changes_that_alone(
    asked: list[WatchOptions], option: str
) -> None:
    call(*_WATCHED)
    call(*_WATCHED, *option.split())
    defaults, options = asked
    name, value = _SOURCES[option]
    assert changed(options.sources, defaults.sources) == {name: value}


def test_secret_transport_and_follow_reach_what_ingest_is_told(
    asked: list[WatchOptions], tmp_path: Path
) -> None:
    call(*_WATCHED, str(tmp_path), "--secret", "gate", "--transport", "udp", "--follow")
    address, folder = [camera.assigned("d") for camera in asked[0].sources.cameras()]
    assert (address.secret, address.transport, address.follow) == ("gate", Transport.UDP, False)
    assert (folder.secret, folder.follow) == (None, True)


def test_every_option_of_the_stack_is_tried_here() -> None:
    tried = {name for name, _ in _STACK.values()}
    assert tried == {field.name for field in fields(StackOptions)}
    tried = {name for name, _ in _WATCH.values()} | {"stack", "sources", "watchlist"}
    assert tried == {field.name for field in fields(WatchOptions)}
    tried = {name for name, _ in _SOURCES.values()} | {"sources"}
    assert tried == {field.name for field in fields(SourceOptions)}


def test_what_was_chosen_reaches_the_stack(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started: list[StackSettings] = []

    def start(settings: StackSettings, *_: object) -> None:
        started.append(settings)
        raise InvalidInput("far enough")

    monkeypatch.setattr(run, "running_stack", start)
    arguments = ["--port", "0", "--data", str(tmp_path / "kept"), "--no-tracking", "--standby"]
    arguments += ["--instances", "2", "--cool-down", "7"]
    with pytest.raises(InvalidInput, match="far enough"):
        call("up", *arguments, "--broker", "kafka.example:9092")
    [settings] = started
    assert (settings.instances, settings.cool_down_s) == (2, 7.0)
    assert (settings.standby, settings.tracking) == (True, False)
    assert settings.data == tmp_path / "kept"
    assert settings.secrets == home.secrets
    assert settings.broker is not None
    assert settings.broker.broker == "kafka.example:9092"


def test_a_memory_bound_for_a_broker_that_isnt_ours_is_refused() -> None:
    with pytest.raises(InvalidInput, match="leave it out with --broker"):
        call("up", "--memory-bound-mb", "512", "--broker", "kafka.example:9092")


@pytest.mark.parametrize("tracking", [True, False])
def test_detect_is_told_whether_to_track_and_alert_how_long_to_cool_down(
    home: Home, tmp_path: Path, *, tracking: bool
) -> None:
    settings = StackSettings(
        trust=load_local_trust(home.trust),
        model_pack=home.model_pack,
        data=tmp_path,
        port=8080,
        cool_down_s=7.0,
        memory_bound_mb=512,
        tracking=tracking,
    )
    told = {
        service: service_spec(f"{service}-1", service, settings, {}, 9000).environment
        for service in ("detect", "alert")
    }
    assert told["detect"]["LETHE_TRACKING"] == ("true" if tracking else "false")
    assert told["alert"]["LETHE_COOL_DOWN_S"] == "7"


@pytest.mark.parametrize("option", ["--alert-url", "--trust", "--as", "--key", "--sign-with"])
def test_an_option_of_several_commands_says_the_same_of_each(option: str) -> None:
    told = {
        parameter.help or ""
        for name, command in commands().items()
        if name.split()[:1] in (["audit"], ["deployment"], ["resume"], ["status"])
        for parameter in command.params
        if isinstance(parameter, click.Option) and option in parameter.opts
        if name != "audit verify" or option != "--key"
    }
    [text] = told
    assert "officer" not in text
