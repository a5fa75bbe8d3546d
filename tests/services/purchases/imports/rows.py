"""Rows of an old system, as tests say them: each changes what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from gateway.services.core.commands.imports.import_purchase import ImportPurchase
from gateway.services.core.frozen import replace
from gateway.services.core.model.imports.old_purchase import OldPayment, OldPurchase
from gateway.services.core.model.outcomes import ImportRefused, InvalidInput, Outcome, PurchaseImported
from gateway.services.core.model.values import Course, Money, Provider, Purchase, TierChoice
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
