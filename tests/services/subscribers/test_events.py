"""Subscribers of a served gateway are told over real HTTP, signed and in order; and so is the old course service."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from time import monotonic, sleep

import pytest
from sqlalchemy import update
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from db.statements import JOB
from tests.served.gateway import Served, connected, served
from tests.services.subscribers.examples import NEW, OLD

TOO_LONG_S = 60
"""What no delivery takes, and no test waits for without end."""


@dataclass
class SubscriberConfig:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """An HTTP server on loopback. It answers what it is told to, one after the other, and 204 beyond."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    queue: Queue[SubscriberConfig] = field(default_factory=Queue)

    def next(self) -> SubscriberConfig:
        return self.queue.get(timeout=TOO_LONG_S)


@contextmanager
def receiving(*answers: int) -> Iterator[Receiver]:
    receiver = Receiver(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.queue.put(SubscriberConfig(self.path, headers, body))
            self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: the test says what came."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_purchase_is_told_signed_and_in_order(database_url: str) -> None:
    with (
        receiving() as receiver,
        served(database_url, worker="true", event_subscribers=f"{receiver.url}/hook?key=1 {OLD}") as gateway,
    ):
        student = gateway.student()
        payment_id = gateway.opened(student, gateway.course())
        purchase = gateway.confirm(student, payment_id)["purchase"]
        told = [receiver.next() for _ in range(3)]
        events = [Webhook(OLD).verify(each.body, each.headers) for each in told]
        assert [event["type"] for event in events] == ["payment.succeeded", "purchase.created", "access.granted"]
        assert [event["subject"] for event in events] == [payment_id, purchase["id"], purchase["id"]]
        assert {each.path for each in told} == {"/hook?key=1"}
        assert [event["id"] for event in events] == [each.headers["webhook-id"] for each in told]
        assert events[1]["data"]["purchase"]["id"] == purchase["id"]
        with pytest.raises(WebhookVerificationError):
            Webhook(NEW).verify(told[0].body, told[0].headers)


def test_what_was_not_taken_comes_again_under_its_id_and_before_what_follows(database_url: str) -> None:
    with (
        receiving(503) as receiver,
        served(database_url, worker="true", event_subscribers=f"{receiver.url}/ {OLD}") as gateway,
    ):
        student = gateway.student()
        gateway.confirm(student, gateway.opened(student, gateway.course()))
        told = [receiver.next()]
        have_it_due_again(gateway)
        told += [receiver.next() for _ in range(3)]
        types = [json.loads(each.body)["type"] for each in told]
        assert types == ["payment.succeeded", "payment.succeeded", "purchase.created", "access.granted"]
        assert told[0].headers["webhook-id"] == told[1].headers["webhook-id"]


def have_it_due_again(gateway: Served) -> None:
    """What was not taken is sent again now, and not after the seconds that are planned."""
    is_it = (JOB.c.kind == "event.deliver") & (JOB.c.state == "RETRYING")
    latest = monotonic() + TOO_LONG_S
    while monotonic() < latest:
        with connected(gateway.database_url) as connection:
            if connection.execute(update(JOB).where(is_it).values(run_at=datetime.now(UTC))).rowcount:
                return
        sleep(0.01)
    pytest.fail("it is not planned again")


def test_the_old_course_service_is_told_of_each_new_purchase_and_may_know_it(database_url: str) -> None:
    with (
        receiving(409) as receiver,
        served(database_url, worker="true", course_service_url=receiver.url, course_service_token="a-token") as gateway,
    ):
        student, course_id = gateway.student(), gateway.course()
        gateway.confirm(student, gateway.opened(student, course_id))
        gateway.create(course_id, "student-x")
        told = sorted(
            (json.loads(each.body) for each in (receiver.next(), receiver.next())), key=lambda b: b["studentId"]
        )
        assert sorted(each["studentId"] for each in told) == sorted([student.id, "student-x"])
        assert {each["purchaseTier"] for each in told} == {"BASIC"}
        assert receiver.queue.empty()


def test_a_subscriber_that_left_the_settings_keeps_its_events_in_the_list(database_url: str) -> None:
    with receiving() as receiver:
        with served(database_url, event_subscribers=f"{receiver.url}/ {OLD}") as gateway:
            gateway.create(gateway.course(), "student-y")
        with served(database_url) as gateway:
            jobs = gateway.admin.data("{ jobs { nodes { kind state subscriber } } }")["jobs"]["nodes"]
            told = [each for each in jobs if each["kind"] == "EVENT_DELIVER"]
            assert [each["state"] for each in told] == ["PENDING", "PENDING"]
            assert all(each["subscriber"].startswith("127.0.0.1:") for each in told)
