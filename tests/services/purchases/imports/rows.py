"""Rows of an old system, as tests say them: each changes what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from gateway.services.core.commands.imports.import_purchase import ImportPurchase
from gateway.services.core.frozen import replace
from gateway.services.core.model.imports.old_purchase import OldPayment, OldPurchase
from gateway.services.core.model.outcomes import ImportRefused, InvalidInput, Outcome, PurchaseImported
from gateway.services.core.model.values import (
    Course,
    Money,
    Provider,
    Purchase,
    PurchaseStatus,
    TierChoice,
)
from tests.service import ADMIN, METADATA, Service

THEN = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
"""Long before the tests' now."""
LATER = THEN + timedelta(days=30)
PAID = OldPayment(Provider.SANDBOX, "pi_1", Money(199_900, "INR"))
SOURCE = "platform"


def old(course: Course | UUID, old_id: str = "17", **changes: Any) -> OldPurchase:
    """A granted BASIC of 4 sessions, 1 used, that began on THEN and has 90 days."""
    course_id = course if isinstance(course, UUID) else course.id
    row = OldPurchase(old_id, "student-1", course_id, TierChoice("BASIC", None), METADATA, THEN, sessions_used=1)
    return replace(row, **changes)


def every_end(course: Course) -> list[OldPurchase]:
    """One of each state that an old system may have a purchase in, each of a student of its own."""
    return [
        old(course, "granted", student_id="s1"),
        old(course, "endless", student_id="s2", is_endless=True, payment=replace(PAID, reference="pi_2")),
        old(course, "own-end", student_id="s3", expires_at=LATER + timedelta(days=300), sessions_total=9),
        old(course, "own-start", student_id="s4", starts_at=LATER, payment=replace(PAID, reference="pi_4")),
        old(course, "expired", student_id="s5", expires_at=LATER, payment=replace(PAID, reference="pi_5")),
        old(course, "ended", student_id="s6", status=PurchaseStatus.EXPIRED, ended_at=LATER),
        old(course, "revoked", student_id="s7", status=PurchaseStatus.REVOKED, ended_at=LATER),
        old(course, "part", student_id="s8", payment=replace(PAID, reference="pi_8", refunded_minor=100)),
        old(
            course,
            "back",
            student_id="s9",
            status=PurchaseStatus.REFUNDED,
            ended_at=LATER,
            payment=replace(PAID, reference="pi_9"),
        ),
        old(course, "lone", student_id="s10", status=PurchaseStatus.SUPERSEDED, ended_at=LATER),
        old(
            course,
            "first",
            student_id="s11",
            status=PurchaseStatus.SUPERSEDED,
            ended_at=LATER,
            payment=replace(PAID, reference="pi_11"),
        ),
        old(
            course,
            "again",
            student_id="s11",
            created_at=LATER,
            supersedes="first",
            sessions_total=7,
            payment=replace(PAID, reference="pi_11b"),
        ),
        old(course, "basic", student_id="s12", status=PurchaseStatus.SUPERSEDED, ended_at=LATER),
        old(course, "better", student_id="s12", tier=TierChoice("PREMIUM", None), created_at=LATER, supersedes="basic"),
        old(
            course,
            "same",
            student_id="s13",
            status=PurchaseStatus.SUPERSEDED,
            ended_at=LATER,
            payment=replace(PAID, reference="pi_13"),
        ),
        old(
            course,
            "fresh",
            student_id="s13",
            created_at=LATER,
            supersedes="same",
            payment=replace(PAID, reference="pi_13b"),
        ),
        old(
            course,
            "day",
            student_id="s14",
            metadata=replace(METADATA, date=(LATER + timedelta(days=3)).date()),
            payment=replace(PAID, reference="pi_14"),
        ),
    ]


def importing(row: OldPurchase, **changes: Any) -> ImportPurchase:
    return replace(ImportPurchase(ADMIN, SOURCE, row, uuid7(), uuid7(), uuid7()), **changes)


async def brought(service: Service, *rows: OldPurchase) -> list[Outcome]:
    """What the rows come to when they are handed over together."""
    return await service.purchases.submit_all([importing(row) for row in rows])


async def came(service: Service, row: OldPurchase) -> Purchase:
    """The purchase that a row became."""
    [outcome] = await brought(service, row)
    assert isinstance(outcome, PurchaseImported), outcome
    assert outcome.is_new
    return outcome.purchase


def faults(outcome: Outcome) -> list[str]:
    """The fields for which a row did not come over."""
    assert isinstance(outcome, ImportRefused | InvalidInput), outcome
    return [".".join(problem.path) for problem in outcome.fields]
