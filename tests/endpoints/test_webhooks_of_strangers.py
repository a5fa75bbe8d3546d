"""Signed bodies that no database could keep are refused; intents of other apps with the same account cost nothing."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from db.tables import PurchaseRow
from gateway.endpoints.errors import refuse
from gateway.endpoints.webhooks import webhook_routes
from gateway.schema.conventions import ids
from gateway.services.core.model.values import Provider
from gateway.services.jobs.provider_events import ProviderEvents
from gateway.services.providers.razorpay.provider import Razorpay
from gateway.settings.loading import load_settings
from tests.service import STANDARD, Service
from tests.services.providers.razorpay import fake as fake_razorpay
from tests.services.providers.razorpay.case import provider_of
from tests.services.providers.razorpay.fake import WEBHOOK_SECRET, FakeRazorpay, signature
from tests.services.providers.stripe import fake
from tests.services.providers.stripe.fake import FakeStripe, signed

pytestmark = pytest.mark.anyio
Thing = dict[str, Any]


@dataclass
class Door:
    """The webhooks' routes before the service, with a fake of each provider behind it."""

    service: Service
    client: httpx.AsyncClient
    stripe: FakeStripe
    razorpay: FakeRazorpay

    async def post(self, name: str, body: bytes, event_id: str = "evt_1") -> int:
        if name == "stripe":
            headers = {"Stripe-Signature": signed(body, self.service.clock(), fake.SECRET)}
        else:
            headers = {
                "X-Razorpay-Signature": signature(WEBHOOK_SECRET, body),
                "X-Razorpay-Event-Id": event_id,
            }
        return (await self.client.post(f"/webhooks/{name}", content=body, headers=headers)).status_code

    async def run_jobs(self) -> int:
        """All runs of three days, however they space them."""
        ran, runner = 0, self.service.runner()
        for _ in range(100):
            ran += await runner.run_due()
            self.service.clock.advance(hours=1)
        return ran

    def events(self) -> dict[str, int]:
        found = self.service.rows("SELECT state, count(*) FROM provider_event GROUP BY state")
        return {str(state): int(str(number)) for state, number in found}


@pytest.fixture
async def door(service: Service) -> AsyncIterator[Door]:
    stripe, razorpay = FakeStripe(), FakeRazorpay()
    second: Razorpay = provider_of(razorpay)

    def events_of(_: object) -> ProviderEvents:
        return service.events

    routes = webhook_routes(events_of, service.clock, load_settings({}))
    app = Starlette(routes=routes, exception_handlers={HTTPException: refuse})
    async with (
        stripe.provider() as first,
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        service.set_up(by_name={Provider.STRIPE: first, Provider.RAZORPAY: second})
        yield Door(service, client, stripe, razorpay)
    await second.close()


def stripe_event(changes: Thing) -> bytes:
    return json.dumps(
        {"id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "data": {"object": {"id": "pi_1"}}}
        | changes
    ).encode()


def razorpay_event(changes: Thing) -> bytes:
    order = {"id": "order_1", "entity": "order", "notes": []}
    return json.dumps({"event": "order.paid", "payload": {"order": {"entity": order}}} | changes).encode()


BRACKETS = b"[" * 100_000
ODD: list[tuple[str, bytes]] = [
    *((name, body) for name in ("stripe", "razorpay") for body in (BRACKETS, b"[]", b'"x"', b"null")),
    ("razorpay", b"\xff{}"),  # Stripe signs text: bytes that are none fit no signature
    *(("stripe", stripe_event({"type": f"payment_intent.{odd}"})) for odd in ("\ud800", "\u0000", "a b", "x" * 300)),
    *(("stripe", stripe_event({"id": f"evt_{odd}"})) for odd in ("\ud800", "\u0000", "\u202e")),
    *(("stripe", stripe_event({"data": {"object": {"id": f"pi_{odd}"}}})) for odd in ("\ud800", "\u0000")),
    ("stripe", stripe_event({"id": None})),
    ("stripe", stripe_event({"type": 1})),
    ("stripe", stripe_event({})[:-1] + b', "id": "evt_2"}'),
    ("stripe", stripe_event({})[:-1] + b', "deep": ' + BRACKETS),
    ("stripe", stripe_event({})[:-1] + b', "created": ' + b"9" * 20 + b"}"),
    ("stripe", stripe_event({})[:-1] + b', "created": ' + b"9" * 5000 + b"}"),
    ("stripe", stripe_event({})[:-1] + b', "created": 1e999}'),
    ("stripe", stripe_event({})[:-1] + b', "created": NaN}'),
    *(("razorpay", razorpay_event({"event": odd})) for odd in ("\ud800", "\u0000", "", None, 7, "x" * 300)),
    *(
        ("razorpay", razorpay_event({"payload": {"payment": {"entity": {"order_id": f"order_{odd}"}}}}))
        for odd in ("\ud800", "\u0000")
    ),
    ("razorpay", razorpay_event({})[:-1] + b', "event": "order.paid"}'),
    ("razorpay", razorpay_event({})[:-1] + b', "deep": ' + BRACKETS),
    ("razorpay", razorpay_event({})[:-1] + b', "created_at": ' + b"9" * 400 + b"}"),
]


async def test_a_signed_body_that_cannot_be_kept_is_refused_and_leaves_nothing(door: Door) -> None:
    for name, body in ODD:
        assert (name, body[:200], await door.post(name, body)) == (name, body[:200], 400)
    assert (door.events(), door.service.count("job")) == ({}, 0)


async def test_a_hundred_and_twenty_events_of_another_apps_forty_intents_are_ignored_and_not_asked_about(
    door: Door,
) -> None:
    for number in range(40):
        reference, said = f"pi_{number}", {"order_number": str(number)}
        intent = {"id": reference, "object": "payment_intent", "metadata": said}
        charge = {"id": f"ch_{number}", "object": "charge", "payment_intent": reference, "metadata": said}
        for kind, thing in (
            ("payment_intent.created", intent),
            ("charge.succeeded", charge),
            ("payment_intent.succeeded", intent),
        ):
            assert await door.post("stripe", fake.event(kind, thing, f"evt_{kind}_{number}")) == 200
    assert (door.events(), door.service.count("job"), door.stripe.asked) == ({"IGNORED": 120}, 0, [])
    assert await door.run_jobs() == 0


async def test_events_that_do_not_show_whose_intent_it_is_are_asked_about_once(door: Door) -> None:
    for number in range(10):
        reference = f"pi_{number}"
        door.stripe.intents[reference] = stripe_intent(reference, {"order_number": str(number)})
        refund = {"id": f"re_{number}", "object": "refund", "payment_intent": reference, "metadata": {}}
        assert await door.post("stripe", fake.event("refund.created", refund, f"evt_{number}")) == 200
    assert await door.run_jobs() == 10
    assert (door.events(), len(door.stripe.asked)) == ({"IGNORED": 10}, 10)


async def test_one_signed_body_is_one_event_whatever_ids_are_sent_beside_it(door: Door) -> None:
    order = {"id": "order_1", "entity": "order", "amount": 500, "currency": "INR", "notes": {"a": "book"}}
    door.razorpay.orders["order_1"] = order
    captured = fake_razorpay.event("payment.captured", payment={"entity": "payment", "order_id": "order_1"})
    for number in range(300):
        assert await door.post("razorpay", captured, f"evt_{number}") == 200
    assert door.service.count("job") == 1
    await door.run_jobs()
    assert (door.events(), len(door.razorpay.calls)) == ({"IGNORED": 1}, 1)


async def test_one_event_of_stripes_is_one_whenever_and_however_often_it_is_signed(door: Door) -> None:
    door.stripe.intents["pi_1"] = stripe_intent("pi_1", {"order_number": "1"})
    refund = {"id": "re_1", "object": "refund", "payment_intent": "pi_1", "metadata": {}}
    body = fake.event("refund.created", refund, "evt_1")
    for _ in range(60):
        proof = signed(body, door.service.clock(), fake.SECRET)
        for header in (proof, f"{proof},v1={'0' * 64}", f"{proof},t=1", f"{proof},v0=x", proof.replace(",", ",x=y,")):
            answer = await door.client.post("/webhooks/stripe", content=body, headers={"Stripe-Signature": header})
            assert answer.status_code == 200
        door.service.clock.advance(seconds=1)
    assert door.service.count("job") == 1
    await door.run_jobs()
    assert (door.events(), len(door.stripe.asked)) == ({"IGNORED": 1}, 1)


async def test_a_time_beside_the_signed_one_makes_no_old_event_new(door: Door) -> None:
    body, then = stripe_event({}), signed(stripe_event({}), door.service.clock(), fake.SECRET)
    door.service.clock.advance(seconds=301)
    now = int(door.service.clock().timestamp())
    for header in (then, f"t={now},{then}", f"{then},t={now}", f"{then},{signed(body, door.service.clock(), 'other')}"):
        answer = await door.client.post("/webhooks/stripe", content=body, headers={"Stripe-Signature": header})
        assert answer.status_code == 400
    assert (door.events(), door.service.count("job")) == ({}, 0)


async def test_no_id_beside_a_body_hides_what_is_found_in_razorpays_list(door: Door) -> None:
    """The list's captures have ids of their own, under which nothing that is sent can be stored before them."""
    captured = razorpay_event({})
    assert await door.post("razorpay", captured, "pay_1.captured") == 200
    assert await door.service.work.known_events(Provider.RAZORPAY, ["pay_1.captured"]) == set()


async def test_razorpays_events_of_another_apps_orders_are_ignored(door: Door) -> None:
    for number in range(40):
        order = {"id": f"order_{number}", "entity": "order", "amount": 500, "currency": "INR", "notes": {"a": "book"}}
        payment = {"id": f"pay_{number}", "entity": "payment", "order_id": f"order_{number}", "notes": []}
        door.razorpay.orders[f"order_{number}"] = order
        paid = fake_razorpay.event("order.paid", order=order, payment=payment)
        assert await door.post("razorpay", paid, f"evt_paid_{number}") == 200
        captured = fake_razorpay.event("payment.captured", payment=payment)
        assert await door.post("razorpay", captured, f"evt_captured_{number}") == 200
    assert door.service.count("job") == 40
    assert await door.run_jobs() == 40
    assert (door.events(), len(door.razorpay.calls)) == ({"IGNORED": 80}, 40)


async def test_an_event_of_an_account_that_is_connected_to_ours_is_ignored(door: Door) -> None:
    said = {"studentId": "student-1", "courseId": "yoga", "purchaseTier": "BASIC"}
    body = stripe_event({"account": "acct_of_somebody", "data": {"object": {"id": "pi_1", "metadata": said}}})
    assert await door.post("stripe", body) == 200
    assert (door.events(), door.service.count("job")) == ({"IGNORED": 1}, 0)


def stripe_intent(reference: str, said: dict[str, str], status: str = "succeeded") -> Thing:
    return {
        "id": reference,
        "object": "payment_intent",
        "amount": STANDARD.price.amount_minor,
        "amount_received": STANDARD.price.amount_minor,
        "currency": "inr",
        "status": status,
        "latest_charge": f"ch_{reference[3:]}",
        "last_payment_error": None,
        "metadata": said,
    }


async def legacy(door: Door) -> dict[str, str]:
    course = await door.service.save_course()
    return {
        "studentId": "student-1",
        "courseId": str(course.id),
        "purchaseTier": "STANDARD",
        "isSundayOnly": "true",
        "sessionDuration": "60",
        "timeSlot": "5:30 PM - 6:30 PM",
    }


@pytest.mark.parametrize("kind", ["completed", "async_payment_succeeded"])
async def test_a_checkout_session_whose_metadata_is_its_own_is_adopted(door: Door, kind: str) -> None:
    """Stripe Checkout keeps `metadata` on the session: its intent has none."""
    door.stripe.intents["pi_1"] = stripe_intent("pi_1", {})
    session = {
        "id": "cs_test_1",
        "object": "checkout.session",
        "payment_intent": "pi_1",
        "metadata": await legacy(door),
    }
    door.stripe.sessions["cs_test_1"] = session
    intent = fake.event("payment_intent.succeeded", door.stripe.intents["pi_1"], "evt_intent")
    assert await door.post("stripe", intent) == 200
    assert await door.post("stripe", fake.event(f"checkout.session.{kind}", session, "evt_session")) == 200
    await door.run_jobs()
    assert door.events() == {"IGNORED": 1, "HANDLED": 1}
    assert door.service.rows("SELECT tier, status FROM purchase") == [("STANDARD", "ACTIVE")]
    assert door.service.rows("SELECT reference FROM payment") == [("pi_1",)]


async def test_a_legacy_checkout_of_either_provider_is_adopted_with_its_course_and_address_as_people_write_them(
    door: Door,
) -> None:
    said = await legacy(door)
    said |= {"courseId": f"{ids.to_text(ids.COURSE, UUID(said['courseId']))} ", "address": "12 MG Road\nBengaluru"}
    door.stripe.intents["pi_1"] = stripe_intent("pi_1", said)
    paid = fake.event("payment_intent.succeeded", door.stripe.intents["pi_1"], "evt_intent")
    assert await door.post("stripe", paid) == 200
    order = {"id": "order_1", "entity": "order", "amount": 499_900, "currency": "INR", "receipt": "old"}
    door.razorpay.orders["order_1"] = order | {"status": "paid", "notes": said | {"studentId": "student-2"}}
    captured = door.razorpay.payments[door.razorpay.pay("order_1")]
    assert await door.post("razorpay", fake_razorpay.event("payment.captured", payment=captured)) == 200
    await door.run_jobs()
    assert door.events() == {"HANDLED": 2}
    assert sorted(door.service.rows("SELECT provider, student_id, fulfilment FROM payment")) == [
        ("RAZORPAY", "student-2", "FULFILLED"),
        ("STRIPE", "student-1", "FULFILLED"),
    ]
    assert {tuple(map(tuple, row.labels)) for row in door.service.stored(PurchaseRow)} == {
        (("address", "12 MG Road Bengaluru"),)
    }


async def test_a_checkout_session_without_an_intent_is_ignored(door: Door) -> None:
    for number, kind in enumerate(("completed", "expired", "async_payment_failed")):
        session: Thing = {"id": "cs_test_1", "object": "checkout.session", "payment_intent": None, "metadata": {}}
        body = fake.event(f"checkout.session.{kind}", session, f"evt_{number}")
        assert await door.post("stripe", body) == 200
    assert (door.events(), door.service.count("job")) == ({"IGNORED": 3}, 0)


@pytest.mark.parametrize(
    ("kind", "related"),
    [
        ("v1.payment_intent.succeeded", {"id": "pi_1", "type": "payment_intent"}),
        ("v1.charge.succeeded", {"id": "ch_1", "type": "charge"}),
        ("v1.refund.created", {"id": "re_1", "type": "refund"}),
        ("v1.charge.dispute.created", {"id": "du_1", "type": "dispute"}),
        ("v1.checkout.session.completed", {"id": "cs_1", "type": "checkout.session"}),
    ],
)
async def test_a_thin_event_leads_to_its_intent(door: Door, kind: str, related: Thing) -> None:
    door.stripe.intents["pi_1"] = stripe_intent("pi_1", await legacy(door))
    door.stripe.give_back("pi_1", 100)
    door.stripe.dispute("pi_1", "won")
    door.stripe.sessions["cs_1"] = {"id": "cs_1", "payment_intent": "pi_1", "metadata": {}}
    thin = {"id": "evt_t", "object": "v2.core.event", "type": kind, "created": datetime.now(UTC).isoformat()}
    assert await door.post("stripe", json.dumps(thin | {"related_object": related | {"url": "/v1/x"}}).encode()) == 200
    await door.run_jobs()
    assert door.events() == {"HANDLED": 1}
    assert door.service.rows("SELECT tier, status FROM purchase") == [("STANDARD", "ACTIVE")]


async def test_a_thin_event_of_something_else_is_ignored(door: Door) -> None:
    for number, related in enumerate((None, {"id": "ed_1", "type": "v2.core.event_destination"})):
        thin = {"id": f"evt_{number}", "object": "v2.core.event", "type": "v2.core.event_destination.ping"}
        assert await door.post("stripe", json.dumps(thin | {"related_object": related}).encode()) == 200
    assert (door.events(), door.service.count("job")) == ({"IGNORED": 2}, 0)
