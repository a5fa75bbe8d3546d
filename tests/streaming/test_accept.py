"""Which kind of answer suits a request: by its operation, and by what real clients put into Accept."""

import pytest

from gateway.execution.executor import Executor
from gateway.execution.operations import Operation
from gateway.execution.schema import build_schema
from gateway.settings.model import Settings
from gateway.streaming.selection import Kind, NoStream, kind_of_answer

SUBSCRIPTION = "subscription { payment(id: 1) { id } }"

URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
)
URQL_SUBSCRIPTION = "text/event-stream, multipart/mixed"
APOLLO = "application/graphql-response+json,application/json;q=0.9"
APOLLO_SUBSCRIPTION = (
    "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/graphql-response+json,application/json;q=0.9"
)
EVENT_SOURCE = "text/event-stream"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", Kind.JSON),
        ("*/*", Kind.JSON),
        (URQL, Kind.JSON),
        (APOLLO, Kind.JSON),
        (APOLLO_SUBSCRIPTION, Kind.JSON),
        ("multipart/mixed;subscriptionSpec=1.0", Kind.JSON),
        (EVENT_SOURCE, Kind.SSE),
        (URQL_SUBSCRIPTION, Kind.SSE),
        ("text/event-stream, application/json", Kind.SSE),
        ("application/json, text/event-stream", Kind.JSON),
        ("text/event-stream;q=0.9, application/json", Kind.JSON),
        ("application/json;q=0.5, text/event-stream;q=0.6", Kind.SSE),
        ("application/json;q=0, text/event-stream;q=0.1", Kind.SSE),
        ("text/event-stream;q=0, */*", Kind.JSON),
        ("*/*, text/event-stream", Kind.JSON),
        ("TEXT/EVENT-STREAM; charset=utf-8", Kind.SSE),
        ("text/event-stream;q=high, application/json", Kind.SSE),
        (",,;;q=,text", Kind.JSON),
    ],
)
def test_a_query_is_streamed_only_to_who_prefers_it(accept: str, kind: Kind) -> None:
    assert kind_of_answer(accept, is_subscription=False) is kind


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (URQL, Kind.SSE),
        (URQL_SUBSCRIPTION, Kind.SSE),
        (EVENT_SOURCE, Kind.SSE),
        (APOLLO_SUBSCRIPTION, Kind.MULTIPART),
        ('multipart/mixed; boundary="graphql"; subscriptionSpec="1.0", application/json', Kind.MULTIPART),
        ("application/json, text/event-stream;q=0.1", Kind.SSE),
        ("multipart/mixed;subscriptionSpec=1.0;q=0.5, text/event-stream", Kind.SSE),
        ("text/event-stream;q=0.5, multipart/mixed;subscriptionSpec=1.0", Kind.MULTIPART),
    ],
)
def test_a_subscription_is_streamed_as_its_caller_likes_best(accept: str, kind: Kind) -> None:
    assert kind_of_answer(accept, is_subscription=True) is kind


@pytest.mark.parametrize(
    "accept", ["", "*/*", APOLLO, "application/json", "multipart/mixed", "text/event-stream;q=0", "multipart/*"]
)
def test_a_subscription_is_not_streamed_to_who_names_no_stream(accept: str) -> None:
    with pytest.raises(NoStream):
        kind_of_answer(accept, is_subscription=True)


@pytest.mark.parametrize(
    ("document", "name", "is_one"),
    [
        (SUBSCRIPTION, None, True),
        ("query A { viewer { id } } subscription B { payment(id: 1) { id } }", "B", True),
        ("query A { viewer { id } } subscription B { payment(id: 1) { id } }", "A", False),
        ("query A { viewer { id } } subscription B { payment(id: 1) { id } }", None, False),
        ("query A { viewer { id } } subscription B { payment(id: 1) { id } }", "C", False),
        ("subscription B { payment(id: 1) { id } } query A { viewer { id } }", None, True),
        ("query subscription { viewer { id } }", None, False),
        ("{ subscription { id } }", None, False),
        ('{ viewer { id } } # subscription { payment(id: "1") { id } }', None, False),
        ("fragment subscription on Subscription { payment(id: 1) { id } }", None, False),
        ("subscription {", None, False),
        ("subscription " + "{ a " * 100_000, None, False),
        ("subscription { a }" * 5_000, None, False),
        ("subscription { payment(id: " + "9" * 10_000 + ") { id } }", None, True),
        ("", None, False),
        (None, None, False),
    ],
)
def test_a_subscription_is_known_by_the_operation_that_would_be_executed(
    document: str | None, name: str | None, is_one: bool
) -> None:
    executor = Executor(build_schema(), Settings())
    assert executor.is_subscription(Operation(document, name=name)) is is_one
