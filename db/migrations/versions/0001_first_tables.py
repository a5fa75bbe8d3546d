"""The first tables: catalogue, payments, purchases, accesses, audit, idempotency and jobs.

The text of a migration stands still while `db.tables` moves on; a test holds the two against each other.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.types import Id, Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
change = "expand"

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("subject_id", Id(), nullable=False),
        sa.Column("id", Id(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("changes", JSON, nullable=True),
        sa.CheckConstraint("actor_role IN ('STUDENT', 'ADMIN', 'SERVICE')", name=op.f("ck_audit_entry_actor_role")),
        sa.PrimaryKeyConstraint("subject_id", "id", name=op.f("pk_audit_entry")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "course",
        sa.Column("id", Id(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "idempotency_record",
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("result_id", Id(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("actor_id", "operation", "key", name=op.f("pk_idempotency_record")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "job",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", Id(), nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("run_at", Instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "state IN ('PENDING', 'RUNNING', 'RETRYING', 'COMPLETED', 'FAILED', 'CANCELED')",
            name=op.f("ck_job_state"),
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_job_attempts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_job_due", "job", ["run_at"], unique=False, **where("state IN ('PENDING', 'RUNNING', 'RETRYING')")
    )
    op.create_index(
        "uq_job_live",
        "job",
        ["kind", "subject_id"],
        unique=True,
        **where("state IN ('PENDING', 'RUNNING', 'RETRYING')"),
    )
    op.create_table(
        "payment",
        sa.Column("is_sunday_only", sa.Boolean(), nullable=False),
        sa.Column("session_duration_min", sa.SmallInteger(), nullable=False),
        sa.Column("slot_start_min", sa.SmallInteger(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("labels", JSON, nullable=False),
        sa.Column("id", Id(), nullable=False),
        sa.Column("student_id", sa.Text(), nullable=False),
        sa.Column("course_id", Id(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("tier_rank", sa.SmallInteger(), nullable=False),
        sa.Column("session_count", sa.Integer(), nullable=False),
        sa.Column("validity_days", sa.Integer(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("attempt", sa.Text(), nullable=True),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("fulfilment", sa.Text(), nullable=False),
        sa.Column("captured_minor", sa.BigInteger(), nullable=True),
        sa.Column("captured_currency", sa.Text(), nullable=True),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("failure_code", sa.Text(), nullable=True),
        sa.Column("failure_message", sa.Text(), nullable=True),
        sa.Column("duplicate_of", Id(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "(fulfilment = 'DUPLICATE') = (duplicate_of IS NOT NULL)",
            name=op.f("ck_payment_duplicate_names_it"),
        ),
        sa.CheckConstraint(
            "(fulfilment = 'PENDING') = (captured_minor IS NULL)", name=op.f("ck_payment_captured_is_decided")
        ),
        sa.CheckConstraint(
            "fulfilment IN ('PENDING', 'FULFILLED', 'DUPLICATE', 'UNFULFILLABLE')",
            name=op.f("ck_payment_fulfilment"),
        ),
        sa.CheckConstraint("provider IN ('STRIPE', 'RAZORPAY', 'SANDBOX')", name=op.f("ck_payment_provider")),
        sa.CheckConstraint("purpose IN ('PURCHASE', 'RENEWAL')", name=op.f("ck_payment_purpose")),
        sa.CheckConstraint(
            "status IN ('REQUIRES_PAYMENT', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'CANCELED', "
            "'PARTIALLY_REFUNDED', 'REFUNDED')",
            name=op.f("ck_payment_status"),
        ),
        sa.CheckConstraint(
            "(captured_minor IS NULL) = (captured_currency IS NULL)", name=op.f("ck_payment_captured_whole")
        ),
        sa.CheckConstraint("amount_minor > 0 AND length(currency) = 3", name=op.f("ck_payment_amount")),
        sa.CheckConstraint("captured_minor >= 0", name=op.f("ck_payment_captured")),
        sa.CheckConstraint(
            "refunded_minor >= 0 AND refunded_minor <= coalesce(captured_minor, 0)",
            name=op.f("ck_payment_refunded"),
        ),
        sa.CheckConstraint("session_count > 0", name=op.f("ck_payment_session_count")),
        sa.CheckConstraint("session_duration_min BETWEEN 15 AND 480", name=op.f("ck_payment_session_duration")),
        sa.CheckConstraint("slot_start_min BETWEEN 0 AND 1439", name=op.f("ck_payment_slot_start")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_payment_course_id")),
        sa.ForeignKeyConstraint(["duplicate_of"], ["purchase.id"], name="fk_payment_duplicate_of", use_alter=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_payment_student_id_id", "payment", ["student_id", "id"], unique=False)
    op.create_index(
        "uq_payment_provider_reference",
        "payment",
        ["provider", "reference"],
        unique=True,
        **where("reference IS NOT NULL"),
    )
    op.create_table(
        "tier",
        sa.Column("course_id", Id(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("session_count", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("validity_days", sa.Integer(), nullable=True),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_tier_currency")),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_tier_price")),
        sa.CheckConstraint("session_count > 0", name=op.f("ck_tier_session_count")),
        sa.CheckConstraint("validity_days > 0", name=op.f("ck_tier_validity")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_tier_course_id")),
        sa.PrimaryKeyConstraint("course_id", "code", name=op.f("pk_tier")),
        sqlite_with_rowid=False,
    )
    op.create_index("uq_tier_course_id_rank", "tier", ["course_id", "rank"], unique=True)
    op.create_table(
        "purchase",
        sa.Column("is_sunday_only", sa.Boolean(), nullable=False),
        sa.Column("session_duration_min", sa.SmallInteger(), nullable=False),
        sa.Column("slot_start_min", sa.SmallInteger(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("labels", JSON, nullable=False),
        sa.Column("id", Id(), nullable=False),
        sa.Column("student_id", sa.Text(), nullable=False),
        sa.Column("course_id", Id(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("tier_rank", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("created_by_id", sa.Text(), nullable=False),
        sa.Column("created_by_role", sa.Text(), nullable=False),
        sa.Column("payment_id", Id(), nullable=True),
        sa.Column("supersedes", Id(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "(origin = 'PAYMENT') = (payment_id IS NOT NULL)", name=op.f("ck_purchase_origin_names_payment")
        ),
        sa.CheckConstraint("(status = 'ACTIVE') = (ended_at IS NULL)", name=op.f("ck_purchase_ended")),
        sa.CheckConstraint(
            "created_by_role IN ('STUDENT', 'ADMIN', 'SERVICE')", name=op.f("ck_purchase_created_by_role")
        ),
        sa.CheckConstraint("origin IN ('PAYMENT', 'ADMIN')", name=op.f("ck_purchase_origin")),
        sa.CheckConstraint(
            "status IN ('ACTIVE', 'SUPERSEDED', 'EXPIRED', 'REVOKED', 'REFUNDED')",
            name=op.f("ck_purchase_status"),
        ),
        sa.CheckConstraint("session_duration_min BETWEEN 15 AND 480", name=op.f("ck_purchase_session_duration")),
        sa.CheckConstraint("slot_start_min BETWEEN 0 AND 1439", name=op.f("ck_purchase_slot_start")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_purchase_course_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_purchase_payment_id")),
        sa.ForeignKeyConstraint(["supersedes"], ["purchase.id"], name=op.f("fk_purchase_supersedes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_purchase_course_id_id", "purchase", ["course_id", "id"], unique=False)
    op.create_index("ix_purchase_student_id_id", "purchase", ["student_id", "id"], unique=False)
    op.create_index(
        "ix_purchase_supersedes", "purchase", ["supersedes"], unique=False, **where("supersedes IS NOT NULL")
    )
    op.create_index(
        "uq_purchase_active",
        "purchase",
        ["student_id", "course_id"],
        unique=True,
        **where("status = 'ACTIVE'"),
    )
    op.create_index(
        "uq_purchase_payment_id", "purchase", ["payment_id"], unique=True, **where("payment_id IS NOT NULL")
    )
    op.create_table(
        "student_access",
        sa.Column("purchase_id", Id(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("sessions_total", sa.Integer(), nullable=False),
        sa.Column("sessions_used", sa.Integer(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.CheckConstraint("status IN ('GRANTED', 'EXPIRED', 'REVOKED')", name=op.f("ck_student_access_status")),
        sa.CheckConstraint("expires_at > starts_at", name=op.f("ck_student_access_expiry")),
        sa.CheckConstraint("sessions_total > 0", name=op.f("ck_student_access_sessions_total")),
        sa.CheckConstraint(
            "sessions_used >= 0 AND sessions_used <= sessions_total",
            name=op.f("ck_student_access_sessions_used"),
        ),
        sa.ForeignKeyConstraint(["purchase_id"], ["purchase.id"], name=op.f("fk_student_access_purchase_id")),
        sa.PrimaryKeyConstraint("purchase_id", name=op.f("pk_student_access")),
        sqlite_with_rowid=False,
    )

    # Payment and purchase point at each other. SQLite takes this side with the table; PostgreSQL needs both first.
    if op.get_context().dialect.name != "sqlite":
        op.create_foreign_key("fk_payment_duplicate_of", "payment", "purchase", ["duplicate_of"], ["id"])


def downgrade() -> None:
    if op.get_context().dialect.name != "sqlite":
        op.drop_constraint("fk_payment_duplicate_of", "payment", type_="foreignkey")
    op.drop_table("student_access")
    op.drop_index("uq_purchase_payment_id", table_name="purchase", **where("payment_id IS NOT NULL"))
    op.drop_index("uq_purchase_active", table_name="purchase", **where("status = 'ACTIVE'"))
    op.drop_index("ix_purchase_supersedes", table_name="purchase", **where("supersedes IS NOT NULL"))
    op.drop_index("ix_purchase_student_id_id", table_name="purchase")
    op.drop_index("ix_purchase_course_id_id", table_name="purchase")
    op.drop_table("purchase")
    op.drop_index("uq_tier_course_id_rank", table_name="tier")
    op.drop_table("tier")
    op.drop_index("uq_payment_provider_reference", table_name="payment", **where("reference IS NOT NULL"))
    op.drop_index("ix_payment_student_id_id", table_name="payment")
    op.drop_table("payment")
    op.drop_index("uq_job_live", table_name="job", **where("state IN ('PENDING', 'RUNNING', 'RETRYING')"))
    op.drop_index("ix_job_due", table_name="job", **where("state IN ('PENDING', 'RUNNING', 'RETRYING')"))
    op.drop_table("job")
    op.drop_table("idempotency_record")
    op.drop_table("course")
    op.drop_table("audit_entry")


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
