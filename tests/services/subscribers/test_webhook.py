"""What a webhook's subscriber receives: a CloudEvent that it can verify, the same one however often it comes."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from gateway.schema.conventions import ids
from gateway.services.core.model.events import EVENT_TYPES, OutgoingEvent
from gateway.services.subscribers.base import Subscriber, Undelivered
from gateway.services.subscribers.http_delivery import Clock
from gateway.services.subscribers.webhook import WebhookSubscriber
from tests.services.subscribers.examples import (
    AT,
    COURSE_ID,
    EVENT_ID,
    NEW,
    OLD,
    OLDER_ID,
    PAYMENT,
    PAYMENT_ID,
    PURCHASE,
    PURCHASE_ID,
    QUERY,
    now,
    payment_event,
    purchase_event,
)
from tests.services.subscribers.listener import Listener, Sent, replying

pytestmark = pytest.mark.anyio


def subscriber(listener: Listener, *secrets: str, clock: Clock = now) -> WebhookSubscriber:
    url = f"{listener.url}/gateway{QUERY}"
    return WebhookSubscriber("a-name", url, secrets or (OLD,), "https://pay.example", ids.to_text, clock=clock)


async def received(listener: Listener, event: OutgoingEvent, *secrets: str, clock: Clock = now) -> Sent:
    told = subscriber(listener, *secrets, clock=clock)
    await told.send(event)
    await told.close()
    return listener.sent[-1]


async def test_a_purchase_is_told_as_a_cloud_event_with_ids_as_everybody_writes_them(listener: Listener) -> None:
    sent = await received(listener, purchase_event())
    assert sent.line == f"POST /gateway{QUERY} HTTP/1.1"
    assert sent.headers["content-type"] == "application/cloudevents+json"
    assert sent.json == {
        "specversion": "1.0",
        "id": ids.to_text("evt", EVENT_ID),
        "source": "https://pay.example",
        "type": "purchase.created",
        "subject": ids.to_text(ids.PURCHASE, PURCHASE_ID),
        "time": "2026-11-01T12:30:15.250000Z",
        "datacontenttype": "application/json",
        "data": {
            "purchase": PURCHASE
            | {
                "id": ids.to_text(ids.PURCHASE, PURCHASE_ID),
                "courseId": ids.to_text(ids.COURSE, COURSE_ID),
                "paymentId": ids.to_text(ids.PAYMENT, PAYMENT_ID),
                "supersedes": ids.to_text(ids.PURCHASE, OLDER_ID),
            }
        },
    }


async def test_a_session_is_told_with_ids_as_everybody_writes_them(listener: Listener) -> None:
    session = {"purchaseId": str(PURCHASE_ID), "courseId": str(COURSE_ID), "studentId": "student-1", "number": 3}
    sent = await received(listener, OutgoingEvent(EVENT_ID, "session.recorded", PURCHASE_ID, AT, {"session": session}))
    purchase_id = ids.to_text(ids.PURCHASE, PURCHASE_ID)
    assert (sent.json["type"], sent.json["subject"]) == ("session.recorded", purchase_id)
    written = {"purchaseId": purchase_id, "courseId": ids.to_text(ids.COURSE, COURSE_ID)}
    assert sent.json["data"] == {"session": session | written}


async def test_a_payment_is_told_with_ids_as_everybody_writes_them(listener: Listener) -> None:
    event = payment_event(purchaseId=str(PURCHASE_ID))
    sent = await received(listener, event)
    assert (sent.json["type"], sent.json["subject"]) == ("payment.failed", ids.to_text(ids.PAYMENT, PAYMENT_ID))
    assert sent.json["data"]["payment"] == PAYMENT | {
        "id": ids.to_text(ids.PAYMENT, PAYMENT_ID),
        "courseId": ids.to_text(ids.COURSE, COURSE_ID),
        "purchaseId": ids.to_text(ids.PURCHASE, PURCHASE_ID),
    }
    assert event.data["payment"] == PAYMENT | {"purchaseId": str(PURCHASE_ID)}, "the event itself stays as it was"


async def test_an_id_that_there_is_not_stays_null(listener: Listener) -> None:
    sent = await received(listener, purchase_event(paymentId=None, supersedes=None))
    purchase = sent.json["data"]["purchase"]
    assert (purchase["paymentId"], purchase["supersedes"]) == (None, None)
    sent = await received(listener, payment_event())
    assert sent.json["data"]["payment"]["purchaseId"] is None


async def test_the_time_is_in_utc_wherever_the_event_was_made(listener: Listener) -> None:
    india = timezone(timedelta(hours=5, minutes=30))
    event = OutgoingEvent(EVENT_ID, "access.granted", PURCHASE_ID, AT.astimezone(india), {"purchase": PURCHASE})
    assert (await received(listener, event)).json["time"] == "2026-11-01T12:30:15.250000Z"


async def test_every_event_is_wanted(listener: Listener) -> None:
    told: Subscriber = subscriber(listener)
    assert all(map(told.wants, EVENT_TYPES))
    assert told.name == "a-name"
    await told.close()


async def test_a_delivery_is_verified_by_the_standard_s_own_library(listener: Listener) -> None:
    sent = await received(listener, purchase_event(studentId="छात्र-😀"))
    assert Webhook(OLD).verify(sent.body, sent.headers) == sent.json
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(sent.body, sent.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(sent.body + b" ", sent.headers)


async def test_while_one_secret_replaces_another_either_verifies(listener: Listener) -> None:
    sent = await received(listener, purchase_event(), OLD, NEW)
    assert len(sent.headers["webhook-signature"].split(" ")) == 2
    for secret in (OLD, NEW):
        assert Webhook(secret).verify(sent.body, sent.headers) == sent.json


async def test_a_repeat_has_the_same_id_and_body_and_its_own_instant(listener: Listener) -> None:
    instants = [AT, AT + timedelta(hours=3)]
    told = subscriber(listener, clock=lambda: instants[len(listener.sent)])
    listener.answers = [replying(500)]
    with pytest.raises(Undelivered, match=r"^answered 500$"):
        await told.send(purchase_event())
    await told.send(purchase_event())
    await told.close()
    first, second = listener.sent
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == ids.to_text("evt", EVENT_ID)
    assert first.body == second.body
    assert [int(each.headers["webhook-timestamp"]) for each in listener.sent] == [
        int(instant.timestamp()) for instant in instants
    ]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


async def test_the_instant_signed_is_right_by_a_clock_of_any_zone(listener: Listener) -> None:
    def in_new_york() -> datetime:
        return datetime.now(UTC).astimezone(timezone(timedelta(hours=-5)))

    sent = await received(listener, purchase_event(), clock=in_new_york)
    assert Webhook(OLD).verify(sent.body, sent.headers) == sent.json


async def test_no_rendering_of_a_subscriber_shows_a_secret(listener: Listener) -> None:
    told = subscriber(listener, OLD, NEW)
    shown = f"{told!r} {told} {vars(told)}"
    await told.close()
    assert [secret for secret in (OLD, NEW, OLD[6:], NEW[6:], "hunter2") if secret in shown] == []
