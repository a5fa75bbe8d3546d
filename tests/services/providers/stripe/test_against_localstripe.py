"""Stripe in our words, against a stateful fake that others wrote.

It forgets idempotency keys and allows refunds beyond what was paid; `test_stripe.py` covers those.
"""

import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from threading import Thread
from typing import Any

import httpx
import pytest

from gateway.services.core.model.values import Money, Payment, RefundStatus
from gateway.services.core.model.verdicts import AwaitingPayment, Canceled, Captured, PaymentDeclined, RefundSucceeded
from gateway.services.providers.stripe.provider import Stripe
from tests.service import INSTALLATION
from tests.services.providers.opening import intent_of
from tests.services.providers.stripe.test_provider import payment, refund_of

pytestmark = pytest.mark.anyio
KEY = "sk_test_local"
SECRET = "whsec_local"
Act = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.services.providers.stripe.localstripe_on_loopback"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture
async def provider(url: str) -> AsyncIterator[Stripe]:
    opened = Stripe(KEY, [SECRET], api_base=f"{url}/")
    yield opened
    await opened.close()


@pytest.fixture
def act(url: str) -> Act:
    """Does what the browser or the dashboard does, with what localstripe answers."""

    def post(path: str, *, fails: bool = False, **form: str) -> dict[str, Any]:
        answer = httpx.post(f"{url}{path}", data=form, headers={"Authorization": f"Bearer {KEY}"}, timeout=30)
        assert answer.is_error is fails, answer.text
        found: dict[str, Any] = answer.json() if answer.text else {}
        return found

    return post


async def opened(provider: Stripe) -> Payment:
    new = payment()
    intent = await intent_of(provider, new)
    assert intent.client_secret is not None
    assert intent.client_secret.startswith(f"{intent.reference}_secret_")
    return replace(new, reference=intent.reference)


def choose(act: Act, taken: Payment, method: str) -> str:
    act(f"/v1/payment_intents/{taken.reference}", payment_method=method)
    return f"/v1/payment_intents/{taken.reference}/confirm"


def paid(act: Act, taken: Payment) -> None:
    act(choose(act, taken, "pm_card_visa"))


def three_d_secure(act: Act) -> str:
    """A card whose bank asks the student first."""
    card = {"number": "4000002500003155", "exp_month": "12", "exp_year": "2040", "cvc": "123"}
    fields = {f"card[{name}]": value for name, value in card.items()}
    return str(act("/v1/payment_methods", type="card", **fields)["id"])


async def test_a_card_that_is_charged(provider: Stripe, act: Act) -> None:
    taken = await opened(provider)
    assert await provider.settle(taken, None) == AwaitingPayment()
    paid(act, taken)
    verdict = await provider.settle(taken, None)
    assert isinstance(verdict, Captured)
    assert verdict == Captured(verdict.attempt, taken.amount, "student-1", taken.course_id, INSTALLATION)
    assert verdict.attempt.startswith("ch_")


async def test_a_card_that_is_declined_and_then_another_one(provider: Stripe, act: Act) -> None:
    taken = await opened(provider)
    act(choose(act, taken, "pm_card_chargeCustomerFail"), fails=True)
    verdict = await provider.settle(taken, None)
    assert isinstance(verdict, PaymentDeclined)
    assert (verdict.code, verdict.attempt[:3]) == ("card_declined", "ch_")


async def test_a_card_that_asks_the_student(provider: Stripe, act: Act) -> None:
    taken = await opened(provider)
    asked = act(choose(act, taken, three_d_secure(act)))
    assert asked["status"] == "requires_action"
    assert await provider.settle(taken, None) == AwaitingPayment()
    authenticate = f"/v1/payment_intents/{taken.reference}/_authenticate"
    act(authenticate, client_secret=asked["client_secret"], success="true")
    assert isinstance(await provider.settle(taken, None), Captured)


async def test_an_authentication_that_fails(provider: Stripe, act: Act) -> None:
    taken = await opened(provider)
    asked = act(choose(act, taken, three_d_secure(act)))
    authenticate = f"/v1/payment_intents/{taken.reference}/_authenticate"
    act(authenticate, client_secret=asked["client_secret"], success="false")
    verdict = await provider.settle(taken, None)
    assert isinstance(verdict, PaymentDeclined)
    assert verdict.code == "payment_intent_authentication_failure"


async def test_an_intent_that_is_closed(provider: Stripe, act: Act) -> None:
    taken = await opened(provider)
    act(f"/v1/payment_intents/{taken.reference}/cancel")
    assert await provider.settle(taken, None) == Canceled()


async def test_parts_and_the_rest_go_back_each_once(provider: Stripe, act: Act) -> None:
    taken = await opened(provider)
    paid(act, taken)
    part, rest = refund_of(taken, 100_000), refund_of(taken, 99_900)
    for refund in (part, part, rest):
        assert isinstance(await provider.refund(taken, refund), RefundSucceeded)
    records = (await provider.inspect(taken)).refunds
    assert {(record.refund_id, record.amount, record.status) for record in records} == {
        (part.id, Money(100_000, "INR"), RefundStatus.SUCCEEDED),
        (rest.id, Money(99_900, "INR"), RefundStatus.SUCCEEDED),
    }
    assert len(records) == 2


async def test_an_intent_is_found_or_not(provider: Stripe) -> None:
    taken = await opened(provider)
    assert taken.reference is not None
    found = await provider.find(taken.reference)
    assert found is not None
    assert (found.amount, found.metadata["gateway_payment_id"]) == (taken.amount, str(taken.id))
    assert await provider.find("pi_unknown") is None


async def test_its_signed_webhook_is_read(provider: Stripe, act: Act) -> None:
    taken = await opened(provider)
    heard: Queue[tuple[dict[str, str], bytes]] = Queue()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.end_headers()
            heard.put(({name.lower(): value for name, value in self.headers.items()}, body))

        def log_message(self, *_: object) -> None:
            """Not to the test's output."""

    with HTTPServer(("127.0.0.1", 0), Listener) as listener:
        thread = Thread(target=listener.serve_forever)
        thread.start()
        here = f"http://127.0.0.1:{listener.server_port}/"
        act("/_config/webhooks/test", url=here, secret=SECRET, **{"events[]": "payment_intent.succeeded"})
        paid(act, taken)
        notice = None
        while notice is None or notice.references != (taken.reference,):  # those of other tests come late
            headers, body = heard.get(timeout=30)
            notice = provider.read_webhook(headers, body, datetime.now(UTC))
        listener.shutdown()
        thread.join()
    assert notice.type == "payment_intent.succeeded"
