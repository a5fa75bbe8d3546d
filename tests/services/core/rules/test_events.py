"""Events: each difference that a subscriber may be told of, and nothing where there is none."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.services.core.model.events import EVENT_TYPES, EventSubscriber
from gateway.services.core.model.jobs import Job, JobKind
from gateway.services.core.model.state import NOTHING, Changes, State
from gateway.services.core.model.values import (
    AccessStatus,
    Fulfilment,
    Payment,
    PaymentStatus,
    Purchase,
    PurchaseStatus,
)
from gateway.services.core.rules.events import announced, event_of
from tests.services.core.examples import METADATA, NOW, PAYMENT, PURCHASE, key, moment

EVERYTHING = EventSubscriber("everything", EVENT_TYPES)
PAID = replace(PAYMENT, status=PaymentStatus.SUCCEEDED, fulfilment=Fulfilment.FULFILLED, captured=PAYMENT.amount)
BOUGHT = replace(PURCHASE, payment_id=PAID.id)
ENDING = replace(PURCHASE, access=replace(PURCHASE.access, expires_at=NOW + timedelta(days=9)))


def state_with(*rows: Payment | Purchase) -> State:
    state = State(payments={row.id: row for row in rows if isinstance(row, Payment)})
    state.load_purchases(row for row in rows if isinstance(row, Purchase))
    return state


def jobs(changes: Changes, before: State, *subscribers: EventSubscriber) -> tuple[Job, ...]:
    return announced(changes, before, subscribers or (EVERYTHING,), moment()).jobs


def types(changes: Changes, *before: Payment | Purchase) -> list[str]:
    return [event_of(job).type for job in jobs(changes, state_with(*before))]


def ended(status: PurchaseStatus) -> Purchase:
    access = replace(PURCHASE.access, status=AccessStatus.REVOKED)
    return replace(PURCHASE, status=status, ended_at=NOW, access=access)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (PAYMENT, replace(PAYMENT, reference="pi_1"), []),
        (PAYMENT, replace(PAYMENT, status=PaymentStatus.PROCESSING, attempt="a"), []),
        (PAYMENT, replace(PAYMENT, status=PaymentStatus.FAILED, attempt="a"), ["payment.failed"]),
        (PAYMENT, replace(PAYMENT, status=PaymentStatus.CANCELED), ["payment.failed"]),
        (PAYMENT, PAID, ["payment.succeeded"]),
        (PAYMENT, replace(PAID, fulfilment=Fulfilment.DUPLICATE), ["payment.duplicate"]),
        (PAYMENT, replace(PAID, fulfilment=Fulfilment.UNFULFILLABLE), ["payment.failed"]),
        (PAID, replace(PAID, refunded_minor=1), ["payment.refunded"]),
        (replace(PAID, refunded_minor=2), replace(PAID, refunded_minor=1), []),
        (
            replace(PAYMENT, status=PaymentStatus.FAILED, attempt="a"),
            replace(PAYMENT, status=PaymentStatus.FAILED, attempt="b"),
            ["payment.failed"],
        ),
        (
            replace(PAYMENT, status=PaymentStatus.FAILED, attempt="a"),
            replace(PAYMENT, status=PaymentStatus.FAILED, attempt="a", asks=1),
            [],
        ),
    ],
)
def test_what_changes_of_a_payment_is_announced_once(before: Payment, now: Payment, expected: list[str]) -> None:
    assert types(Changes(payments=(now,)), before) == expected


def test_a_payment_that_begins_is_announced_only_where_it_ended_at_once() -> None:
    assert types(Changes(payments=(PAYMENT,))) == []
    assert types(Changes(payments=(replace(PAID, fulfilment=Fulfilment.DUPLICATE),))) == ["payment.duplicate"]


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (None, PURCHASE, ["purchase.created", "access.granted"]),
        (PURCHASE, PURCHASE, []),
        (PURCHASE, ended(PurchaseStatus.SUPERSEDED), ["purchase.superseded", "access.revoked"]),
        (PURCHASE, ended(PurchaseStatus.EXPIRED), ["purchase.expired", "access.revoked"]),
        (PURCHASE, ended(PurchaseStatus.REVOKED), ["purchase.revoked", "access.revoked"]),
        (PURCHASE, ended(PurchaseStatus.REFUNDED), ["purchase.refunded", "access.revoked"]),
        (ended(PurchaseStatus.SUPERSEDED), PURCHASE, ["purchase.revived", "access.granted"]),
        (PURCHASE, replace(PURCHASE, metadata=replace(METADATA, session_duration=90)), ["purchase.corrected"]),
        (ENDING, PURCHASE, ["purchase.extended"]),
        (PURCHASE, ENDING, ["access.recounted"]),
        (PURCHASE, replace(PURCHASE, access=replace(PURCHASE.access, sessions_total=9)), ["access.recounted"]),
        (PURCHASE, replace(PURCHASE, access=replace(PURCHASE.access, sessions_used=2, sessions_recorded=2)), []),
        (PURCHASE, replace(PURCHASE, access=replace(PURCHASE.access, sessions_used=2)), ["access.recounted"]),
    ],
)
def test_what_changes_of_a_purchase_is_announced(before: Purchase | None, now: Purchase, expected: list[str]) -> None:
    assert types(Changes(purchases=(now,)), *([before] if before else [])) == expected


def test_a_payments_events_are_kept_in_order_with_those_of_its_purchase() -> None:
    made = jobs(Changes(payments=(PAID,), purchases=(BOUGHT,)), state_with(PAYMENT))
    assert {job.subject_id for job in made} == {BOUGHT.id}
    alone = jobs(Changes(payments=(replace(PAID, refunded_minor=1),)), state_with(PAID))
    assert {job.subject_id for job in alone} == {PAID.id}
    later = jobs(Changes(payments=(replace(PAID, refunded_minor=1),)), state_with(PAID, BOUGHT))
    assert {job.subject_id for job in later} == {BOUGHT.id}


def test_each_subscriber_is_told_of_its_own_types_by_the_same_event() -> None:
    one, other = (
        EventSubscriber("one", ("purchase.created", "access.granted")),
        EventSubscriber("other", ("access.granted",)),
    )
    made = jobs(Changes(purchases=(PURCHASE,)), State(), one, other)
    assert [(job.target, event_of(job).type) for job in made] == [
        ("one", "purchase.created"),
        ("one", "access.granted"),
        ("other", "access.granted"),
    ]
    _, first, second = map(event_of, made)
    assert first == second
    assert {job.kind for job in made} == {JobKind.EVENT_DELIVER}


def test_an_event_shows_what_it_is_about_as_it_stands() -> None:
    [succeeded] = jobs(Changes(payments=(PAID,)), state_with(PAYMENT, BOUGHT))
    event = event_of(succeeded)
    assert (event.subject_id, event.at) == (PAID.id, NOW)
    payment = event.data["payment"]
    assert isinstance(payment, dict)
    assert (payment["id"], payment["status"], payment["purchaseId"]) == (str(PAID.id), "SUCCEEDED", str(BOUGHT.id))
    assert payment["captured"] == {"amountMinor": PAYMENT.amount.amount_minor, "currency": "INR"}


def test_nobody_is_told_of_what_is_neither_a_payment_nor_a_purchase() -> None:
    job = Job(key(7), JobKind.PAYMENT_CHECK, PAYMENT.id, NOW, NOW)
    assert announced(Changes(jobs=(job,)), State(), (EVERYTHING,), moment()) == NOTHING
    assert announced(Changes(purchases=(PURCHASE,)), State(), (), moment()) == NOTHING
