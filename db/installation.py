"""The id of the installation that a database belongs to: every intent opened at a provider is marked with it."""

from uuid import UUID

from sqlalchemy import CheckConstraint, SmallInteger
from sqlmodel import Field

from db.columns import Row
from db.types import Id


class InstallationRow(Row, table=True):
    """The one row, made by the migration: a copy of the database is the same installation until somebody says not."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("singleton = 1", name="singleton"), Row.clustered)

    singleton: int = Field(sa_type=SmallInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: UUID = Field(sa_type=Id)
    histories_from: UUID | None = Field(sa_type=Id)
    """From which payment's id on histories are whole: those before it are from before there were histories. Without a
    value, `gateway verify` goes by the first history that it finds."""
