"""Ports on the loopback interface."""

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.homes import make_home

from lethe.cli.__main__ import lethe
from lethe.cli.stack.ports import _MOST_KEPT, LOOPBACK, _kept, free_ports, require_free_port
from lethe.contracts.errors import InvalidInput


def test_free_ports_differ_and_servers_can_listen_on_them() -> None:
    ports = free_ports(8)
    assert len(set(ports)) == 8
    for port in ports:
        with pytest.raises(ConnectionRefusedError), socket.create_connection((LOOPBACK, port)):
            pass
        with socket.create_server((LOOPBACK, port)):
            socket.create_connection((LOOPBACK, port)).close()


def test_whoever_takes_any_port_gets_none_of_them() -> None:
    [port] = free_ports(1)
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((LOOPBACK, port))


def test_of_very_many_the_first_are_let_go() -> None:
    free_ports(_MOST_KEPT + 1)
    free_ports(1)
    assert len(_kept) == _MOST_KEPT
    assert free_ports(0) == []


def test_a_port_in_use_is_refused_with_advice() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(InvalidInput, match=rf"port {port} is in use.*--port"):
            require_free_port(port)


def test_port_0_chooses_a_free_one() -> None:
    assert require_free_port(0) > 0


def test_a_port_in_use_does_not_hide_what_is_wrong_with_the_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_home(tmp_path / ".lethe")
    home.demonstration.mkdir(parents=True)
    monkeypatch.setenv("LETHE_HOME", str(home.folder))
    with socket.create_server((LOOPBACK, 0)) as server:
        port = str(server.getsockname()[1])
        call = ["watch", "nowhere.mp4", "--watchlist", str(tmp_path), "--port", port]
        told = CliRunner().invoke(lethe, call)
    assert isinstance(told.exception, InvalidInput)
    assert "nowhere.mp4" in str(told.exception)
