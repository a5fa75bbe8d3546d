"""graphql-transport-ws, spoken by a real WebSocket client: operations, and each reason to be shown out."""

from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gateway.schema.conventions import ids
from gateway.services.core.model.values import Role
from gateway.streaming.bounds import MOST_MESSAGE_BYTES, MOST_OPERATIONS
from tests.served.gateway import Person, Served, served
from tests.served.streams import PAYMENT, PURCHASES, TOO_LONG_S, Socket, connected, opened

UNKNOWN = ids.EXAMPLES[ids.PAYMENT]
VIEWER = "{ viewer { id } }"


def shown_out(socket: Socket) -> tuple[int, str]:
    """The code and reason with which the server closes; what it says before that is passed over."""
    with pytest.raises(ConnectionClosed) as closed:
        all(_received(socket) for _ in range(MOST_OPERATIONS))
    close = closed.value.rcvd
    assert close is not None, "the server closed without a word"
    return close.code, close.reason


def test_a_payment_is_told_as_it_is_and_at_each_change(gateway: Served, student: Person, course: str) -> None:
    payment_id = gateway.opened(student, course)
    with connected(student) as socket:
        socket.subscribe("1", PAYMENT, id=payment_id)
        assert socket.data("1") == {"id": payment_id, "status": "REQUIRES_PAYMENT"}
        gateway.confirm(student, payment_id)
        assert socket.data("1") == {"id": payment_id, "status": "SUCCEEDED"}


def test_operations_are_side_by_side_and_end_one_by_one(gateway: Served, student: Person, course: str) -> None:
    one, other = gateway.opened(student, course), gateway.opened(student, gateway.course())
    with connected(student) as socket:
        for operation_id, payment_id in (("a", one), ("b", other)):
            socket.subscribe(operation_id, PAYMENT, id=payment_id)
            assert socket.data(operation_id)["id"] == payment_id
        socket.send(type="complete", id="a")
        socket.subscribe("a", PURCHASES)  # its id is free again
        gateway.confirm(student, other)
        messages = [socket.next() for _ in range(2)]
        assert {message["id"] for message in messages} == {"a", "b"}


def test_a_query_and_a_mutation_have_one_result(gateway: Served, student: Person) -> None:
    with connected(student) as socket:
        for query, name in ((VIEWER, "viewer"), ("mutation { __typename }", "__typename")):
            socket.subscribe("1", query)
            message = socket.next()
            assert (message["type"], list(message["payload"]["data"])) == ("next", [name])
            assert socket.next() == {"type": "complete", "id": "1"}


def test_what_fails_before_it_begins_is_an_error_and_the_socket_goes_on(gateway: Served, student: Person) -> None:
    with connected(student) as socket:
        for query, variables, code in (
            ("subscription {", {}, "GRAPHQL_PARSE_FAILED"),
            ("subscription { nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
            (PAYMENT, {"id": UNKNOWN}, "NOT_FOUND"),
            (PAYMENT, {"id": "x"}, "BAD_USER_INPUT"),
        ):
            socket.subscribe("1", query, **variables)
            message = socket.next()
            assert (message["type"], message["id"]) == ("error", "1")
            assert [error["extensions"]["code"] for error in message["payload"]] == [code]
        socket.subscribe("1", VIEWER)
        assert socket.data("1") == {"id": student.id}


def test_a_payment_of_somebody_else_does_not_exist(gateway: Served, student: Person, course: str) -> None:
    payment_id = gateway.opened(student, course)
    with connected(gateway.student()) as socket:
        socket.subscribe("1", PAYMENT, id=payment_id)
        message = socket.next()
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "NOT_FOUND")


def test_a_token_may_come_with_the_handshake(gateway: Served, student: Person) -> None:
    with opened(student.url, student.headers()) as socket:
        socket.send(type="connection_init")
        assert socket.next() == {"type": "connection_ack"}
        socket.subscribe("1", VIEWER)
        assert socket.data("1") == {"id": student.id}


def test_without_a_token_only_what_needs_none_is_answered(gateway: Served) -> None:
    with opened(gateway.server.url) as socket:
        socket.send(type="connection_init")
        assert socket.next() == {"type": "connection_ack"}
        socket.subscribe("1", "{ courses(first: 1) { nodes { id } } }")
        assert socket.next()["type"] == "next"
        assert socket.next()["type"] == "complete"
        socket.subscribe("2", PAYMENT, id=UNKNOWN)
        assert socket.next()["payload"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_a_ping_is_answered(gateway: Served, student: Person) -> None:
    with opened(student.url) as socket:
        socket.send(type="ping", payload={"any": "thing"})
        assert socket.next() == {"type": "pong"}
        socket.send(type="pong")


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([{"type": "connection_init", "payload": {"authorization": "Bearer x.y.z"}}], 4403),
        ([{"type": "connection_init", "payload": {"authorization": "Basic x"}}], 4403),
        ([{"type": "connection_init"}, {"type": "connection_init"}], 4429),
        ([{"type": "subscribe", "id": "1", "payload": {"query": VIEWER}}], 4401),
        ([{"type": "connection_init", "payload": []}], 4400),
        ([{"type": "start"}], 4400),
        ([{"type": "connection_init"}, {"type": "subscribe", "id": "1", "payload": {}}], 4400),
    ],
)
def test_a_breach_of_the_protocol_closes_with_its_code(
    gateway: Served, messages: list[dict[str, Any]], code: int
) -> None:
    with opened(gateway.server.url) as socket:
        for message in messages:
            socket.send(**message)
        assert shown_out(socket)[0] == code


@pytest.mark.parametrize(
    ("frame", "code"), [("no JSON", 4400), (b"\x00", 4400), ("x" * (MOST_MESSAGE_BYTES + 1), 1009)]
)
def test_a_frame_that_is_no_message_closes(gateway: Served, frame: str | bytes, code: int) -> None:
    with opened(gateway.server.url) as socket:
        socket.connection.send(frame)
        assert shown_out(socket)[0] == code


def test_an_id_is_taken_while_its_operation_lasts(gateway: Served, student: Person, course: str) -> None:
    payment_id = gateway.opened(student, course)
    with connected(student) as socket:
        socket.subscribe("1", PAYMENT, id=payment_id)
        socket.data("1")
        socket.subscribe("1", PAYMENT, id=payment_id)
        assert shown_out(socket) == (4409, "Subscriber for 1 already exists")


def test_there_are_only_so_many_operations_on_a_socket(gateway: Served, student: Person, course: str) -> None:
    payment_id = gateway.opened(student, course)
    with connected(student) as socket:
        for number in range(MOST_OPERATIONS):
            socket.subscribe(str(number), PAYMENT, id=payment_id)
        assert [socket.next()["type"] for _ in range(MOST_OPERATIONS)] == ["next"] * MOST_OPERATIONS
        socket.subscribe("more", PAYMENT, id=payment_id)
        refused = socket.next()
        assert (refused["type"], refused["id"]) == ("error", "more")
        assert refused["payload"][0]["extensions"]["code"] == "BUSY"
        socket.send(type="complete", id="0")
        socket.subscribe("more", VIEWER)
        assert socket.data("more") == {"id": student.id}


def test_another_protocol_is_not_spoken(gateway: Served) -> None:
    with opened(gateway.server.url, protocol="graphql-ws") as socket:
        assert shown_out(socket)[0] == 4406


def test_a_page_of_another_site_may_not_open_a_socket(gateway: Served) -> None:
    ours = gateway.server.url.removesuffix("/graphql")
    with opened(gateway.server.url, {"Origin": ours}) as socket:
        socket.send(type="connection_init")
        assert socket.next() == {"type": "connection_ack"}
    for foreign in ("https://elsewhere.example", "null", f"{ours}0"):
        with pytest.raises(InvalidStatus) as refused, opened(gateway.server.url, {"Origin": foreign}):
            pass
        assert refused.value.response.status_code == 403


def test_a_bad_token_in_the_handshake_opens_nothing(gateway: Served) -> None:
    with (
        pytest.raises(InvalidStatus) as refused,
        opened(gateway.server.url, {"Authorization": "Bearer x.y.z"}),
    ):
        pass
    assert refused.value.response.status_code == 403


def test_a_socket_closes_when_its_token_expires_and_each_subscription_says_so(new_sqlite: Callable[[], str]) -> None:
    with served(new_sqlite(), jwt_leeway_s="0") as gateway:
        student = gateway.student()
        payment_id = gateway.opened(student, gateway.course())
        student.token = gateway.server.token(Role.STUDENT, student.id, ttl_s=3)
        with connected(student) as socket:
            for operation_id in ("1", "2"):
                socket.subscribe(operation_id, PAYMENT, id=payment_id)
                socket.data(operation_id)
            ends = [socket.next() for _ in range(2)]
            assert {end["id"] for end in ends} == {"1", "2"}
            assert {end["payload"][0]["extensions"]["code"] for end in ends} == {"UNAUTHENTICATED"}
            assert shown_out(socket) == (4403, "The token has expired")
            student.token = gateway.server.token(Role.STUDENT, student.id)
        with connected(student) as again:
            again.subscribe("1", PAYMENT, id=payment_id)
            assert again.data("1")["id"] == payment_id


def test_a_server_that_stops_says_so_to_its_sockets(new_sqlite: Callable[[], str]) -> None:
    with served(new_sqlite()) as gateway:
        student = gateway.student()
        payment_id = gateway.opened(student, gateway.course())
        with connected(student) as socket:
            socket.subscribe("1", PAYMENT, id=payment_id)
            socket.data("1")
            gateway.server.process.terminate()
            assert shown_out(socket)[0] == 1012


def _received(socket: Socket) -> bool:
    return bool(socket.connection.recv(timeout=TOO_LONG_S))
