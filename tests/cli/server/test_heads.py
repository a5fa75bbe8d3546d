"""A request's head: as long as clients send them, and not without end."""

import socket
from collections.abc import Callable
from contextlib import ExitStack
from select import select
from urllib.parse import urlsplit

from tests.served.gateway import Served, served


def asked(gateway: Served) -> socket.socket:
    at = urlsplit(gateway.server.url)
    connection = socket.create_connection((at.hostname, at.port), timeout=10)
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: here\r\nConnection: close\r\nX-Long: ")
    return connection


def answer(connection: socket.socket) -> bytes:
    said = bytearray()
    while part := connection.recv(4_096):
        said += part
    return bytes(said)


def test_a_head_that_does_not_end_is_hung_up_on(gateway: Served) -> None:
    with asked(gateway) as connection:
        for _ in range(40):
            connection.sendall(b"x" * 4_096)
            if select([connection], [], [], 0.05)[0]:
                break
        assert answer(connection).startswith(b"HTTP/1.1 431 ")


def test_a_long_head_in_many_pieces_is_answered(gateway: Served) -> None:
    with asked(gateway) as connection:
        for _ in range(60):
            connection.sendall(b"x" * 1_000)
        connection.sendall(b"\r\n\r\n")
        assert answer(connection).startswith(b"HTTP/1.1 200 ")


def test_of_those_who_ask_nothing_as_many_stay_as_the_operator_says(new_sqlite: Callable[[], str]) -> None:
    with served(new_sqlite(), limit_waiting_connections="10") as gateway, ExitStack() as opened:
        silent = [opened.enter_context(asked(gateway)) for _ in range(30)]
        assert [_is_left(each) for each in silent[:20]] == [True] * 20
        for each in silent[20:]:
            each.sendall(b"x\r\n\r\n")
            assert answer(each).startswith(b"HTTP/1.1 200 ")


def _is_left(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
