"""What subscribers are told of what happened, when, and in which order."""

from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from db.job_tables import JobRow
from gateway.services.core.model.events import EVENT_TYPES, EventSubscriber, OutgoingEvent
from gateway.services.core.model.jobs import JobKind
from gateway.services.core.model.values import OnExisting, Purpose
from gateway.services.core.rules.jobs import MOST_ATTEMPTS
from gateway.services.subscribers.base import Undelivered
from tests.service import METADATA, Service, running, student
from tests.simulation.shop import Shop, open_shop, reference_of

pytestmark = pytest.mark.anyio


@dataclass
class Ear:
    """A subscriber in this process. While `is_deaf`, it takes nothing."""

    name: str
    types: tuple[str, ...] = EVENT_TYPES
    heard: list[OutgoingEvent] = field(default_factory=list)
    is_deaf: bool = False
    retry_after_s: int = 0

    def wants(self, event_type: str) -> bool:
        return event_type in self.types

    async def send(self, event: OutgoingEvent) -> None:
        if self.is_deaf:
            raise Undelivered("it answered 503", self.retry_after_s)
        self.heard.append(event)

    async def close(self) -> None:
        """Nothing is open."""

    def told(self) -> list[str]:
        return [event.type for event in self.heard]


EAR, OTHER = "ear.example#1", "course-service"


@dataclass
class SubscriberConfig:
    """A service that tells two subscribers: one of everything, one of new purchases."""

    service: Service
    shop: Shop
    ear: Ear
    other: Ear
    read: int = 0

    async def run(self) -> list[str]:
        """Deliver all that is due; gives what the first one was told since the last time."""
        await self.shop.run_jobs()
        told, self.read = self.ear.told()[self.read :], len(self.ear.heard)
        return told


@pytest.fixture
async def told(database_url: str) -> AsyncIterator[SubscriberConfig]:
    subscribers = (EventSubscriber(EAR, EVENT_TYPES), EventSubscriber(OTHER, ("purchase.created",)))
    async with running(database_url, subscribers=subscribers) as service:
        told = SubscriberConfig(service, open_shop(service), Ear(EAR), Ear(OTHER, ("purchase.created",)))
        told.shop.subscribers.update({EAR: told.ear, OTHER: told.other})
        yield told


async def test_a_paid_purchase_is_told_with_its_payment_before_and_its_access_after(told: SubscriberConfig) -> None:
    payment, purchase = await told.shop.paid(await told.service.save_course())
    assert await told.run() == ["payment.succeeded", "purchase.created", "access.granted"]
    assert told.other.told() == ["purchase.created"]
    paid, created, granted = told.ear.heard
    assert (paid.subject_id, created.subject_id, granted.subject_id) == (payment.id, purchase.id, purchase.id)
    assert created.id == told.other.heard[0].id
    assert len({event.id for event in told.ear.heard}) == 3
    assert shown(paid, "payment")["purchaseId"] == str(purchase.id)
    snapshot = shown(created, "purchase")
    assert (snapshot["id"], snapshot["status"], snapshot["studentId"]) == (str(purchase.id), "ACTIVE", "student-1")
    assert snapshot["access"]["sessionsTotal"] == 4
    assert created.at == told.service.clock.now


async def test_what_is_answered_again_is_not_told_again(told: SubscriberConfig) -> None:
    payment, _ = await told.shop.paid(await told.service.save_course())
    await told.run()
    await told.service.confirm(student(), payment)
    await told.shop.receive(payment)
    assert await told.run() == []


async def test_each_change_has_its_event(told: SubscriberConfig) -> None:
    course = await told.service.save_course()
    first, _ = await told.shop.paid(course)
    await told.run()
    duplicate = await told.service.opened(student(), course, "STANDARD")
    upgrade, _ = await told.shop.paid(course, "STANDARD")
    assert sorted(await told.run()) == sorted(
        ["payment.succeeded", "purchase.superseded", "access.revoked", "purchase.created", "access.granted"]
    )
    told.shop.pay(duplicate)
    await told.service.confirm(student(), duplicate)
    assert await told.run() == ["payment.duplicate", "payment.refunded"]
    await told.shop.refund(upgrade, 100)
    assert await told.run() == ["payment.refunded"]
    await told.shop.refund(upgrade)
    assert sorted(await told.run()) == sorted(
        ["payment.refunded", "purchase.refunded", "access.revoked", "purchase.revived", "access.granted"]
    )
    told.service.clock.advance(days=91)
    await told.shop.sweep()
    assert await told.run() == ["purchase.expired", "access.revoked"]
    assert told.shop.purchases() == [("BASIC", "EXPIRED"), ("STANDARD", "REFUNDED")]
    assert first.id != upgrade.id


async def test_a_session_is_told_with_its_purchase_and_so_is_what_counts_it_as_well(told: SubscriberConfig) -> None:
    course = await told.service.save_course()
    _, purchase = await told.shop.paid(course)
    await told.run()
    held = await told.service.recorded(purchase, 2)
    await told.service.recorded(purchase, 2)
    assert await told.run() == ["session.recorded"]
    event = told.ear.heard[-1]
    assert event.subject_id == purchase.id
    assert shown(event, "session") == {
        "purchaseId": str(purchase.id),
        "studentId": "student-1",
        "courseId": str(course.id),
        "number": 2,
        "heldAt": "2026-11-23T09:00:00Z",
        "recordedAt": "2026-11-23T09:00:00Z",
        "withdrawnAt": None,
        "sessionsTotal": 4,
        "sessionsUsed": 1,
    }
    told.service.clock.advance(hours=1)
    _, upgrade = await told.shop.paid(course, "STANDARD")
    await told.run()
    await told.service.withdrawn(upgrade, 2)
    assert sorted(await told.run()) == ["access.recounted", "session.withdrawn"]
    [recounted] = [event for event in told.ear.heard[-2:] if event.type == "access.recounted"]
    assert (recounted.subject_id, shown(recounted, "purchase")["access"]["sessionsUsed"]) == (upgrade.id, 0)
    assert (await told.service.recorded(purchase, 2, held.session.held_at)).session.id == held.session.id
    assert sorted(await told.run()) == ["access.recounted", "session.recorded"]


async def test_a_renewal_that_gives_back_what_it_took_over_is_told_and_so_is_its_getting_it_again(
    told: SubscriberConfig,
) -> None:
    course = await told.service.save_course()
    first, _ = await told.shop.paid(course)
    await told.shop.paid(course, purpose=Purpose.RENEWAL)
    await told.run()
    made = told.shop.books.refund_at_dashboard(told.shop.capture(first))
    await told.shop.receive(first)
    assert sorted(await told.run()) == ["access.recounted", "payment.refunded", "purchase.refunded"]
    told.shop.books.come_back(made)
    await told.shop.receive(first)
    assert await told.run() == ["purchase.superseded", "purchase.extended", "access.recounted"]


async def test_a_decline_and_money_that_cannot_be_fulfilled_are_told_as_failed(told: SubscriberConfig) -> None:
    course = await told.service.save_course()
    payment = await told.service.opened(student(), course)
    told.shop.books.decline(reference_of(payment))
    await told.service.confirm(student(), payment)
    assert await told.run() == ["payment.failed"]
    await told.service.confirm(student(), payment)
    assert await told.run() == []
    told.shop.books.pay(reference_of(payment), amount=type(payment.amount)(1, "INR"))
    await told.service.confirm(student(), payment)
    assert await told.run() == ["payment.failed", "payment.refunded"]
    assert shown(told.ear.heard[1], "payment")["failure"]["code"] == "payment_mismatch"


async def test_an_admins_grant_and_replacement_are_told(told: SubscriberConfig) -> None:
    course = await told.service.save_course()
    await told.service.created(course)
    await told.service.created(course, tier="STANDARD", on_existing=OnExisting.REPLACE)
    await told.run()
    assert [shown(event, "purchase")["tier"] for event in told.other.heard] == ["BASIC", "STANDARD"]


async def test_what_an_admin_does_to_a_purchase_is_told(told: SubscriberConfig) -> None:
    purchase = await told.service.created(await told.service.save_course())
    await told.run()
    end = purchase.access.expires_at
    assert end is not None
    await told.service.extend(purchase, end + timedelta(days=1))
    assert await told.run() == ["purchase.extended"]
    assert shown(told.ear.heard[-1], "purchase")["access"]["expiresAt"] == "2027-02-22T09:00:00Z"
    await told.service.correct(purchase, replace(METADATA, session_duration=90))
    assert await told.run() == ["purchase.corrected"]
    assert shown(told.ear.heard[-1], "purchase")["metadata"]["sessionDuration"] == 90
    await told.service.revoke(purchase)
    assert await told.run() == ["purchase.revoked", "access.revoked"]
    assert told.other.told() == ["purchase.created"]


async def test_what_changed_nothing_is_not_told(told: SubscriberConfig) -> None:
    purchase = await told.service.created(await told.service.save_course())
    await told.run()
    assert purchase.access.expires_at is not None
    await told.service.extend(purchase, purchase.access.expires_at)
    await told.service.correct(purchase, METADATA)
    assert await told.run() == []
    for _ in range(2):
        await told.service.revoke(purchase)
    assert await told.run() == ["purchase.revoked", "access.revoked"]


async def test_an_expired_purchase_that_is_extended_is_told_as_revived(told: SubscriberConfig) -> None:
    purchase = await told.service.created(await told.service.save_course())
    told.service.clock.advance(days=91)
    await told.shop.sweep()
    await told.run()
    await told.service.extend(purchase, told.service.clock.now + timedelta(days=1))
    assert await told.run() == ["purchase.revived", "purchase.extended", "access.granted"]


async def test_events_of_one_purchase_come_in_order_and_wait_for_the_one_before(told: SubscriberConfig) -> None:
    course = await told.service.save_course()
    told.ear.is_deaf = True
    payment, purchase = await told.shop.paid(course)
    assert await told.run() == []
    await told.shop.refund(payment)
    told.service.clock.advance(seconds=6)
    assert await told.run() == []
    assert told.other.told() == ["purchase.created"]  # the one does not hold up the other
    states = {row.state for row in told.service.stored(JobRow, kind="event.deliver", target=EAR)}
    assert states == {"RETRYING", "PENDING"}
    told.ear.is_deaf = False
    told.service.clock.advance(hours=3)
    assert await told.run() == [
        "payment.succeeded",
        "purchase.created",
        "access.granted",
        "payment.refunded",
        "purchase.refunded",
        "access.revoked",
    ]
    assert shown(told.ear.heard[1], "purchase")["status"] == "ACTIVE"  # as it stood then
    assert shown(told.ear.heard[4], "purchase")["id"] == str(purchase.id)


async def test_each_purchases_events_are_in_order_among_many(told: SubscriberConfig) -> None:
    course = await told.service.save_course()
    for number in range(12):
        payment, _ = await told.shop.paid(course, actor=student(f"student-{number}"))
        if number % 3 == 0:
            await told.shop.refund(payment)
    await told.run()
    streams: dict[UUID, list[str]] = defaultdict(list)
    for event in told.ear.heard:
        if event.type.startswith("purchase."):
            streams[event.subject_id].append(event.type)
    assert sorted(map(tuple, streams.values())) == sorted(
        [("purchase.created", "purchase.refunded")] * 4 + [("purchase.created",)] * 8
    )


async def test_a_subscriber_may_say_when_to_come_back(told: SubscriberConfig) -> None:
    told.ear.is_deaf, told.ear.retry_after_s = True, 900
    await told.service.created(await told.service.save_course())
    await told.run()
    job = told.service.stored(JobRow, target=EAR)[0]
    assert job.run_at >= told.service.clock.now + timedelta(seconds=900)
    assert job.last_error == "it answered 503"


async def test_what_a_subscriber_never_takes_is_given_up_visibly_and_what_follows_goes_on(
    told: SubscriberConfig,
) -> None:
    told.ear.is_deaf = True
    await told.service.created(await told.service.save_course())
    for _ in range(MOST_ATTEMPTS[JobKind.EVENT_DELIVER]):
        told.service.clock.advance(hours=3)
        await told.run()
    failed = told.service.stored(JobRow, kind="event.deliver", state="FAILED")
    assert [row.payload["type"] for row in failed] == ["purchase.created"]
    told.ear.is_deaf = False
    told.service.clock.advance(hours=3)
    assert await told.run() == ["access.granted"]


async def test_a_subscriber_that_left_the_settings_is_named_in_the_list(told: SubscriberConfig) -> None:
    await told.service.created(await told.service.save_course())
    await told.service.runner(1.0, {}).run_due()
    errors = {row.last_error for row in told.service.stored(JobRow, attempts=1)}
    assert errors == {f"{name} is no subscriber in the settings" for name in (EAR, OTHER)}


async def test_a_renewal_is_told_of_both_its_purchases(told: SubscriberConfig) -> None:
    course = await told.service.save_course()
    await told.shop.paid(course)
    _, new = await told.shop.paid(course, purpose=Purpose.RENEWAL)
    await told.run()
    created = [event for event in told.ear.heard if event.type == "purchase.created"][-1]
    assert (created.subject_id, shown(created, "purchase")["supersedes"]) == (new.id, str(new.supersedes))


async def test_without_subscribers_there_are_no_jobs(service: Service) -> None:
    await open_shop(service).paid(await service.save_course())
    assert service.stored(JobRow) == []


def shown(event: OutgoingEvent, noun: str) -> Any:
    return event.data[noun]
