"""How purchases and their accesses lie in their columns: rows to values and back."""

from datetime import date, datetime
from uuid import UUID

from gateway.services.core.model.values import (
    Access,
    AccessStatus,
    Actor,
    Origin,
    Purchase,
    PurchaseStatus,
    Role,
)
from gateway.services.rows.columns import Columns
from gateway.services.rows.metadata import metadata_columns, metadata_from


def purchase_from(
    id: UUID,  # noqa: A002  as its column
    student_id: str,
    course_id: UUID,
    tier: str,
    tier_rank: int,
    origin: str,
    created_by_id: str,
    created_by_role: str,
    created_at: datetime,
    status: str,
    payment_id: UUID | None,
    supersedes: UUID | None,
    ended_at: datetime | None,
    is_sunday_only: bool,
    session_duration_min: int,
    slot_start_min: int,
    time_zone: str,
    first_day: date | None,
    labels: object,
    access_status: str,
    sessions_total: int,
    sessions_used: int,
    starts_at: datetime,
    expires_at: datetime | None,
) -> Purchase:
    """A purchase from its row joined with its access's, whose status has another name beside the purchase's own."""
    return Purchase(
        id=id,
        student_id=student_id,
        course_id=course_id,
        tier=tier,
        rank=tier_rank,
        origin=Origin(origin),
        created_by=Actor(created_by_id, Role(created_by_role)),
        metadata=metadata_from(is_sunday_only, session_duration_min, slot_start_min, time_zone, first_day, labels),
        access=Access(AccessStatus(access_status), sessions_total, sessions_used, starts_at, expires_at),
        created_at=created_at,
        status=PurchaseStatus(status),
        payment_id=payment_id,
        supersedes=supersedes,
        ended_at=ended_at,
    )


def purchase_columns(purchase: Purchase) -> Columns:
    return {
        "id": purchase.id,
        "student_id": purchase.student_id,
        "course_id": purchase.course_id,
        "tier": purchase.tier,
        "tier_rank": purchase.rank,
        "status": purchase.status.value,
        "origin": purchase.origin.value,
        "created_by_id": purchase.created_by.id,
        "created_by_role": purchase.created_by.role.value,
        "payment_id": purchase.payment_id,
        "supersedes": purchase.supersedes,
        "created_at": purchase.created_at,
        "ended_at": purchase.ended_at,
        **metadata_columns(purchase.metadata),
    }


def access_columns(purchase: Purchase) -> Columns:
    access = purchase.access
    return {
        "purchase_id": purchase.id,
        "status": access.status.value,
        "sessions_total": access.sessions_total,
        "sessions_used": access.sessions_used,
        "starts_at": access.starts_at,
        "expires_at": access.expires_at,
    }
