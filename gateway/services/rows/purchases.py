"""How purchases, their accesses and the sessions held lie in their columns: rows to values and back."""

from gateway.services.core.model.sessions.records import RecordedSession
from gateway.services.core.model.values import Access, Actor, Purchase
from gateway.services.rows.columns import Columns, word
from gateway.services.rows.layouts import Layout
from gateway.services.rows.metadata import METADATA, metadata_columns

PURCHASE = Layout(
    Purchase,
    rank="tier_rank",
    created_by=Layout(Actor, id="created_by_id", role="created_by_role"),
    metadata=METADATA,
    access=Layout(Access, status="access_status"),
)
"""A purchase in its row joined with its access's, whose status has another name beside the purchase's own."""

SESSION = Layout(RecordedSession, recorded_by=Layout(Actor, id="recorded_by_id", role="recorded_by_role"))


def purchase_columns(purchase: Purchase) -> Columns:
    return {
        "id": purchase.id,
        "student_id": purchase.student_id,
        "course_id": purchase.course_id,
        "tier": purchase.tier,
        "tier_rank": purchase.rank,
        "status": word(purchase.status),
        "origin": word(purchase.origin),
        "created_by_id": purchase.created_by.id,
        "created_by_role": word(purchase.created_by.role),
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
        "status": word(access.status),
        "sessions_total": access.sessions_total,
        "sessions_used": access.sessions_used,
        "starts_at": access.starts_at,
        "expires_at": access.expires_at,
        "sessions_recorded": access.sessions_recorded,
    }


def session_columns(session: RecordedSession) -> Columns:
    return {
        "id": session.id,
        "purchase_id": session.purchase_id,
        "number": session.number,
        "held_at": session.held_at,
        "recorded_at": session.recorded_at,
        "recorded_by_id": session.recorded_by.id,
        "recorded_by_role": word(session.recorded_by.role),
        "withdrawn_at": session.withdrawn_at,
    }
