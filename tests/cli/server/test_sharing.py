"""Connections to a port on which several processes listen: each has its share, and none waits for one that hangs."""

import asyncio
import multiprocessing
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from gateway.cli import serve
from gateway.cli.server import sharing
from gateway.cli.server.sharing import MOST_PROCESSES, SharedConfig, Shares, Sharing

pytestmark = pytest.mark.anyio

MANY = 48


class Answering(asyncio.Protocol):
    """What answers a connection, as far as who takes it knows: all of one process know of each other."""

    def __init__(self, connections: set[asyncio.Protocol]) -> None:
        self.connections = connections
        self.is_told_to_stop = False

    def connection_made(self, _: asyncio.BaseTransport) -> None:
        self.connections.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        self.connections.discard(self)

    def shutdown(self) -> None:
        self.is_told_to_stop = True


def sent(shares: Shares) -> Shares:
    """What a process that is started gets of it."""
    received = Shares.__new__(Shares)
    received.__setstate__(shares.__getstate__())
    return received


@contextmanager
def listening() -> Iterator[socket.socket]:
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))
        port.listen(MANY)
        yield port


def server(port: socket.socket, shares: Shares) -> tuple[Sharing, set[asyncio.Protocol]]:
    connections: set[asyncio.Protocol] = set()
    return Sharing(asyncio.get_running_loop(), port.dup(), lambda: Answering(connections), shares), connections


async def all_taken(*servers: set[asyncio.Protocol]) -> None:
    async with asyncio.timeout(30):
        while sum(map(len, servers)) < MANY:  # noqa: ASYNC110  the loop under test moves meanwhile
            await asyncio.sleep(0.001)


async def call(port: socket.socket) -> list[asyncio.StreamWriter]:
    return [(await asyncio.open_connection(*port.getsockname()))[1] for _ in range(MANY)]


def hang_up(callers: Sequence[asyncio.StreamWriter | socket.socket], *servers: Sharing) -> None:
    for caller in callers:
        caller.close()
    for each in servers:
        each.close()
        each._listening.close()


async def test_processes_that_listen_on_one_port_have_equal_shares_of_what_comes() -> None:
    shares = Shares()
    with listening() as port:
        (one, of_one), (other, of_other) = server(port, sent(shares)), server(port, sent(shares))
        callers = await call(port)
        await all_taken(of_one, of_other)
        assert min(len(of_one), len(of_other)) >= MANY // 3
        hang_up(callers, one, other)


async def test_connections_that_all_come_at_once_are_shared_though_the_other_had_many_before() -> None:
    shares = Shares()
    other = sent(shares)
    other.tell(MANY)  # which are gone, as it says when it wakes
    with listening() as port:
        one, of_one = server(port, sent(shares))
        callers = [socket.create_connection(port.getsockname()) for _ in range(MANY)]
        one._take_share()
        other.tell(0)
        one._take_share()
        assert 0 < one.count < MANY // 4
        other.leave()
        await all_taken(of_one)
        hang_up(callers, one)


async def test_a_process_that_hangs_keeps_no_caller_waiting() -> None:
    shares = Shares()
    hanging = sent(shares)
    hanging.tell(0)
    with listening() as port:
        one, of_one = server(port, sent(shares))
        callers = await call(port)
        await all_taken(of_one)
        assert hanging.others() == [MANY]
        hang_up(callers, one)


async def test_a_process_that_takes_no_more_is_not_waited_for() -> None:
    shares = Shares()
    with listening() as port:
        one, _ = server(port, sent(shares))
        other = sent(shares)
        assert other.others() == [0]
        hang_up([], one)
        assert other.others() == []
        assert not one.is_serving()


def test_a_process_that_died_is_not_waited_for() -> None:
    shares = Shares()
    died, lives = sent(shares), sent(shares)
    child = multiprocessing.get_context("fork").Process(target=died.tell, args=(0,))
    child.start()
    child.join()
    assert died._cells[2 * died._place] == child.pid
    assert lives.others() == []


def test_a_process_that_died_is_forgotten_by_its_number_which_may_be_anothers_by_now() -> None:
    shares = Shares()
    died, lives = sent(shares), sent(shares)
    died.tell(0)  # by this process: the number is of one that lives
    assert lives.others() == [0]
    shares.forget(os.getpid())
    assert lives.others() == []


def test_a_number_that_another_users_process_has_is_nobodys_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_pid: int, _number: int) -> None:
        raise PermissionError

    shares = Shares()
    sent(shares).tell(0)
    monkeypatch.setattr(os, "kill", refuse)  # as the system does it, but for root, whom it refuses nothing
    assert sent(shares).others() == []


def test_a_process_that_is_started_gets_a_place_of_nobody_who_lives() -> None:
    shares = Shares()
    lives = sent(shares)
    lives.tell(3)
    places = {sent(shares)._place for _ in range(2 * MOST_PROCESSES)}
    assert places == {*range(MOST_PROCESSES)} - {lives._place}


async def test_a_connection_that_comes_while_its_process_is_told_to_stop_is_told_so() -> None:
    with listening() as port:
        one, of_one = server(port, sent(Shares()))
        caller = socket.create_connection(port.getsockname())
        one._take_share()
        one.close()
        async with asyncio.timeout(30):
            while not any(isinstance(each, Answering) and each.is_told_to_stop for each in of_one):  # noqa: ASYNC110  likewise
                await asyncio.sleep(0.001)
        caller.close()
        one._listening.close()


async def test_a_process_that_can_open_no_more_files_tries_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "PAUSE_S", 0.001)
    with listening() as port:
        one, of_one = server(port, sent(Shares()))
        socket_of_one = one._listening
        full = iter([OSError(24, os.strerror(24))])

        class Full:
            """The socket, at first in a process that has as many files as it may."""

            def accept(self) -> tuple[socket.socket, object]:
                for error in full:
                    raise error
                return socket_of_one.accept()

            def fileno(self) -> int:
                return socket_of_one.fileno()

        one._listening = Full()  # type: ignore[assignment]  # as much of a socket as is asked of it
        caller = socket.create_connection(port.getsockname())
        async with asyncio.timeout(30):
            while not of_one:  # noqa: ASYNC110  likewise
                await asyncio.sleep(0.001)
        caller.close()
        one.close()
        socket_of_one.close()


def test_several_processes_share_and_a_lone_one_takes_all() -> None:
    assert isinstance(serve._config("127.0.0.1", 0, 2), SharedConfig)
    assert not isinstance(serve._config("127.0.0.1", 0, 1), SharedConfig)
