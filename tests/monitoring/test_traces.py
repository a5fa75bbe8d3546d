"""Traces: a request is followed through the gateway, to whomever it calls, and in the log."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from gateway.http.telemetry import configure_logging, identified
from gateway.services import tracing
from gateway.services.core.model.values import Role
from gateway.services.providers.base import ProviderUnavailable
from gateway.services.providers.razorpay.api import RazorpayApi
from gateway.services.providers.stripe.client import TracedClient
from tests.served.inside import inside, logging_as_before
from tests.served.operations import COURSE, CREATE_PAYMENT, METADATA, SAVE_COURSE

pytestmark = pytest.mark.anyio

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
GIVEN = f"00-{TRACE}-00f067aa0ba902b7-01"


@dataclass
class Collector:
    """Takes spans by OTLP over HTTP, as an OpenTelemetry collector does."""

    url: str = ""
    spans: list[Span] = field(default_factory=list)

    def of(self, trace: str) -> list[Span]:
        return [each for each in self.spans if each.trace_id.hex() == trace]

    def named(self, *names: str) -> list[Span]:
        return [each for each in self.spans if each.name in names]


@pytest.fixture
def collector() -> Iterator[Collector]:
    taken = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for of_scope in of_resource.scope_spans:
                    taken.spans += of_scope.spans
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        taken.url = f"http://127.0.0.1:{server.server_port}/v1/traces"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield taken
        server.shutdown()


@pytest.fixture
def url(new_sqlite: Callable[[], str]) -> str:
    return new_sqlite()


async def test_a_request_is_followed_to_the_provider_and_the_writer(url: str, collector: Collector) -> None:
    async with inside(url, traces_url=collector.url, traces_sampled="1") as gateway:
        saved = await gateway.ask(SAVE_COURSE, Role.ADMIN, input=COURSE)
        course_id = saved.json()["data"]["saveCourse"]["course"]["id"]
        gateway.client.headers["traceparent"] = GIVEN
        opening = {"courseId": course_id, "tier": "BASIC", "metadata": METADATA}
        opened = await gateway.ask(CREATE_PAYMENT, Role.STUDENT, input=opening)
        assert opened.json()["data"]["createPayment"]["__typename"] == "CreatePaymentSuccess"
    spans = {each.name: each for each in collector.of(TRACE)}
    assert set(spans) == {"POST /graphql", "mutation createPayment", "sandbox open", "write"}
    server, operation = spans["POST /graphql"], spans["mutation createPayment"]
    assert (server.parent_span_id.hex(), operation.parent_span_id) == ("00f067aa0ba902b7", server.span_id)
    assert {spans[name].parent_span_id for name in ("sandbox open", "write")} == {operation.span_id}
    told = {each.key: each.value.string_value or each.value.int_value for each in server.attributes}
    assert told == {
        "http.request.method": "POST",
        "http.route": "/graphql",
        "url.path": "/graphql",
        "url.scheme": "http",
        "http.response.status_code": 200,
    }
    assert len(collector.named("turn")) >= 2


async def test_whoever_is_not_drawn_is_not_recorded_unless_the_caller_says_so(url: str, collector: Collector) -> None:
    async with inside(url, traces_url=collector.url, traces_sampled="0") as gateway:
        await gateway.ask("{ __typename }")
        gateway.client.headers["traceparent"] = GIVEN.removesuffix("1") + "0"
        await gateway.ask("{ __typename }")
        gateway.client.headers["traceparent"] = GIVEN
        await gateway.ask("{ __typename }")
    assert [each.name for each in collector.named("POST /graphql")] == ["POST /graphql"]
    assert {each.trace_id.hex() for each in collector.spans} == {TRACE}


async def test_a_collector_that_is_down_keeps_nobody(url: str) -> None:
    async with inside(url, traces_url="http://127.0.0.1:9/v1/traces", traces_sampled="1") as gateway:
        assert (await gateway.ask("{ __typename }")).status_code == 200
    assert tracing.spans is None


async def test_the_trace_of_a_caller_is_in_the_log_without_any_recorder(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with logging_as_before():
        async with inside(url, log_format="json") as gateway:
            configure_logging(gateway.settings)
            gateway.client.headers["traceparent"] = GIVEN
            await gateway.ask("query Look { __typename }")
            gateway.client.headers["traceparent"] = 'forged" , "level": "error'
            await gateway.ask("query Look { __typename }")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    asked = [line for line in lines if line["event"] == "request"]
    assert [line.get("trace_id") for line in asked] == [TRACE, None]
    assert [line["operation"] for line in asked] == ["Look", "Look"]


async def test_a_provider_is_told_of_the_trace() -> None:
    told: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        told.append(request.headers.get("traceparent"))
        return httpx.Response(503)

    api = RazorpayApi("key", "secret", "https://bank.example", httpx.MockTransport(answer))
    with pytest.raises(ProviderUnavailable), identified("an-id", GIVEN.encode()):
        await api.order("order_1")
    with pytest.raises(ProviderUnavailable):
        await api.order("order_1")
    assert told == [GIVEN, None]


async def test_the_librarys_client_tells_of_the_trace_as_well() -> None:
    told: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        told.append(request.headers.get("traceparent"))
        return httpx.Response(200)

    client = TracedClient()
    client._client_async = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    with identified("an-id", GIVEN.encode()):
        await client.request_async("get", "https://bank.example/", {})
    await client.request_async("get", "https://bank.example/", {})
    assert told == [GIVEN, None]


@pytest.mark.parametrize(
    "given",
    [b"", b"00-" + b"0" * 32 + b"-00f067aa0ba902b7-01", b"ff" + GIVEN.encode()[2:], GIVEN.encode() + b"\n", b"x" * 500],
)
def test_what_is_no_traceparent_is_none(given: bytes) -> None:
    with identified("an-id", given):
        assert tracing.trace_id() is None
        assert tracing.propagated() == {}
