"""Many at once, two processes at once, and a server killed half-way: one purchase, and nothing answered is lost."""

import http.client
import json
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

import pytest

from tests.conftest import KINDS
from tests.served.crowd import Call, at_once, until_cut_off
from tests.served.gateway import Answer, Person, Served, confirming, connected, creating, opening, served
from tests.served.operations import CONFIRM_PAYMENT, COURSE, CREATE_PAYMENT, CREATE_PURCHASE, PAYMENT_BY_ID, SAVE_COURSE

CROWD = 50
BRIEFLY = """
mutation Confirm($input: ConfirmPaymentInput!) {
  confirmPayment(input: $input) {
    __typename
    ... on ConfirmPaymentSuccess {
      alreadyProcessed
      payment { id status fulfilment confirmedAt }
      purchase { id status createdAt access { status startsAt expiresAt } }
    }
  }
}
"""


HELD_BACK = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'purchase'::regclass"


def confirmation(student: Person, payment_id: str) -> Call:
    return Call(student, CONFIRM_PAYMENT, confirming(payment_id))


def grant(admin: Person, course: str, student: Person) -> Call:
    return Call(admin, CREATE_PURCHASE, creating(course, student.id))


def test_fifty_confirmations_at_once_make_one_purchase(gateway: Served, student: Person, course: str) -> None:
    payment = gateway.opened(student, course)
    answers = at_once([confirmation(student, payment)] * CROWD)
    assert_one_was_first(answers)
    assert_whole(gateway, [student], [payment])


def test_fifty_grants_at_once_make_one_purchase(gateway: Served, student: Person, course: str) -> None:
    answers = at_once([grant(gateway.admin, course, student)] * CROWD)
    assert_one_was_first(answers)
    assert purchases_of(gateway, student) == [("ACTIVE", "GRANTED")]


def test_both_flows_at_once_make_one_purchase_and_the_payment_has_an_end(
    gateway: Served, student: Person, course: str
) -> None:
    payment = gateway.opened(student, course)
    pairs = [(confirmation(student, payment), grant(gateway.admin, course, student)) for _ in range(CROWD // 2)]
    assert_one_end_of_both_flows(gateway, student, payment, at_once([call for pair in pairs for call in pair]))


def test_a_course_saved_fifty_times_at_once_with_one_key_is_one_course(gateway: Served, student: Person) -> None:
    arguments = {**COURSE, "idempotencyKey": f"course-of-{student.id}"}
    assert_one_was_first(at_once([Call(gateway.admin, SAVE_COURSE, arguments)] * CROWD))


def test_a_checkout_opened_fifty_times_at_once_with_one_key_is_one_payment(
    gateway: Served, student: Person, course: str
) -> None:
    arguments = {**opening(course), "idempotencyKey": "checkout"}
    assert_one_was_first(at_once([Call(student, CREATE_PAYMENT, arguments)] * CROWD))


@pytest.fixture(scope="module", params=KINDS)
def two(request: pytest.FixtureRequest) -> Iterator[tuple[Served, Served]]:
    """Two processes on one database."""
    url = request.getfixturevalue(f"new_{request.param}")()
    with served(url) as one, served(url) as other:
        yield one, other


def test_two_processes_on_one_database_make_one_purchase(two: tuple[Served, Served]) -> None:
    one, other = two
    student, course = one.student(), one.course()
    payment = one.opened(student, course)
    answers = at_once([confirmation(student.at(each), payment) for each in two for _ in range(CROWD // 2)])
    assert_one_was_first(answers)
    assert_whole(other, [student], [payment])


def test_both_flows_in_two_processes_make_one_purchase(two: tuple[Served, Served]) -> None:
    one, _ = two
    student, course = one.student(), one.course()
    payment = one.opened(student, course)
    paid = [confirmation(student.at(each), payment) for each in two for _ in range(CROWD // 4)]
    granted = [grant(each.admin, course, student) for each in two for _ in range(CROWD // 4)]
    answers = at_once([call for pair in zip(paid, granted, strict=True) for call in pair])
    assert_one_end_of_both_flows(one, student, payment, answers)


@pytest.mark.parametrize("two", ["postgresql"], indirect=True)
@pytest.mark.parametrize("is_paid", [True, False], ids=["both flows", "two grants"])
def test_two_processes_that_both_found_nothing_make_one_purchase(two: tuple[Served, Served], is_paid: bool) -> None:
    """Both are held back just before they write; SQLite would not have let the second one look."""
    one, other = two
    student, course = one.student(), one.course()
    payment = one.opened(student, course)
    first = confirmation(student, payment) if is_paid else grant(one.admin, course, student)
    with ThreadPoolExecutor() as pool, connected(one.database_url) as looker, connected(one.database_url) as holder:
        holder.exec_driver_sql("LOCK TABLE purchase IN SHARE MODE")
        answers = pool.submit(at_once, [first, grant(other.admin, course, student)])
        assert any(looker.exec_driver_sql(HELD_BACK).scalar() == 2 for _ in range(50_000))
    if is_paid:
        assert_one_end_of_both_flows(one, student, payment, answers.result())
    else:
        assert_one_was_first(answers.result())
        assert purchases_of(one, student) == [("ACTIVE", "GRANTED")]


def test_two_workers_answer_as_one_and_stop_when_told(new_database: Callable[[], str]) -> None:
    with served(new_database(), "--workers", "2") as gateway:
        student, course = gateway.student(), gateway.course()
        payment = gateway.opened(student, course)
        assert_one_was_first(at_once([confirmation(student, payment)] * CROWD))
        others = [grant(gateway.admin, course, gateway.student()) for _ in range(3 * CROWD)]
        stop = partial(gateway.server.process.send_signal, signal.SIGTERM)
        answered = until_cut_off(others, width=CROWD, cut_after=CROWD, cut=stop)
        assert gateway.server.process.wait(timeout=40) == 0
        assert not is_listening(gateway.server.url)
        assert {answer["__typename"] for answer in answered.values()} == {"CreatePurchaseSuccess"}
        kept = {row[0] for row in gateway.rows("SELECT student_id FROM purchase")}
        assert {str(others[place].given["studentId"]) for place in answered} <= kept


def test_what_was_answered_before_a_kill_is_there_whole_and_the_rest_can_be_confirmed(
    new_database: Callable[[], str],
) -> None:
    url = new_database()
    with served(url) as gateway:
        course, students = gateway.course(), [gateway.student() for _ in range(200)]
        opened = by_fifties([Call(student, CREATE_PAYMENT, opening(course)) for student in students])
        payments = [answer["payment"]["id"] for answer in opened]
        given = [confirming(payment) for payment in payments]
        calls = [Call(student, BRIEFLY, each) for student, each in zip(students, given, strict=True)]
        answered = until_cut_off(calls, width=16, cut_after=60, cut=gateway.server.kill)
    assert 60 <= len(answered) < 60 + 16
    with served(url) as again:
        done = sorted(answered)
        assert_whole(again, [students[place] for place in done], [payments[place] for place in done])
        repeated = by_fifties([replace(call, caller=call.caller.at(again)) for call in calls])
        for place, before in answered.items():
            assert repeated[place] == {**before, "alreadyProcessed": True}
        assert_whole(again, students, payments)


def test_a_server_told_to_stop_answers_what_it_has_begun(new_database: Callable[[], str]) -> None:
    url = new_database()
    with served(url) as gateway, ExitStack() as connections:
        course, students = gateway.course(), [gateway.student() for _ in range(20)]
        payments = [gateway.opened(student, course) for student in students]
        lines = [connections.enter_context(Line(student)) for student in students]
        idle = connections.enter_context(Line(gateway.student()))
        with connected(url) as writer:  # nothing can be written, so that every confirmation is under way
            if writer.dialect.name == "postgresql":
                writer.exec_driver_sql("LOCK TABLE payment IN EXCLUSIVE MODE")
            for line, payment in zip(lines, payments, strict=True):
                line.send(confirming(payment))
            gateway.person(None, "").data("{ viewer { id } }")  # sent later: what came before it has been read
            gateway.server.process.send_signal(signal.SIGTERM)
            idle.wait_until_closed()
        assert [line.answer()["__typename"] for line in lines] == ["ConfirmPaymentSuccess"] * 20
        assert gateway.server.process.wait(timeout=40) == -signal.SIGTERM  # as uvicorn ends once it is done
    with served(url) as again:
        assert_whole(again, students, payments)


class Line:
    """A student's connection that the server has accepted, with one confirmation on it."""

    def __init__(self, student: Person) -> None:
        self._student = student
        self._connection = http.client.HTTPConnection(urlsplit(student.url).netloc, timeout=30)

    def __enter__(self) -> "Line":
        self._connection.request("GET", "/healthz")
        assert self._connection.getresponse().read()
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def wait_until_closed(self) -> None:
        """A server that was told to stop closes idle connections once it takes no new ones."""
        assert self._connection.sock.recv(1) == b""

    def send(self, given: dict[str, object]) -> None:
        body = json.dumps({"query": CONFIRM_PAYMENT, "variables": {"input": given}})
        headers = {**self._student.headers(), "Content-Type": "application/json"}
        self._connection.request("POST", "/graphql", body, headers)

    def answer(self) -> Answer:
        answer: Answer = json.loads(self._connection.getresponse().read())["data"]["confirmPayment"]
        return answer


def by_fifties(calls: Sequence[Call]) -> list[Answer]:
    return [answer for start in range(0, len(calls), CROWD) for answer in at_once(calls[start : start + CROWD])]


def is_listening(url: str) -> bool:
    address = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((address.hostname or "", address.port or 0)) == 0


def assert_one_was_first(answers: Sequence[Answer]) -> None:
    """All answers are the same, but that one of them did it and the others found it done."""
    assert sorted(answer["alreadyProcessed"] for answer in answers) == [False] + [True] * (len(answers) - 1)
    [first] = [answer for answer in answers if not answer["alreadyProcessed"]]
    assert all(answer == {**first, "alreadyProcessed": True} for answer in answers if answer is not first)


def assert_one_end_of_both_flows(gateway: Served, student: Person, payment: str, answers: Sequence[Answer]) -> None:
    paid, granted = answers[::2], answers[1::2]
    [purchase] = {answer["purchase"]["id"] for answer in granted}
    assert purchases_of(gateway, student) == [("ACTIVE", "GRANTED")]
    match student.at(gateway).data(PAYMENT_BY_ID, id=payment)["payment"]["fulfilment"]:
        case "FULFILLED":
            assert {answer["purchase"]["id"] for answer in paid} == {purchase}
            assert_one_was_first(paid)
            assert gateway.jobs(payment) == []
        case "DUPLICATE":
            assert {answer["existingPurchase"]["id"] for answer in paid} == {purchase}
            assert gateway.jobs(payment) == ["payment.refund"]
        case other:
            pytest.fail(f"the payment ended as {other}")


def assert_whole(gateway: Served, students: Sequence[Person], payments: Sequence[str]) -> None:
    """Each student has one purchase with its access and its audit entry, and each payment is fulfilled."""
    whole = {
        row[0]: row[1:]
        for row in gateway.rows(
            """
            SELECT payment.student_id, payment.status, payment.fulfilment, purchase.status, student_access.status,
                   count(*), count(audit_entry.id)
            FROM payment
            JOIN purchase ON purchase.payment_id = payment.id
            JOIN student_access ON student_access.purchase_id = purchase.id
            LEFT JOIN audit_entry ON audit_entry.subject_id = purchase.id
            GROUP BY payment.student_id, payment.status, payment.fulfilment, purchase.status, student_access.status
            """
        )
    }
    assert len(students) == len(payments)
    for student in students:
        assert whole[student.id] == ("SUCCEEDED", "FULFILLED", "ACTIVE", "GRANTED", 1, 1)


def purchases_of(gateway: Served, student: Person) -> list[tuple[str, str]]:
    return gateway.rows(
        f"""
        SELECT purchase.status, student_access.status
        FROM purchase JOIN student_access ON student_access.purchase_id = purchase.id
        WHERE purchase.student_id = '{student.id}'
        """
    )
