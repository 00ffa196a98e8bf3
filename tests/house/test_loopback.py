"""No test reaches the network."""

import socket

import pytest


def test_the_world_is_out_of_reach_by_address() -> None:
    with (
        socket.socket() as outgoing,
        pytest.raises(RuntimeError, match="only loopback"),
    ):
        outgoing.connect(("192.0.2.1", 80))


def test_the_world_is_out_of_reach_by_name() -> None:
    with pytest.raises(RuntimeError, match="only loopback"):
        socket.getaddrinfo("example.org", 80)


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
