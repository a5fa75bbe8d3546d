"""The load generator, against servers that answer as servers may."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from bench.load import Job, Seen, drive, write_requests

RIGHT = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nall is well"
Answer = Callable[[socket.socket, int], None]


@contextmanager
def serving(answer: Answer) -> Iterator[tuple[int, list[bytes]]]:
    """A server of one thread, which takes one connection and answers each request as it is told."""
    heard: list[bytes] = []

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            while request := connection.recv(65536):
                heard.append(request)
                answer(connection, len(heard))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1], heard
        thread.join()


def driven(
    port: int,
    folder: Path,
    requests: list[bytes],
    *,
    again: bool = False,
    most: int | None = None,
    seconds: float = 30.0,
) -> Seen:
    """What is seen by one caller who sends the requests."""
    file = folder / "requests"
    write_requests(file, requests)
    return drive(Job(port, str(file), again, most, "well", connections=1, warm_s=0.0, seconds=seconds, pids=()))


def right(connection: socket.socket, _: int) -> None:
    connection.sendall(RIGHT)


def test_each_request_is_sent_once_after_the_answer_to_the_one_before(tmp_path: Path) -> None:
    requests = [b"request %d" % number for number in range(50)]
    with serving(right) as (port, heard):
        seen = driven(port, tmp_path, requests)
    assert heard == requests
    assert (seen.answered, seen.measured, seen.wrong) == (50, 50, 0)
    assert 0 < seen.p50_ms <= seen.p99_ms


def test_requests_that_may_be_repeated_begin_anew_until_as_many_are_sent_as_were_wished(tmp_path: Path) -> None:
    with serving(right) as (port, heard):
        seen = driven(port, tmp_path, [b"a", b"b"], again=True, most=5)
    assert heard == [b"a", b"b", b"a", b"b", b"a"]
    assert seen.answered == 5


def test_when_the_time_is_up_nothing_more_is_sent_and_what_is_under_way_is_waited_for(tmp_path: Path) -> None:
    with serving(right) as (port, heard):
        seen = driven(port, tmp_path, [b"a"], again=True, seconds=0.0)
    assert (len(heard), seen.answered, seen.measured) == (1, 1, 0)


def test_an_answer_that_comes_in_pieces_is_one(tmp_path: Path) -> None:
    def in_pieces(connection: socket.socket, _: int) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for place in range(len(RIGHT)):
            connection.sendall(RIGHT[place : place + 1])

    with serving(in_pieces) as (port, heard):
        seen = driven(port, tmp_path, [b"a", b"b"])
    assert (heard, seen.answered, seen.wrong) == ([b"a", b"b"], 2, 0)


def test_another_status_and_another_text_are_wrong_answers(tmp_path: Path) -> None:
    def wrong(connection: socket.socket, number: int) -> None:
        connection.sendall(RIGHT.replace(b"200 OK", b"500 No") if number == 1 else RIGHT.replace(b"well", b"ill."))

    with serving(wrong) as (port, _):
        seen = driven(port, tmp_path, [b"a", b"b"])
    assert (seen.answered, seen.wrong) == (0, 2)
    assert seen.first_wrong.startswith("HTTP/1.1 500 No")


def test_a_server_that_hangs_up_has_answered_wrongly(tmp_path: Path) -> None:
    def hang_up(connection: socket.socket, number: int) -> None:
        if number < 3:
            connection.sendall(RIGHT)
        else:
            connection.shutdown(socket.SHUT_RDWR)

    with serving(hang_up) as (port, _):
        seen = driven(port, tmp_path, [b"a"] * 9)
    assert (seen.answered, seen.wrong, seen.first_wrong) == (2, 1, "the server hung up")


@pytest.mark.parametrize("requests", [[b"a"], [b"a", b"b", b"c"]])
def test_a_file_of_requests_holds_them_as_they_were_written(requests: list[bytes], tmp_path: Path) -> None:
    with serving(right) as (port, heard):
        driven(port, tmp_path, requests)
    assert heard == requests


def test_a_server_may_hang_up_on_who_waits_for_nothing(tmp_path: Path) -> None:
    """As it does when a connection was idle for long, because others still wait."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=first_hangs_up_then_the_other_is_answered, args=(listening,))
        thread.start()
        file = tmp_path / "requests"
        write_requests(file, [b"a", b"b"])
        port = listening.getsockname()[1]
        seen = drive(Job(port, str(file), False, None, "well", connections=2, warm_s=0.0, seconds=30.0, pids=()))
        thread.join()
    assert (seen.answered, seen.wrong) == (2, 0)


def first_hangs_up_then_the_other_is_answered(listening: socket.socket) -> None:
    first, second = listening.accept()[0], listening.accept()[0]
    first.recv(100)
    first.sendall(RIGHT)
    first.shutdown(socket.SHUT_WR)
    assert first.recv(100) == b""  # the caller has seen it, and closed as well
    second.recv(100)
    second.sendall(RIGHT)
    for each in (first, second):
        each.close()
