"""Which code may run on a database, as its migrations mark it."""

from sqlalchemy import CheckConstraint, SmallInteger, Text, text
from sqlalchemy.engine import Connection
from sqlmodel import Field

from db.columns import Row

EXPAND = "expand"
"""A migration that only adds: code that does not know of it runs on as before."""

CONTRACT = "contract"
"""A migration that takes away or changes what older code may use; its `oldest_code` says whose code runs on."""

_MARK = text("UPDATE schema_compatibility SET oldest_code = :oldest")


class SchemaCompatibilityRow(Row, table=True):
    """The one row: the newest migration of the oldest code that may run on the database."""

    __tablename__ = "schema_compatibility"
    __table_args__ = (CheckConstraint("singleton = 1", name="singleton"), Row.clustered)

    singleton: int = Field(sa_type=SmallInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    oldest_code: str = Field(sa_type=Text)


def mark(connection: Connection, oldest_code: str) -> None:
    """Note, in a migration's own transaction, the oldest code that may run from its commit on."""
    connection.execute(_MARK, {"oldest": oldest_code})
