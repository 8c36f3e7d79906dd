"""Ports on the loopback interface."""

import socket

import pytest

from lethe.cli.stack.ports import LOOPBACK, free_ports, require_free_port
from lethe.contracts.errors import InvalidInput


def test_free_ports_differ_and_can_be_bound() -> None:
    ports = free_ports(8)
    assert len(set(ports)) == 8
    for port in ports:
        with socket.socket() as each:
            each.bind((LOOPBACK, port))


def test_a_port_in_use_is_refused_with_advice() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(InvalidInput, match=rf"port {port} is in use.*--port"):
            require_free_port(port)


def test_port_0_chooses_a_free_one() -> None:
    assert require_free_port(0) > 0
