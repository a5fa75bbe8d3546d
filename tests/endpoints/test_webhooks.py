"""The providers' door: what is kept, what is refused, and that a payment nobody confirms comes to its purchase."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import anyio
import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from uuid_utils.compat import uuid7

from gateway.app import build_app
from gateway.auth.minting import mint_token
from gateway.bootstrap import Services
from gateway.schema.conventions import ids
from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.model.outcomes import Busy, CourseSaved
from gateway.services.core.model.values import Role
from gateway.settings.loading import load_settings
from tests.served.operations import CREATE_PAYMENT, METADATA
from tests.served.server import SECRET as TOKEN_SECRET
from tests.service import ADMIN, TIERS
from tests.services.providers.stripe.fake import KEY, SECRET, FakeStripe, event, signed

pytestmark = pytest.mark.anyio
NEW_SECRET = "whsec_that_replaces_it"
SUCCEEDED = event("payment_intent.succeeded", {"id": "pi_unknown"})


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """An application over real HTTP on a free port of loopback, from a thread."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, log_level="critical", lifespan="off")
    )
    listening = server.config.bind_socket()
    thread = Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@dataclass
class Gateway:
    """A gateway in this process without a worker, its Stripe behind real HTTP, and a caller of it."""

    services: Services
    client: httpx.AsyncClient
    books: FakeStripe
    token: str

    async def webhook(self, body: bytes, signature: str | None = None, **headers: str) -> httpx.Response:
        proof = signed(body, datetime.now(UTC)) if signature is None else signature
        return await self.client.post("/webhooks/stripe", content=body, headers={"Stripe-Signature": proof} | headers)

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.services.reader.source.fetch(sql)]

    async def opened(self) -> str:
        """The reference of a payment that a student has opened with Stripe."""
        saved = await self.services.purchases.submit(SaveCourse(ADMIN, uuid7(), True, "Yoga", TIERS))
        assert isinstance(saved, CourseSaved)
        course_id = ids.to_text(ids.COURSE, saved.course.id)
        wanted = {"courseId": course_id, "tier": "BASIC", "metadata": METADATA, "provider": "STRIPE"}
        answer = await self.client.post(
            "/graphql",
            json={"query": CREATE_PAYMENT, "variables": {"input": wanted}},
            headers={"Authorization": f"Bearer {self.token}"},
        )
        created = answer.json()["data"]["createPayment"]
        assert created["clientSecret"] == f"{created['payment']['providerReference']}_secret_x"
        return str(created["payment"]["providerReference"])

    async def run_jobs(self) -> None:
        while sum([await runner.run_due() for runner in self.services.runners]):
            pass


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[Gateway]:
    books = FakeStripe()
    with served(books.app()) as stripe_url:
        settings = load_settings(
            {
                "GATEWAY_DATABASE_URL": database_url,
                "GATEWAY_JWT_SECRET": TOKEN_SECRET,
                "GATEWAY_WORKER": "false",
                "GATEWAY_LIMIT_BODY_S": "0.5",
                "GATEWAY_STRIPE_SECRET_KEY": KEY,
                "GATEWAY_STRIPE_API_BASE": stripe_url,
                "GATEWAY_STRIPE_WEBHOOK_SECRETS": f"{NEW_SECRET}, {SECRET}",
            }
        )
        app = build_app(settings)
        line = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=line, base_url="http://test") as client,
        ):
            token = mint_token(settings, role=Role.STUDENT, subject="student-1", ttl_s=600)
            yield Gateway(app.state.services, client, books, token)


async def test_a_webhook_is_stored_once(gateway: Gateway) -> None:
    for _ in range(2):
        answer = await gateway.webhook(SUCCEEDED)
        assert (answer.status_code, answer.json()) == (200, {"stored": True})
    assert await gateway.rows("SELECT provider, event_id, type, state FROM provider_event") == [
        ("STRIPE", "evt_1", "payment_intent.succeeded", "PENDING")
    ]
    assert await gateway.rows("SELECT kind, state FROM job") == [("webhook.handle", "PENDING")]


async def test_what_is_not_proven_leaves_no_row(gateway: Gateway) -> None:
    now = datetime.now(UTC)
    for signature in (
        "",
        signed(SUCCEEDED, now, "whsec_another"),
        signed(SUCCEEDED + b" ", now),
        signed(SUCCEEDED, now - timedelta(seconds=310)),
        signed(SUCCEEDED, now + timedelta(seconds=310)),
    ):
        answer = await gateway.webhook(SUCCEEDED, signature)
        assert answer.status_code == 400
        assert answer.json()["stored"] is False
    assert (await gateway.client.post("/webhooks/stripe", content=SUCCEEDED)).status_code == 400
    assert await gateway.rows("SELECT id FROM provider_event") == []


async def test_both_secrets_count_while_one_replaces_the_other(gateway: Gateway) -> None:
    for number, secret in enumerate((NEW_SECRET, SECRET)):
        body = event("payment_intent.succeeded", {"id": "pi_unknown"}, f"evt_{number}")
        assert (await gateway.webhook(body, signed(body, datetime.now(UTC), secret))).status_code == 200
    assert await gateway.rows("SELECT count(*) FROM provider_event") == [(2,)]


async def test_a_body_may_have_a_mebibyte_and_no_more(gateway: Gateway) -> None:
    whole = event("payment_intent.succeeded", {"id": "pi_unknown", "padding": "x" * 1024 * 1024})
    assert (await gateway.webhook(whole)).status_code == 413
    assert (await gateway.webhook(whole[: 1024 * 1024])).status_code == 400  # read, and found to be no event

    async def without_end() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65_536

    endless = await gateway.client.post("/webhooks/stripe", content=without_end())
    assert endless.status_code == 413
    assert await gateway.rows("SELECT id FROM provider_event") == []


async def test_an_event_of_another_kind_is_stored_and_ignored(gateway: Gateway) -> None:
    assert (await gateway.webhook(event("customer.created", {"id": "cus_1"}))).status_code == 200
    assert await gateway.rows("SELECT type, state FROM provider_event") == [("customer.created", "IGNORED")]
    assert await gateway.rows("SELECT id FROM job") == []


async def test_a_body_that_does_not_come_in_time_is_refused(gateway: Gateway) -> None:
    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await anyio.sleep_forever()

    answer = await gateway.client.post("/webhooks/stripe", content=never())
    assert (answer.status_code, answer.json()["stored"]) == (408, False)


async def test_a_slash_at_the_end_is_taken_without_a_redirect(gateway: Gateway) -> None:
    proof = {"Stripe-Signature": signed(SUCCEEDED, datetime.now(UTC))}
    answer = await gateway.client.post("/webhooks/stripe/", content=SUCCEEDED, headers=proof)
    assert (answer.status_code, answer.json()) == (200, {"stored": True})
    assert await gateway.rows("SELECT event_id FROM provider_event") == [("evt_1",)]
    assert (await gateway.client.get("/webhooks/stripe/")).status_code == 405
    assert (await gateway.client.post("/webhooks/razorpay/", content=b"{}")).status_code == 404


async def test_only_set_up_providers_have_a_door(gateway: Gateway) -> None:
    for name in ("razorpay", "STRIPE", "nobody"):
        answer = await gateway.client.post(f"/webhooks/{name}", content=b"{}")
        assert (answer.status_code, answer.json()["stored"]) == (404, False)
    assert (await gateway.client.get("/webhooks/stripe")).status_code == 405


async def test_an_authorization_header_is_not_judged_at_this_door_only(gateway: Gateway) -> None:
    theirs = {"Authorization": "Basic dGhlaXJzOg=="}
    assert (await gateway.webhook(SUCCEEDED, **theirs)).status_code == 200
    assert (await gateway.client.post("/graphql", json={"query": "{__typename}"}, headers=theirs)).status_code == 401


async def test_a_busy_gateway_asks_for_the_webhook_again(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(*_: object) -> Busy:
        return Busy(3)

    monkeypatch.setattr(type(gateway.services.purchases), "submit", busy)
    answer = await gateway.webhook(SUCCEEDED)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")


async def test_a_payment_that_nobody_confirms_comes_to_its_purchase(gateway: Gateway) -> None:
    reference = await gateway.opened()
    paid = gateway.books.pay(reference)
    assert (await gateway.webhook(event("payment_intent.succeeded", paid))).status_code == 200
    assert await gateway.rows("SELECT id FROM purchase") == []
    await gateway.run_jobs()
    assert await gateway.rows("SELECT status, student_id FROM purchase") == [("ACTIVE", "student-1")]
    assert await gateway.rows("SELECT status, fulfilment FROM payment") == [("SUCCEEDED", "FULFILLED")]
    assert await gateway.rows("SELECT state FROM provider_event") == [("HANDLED",)]


async def test_a_refund_made_at_the_dashboard_ends_the_purchase(gateway: Gateway) -> None:
    reference = await gateway.opened()
    gateway.books.pay(reference)
    await gateway.webhook(event("payment_intent.succeeded", {"id": reference}))
    await gateway.run_jobs()
    gateway.books.give_back(reference, 100_000)
    await gateway.webhook(event("charge.refunded", {"id": "ch_1", "payment_intent": reference}, "evt_2"))
    await gateway.run_jobs()
    assert await gateway.rows("SELECT payment.status, purchase.status FROM payment, purchase") == [
        ("PARTIALLY_REFUNDED", "ACTIVE")
    ]
    gateway.books.give_back(reference)
    await gateway.webhook(event("refund.created", {"id": "re_2", "payment_intent": reference}, "evt_3"))
    await gateway.run_jobs()
    assert await gateway.rows("SELECT payment.status, purchase.status FROM payment, purchase") == [
        ("REFUNDED", "REFUNDED")
    ]


async def test_the_refund_may_be_heard_of_before_the_capture(gateway: Gateway) -> None:
    reference = await gateway.opened()
    gateway.books.pay(reference)
    gateway.books.give_back(reference)
    await gateway.webhook(event("charge.refunded", {"id": "ch_1", "payment_intent": reference}, "evt_2"))
    await gateway.webhook(event("payment_intent.succeeded", {"id": reference}, "evt_1"))
    await gateway.run_jobs()
    assert await gateway.rows("SELECT payment.status, purchase.status FROM payment, purchase") == [
        ("REFUNDED", "REFUNDED")
    ]
