"""What the tables share: names of constraints, common columns, checks, and indexes of lists."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from sqlalchemy import JSON, CheckConstraint, Index, MetaData, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


PROVIDERS = ("STRIPE", "RAZORPAY", "SANDBOX")
ROLES = ("STUDENT", "ADMIN", "SERVICE")


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def list_index(name: str, *columns: str, where: str | None = None, ops: Mapping[str, str] | None = None) -> Index:
    """An index that a list is read from: of all rows, or of those that meet a condition.

    Args:
        ops: PostgreSQL's operator classes of columns that are looked for otherwise than by what is usual.
    """
    condition = None if where is None else text(where)
    return Index(name, *columns, sqlite_where=condition, postgresql_where=condition, postgresql_ops=dict(ops or {}))


class Row(SQLModel):
    """What every table shares. SQLite keeps a row in its primary key's tree: one page to write instead of two."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMES)
    clustered: ClassVar[dict[str, Any]] = {"sqlite_with_rowid": False}


class SessionPlan(SQLModel):
    """When and how the sessions take place, as columns of what carries them."""

    is_sunday_only: bool
    session_duration_min: int = Field(sa_type=SmallInteger)
    slot_start_min: int = Field(sa_type=SmallInteger)
    """Minutes since midnight, wall clock."""
    time_zone: str = Field(sa_type=Text)
    first_day: date | None
    labels: list[list[str]] = Field(sa_type=Json)


def plan_checks() -> tuple[CheckConstraint, ...]:
    return (
        CheckConstraint("session_duration_min BETWEEN 15 AND 480", name="session_duration"),
        CheckConstraint("slot_start_min BETWEEN 0 AND 1439", name="slot_start"),
    )
