"""Subscriptions as server-sent events and as multipart, over real HTTP: the present state, then each change."""

import json
import signal
from collections.abc import Callable

import httpx
import pytest

from gateway.schema.conventions import ids
from gateway.services.core.model.values import Role
from tests.cli.test_runner_in_serve import duplicate, working
from tests.served.gateway import Answer, Person, Served, served
from tests.served.operations import CONFIRM_PAYMENT, METADATA
from tests.served.streams import CHANGED, MULTIPART, PAYMENT, PAYMENT_WHOLE, PURCHASES, SSE, Events, events

REVOKE = "mutation($input: RevokePurchaseInput!) { revokePurchase(input: $input) { __typename } }"
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
)


def test_a_payment_is_told_as_it_is_and_at_each_change(gateway: Served, student: Person, course: str) -> None:
    payment_id = gateway.opened(student, course)
    with events(student, PAYMENT_WHOLE, id=payment_id) as stream:
        present: Answer = {"id": payment_id, "status": "REQUIRES_PAYMENT", "purchase": None, "refunds": []}
        assert stream.data() == present
        gateway.confirm(student, payment_id, "tok_decline_card_declined")
        assert stream.data() == {**present, "status": "FAILED"}
        purchase = {"id": gateway.confirm(student, payment_id)["purchase"]["id"], "status": "ACTIVE"}
        assert stream.data() == {**present, "status": "SUCCEEDED", "purchase": purchase}
        gateway.admin.did(
            "mutation($input: RefundPaymentInput!) { refundPayment(input: $input) { __typename } }",
            paymentId=payment_id,
            reason="a test",
        )
        refunding = stream.data()
        assert (refunding["status"], refunding["refunds"]) == ("SUCCEEDED", [{"status": "PENDING"}])


def test_an_event_stream_is_written_to_the_byte(gateway: Served, student: Person, course: str) -> None:
    payment_id = gateway.opened(student, course)
    with events(student, PAYMENT, id=payment_id) as stream:
        assert stream.raw() == _event(payment_id, "REQUIRES_PAYMENT")
        gateway.confirm(student, payment_id)
        assert stream.raw() == _event(payment_id, "SUCCEEDED")
        headers = stream.response.headers
        assert headers["Content-Type"] == "text/event-stream"
        assert headers["Cache-Control"] == "no-store, no-transform"
        assert headers["X-Accel-Buffering"] == "no"
        assert "Content-Length" not in headers


def test_multipart_is_written_to_the_byte(gateway: Served, student: Person, course: str) -> None:
    payment_id = gateway.opened(student, course)
    with events(student, PAYMENT, MULTIPART, id=payment_id) as stream:
        assert stream.response.headers["Content-Type"] == 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'
        assert stream.until(b"--graphql") == b"--graphql"
        assert stream.until(b"\r\n--graphql") == _part(payment_id, "REQUIRES_PAYMENT")
        gateway.confirm(student, payment_id)
        assert stream.until(b"\r\n--graphql") == _part(payment_id, "SUCCEEDED")


def test_a_stream_that_fails_ends_as_its_format_ends(gateway: Served, student: Person) -> None:
    unknown = ids.EXAMPLES[ids.PAYMENT]
    error = {"message": "There is no such payment.", "extensions": {"code": "NOT_FOUND"}}
    payload = json.dumps({"data": None, "errors": [error]}, separators=(",", ":")).encode()
    with events(student, PAYMENT, id=unknown) as stream:
        assert stream.rest() == b"event: next\ndata: " + payload + b"\n\nevent: complete\ndata:\n\n"
    with events(student, PAYMENT, MULTIPART, id=unknown) as stream:
        part = b"--graphql\r\nContent-Type: application/json\r\n\r\n" + b'{"payload":' + payload + b"}"
        assert stream.rest() == part + b"\r\n--graphql--\r\n"


@pytest.mark.parametrize("accept", [SSE, MULTIPART, URQL])
def test_a_payment_of_somebody_else_does_not_exist(gateway: Served, student: Person, course: str, accept: str) -> None:
    payment_id = gateway.opened(student, course)
    for caller in (gateway.student(), gateway.person(Role.SERVICE, student.id)):
        with events(caller, PAYMENT, accept, id=payment_id) as stream:
            assert b'"NOT_FOUND"' in (answer := stream.rest())
            assert payment_id.encode() not in answer


def test_an_admin_sees_every_payment(gateway: Served, student: Person, course: str) -> None:
    payment_id = gateway.opened(student, course)
    with events(gateway.admin, PAYMENT, id=payment_id) as stream:
        assert stream.data() == {"id": payment_id, "status": "REQUIRES_PAYMENT"}


@pytest.mark.parametrize(
    ("query", "variables", "role", "code"),
    [
        (PAYMENT, {"id": ids.EXAMPLES[ids.PAYMENT]}, None, "UNAUTHENTICATED"),
        (PURCHASES, {}, None, "UNAUTHENTICATED"),
        (PURCHASES, {}, Role.SERVICE, "FORBIDDEN"),
        (CHANGED, {}, None, "UNAUTHENTICATED"),
        (CHANGED, {}, Role.STUDENT, "FORBIDDEN"),
        (CHANGED, {"kinds": ["JOB"]}, Role.SERVICE, "FORBIDDEN"),
        (CHANGED, {"kinds": []}, Role.ADMIN, "BAD_USER_INPUT"),
        (CHANGED, {"kinds": ["STUDENT"]}, Role.ADMIN, "GRAPHQL_VALIDATION_FAILED"),
        (PAYMENT, {"id": "x"}, Role.STUDENT, "BAD_USER_INPUT"),
        (PURCHASES, {"courseId": ids.EXAMPLES[ids.PAYMENT]}, Role.STUDENT, "BAD_USER_INPUT"),
        (PAYMENT, {}, Role.STUDENT, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { payments }", {}, Role.STUDENT, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription {", {}, Role.STUDENT, "GRAPHQL_PARSE_FAILED"),
        ("", {}, Role.STUDENT, "BAD_USER_INPUT"),
    ],
)
def test_what_cannot_be_subscribed_ends_with_its_code(
    gateway: Served, query: str, variables: dict[str, object], role: Role | None, code: str
) -> None:
    with events(gateway.person(role, "somebody"), query, SSE, **variables) as stream:
        [error] = stream.next()["errors"]
        assert error["extensions"]["code"] == code
        assert stream.rest() == b"event: complete\ndata:\n\n"


def test_purchases_are_told_to_their_student(gateway: Served, student: Person) -> None:
    first, second = gateway.course(), gateway.course()
    present = gateway.create(first, student.id)["purchase"]["id"]
    with events(student, PURCHASES) as all_, events(student, PURCHASES, courseId=second) as of_second:
        assert all_.data() == _purchase(present, student)
        gateway.create(second, gateway.student().id)  # somebody else's, of which nothing is heard
        changed = gateway.create(second, student.id)["purchase"]["id"]
        assert all_.data() == of_second.data() == _purchase(changed, student)


def test_purchases_are_told_to_admins_of_everybody_or_of_a_course(gateway: Served, student: Person) -> None:
    course, other = gateway.course(), gateway.course()
    before = gateway.create(course, student.id)["purchase"]["id"]
    with events(gateway.admin, PURCHASES, courseId=course) as of_course:
        assert of_course.data() == _purchase(before, student)
        gateway.create(other, student.id)
        upgraded = gateway.create(course, student.id, "PREMIUM", onExisting="REPLACE")["purchase"]["id"]
        told = {each["id"]: each["status"] for each in (of_course.data(), of_course.data())}
        assert told == {before: "SUPERSEDED", upgraded: "ACTIVE"}


def test_an_admin_is_told_which_kinds_of_things_changed(gateway: Served, student: Person, course: str) -> None:
    with events(gateway.admin, CHANGED, kinds=["PURCHASE", "COURSE"]) as stream:
        assert stream.data() == {"kinds": ["PURCHASE", "COURSE"]}
        gateway.opened(student, course)  # a payment, of which nothing is heard
        purchase = gateway.create(course, student.id)["purchase"]["id"]
        assert stream.data() == {"kinds": ["PURCHASE"]}
        gateway.admin.did(REVOKE, purchaseId=purchase, reason="a test")
        gateway.course()
        told: set[str] = set()
        while told != {"PURCHASE", "COURSE"}:  # at once or one after the other
            told |= set(stream.data()["kinds"])


def test_urql_reads_json_for_a_query_and_events_for_a_subscription(
    gateway: Served, student: Person, course: str
) -> None:
    body = {"query": "{ viewer { id } }"}
    answer = httpx.post(student.url, json=body, headers={**student.headers(), "Accept": URQL})
    assert answer.headers["Content-Type"] == "application/graphql-response+json; charset=utf-8"
    assert answer.json() == {"data": {"viewer": {"id": student.id}}}
    with events(student, PAYMENT, URQL, id=gateway.opened(student, course)) as stream:
        assert stream.data()["status"] == "REQUIRES_PAYMENT"


def test_a_query_and_a_mutation_may_be_streamed_too(gateway: Served, student: Person, course: str) -> None:
    with events(student, "{ viewer { id } }") as stream:
        assert stream.data() == {"id": student.id}
        assert stream.rest() == b"event: complete\ndata:\n\n"
    payment_id = gateway.opened(student, course)
    with events(student, CONFIRM_PAYMENT, input={"paymentId": payment_id}) as stream:
        assert stream.data()["__typename"] == "ConfirmPaymentSuccess"


def test_an_event_source_may_get_but_change_nothing(gateway: Served, student: Person, course: str) -> None:
    headers = {**student.headers(), "Accept": SSE}
    answer = httpx.get(student.url, params={"query": "{ viewer { id } }"}, headers=headers)
    assert answer.text.startswith('event: next\ndata: {"data":{"viewer"')
    opening = json.dumps({"courseId": course, "tier": "BASIC", "metadata": METADATA})
    mutation = "mutation($input: CreatePaymentInput!) { createPayment(input: $input) { __typename } }"
    params = {"query": mutation, "variables": json.dumps({"input": json.loads(opening)})}
    answer = httpx.get(student.url, params=params, headers=headers)
    assert '"message":"mutations are not allowed","extensions":{"code":"BAD_USER_INPUT"}' in answer.text
    assert "CreatePaymentSuccess" not in answer.text


def test_who_reads_no_stream_is_told_which_there_are(gateway: Served, student: Person) -> None:
    answer = student.send({"query": PAYMENT, "variables": {"id": ids.EXAMPLES[ids.PAYMENT]}})
    assert answer.status_code == 406
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "text/event-stream" in error["message"]


def test_a_token_that_is_not_valid_is_refused_before_the_stream(gateway: Served, student: Person) -> None:
    body = {"query": PAYMENT, "variables": {"id": ids.EXAMPLES[ids.PAYMENT]}}
    tampered = f"{student.token}x"
    answer = httpx.post(student.url, json=body, headers={"Accept": SSE, "Authorization": f"Bearer {tampered}"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/json; charset=utf-8")


def test_a_refund_that_a_worker_carries_out_is_told_by_the_server(database_url: str) -> None:
    with served(database_url, worker="false") as gateway:
        student = gateway.student()
        payment_id = duplicate(gateway, student)
        with events(student, PAYMENT, id=payment_id) as stream, working(database_url):
            assert stream.data() == {"id": payment_id, "status": "SUCCEEDED"}
            _wait_for(stream, "REFUNDED")


def test_what_another_server_commits_is_told_by_this_one(database_url: str) -> None:
    with served(database_url) as one, served(database_url) as other:
        student, course = one.student(), one.course()
        payment_id = one.opened(student, course)
        present = one.create(course, one.student().id)["purchase"]["id"]
        with (
            events(student, PAYMENT, id=payment_id) as stream,
            events(one.admin, PURCHASES, courseId=course) as purchases,
        ):
            assert stream.data()["status"] == "REQUIRES_PAYMENT"
            assert purchases.data()["id"] == present
            bought = other.confirm(student.at(other), payment_id)["purchase"]["id"]
            _wait_for(stream, "SUCCEEDED")
            assert purchases.data()["id"] == bought


def test_a_stream_ends_when_its_token_expires(new_sqlite: Callable[[], str]) -> None:
    with served(new_sqlite(), jwt_leeway_s="0") as gateway:
        student = gateway.student()
        payment_id = gateway.opened(student, gateway.course())
        student.token = gateway.server.token(Role.STUDENT, student.id, ttl_s=3)
        with events(student, PAYMENT, id=payment_id) as stream:
            assert stream.data()["status"] == "REQUIRES_PAYMENT"
            [error] = stream.next()["errors"]
            assert error["extensions"]["code"] == "UNAUTHENTICATED"
            assert stream.rest() == b"event: complete\ndata:\n\n"


def test_a_server_that_stops_ends_its_streams_first(new_sqlite: Callable[[], str]) -> None:
    with served(new_sqlite()) as gateway:
        student = gateway.student()
        payment_id = gateway.opened(student, gateway.course())
        with events(student, PAYMENT, id=payment_id) as stream:
            stream.data()
            gateway.server.process.terminate()
            [error] = stream.next()["errors"]
            assert error["extensions"] == {"code": "SUBSCRIPTION_LOST", "retryable": True}
            assert stream.rest() == b"event: complete\ndata:\n\n"
        # Well before the thirty seconds that it would give an answer under way.
        assert gateway.server.process.wait(timeout=10) in (0, -signal.SIGTERM)


def _event(payment_id: str, status: str) -> bytes:
    return f'event: next\ndata: {{"data":{{"payment":{{"id":"{payment_id}","status":"{status}"}}}}}}\n\n'.encode()


def _part(payment_id: str, status: str) -> bytes:
    data = f'{{"payload":{{"data":{{"payment":{{"id":"{payment_id}","status":"{status}"}}}}}}}}'
    return f"\r\nContent-Type: application/json\r\n\r\n{data}\r\n--graphql".encode()


def _purchase(purchase_id: str, student: Person) -> dict[str, object]:
    return {"id": purchase_id, "status": "ACTIVE", "student": {"id": student.id}}


def _wait_for(stream: Events, status: str) -> None:
    """Read until the payment stands so; a state may come twice."""
    while stream.data()["status"] != status:
        pass
