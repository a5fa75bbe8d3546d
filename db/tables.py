"""The tables and the constraints that hold the invariants, whatever the code above them does.

Amounts are integers in the currency's minor unit, instants are UTC, ids are UUIDv7. Statuses are text with a check,
so that both databases and every tool can read them.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlmodel import Field

from db.columns import PROVIDERS, ROLES, Json, SessionPlan, list_index, one_of, plan_checks
from db.columns import Row as Row  # who imports it from here gets its metadata with all tables in it
from db.compatibility import SchemaCompatibilityRow as SchemaCompatibilityRow  # and this one
from db.feed import ChangeRow as ChangeRow  # as JobRow below
from db.installation import InstallationRow as InstallationRow  # and this one
from db.job_tables import JobRow as JobRow  # so that whoever has these tables has all of them
from db.refund_tables import RefundRow as RefundRow  # and this one
from db.session_tables import RecordedSessionRow as RecordedSessionRow  # and this one
from db.types import Id, Instant

PAYMENT_STATUSES = (
    "REQUIRES_PAYMENT",
    "PROCESSING",
    "SUCCEEDED",
    "FAILED",
    "CANCELED",
    "PARTIALLY_REFUNDED",
    "REFUNDED",
)
FULFILMENTS = ("PENDING", "FULFILLED", "DUPLICATE", "UNFULFILLABLE")
PURCHASE_STATUSES = ("ACTIVE", "SUPERSEDED", "EXPIRED", "REVOKED", "REFUNDED")
ACCESS_STATUSES = ("GRANTED", "EXPIRED", "REVOKED")

NOT_SUCCEEDED = "status <> 'SUCCEEDED'"
NOT_FULFILLED = "fulfilment <> 'FULFILLED'"
NOT_ACTIVE = "status <> 'ACTIVE'"
OF_ADMINS = "origin = 'ADMIN'"
TO_BE_ASKED = "ask_at IS NOT NULL"
WITHOUT_PURCHASE = "fulfilment <> 'FULFILLED' AND confirmed_at IS NOT NULL"
"""Conditions that few rows meet and lists ask for: partial indexes of those rows cost the others nothing."""
ATTEMPTED = "attempt IS NOT NULL AND provider <> 'SANDBOX'"
"""The sandbox's attempts are test tokens, the same for thousands of payments: nobody looks for one by them."""
BY_PREFIX = {"student_id": "text_pattern_ops"}
"""PostgreSQL orders texts as a language does, and finds a beginning only where they lie in the order of their bytes."""


class CourseRow(Row, table=True):
    __tablename__ = "course"
    __table_args__ = (Row.clustered,)

    id: UUID = Field(sa_type=Id, primary_key=True)
    title: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=Instant)
    description: str | None = Field(default=None, sa_type=Text)


class TierRow(Row, table=True):
    __tablename__ = "tier"
    __table_args__ = (
        CheckConstraint("session_count > 0", name="session_count"),
        CheckConstraint("price_minor >= 0", name="price"),
        CheckConstraint("length(currency) = 3", name="currency"),
        CheckConstraint("validity_days > 0", name="validity"),
        Index("uq_tier_course_id_rank", "course_id", "rank", unique=True),
        Row.clustered,
    )

    course_id: UUID = Field(sa_type=Id, sa_column_args=(ForeignKey("course.id"),), primary_key=True)
    code: str = Field(sa_type=Text, primary_key=True)
    session_count: int
    price_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=Text)
    validity_days: int | None
    rank: int = Field(sa_type=SmallInteger)


class PaymentRow(Row, SessionPlan, table=True):
    __tablename__ = "payment"
    __table_args__ = (
        one_of("provider", PROVIDERS),
        one_of("purpose", ("PURCHASE", "RENEWAL")),
        one_of("status", PAYMENT_STATUSES),
        one_of("fulfilment", FULFILMENTS),
        CheckConstraint("amount_minor > 0 AND length(currency) = 3", name="amount"),
        CheckConstraint("session_count > 0", name="session_count"),
        CheckConstraint("captured_minor >= 0", name="captured"),
        CheckConstraint("(captured_minor IS NULL) = (captured_currency IS NULL)", name="captured_whole"),
        CheckConstraint("refunded_minor >= 0 AND refunded_minor <= coalesce(captured_minor, 0)", name="refunded"),
        # Only captured money is fulfilled or refunded, and captured money is never left undecided.
        CheckConstraint("(fulfilment = 'PENDING') = (captured_minor IS NULL)", name="captured_is_decided"),
        CheckConstraint("(fulfilment = 'DUPLICATE') = (duplicate_of IS NOT NULL)", name="duplicate_names_it"),
        *plan_checks(),
        Index(
            "uq_payment_provider_reference",
            "provider",
            "reference",
            unique=True,
            sqlite_where=text("reference IS NOT NULL"),
            postgresql_where=text("reference IS NOT NULL"),
        ),
        list_index("ix_payment_created_at", "created_at", "id"),
        list_index("ix_payment_student_id", "student_id", "created_at", "id", ops=BY_PREFIX),
        list_index("ix_payment_course_id", "course_id", "created_at", "id"),
        list_index("ix_payment_status", "status", "created_at", "id", where=NOT_SUCCEEDED),
        list_index("ix_payment_fulfilment", "fulfilment", "created_at", "id", where=NOT_FULFILLED),
        list_index("ix_payment_attempt", "attempt", where=ATTEMPTED),
        # For the books of a day: what was captured on it.
        list_index("ix_payment_unfulfilled_at", "confirmed_at", where=WITHOUT_PURCHASE),
        # The next asks of the provider: few payments have one, as most are settled already.
        list_index("ix_payment_ask_at", "provider", "ask_at", where=TO_BE_ASKED),
        Row.clustered,
    )

    id: UUID = Field(sa_type=Id, primary_key=True)
    student_id: str = Field(sa_type=Text)
    course_id: UUID = Field(sa_type=Id, sa_column_args=(ForeignKey("course.id"),))
    tier: str = Field(sa_type=Text)
    tier_rank: int = Field(sa_type=SmallInteger)
    session_count: int
    validity_days: int | None
    expires_at: datetime | None = Field(sa_type=Instant)
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=Text)
    purpose: str = Field(sa_type=Text)
    provider: str = Field(sa_type=Text)
    reference: str | None = Field(sa_type=Text)
    attempt: str | None = Field(sa_type=Text)
    checks: int = 0
    status: str = Field(sa_type=Text)
    fulfilment: str = Field(sa_type=Text)
    captured_minor: int | None = Field(sa_type=BigInteger)
    captured_currency: str | None = Field(sa_type=Text)
    refunded_minor: int = Field(default=0, sa_type=BigInteger)
    failure_code: str | None = Field(sa_type=Text)
    failure_message: str | None = Field(sa_type=Text)
    duplicate_of: UUID | None = Field(
        sa_type=Id,
        # Payment and purchase point at each other: this side is added once both stand.
        sa_column_args=(ForeignKey("purchase.id", use_alter=True, name="fk_payment_duplicate_of"),),
    )
    extra_of: UUID | None = Field(sa_type=Id, sa_column_args=(ForeignKey("payment.id"),))
    """The payment whose intent was captured once more."""
    created_at: datetime = Field(sa_type=Instant)
    confirmed_at: datetime | None = Field(sa_type=Instant)
    ask_at: datetime | None = Field(sa_type=Instant)
    """When the provider is asked about it next, by schedule; null where it need not be asked."""
    asks: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})


class PurchaseRow(Row, SessionPlan, table=True):
    __tablename__ = "purchase"
    __table_args__ = (
        one_of("status", PURCHASE_STATUSES),
        one_of("origin", ("PAYMENT", "ADMIN")),
        one_of("created_by_role", ROLES),
        CheckConstraint("(status = 'ACTIVE') = (ended_at IS NULL)", name="ended"),
        CheckConstraint("(origin = 'PAYMENT') = (payment_id IS NOT NULL)", name="origin_names_payment"),
        *plan_checks(),
        # One active purchase for each student and course.
        Index(
            "uq_purchase_active",
            "student_id",
            "course_id",
            unique=True,
            sqlite_where=text("status = 'ACTIVE'"),
            postgresql_where=text("status = 'ACTIVE'"),
        ),
        # One purchase for a payment.
        Index(
            "uq_purchase_payment_id",
            "payment_id",
            unique=True,
            sqlite_where=text("payment_id IS NOT NULL"),
            postgresql_where=text("payment_id IS NOT NULL"),
        ),
        Index(
            "ix_purchase_supersedes",
            "supersedes",
            sqlite_where=text("supersedes IS NOT NULL"),
            postgresql_where=text("supersedes IS NOT NULL"),
        ),
        list_index("ix_purchase_created_at", "created_at", "id"),
        list_index("ix_purchase_student_id", "student_id", "created_at", "id", ops=BY_PREFIX),
        list_index("ix_purchase_course_id", "course_id", "created_at", "id"),
        list_index("ix_purchase_status", "status", "created_at", "id", where=NOT_ACTIVE),
        list_index("ix_purchase_origin", "created_at", "id", where=OF_ADMINS),
        Row.clustered,
    )

    id: UUID = Field(sa_type=Id, primary_key=True)
    student_id: str = Field(sa_type=Text)
    course_id: UUID = Field(sa_type=Id, sa_column_args=(ForeignKey("course.id"),))
    tier: str = Field(sa_type=Text)
    tier_rank: int = Field(sa_type=SmallInteger)
    status: str = Field(sa_type=Text)
    origin: str = Field(sa_type=Text)
    created_by_id: str = Field(sa_type=Text)
    created_by_role: str = Field(sa_type=Text)
    payment_id: UUID | None = Field(sa_type=Id, sa_column_args=(ForeignKey("payment.id"),))
    supersedes: UUID | None = Field(sa_type=Id, sa_column_args=(ForeignKey("purchase.id"),))
    created_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(sa_type=Instant)


class StudentAccessRow(Row, table=True):
    """What a purchase lets its student use; keyed by the purchase that it belongs to."""

    __tablename__ = "student_access"
    __table_args__ = (
        one_of("status", ACCESS_STATUSES),
        CheckConstraint("sessions_used >= 0 AND sessions_used <= sessions_total", name="sessions_used"),
        CheckConstraint("sessions_total > 0", name="sessions_total"),
        CheckConstraint("expires_at > starts_at", name="expiry"),
        Index(
            "ix_student_access_expires_at",
            "expires_at",
            sqlite_where=text("status = 'GRANTED'"),
            postgresql_where=text("status = 'GRANTED'"),
        ),
        Row.clustered,
    )

    purchase_id: UUID = Field(sa_type=Id, sa_column_args=(ForeignKey("purchase.id"),), primary_key=True)
    status: str = Field(sa_type=Text)
    sessions_total: int
    sessions_used: int
    starts_at: datetime = Field(sa_type=Instant)
    expires_at: datetime | None = Field(sa_type=Instant)
    sessions_recorded: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    """How many of those used are rows of `recorded_session` that count; the rest were taken over as a number."""


class AuditEntryRow(Row, table=True):
    """Who did what; keyed by what it was done to, so that a history lies together."""

    __tablename__ = "audit_entry"
    __table_args__ = (one_of("actor_role", ROLES), Row.clustered)

    subject_id: UUID = Field(sa_type=Id, primary_key=True)
    id: UUID = Field(sa_type=Id, primary_key=True)
    at: datetime = Field(sa_type=Instant)
    actor_id: str = Field(sa_type=Text)
    actor_role: str = Field(sa_type=Text)
    action: str = Field(sa_type=Text)
    reason: str | None = Field(sa_type=Text)
    changes: dict[str, Any] | None = Field(sa_type=Json)


class IdempotencyRecordRow(Row, table=True):
    """One result for a key: unique by actor, operation and key."""

    __tablename__ = "idempotency_record"
    __table_args__ = (Row.clustered,)

    actor_id: str = Field(sa_type=Text, primary_key=True)
    operation: str = Field(sa_type=Text, primary_key=True)
    key: str = Field(sa_type=Text, primary_key=True)
    fingerprint: bytes = Field(sa_type=LargeBinary)
    result_id: UUID = Field(sa_type=Id)
    created_at: datetime = Field(sa_type=Instant)
