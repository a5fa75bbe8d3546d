"""What of the schema is gone: the indexes and constraints that hold the invariants, whatever the code does."""

from collections.abc import Iterator

from sqlalchemy import CheckConstraint, Connection, ForeignKeyConstraint, Index, MetaData, Table, inspect, text
from sqlalchemy.schema import CreateIndex

from db.standing import standing
from db.tables import Row
from gateway.services.verification.model import SCHEMA, Fault, Invariant

STRUCTURE = Invariant(
    "The database has every table, column, index and constraint that holds the invariants.",
    SCHEMA,
    "Make it again as shown, or compare with a database that `gateway migrate` made anew. What was written meanwhile"
    " may break what it held: that is told below.",
)

_CHECKS_OF_POSTGRESQL = """SELECT conrelid::regclass::text, conname FROM pg_constraint
WHERE connamespace = current_schema()::regnamespace AND contype IN ('c', 'f', 'p')"""
_INVALID_INDEXES = """SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE relnamespace = current_schema()::regnamespace AND NOT (indisvalid AND indisready)"""


def missing(connection: Connection) -> list[Fault]:
    """What is missing, by its name. Nothing is missed where a newer release has migrated the database: it may have
    taken away what this one knows."""
    found = standing(connection)
    if found.database != found.code:
        return []
    return list(_missing(connection, Row.metadata))


def _missing(connection: Connection, expected: MetaData) -> Iterator[Fault]:
    inspector, names = inspect(connection), _constraints(connection)
    there = set(inspector.get_table_names())
    for table in expected.sorted_tables:
        if table.name not in there:
            yield Fault((table.name,), "This table is missing.")
            continue
        columns = {each["name"] for each in inspector.get_columns(table.name)}
        yield from (
            Fault((f"{table.name}.{column.name}",), "This column is missing.")
            for column in table.c
            if column.name not in columns
        )
        yield from _missing_indexes(connection, table)
        yield from (
            Fault((name,), f"This constraint of {table.name} is missing.")
            for name in _expected(table)
            if not _is_there(name, names[table.name])
        )


def _missing_indexes(connection: Connection, table: Table) -> Iterator[Fault]:
    found = _indexes(connection, table.name)
    for index in sorted(table.indexes, key=lambda each: str(each.name)):
        made = str(CreateIndex(index).compile(dialect=connection.dialect)).strip()
        if str(index.name) not in found:
            yield Fault((str(index.name),), f"This index is missing. To make it again: {made};")
        elif found[str(index.name)] != _shape(index):
            yield Fault((str(index.name),), f"This index is another than it should be: {made};")


def _indexes(connection: Connection, table: str) -> dict[str, tuple[bool, tuple[str, ...]]]:
    """Each index that can be relied on: whether it is unique, and its columns."""
    invalid = set()
    if connection.dialect.name == "postgresql":
        invalid = {name.strip('"') for name in connection.execute(text(_INVALID_INDEXES)).scalars()}
    return {
        str(each["name"]): (bool(each["unique"]), tuple(str(name) for name in each["column_names"]))
        for each in inspect(connection).get_indexes(table)
        if each["name"] not in invalid
    }


def _shape(index: Index) -> tuple[bool, tuple[str, ...]]:
    return bool(index.unique), tuple(column.name for column in index.columns)


def _expected(table: Table) -> Iterator[str]:
    """The names of a table's constraints."""
    for each in table.constraints:
        if isinstance(each, CheckConstraint | ForeignKeyConstraint) and each.name:
            name = str(each.name)
            yield name if name.startswith(("ck_", "fk_")) else f"ck_{table.name}_{name}"


def _constraints(connection: Connection) -> dict[str, set[str] | str]:
    """What says which constraints a table has: their names, or on SQLite the statement that made it."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
        return {name: str(sql) for name, sql in rows}
    found: dict[str, set[str] | str] = {}
    for table, name in connection.execute(text(_CHECKS_OF_POSTGRESQL)):
        names = found.setdefault(table.strip('"'), set())
        assert isinstance(names, set), "made so"
        names.add(name)
    return found


def _is_there(name: str, made: set[str] | str) -> bool:
    return name in made if isinstance(made, set) else f"CONSTRAINT {name} " in made
