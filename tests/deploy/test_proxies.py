"""nginx and Caddy as deploy/ configures them, before a served gateway: streams come through as they are told, callers
are told apart by their own addresses, and neither a reused connection nor a restart costs a request."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.cli.test_reload import wait_until, workers
from tests.deploy.proxies import LOOK_S, TOO_LONG_S, Proxy, proxying
from tests.deploy.relay import relay_to
from tests.served.gateway import Person, Served, opening, served
from tests.served.logged import logged
from tests.served.operations import CREATE_PAYMENT
from tests.served.streams import MULTIPART, PAYMENT, Socket, events

pytestmark = pytest.mark.deploy

NAMES = ("nginx", "caddy")
WHO = "{ viewer { id } }"
DRAIN_S = "3"
"""As the Caddyfile asks for: it sees within a second that a gateway is not ready."""

IDLE_S = 5
"""What the gateway keeps an idle connection for, unless told otherwise."""


@pytest.fixture(scope="module")
def gateway(new_sqlite: Callable[[], str]) -> Iterator[Served]:
    with served(new_sqlite(), trusted_proxies="1", limit_viewer_subscriptions="1") as started:
        yield started


@pytest.fixture(scope="module", params=NAMES)
def proxy(request: pytest.FixtureRequest, gateway: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with proxying(request.param, [port_of(gateway)], tmp_path_factory.mktemp(request.param)) as started:
        yield started


@pytest.fixture
def student(gateway: Served, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> Person:
    monkeypatch.setenv("SSL_CERT_FILE", str(proxy.certificate.chain))
    return proxy.by_it(gateway.student())


def port_of(gateway: Served) -> int:
    return int(gateway.server.url.rpartition(":")[2].partition("/")[0])


def test_it_is_answered_by_tls(gateway: Served, proxy: Proxy, student: Person) -> None:
    payment = gateway.opened(student, gateway.course())
    assert gateway.confirm(student, payment)["__typename"] == "ConfirmPaymentSuccess"
    plain = httpx.get(gateway.server.url.replace("/graphql", "/readyz"))
    assert proxy.http.get(proxy.url.replace("/graphql", "/readyz")).json().keys() == plain.json().keys()


@pytest.mark.parametrize("accept", ["text/event-stream", MULTIPART], ids=["events", "multipart"])
def test_a_stream_is_sent_on_as_it_is_told(gateway: Served, student: Person, accept: str) -> None:
    payment = gateway.opened(student, gateway.course())
    with events(student, PAYMENT, accept, id=payment) as stream:
        stream.until(b"REQUIRES_PAYMENT")  # were it held back, none of this would ever come
        gateway.confirm(student, payment)
        stream.until(b"SUCCEEDED")


def test_a_stream_whose_client_leaves_is_over_at_the_gateway_too(gateway: Served, student: Person) -> None:
    payment = gateway.opened(student, gateway.course())
    with events(student, PAYMENT, id=payment) as stream:
        stream.until(b"REQUIRES_PAYMENT")
        assert student.codes(PAYMENT.replace("subscription", "query"), id=payment) == []
    latest = time.monotonic() + TOO_LONG_S
    while True:  # each viewer has one here, so that the next is refused while the gateway knows of the first
        headers = {**student.headers(), "Accept": "text/event-stream"}
        body = {"query": PAYMENT, "variables": {"id": payment}}
        with student.client_.stream("POST", student.url, json=body, headers=headers) as answer:
            if b"REQUIRES_PAYMENT" in next(answer.iter_bytes()):
                return
        assert time.monotonic() < latest, "the gateway keeps it"
        time.sleep(LOOK_S)


@contextmanager
def socket_by(proxy: Proxy, origin: str) -> Iterator[ClientConnection]:
    with connect(
        proxy.url.replace("https://", "wss://"),
        ssl=proxy.certificate.context(),
        subprotocols=[Subprotocol("graphql-transport-ws")],
        additional_headers={"Origin": origin},
        open_timeout=TOO_LONG_S,
    ) as connection:
        yield connection


def test_a_page_of_the_same_site_has_its_websocket(gateway: Served, proxy: Proxy, student: Person) -> None:
    payment = gateway.opened(student, gateway.course())
    with socket_by(proxy, proxy.url.removesuffix("/graphql")) as connection:
        socket = Socket(connection)
        socket.send(type="connection_init", payload=student.headers())
        assert socket.next() == {"type": "connection_ack"}
        socket.subscribe("1", PAYMENT, id=payment)
        assert socket.data("1")["status"] == "REQUIRES_PAYMENT"
        gateway.confirm(student, payment)
        assert socket.data("1")["status"] == "SUCCEEDED"


def test_a_page_of_another_site_has_none(proxy: Proxy) -> None:
    with pytest.raises(InvalidStatus) as refused, socket_by(proxy, "https://elsewhere.example"):
        pass
    assert refused.value.response.status_code == 403


def test_what_is_too_long_is_refused_by_the_gateway_in_its_own_words(proxy: Proxy, student: Person) -> None:
    headers = {**student.headers(), "Content-Type": "application/json"}
    long = proxy.http.post(proxy.url, content=b" " * 300_000, headers=headers)
    assert (long.status_code, "errors" in long.json()) == (413, True)
    far = proxy.http.post(proxy.url, content=b" " * 3_000_000, headers=headers)
    # Caddy sends on while it comes, and may not get to read why the gateway wants no more of it.
    assert far.status_code in ((413,) if proxy.name == "nginx" else (413, 502))
    assert student.codes(WHO) == []


@pytest.mark.parametrize("name", NAMES)
def test_callers_are_told_apart_by_their_addresses_and_nobody_gives_himself_another(
    name: str, new_sqlite: Callable[[], str], tmp_path: Path
) -> None:
    limits = {"rate_address_burst": "3", "rate_address_per_s": "0.01", "limit_root_fields": "3", "trusted_proxies": "1"}
    with served(new_sqlite(), **limits) as gateway, proxying(name, [port_of(gateway)], tmp_path) as proxy:

        def pays(client: httpx.Client, **headers: str) -> bool:
            """Whether a new student at that address may try to, whatever comes of it."""
            body = {"query": CREATE_PAYMENT, "variables": {"input": opening("crs_00000000000000000000000000")}}
            answer = client.post(proxy.url, json=body, headers={**gateway.student().headers(), **headers})
            assert answer.status_code in (200, 429), answer.text
            return answer.status_code == 200

        with proxy.client("127.0.0.2") as here, proxy.client("127.0.0.3") as there:
            made_up = [{"X-Forwarded-For": f"198.51.100.{n}"} for n in range(6)]
            assert [pays(here, **each) for each in made_up] == [True] * 3 + [False] * 3
            assert not pays(here, **{"X-Forwarded-For": "127.0.0.3, 127.0.0.3"})
            assert not pays(here, Forwarded="for=127.0.0.3", **{"X-Real-IP": "127.0.0.3"})
            assert [pays(there) for _ in range(4)] == [True] * 3 + [False]


@pytest.mark.parametrize("name", NAMES)
def test_an_idle_connection_is_given_up_by_the_proxy_before_the_gateway_does(
    name: str, gateway: Served, tmp_path: Path
) -> None:
    with relay_to(port_of(gateway)) as relay, proxying(name, [relay.port], tmp_path) as proxy:
        student = proxy.by_it(gateway.student())
        with ThreadPoolExecutor(8) as crowd:
            while relay.accepted < 3:  # of which one may be used again and again, to ask whether the gateway is ready
                assert list(crowd.map(student.codes, [WHO] * 8)) == [[]] * 8
        assert [relay.closed.get(timeout=4 * IDLE_S) for _ in range(2)] == ["proxy"] * 2
        assert student.codes(WHO) == []


def test_the_gateway_keeps_an_idle_connection_for_as_long_as_it_is_told(new_sqlite: Callable[[], str]) -> None:
    with (
        served(new_sqlite(), keep_alive_s="1") as gateway,
        relay_to(port_of(gateway)) as relay,
        httpx.Client() as client,
    ):
        assert client.get(f"http://127.0.0.1:{relay.port}/healthz").status_code == 200
        assert relay.closed.get(timeout=4) == "gateway"


@contextmanager
def calling(proxy: Proxy, student: Person) -> Iterator[list[object]]:
    """Requests meanwhile, on kept connections; gives what went wrong, after at least one that went well."""
    wrong: list[object] = []
    is_over, has_answered = Event(), Event()

    def call() -> None:
        body = json.dumps({"query": WHO})
        headers = {**student.headers(), "Content-Type": "application/json"}
        with proxy.client() as client:
            while not is_over.wait(0.005):
                try:
                    answer = client.post(proxy.url, content=body, headers=headers)
                except httpx.HTTPError as error:
                    wrong.append(repr(error))
                    continue
                if answer.status_code != 200:
                    wrong.append((answer.status_code, answer.text))
                has_answered.set()

    threads = [Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        assert has_answered.wait(TOO_LONG_S)
        yield wrong
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def stop(gateway: Served) -> None:
    gateway.server.process.send_signal(signal.SIGTERM)
    gateway.server.process.wait(TOO_LONG_S)


@pytest.mark.parametrize("name", NAMES)
def test_no_request_is_lost_while_two_gateways_are_replaced_one_after_the_other(
    name: str, new_sqlite: Callable[[], str], tmp_path: Path
) -> None:
    url = new_sqlite()
    settings = {"trusted_proxies": "1"} | ({"drain_s": DRAIN_S} if name == "caddy" else {})
    with served(url, **settings) as first, served(url, **settings) as second:
        ports = [port_of(first), port_of(second)]
        with proxying(name, ports, tmp_path) as proxy, calling(proxy, first.student()) as wrong:
            stop(first)
            with logged(url, tmp_path, "--port", str(ports[0]), **settings) as back:
                wait_until(lambda: "request" in back.said("info"))  # by the proxy, which knows of it again
                stop(second)
                assert proxy.by_it(back.gateway.student()).codes(WHO) == []
                if name == "nginx":  # and itself: its processes are replaced as well
                    proxy.process.send_signal(signal.SIGHUP)
                    assert proxy.by_it(back.gateway.student()).codes(WHO) == []
                assert wrong == []


@pytest.mark.parametrize("name", NAMES)
def test_no_request_is_lost_while_the_processes_of_one_gateway_are_replaced(
    name: str, new_sqlite: Callable[[], str], tmp_path: Path
) -> None:
    with (
        served(new_sqlite(), "--workers", "2") as gateway,
        proxying(name, [port_of(gateway)], tmp_path) as proxy,
        calling(proxy, gateway.student()) as wrong,
    ):
        before = workers(gateway)
        gateway.server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: len(workers(gateway)) == 2 and not workers(gateway) & before)
        assert wrong == []
