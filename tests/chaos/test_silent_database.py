"""A served gateway while its PostgreSQL server says nothing: how soon it says so, goes on, and can be stopped."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url

from tests.served.gateway import Person, Served, served
from tests.served.line import Line, line_to
from tests.served.operations import CONFIRM_PAYMENT

pytestmark = [pytest.mark.chaos, pytest.mark.usefixtures("process")]

BACK_S, READY_S, STOPPED_S = 15.0, 2.5, 45.0


@pytest.fixture
def line(new_postgresql: Callable[[], str]) -> Iterator[Line]:
    with line_to(new_postgresql()) as opened:
        yield opened


def ready(gateway: Served) -> tuple[int, float]:
    """What `/readyz` says, and after how many seconds."""
    began = time.monotonic()
    answer = httpx.get(gateway.server.url.replace("/graphql", "/readyz"), timeout=30)
    return answer.status_code, time.monotonic() - began


@contextmanager
def silent(line: Line) -> Iterator[None]:
    line.swallow_all()
    yield
    line.heal()


def is_confirmed(student: Person, payment: str) -> bool:
    answer = student.post(CONFIRM_PAYMENT, {"input": {"paymentId": payment}})
    return "ConfirmPaymentSuccess" in answer.text


def stopped_in(gateway: Served) -> float:
    began = time.monotonic()
    gateway.server.process.terminate()
    gateway.server.process.wait(timeout=90)
    return time.monotonic() - began


def told(what: str, seconds: float, most_s: float) -> None:
    print(f"{what}: {seconds:.1f} s")
    assert seconds < most_s, what


@contextmanager
def frozen(database_url: str) -> Iterator[None]:
    """The server's processes stand still."""
    folder = make_url(database_url).query["host"]
    assert isinstance(folder, str)
    keeper = int((Path(folder) / "postmaster.pid").read_text().split("\n", 1)[0])
    children = Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()
    processes = [keeper, *map(int, children)]
    for each in processes:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in processes:
            os.kill(each, signal.SIGCONT)


@pytest.mark.parametrize("trouble", [Line.swallow_old, Line.reset, Line.half_close])
def test_writes_and_reads_go_on_by_new_lines(line: Line, trouble: Callable[[Line], None]) -> None:
    with served(line.url) as gateway, ThreadPoolExecutor() as beside:
        course, student = gateway.course(), gateway.student()
        payment = gateway.opened(student, course)
        trouble(line)
        began = time.monotonic()
        confirming = beside.submit(gateway.confirm, student, payment)
        status, seconds = ready(gateway)
        told(f"/readyz {status}", seconds, READY_S)
        assert confirming.result()["__typename"] == "ConfirmPaymentSuccess"
        told("a write is answered as done", time.monotonic() - began, BACK_S)
        assert ready(gateway)[0] == 200
        assert gateway.rows("SELECT count(*) FROM purchase") == [(1,)]
        told("stopped", stopped_in(gateway), STOPPED_S)


@pytest.mark.parametrize("how", ["nothing gets through", "the server is frozen"])
def test_while_nothing_is_said_at_all_callers_are_told_and_afterwards_served(
    new_postgresql: Callable[[], str], how: str
) -> None:
    url = new_postgresql()
    is_frozen = how == "the server is frozen"
    with line_to(url) as line, served(url if is_frozen else line.url) as gateway:
        student = gateway.student()
        payment = gateway.opened(student, gateway.course())
        with frozen(url) if is_frozen else silent(line):
            status, seconds = ready(gateway)
            assert status == 503
            told("/readyz 503", seconds, READY_S)
            for _ in range(2):
                began = time.monotonic()
                assert not is_confirmed(student, payment)
                told("a caller is told", time.monotonic() - began, BACK_S)
        began = time.monotonic()
        while not is_confirmed(student, payment):
            assert time.monotonic() - began < BACK_S
        told("served again", time.monotonic() - began, BACK_S)
        assert gateway.rows("SELECT count(*) FROM purchase") == [(1,)]


def test_a_gateway_stops_while_its_database_says_nothing(line: Line) -> None:
    with served(line.url) as gateway, ThreadPoolExecutor() as beside:
        student = gateway.student()
        payment = gateway.opened(student, gateway.course())
        line.swallow_all()
        asked = beside.submit(is_confirmed, student, payment)
        assert ready(gateway)[0] == 503  # by then the other request is under way
        told("stopped", stopped_in(gateway), STOPPED_S)
        assert not asked.result()
