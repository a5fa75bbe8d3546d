"""What the old course service receives: the old body, which our own route reads back as the same purchase."""

import datetime as dt
import json
from collections.abc import Callable
from uuid import UUID
from zoneinfo import available_timezones

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.endpoints.rest_input import BodyReader
from gateway.schema.conventions import ids
from gateway.services.core.commands.create_purchase import CreatePurchase
from gateway.services.core.legacy.body import BESIDE
from gateway.services.core.model.events import EVENT_TYPES, OutgoingEvent
from gateway.services.core.model.metadata import Label, Metadata, TimeSlot
from gateway.services.core.model.values import Actor, Role
from gateway.services.core.rules.inputs import metadata as rules
from gateway.services.core.rules.schedule.sessions import is_sunday
from gateway.services.core.rules.schedule.zones import is_time_zone
from gateway.services.subscribers.base import Subscriber
from gateway.services.subscribers.course_service import CourseServiceSubscriber, old_body
from gateway.settings.model import Settings
from tests.draws import many
from tests.served.old_door import Door
from tests.served.server import serving
from tests.services.subscribers.examples import (
    AT,
    COURSE_ID,
    EVENT_ID,
    PAYMENT_ID,
    PURCHASE,
    PURCHASE_ID,
    purchase_event,
    snapshot_of,
)
from tests.services.subscribers.listener import Listener, Sent

pytestmark = pytest.mark.anyio

SERVICE = Actor("course-service", Role.SERVICE)
TYPED = Metadata(
    is_sunday_only=True,
    session_duration=60,
    slot=TimeSlot(dt.time(17, 30), "Europe/Paris"),
    date=dt.date(2026, 11, 29),
    labels=(Label("batch", "B7"), Label("note", "true")),
)
MEANT = sorted({*BESIDE, "isSundayOnly", "sessionDuration", "timeSlot", "timeZone", "date"})

texts = st.text(min_size=1, max_size=20)
labels = st.builds(Label, st.sampled_from(["paymentid", "end", "__proto__"]) | texts, texts | st.just("null"))
metadata = st.builds(
    Metadata,
    is_sunday_only=st.booleans(),
    session_duration=st.integers(rules.SHORTEST_SESSION_MIN, rules.LONGEST_SESSION_MIN),
    slot=st.builds(
        TimeSlot,
        st.builds(dt.time, st.integers(0, 23), st.integers(0, 59)),
        st.sampled_from(sorted(filter(is_time_zone, available_timezones()))),
    ),
    date=st.none() | st.dates(dt.date(2000, 1, 1), dt.date(rules.LATEST_YEAR, 12, 31)),
    labels=st.lists(labels, max_size=rules.MOST_LABELS, unique_by=lambda label: label.key).map(tuple),
)


def bought(given: Metadata, **changes: object) -> dict[str, object]:
    """A purchase as an event holds it."""
    return PURCHASE | {"metadata": snapshot_of(given), "paymentId": None} | changes


def read_back(body: dict[str, object], default_time_zone: str = "Asia/Kolkata") -> CreatePurchase:
    """What our own route takes the body for, once it went over the wire."""
    content = json.dumps(body, ensure_ascii=False).encode()
    assert len(content) <= Settings().limit_body_bytes
    reading = BodyReader(json.loads(content), default_time_zone)
    command = reading.command(SERVICE, UUID(int=1), None)
    assert reading.problems == []
    return command


async def received(listener: Listener, token: str | None = None, base: str = "") -> Sent:
    told = CourseServiceSubscriber(listener.url + base, token, clock=lambda: AT)
    await told.send(purchase_event())
    await told.close()
    return listener.sent[-1]


async def test_the_course_service_is_sent_what_the_old_payment_service_sent_it(listener: Listener) -> None:
    sent = await received(listener)
    assert sent.line == "POST /api/v1/purchases HTTP/1.1"
    assert sent.headers["content-type"] == "application/json"
    assert sent.json == {
        "studentId": "student-1",
        "courseId": str(COURSE_ID),
        "purchaseTier": "BASIC",
        "expiryDate": "2099-05-01T12:30:15Z",
        "metadata": {
            "isSundayOnly": True,
            "sessionDuration": 60,
            "timeSlot": "17:30",
            "timeZone": "Asia/Kolkata",
            "date": "2026-11-29",
            "batch": "B7",
            "paymentId": str(PAYMENT_ID),
        },
    }


@pytest.mark.parametrize("base", ["/", "/course-service", "/course-service/"])
async def test_the_course_service_may_live_below_a_path(listener: Listener, base: str) -> None:
    sent = await received(listener, base=base)
    assert sent.line == f"POST {base.rstrip('/')}/api/v1/purchases HTTP/1.1"


async def test_a_token_is_sent_where_there_is_one(listener: Listener) -> None:
    assert (await received(listener, "abc.def")).headers["authorization"] == "Bearer abc.def"
    assert "authorization" not in (await received(listener)).headers


async def test_a_repeat_has_the_same_body_and_idempotency_key(listener: Listener) -> None:
    first, second = await received(listener), await received(listener)
    assert first == second
    assert first.headers["idempotency-key"] == str(EVENT_ID)


async def test_only_new_purchases_are_wanted() -> None:
    told: Subscriber = CourseServiceSubscriber("http://127.0.0.1", clock=lambda: AT)
    assert [event_type for event_type in EVENT_TYPES if told.wants(event_type)] == ["purchase.created"]
    assert told.name == "course-service"
    await told.close()


async def test_no_rendering_of_the_subscriber_shows_the_token() -> None:
    told = CourseServiceSubscriber("http://127.0.0.1", "hunter2", clock=lambda: AT)
    assert "hunter2" not in f"{told!r} {told}"
    await told.close()


def test_what_there_is_not_is_left_out() -> None:
    bare = Metadata(False, 45, TimeSlot(dt.time(7, 5), "Asia/Kolkata"))
    access = {"expiresAt": None}
    assert old_body(bought(bare, access=access)) == {
        "studentId": "student-1",
        "courseId": str(COURSE_ID),
        "purchaseTier": "BASIC",
        "metadata": {
            "isSundayOnly": False,
            "sessionDuration": 45,
            "timeSlot": "07:05",
            "timeZone": "Asia/Kolkata",
        },
    }


def test_our_own_route_reads_the_same_purchase_in_it() -> None:
    command = read_back(old_body(bought(TYPED)))
    assert command.metadata == TYPED
    assert (command.student_id, command.course_id) == ("student-1", COURSE_ID)
    assert (command.tier.code, command.tier.session_count) == ("BASIC", None)
    assert command.expiry_date == dt.datetime(2099, 5, 1, 12, 30, 15, tzinfo=dt.UTC)


@settings(derandomize=True, max_examples=many(100), deadline=None)
@given(metadata)
def test_any_metadata_comes_back_the_same(given: Metadata) -> None:
    assume(not rules.problems(given))
    assume(not any(label.key in MEANT for label in given.labels))
    back = read_back(old_body(bought(given)), "America/Lima").metadata
    assert rules.differences(given, back) == ()


def test_the_longest_metadata_comes_back_the_same() -> None:
    longest = tuple(
        Label(f"{number:02}" + "\U0001f600" * (rules.LONGEST_LABEL_KEY - 2), "\U0001f600" * rules.LONGEST_LABEL_VALUE)
        for number in range(rules.MOST_LABELS)
    )
    given = Metadata(True, 60, TYPED.slot, labels=longest)
    assert rules.problems(given) == []
    assert read_back(old_body(bought(given))).metadata == given


def test_the_payment_comes_back_as_one_more_label() -> None:
    back = read_back(old_body(bought(TYPED, paymentId=str(PAYMENT_ID)))).metadata
    assert rules.differences(Metadata(True, 60, TYPED.slot, TYPED.date, back.labels), back) == ()
    assert set(back.labels) - set(TYPED.labels) == {Label("paymentId", str(PAYMENT_ID))}


def test_the_payment_is_left_out_where_the_labels_leave_no_room() -> None:
    full = tuple(Label(f"key {number:02}", "x") for number in range(rules.MOST_LABELS))
    given = Metadata(True, 60, TYPED.slot, labels=full)
    assert read_back(old_body(bought(given, paymentId=str(PAYMENT_ID)))).metadata == given


def test_a_label_cannot_pass_for_the_payment() -> None:
    given = Metadata(True, 60, TYPED.slot, labels=(Label("paymentId", "somebody else's"),))
    back = read_back(old_body(bought(given, paymentId=str(PAYMENT_ID)))).metadata
    assert back.labels == (Label("paymentId", str(PAYMENT_ID)),)
    assert read_back(old_body(bought(given))).metadata == given, "of a purchase without one it says what it said"


@pytest.mark.parametrize("name", MEANT)
def test_a_label_cannot_change_what_is_bought(name: str) -> None:
    given = Metadata(True, 60, TYPED.slot, labels=(Label("batch", "B7"), Label(name, "99")))
    without = Metadata(True, 60, TYPED.slot, labels=given.labels[:1])
    assert old_body(bought(given)) == old_body(bought(without))
    assert read_back(old_body(bought(given))).metadata == without


async def test_our_own_route_over_http_makes_the_purchase_once(new_sqlite: Callable[[], str]) -> None:
    assert TYPED.date is not None
    assert is_sunday(TYPED.date)
    with serving(new_sqlite()) as server:
        door = Door(server)
        course_id = ids.from_text(ids.COURSE, door.course)
        snapshot = bought(TYPED, courseId=str(course_id))
        event = OutgoingEvent(EVENT_ID, "purchase.created", PURCHASE_ID, AT, {"purchase": snapshot})
        told = CourseServiceSubscriber(server.url.removesuffix("/graphql"), server.service().token, clock=lambda: AT)
        for _ in range(2):
            await told.send(event)
        await told.close()
        again = door.post(old_body(snapshot))
        assert again.status_code == 200, "it stands already, with the same metadata"
        assert again.json()["data"]["metadata"]["timeZone"] == "Europe/Paris"
