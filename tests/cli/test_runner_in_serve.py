"""What a gateway still has to do is done by the runner in `serve`, or by a worker's process of its own, to its end."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.served.gateway import Person, Served, served
from tests.served.operations import PAYMENT_BY_ID
from tests.served.server import Process, environment, started
from tests.services.providers.stripe.fake import KEY, FakeStripe

MOST_ASKS = 10_000
"""How often a payment is asked for before it is too late: an ask takes milliseconds, a runner waits two seconds."""

TOO_LONG_S = 60
"""What no step takes, and no test waits for without end."""


def test_a_duplicate_is_refunded_by_the_runner_in_serve(database_url: str) -> None:
    with served(database_url, worker="true") as gateway:
        student = gateway.student()
        payment_id = duplicate(gateway, student)
        assert_refunded(gateway, student, payment_id)


def test_a_duplicate_is_refunded_by_a_worker_beside_serve(database_url: str) -> None:
    with served(database_url, worker="false") as gateway:
        student = gateway.student()
        payment_id = duplicate(gateway, student)
        assert gateway.rows("SELECT state FROM job") == [("PENDING",)]
        with working(database_url) as worker:
            assert_refunded(gateway, student, payment_id)
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(TOO_LONG_S) == 0


def test_workers_share_the_work_and_end_when_told_to(database_url: str) -> None:
    with served(database_url, worker="true") as gateway, working(database_url) as one, working(database_url) as two:
        owed = [(student, duplicate(gateway, student)) for student in (gateway.student() for _ in range(5))]
        for student, payment_id in owed:
            wait_until_refunded(student, payment_id)
        for worker, number in ((one, signal.SIGTERM), (two, signal.SIGINT)):
            worker.send_signal(number)
            assert worker.wait(TOO_LONG_S) == 0
        refunds = gateway.rows("SELECT status, count(*) FROM refund GROUP BY status")
        assert refunds == [("SUCCEEDED", len(owed))]
        assert gateway.rows("SELECT count(*) FROM audit_entry WHERE action = 'payment.refunded'") == [(len(owed),)]


@pytest.mark.parametrize("is_inside", [True, False], ids=["the runner in serve", "a worker"])
def test_a_job_under_way_is_finished_before_the_process_ends(database_url: str, is_inside: bool) -> None:
    books = FakeStripe()
    line = Held(books.app())
    with listening(line) as stripe_url:
        settings = {"stripe_secret_key": KEY, "stripe_api_base": stripe_url}
        with served(database_url, worker=str(is_inside).lower(), **settings) as gateway:
            student = gateway.student()
            duplicate(gateway, student, books)
            with working(database_url, **settings) if not is_inside else unneeded(gateway) as process:
                assert line.has_arrived.wait(TOO_LONG_S), "nobody asked for the refund"
                process.send_signal(signal.SIGTERM)
                meanwhile = gateway.rows("SELECT state FROM job WHERE kind = 'payment.refund'")
                line.may_go_on.set()
                process.wait(TOO_LONG_S)
            assert meanwhile == [("RUNNING",)]
            assert gateway.rows("SELECT status FROM refund") == [("SUCCEEDED",)]
            assert gateway.rows("SELECT state FROM job WHERE kind = 'payment.refund'") == [("COMPLETED",)]
            assert len(books.refunds) == 1
            assert is_inside or process.returncode == 0


class Held:
    """A line to a fake, on which a refund waits until the test lets it go on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.has_arrived, self.may_go_on = Event(), Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (scope["method"], scope["path"]) == ("POST", "/v1/refunds"):
            self.has_arrived.set()
            await asyncio.to_thread(self.may_go_on.wait, TOO_LONG_S)
        await self._app(scope, receive, send)


@contextmanager
def listening(app: ASGIApp) -> Iterator[str]:
    """An application over real HTTP on a free port of loopback, from a thread."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, log_level="critical", lifespan="off")
    )
    socket = server.config.bind_socket()
    thread = Thread(target=server.run, kwargs={"sockets": [socket]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        socket.close()


@contextmanager
def working(database_url: str, **settings: str) -> Iterator[Process]:
    """A worker's process, looking for work; ended at the end if it still runs."""
    process = started("worker", env=environment(database_url, **settings))
    assert process.stdout is not None
    try:
        assert process.stdout.readline().startswith("Running jobs")
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@contextmanager
def unneeded(gateway: Served) -> Iterator[Process]:
    """No worker: the gateway's own process runs the jobs."""
    yield gateway.server.process


def duplicate(gateway: Served, student: Person, books: FakeStripe | None = None) -> str:
    """The id of a payment for what the student has by then paid for already."""
    course = gateway.course()
    changes = {} if books is None else {"provider": "STRIPE"}
    first, second = (gateway.opened(student, course, **changes) for _ in range(2))
    if books is not None:
        for reference in list(books.intents):
            books.pay(reference)
    assert gateway.confirm(student, first)["__typename"] == "ConfirmPaymentSuccess"
    answer = gateway.confirm(student, second)
    assert (answer["__typename"], answer["existingPurchase"] is None) == ("DuplicatePayment", False)
    return second


def wait_until_refunded(student: Person, payment_id: str) -> None:
    for _ in range(MOST_ASKS):
        if student.data(PAYMENT_BY_ID, id=payment_id)["payment"]["status"] == "REFUNDED":
            return
    pytest.fail("nobody carried the refund out")


def assert_refunded(gateway: Served, student: Person, payment_id: str) -> None:
    """The student gets all of it back, and keeps what was paid for first."""
    wait_until_refunded(student, payment_id)
    payment = student.data(PAYMENT_BY_ID, id=payment_id)["payment"]
    assert (payment["fulfilment"], payment["amountRefunded"]) == ("DUPLICATE", payment["amount"])
    assert gateway.rows("SELECT status FROM refund") == [("SUCCEEDED",)]
    assert gateway.rows("SELECT state FROM job WHERE kind = 'payment.refund'") == [("COMPLETED",)]
    assert gateway.rows("SELECT status FROM purchase") == [("ACTIVE",)]
