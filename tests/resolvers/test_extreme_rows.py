"""Nothing that one row holds takes a list down: rows as extreme as the tables take, read whole by who may see them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLOutputType, get_named_type, is_required_argument
from sqlalchemy import BigInteger, Boolean, Column, Connection, Date, Integer, SmallInteger, Table, Text, insert
from sqlalchemy.exc import IntegrityError

from db.engine import writer_engine
from db.tables import Row
from db.types import Id, Instant
from gateway.execution.schema import build_schema
from gateway.services.core.model.values import Role
from tests.db.examples import EXAMPLES, FULFILLED, GRANTED, OPENED, PAID, add, add_examples
from tests.served.inside import Inside, inside, logging_as_before

pytestmark = pytest.mark.anyio

STUDENT = "STUDENT-1"
"""Whose token it is that `inside` mints for a student."""

ROWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("course", EXAMPLES["course"]),
    ("tier", EXAMPLES["tier"]),
    ("payment", OPENED),
    ("payment", FULFILLED),
    ("purchase", GRANTED),
    ("purchase", PAID),
    ("student_access", EXAMPLES["student_access"]),
    ("recorded_session", EXAMPLES["recorded_session"]),
    ("refund", EXAMPLES["refund"]),
    ("job", EXAMPLES["job"]),
    ("audit_entry", EXAMPLES["audit_entry"]),
    ("provider_event", EXAMPLES["provider_event"]),
)
"""What is varied, in the order in which rows name one another."""

TEXTS = ("", "é" * 2_000, "\u202e\u0001\x1b[31m\ufeff\uffff", "🧘\u200d♂️'); --")
ZONES = (
    "",
    "Asia/Old_Delhi",
    "../etc/passwd",
    "Asia",
    "localtime",
    "X" * 3_000,
    "é",
    "Etc/GMT+12",
    "Pacific/Kiritimati",
)
CODES = ("XXX", "rup", "₹₹₹", "   ", "JPY")
WHOLE = {BigInteger: 2**63 - 1, Integer: 2**31 - 1, SmallInteger: 2**15 - 1}
INSTANTS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC))
JSONS: dict[str, tuple[object, ...]] = {
    "labels": ([], [["", ""]], [["k", "v"]] * 500, [["\u202e", "\u0001"]], {}, [["one"]], [[1, None]], ["text"], 5),
    "refs": ([], [""], ["x" * 10_000]),
    "payload": ({}, {"": None}, {"cursor": "not an id", "n": 2**63}, {"a": {"b": [[[[[]]]]]}}),
    "changes": (None, {}, {"": None}, {"amountMinor": 2**63}, {"a": [1, {"b": "\u202e"}]}, [], "text", 5),
}


def extremes(column: Column[Any]) -> tuple[object, ...]:
    """The furthest values of a column's type. Its constraints may well refuse some of them."""
    empty = (None,) if column.nullable else ()
    match column.type:
        case _ if column.name in JSONS:
            return (*empty, *JSONS[column.name])
        case Id():
            return (*empty, UUID(int=0), UUID(int=2**128 - 1)) if column.primary_key else empty
        case Instant():
            return (*empty, *INSTANTS)
        case Boolean():
            return (True, False)
        case Integer() as number:
            most = WHOLE[type(number)]
            return (*empty, most, 2**53, 1, 0, -most - 1) if most > 2**53 else (*empty, most, 1, 0, -most - 1)
        case Date():
            return (*empty, date.min, date.max, date(9999, 12, 27))
        case Text() if column.name == "time_zone":
            return ZONES
        case Text() if column.name.endswith("currency"):
            return (*empty, *CODES, *TEXTS)
        case Text():
            return (*empty, *TEXTS, *_enumerated(column))
    raise AssertionError(f"there is no extreme of {column}")


def _enumerated(column: Column[Any]) -> tuple[str, ...]:
    """The words that a check of the table names: each state that a row can be in."""
    checks = [str(each.sqltext) for each in column.table.constraints if hasattr(each, "sqltext")]
    listed = [each for each in checks if each.startswith(f"{column.name} IN ")]
    return tuple(listed[0].split("'")[1::2]) if listed else ("case.of_another_release",)


def variants(table: Table, example: dict[str, Any], number: Iterator[int]) -> Iterator[dict[str, Any]]:
    """The example with each column at each of its extremes in turn, each a row of its own; a student's where it can."""
    for column in table.columns:
        for extreme in extremes(column):
            fresh: dict[str, Any] = {"id": UUID(int=next(number)), "reference": f"r{next(number)}"}
            fresh |= {
                "student_id": STUDENT,
                "event_id": f"e{next(number)}",
                "code": f"T{next(number)}",
                "rank": next(number),
            }
            if table.name == "tier":
                fresh["rank"] %= 2**15
            mine = {name: value for name, value in fresh.items() if name in table.columns}
            yield {**example, **mine, column.name: extreme}


def fill(connection: Connection) -> dict[str, int]:
    """All the rows that the tables take; gives how many of each."""
    add_examples(connection)
    numbers, taken = count(1_000), dict[str, int]()
    for name, example in ROWS:
        table = Row.metadata.tables[name]
        for columns in variants(table, example, numbers):
            if _took(connection, table, columns, numbers):
                taken[name] = taken.get(name, 0) + 1
    return taken


def _took(connection: Connection, table: Table, columns: dict[str, Any], numbers: Iterator[int]) -> bool:
    """Whether a row was stored, with what cannot stand without it: a purchase has its access, one that was paid for
    and a refund have their payment, and an access has its purchase."""
    try:
        with connection.begin_nested():
            match table.name:
                case "purchase" if columns["origin"] == "PAYMENT":
                    columns = {
                        **columns,
                        "payment_id": _paid(connection, numbers),
                        "course_id": _course(connection, numbers),
                    }
                case "purchase":
                    columns = {**columns, "course_id": _course(connection, numbers)}
                case "refund":
                    columns = {**columns, "payment_id": _paid(connection, numbers)}
                case "recorded_session":
                    columns = {**columns, "purchase_id": _granted(connection, numbers)}
                    add(connection, "student_access", purchase_id=columns["purchase_id"])
                case "student_access":
                    columns = {**columns, "purchase_id": _granted(connection, numbers)}
            connection.execute(insert(table).values(columns))
            if table.name == "purchase":
                add(connection, "student_access", purchase_id=columns["id"])
    except IntegrityError:
        return False
    return True


def _paid(connection: Connection, numbers: Iterator[int]) -> UUID:
    key = UUID(int=next(numbers))
    add(connection, "payment", **{**FULFILLED, "id": key, "reference": str(key), "student_id": STUDENT})
    return key


def _granted(connection: Connection, numbers: Iterator[int]) -> UUID:
    key = UUID(int=next(numbers))
    add(connection, "purchase", id=key, student_id=STUDENT, course_id=_course(connection, numbers))
    return key


def _course(connection: Connection, numbers: Iterator[int]) -> UUID:
    """A course of its own, for a student has one active purchase of each. It has no tier, as none of ours is."""
    key = UUID(int=next(numbers))
    add(connection, "course", id=key)
    return key


SCHEMA = build_schema()._schema
DEEPEST = 4
OF_ADMINS = frozenset({"history", "createdBy", "recordedBy"})


def fields_of(of: GraphQLOutputType, but: frozenset[str] = frozenset(), depth: int = 0) -> str:
    """Every field of a type that needs no argument, and of what it leads to; a page's nodes are what its edges hold."""
    named = get_named_type(of)
    if isinstance(named, GraphQLInterfaceType) or (depth and named.name == "Student"):  # whose lists are read by itself
        return "{ id }"
    if not isinstance(named, GraphQLObjectType) or depth > DEEPEST:
        return ""
    chosen = []
    for name, field in named.fields.items():
        if name in but | {"edges"} or any(map(is_required_argument, field.args.values())):
            continue
        inner = fields_of(field.type, but, depth + 1)
        if inner or not isinstance(get_named_type(field.type), GraphQLObjectType):
            chosen.append(f"{name} {inner}")
    return f"{{ {' '.join(chosen)} }}" if chosen else ""


async def test_nothing_that_one_row_holds_takes_a_list_down(database_url: str) -> None:
    engine = writer_engine(database_url)
    with engine.begin() as connection:
        taken = fill(connection)
    with logging_as_before():
        async with inside(database_url, limit_cost="1000000", limit_tokens="100000", worker="false") as gateway:
            for name in ("payments", "purchases", "jobs", "courses"):
                ids = await _read(gateway, Role.ADMIN, name)
                [table] = [each for each in taken if name.startswith(each)]
                assert len(ids) > taken[table], name
                await _look_up(gateway, ids)
            for name in ("payments", "purchases"):
                assert len(await _read(gateway, Role.STUDENT, name)) > 100
            assert len(await _read(gateway, Role.ADMIN, "needsAttention")) > 0
            for name in ("payments", "purchases", "refunds"):
                assert len(await _read(gateway, Role.ADMIN, name, "Student")) > 30, name


async def _read(gateway: Inside, role: Role, name: str, of: str = "") -> list[str]:
    """The ids of a list that was read whole, to its end: of all, a student's own, or of a type."""
    of, is_own = of or ("Viewer" if role is Role.STUDENT else "Query"), role is Role.STUDENT
    parent, below = SCHEMA.type_map[of], {"Viewer": "viewer", "Student": f'student(id: "{STUDENT}")'}.get(of)
    assert isinstance(parent, GraphQLObjectType)
    page = f"{name}(first: 50, after: $at) {fields_of(parent.fields[name].type, OF_ADMINS if is_own else frozenset())}"
    query = f"query($at: String) {{ it: {below} {{ {page} }} }}" if below else f"query($at: String) {{ {page} }}"
    found, cursor, has_more = list[str](), None, True
    while has_more:
        data = await _ask(gateway, query, role, at=cursor)
        answer = (data["it"] if below else data)[name]
        found += [each["id"] for each in answer["nodes"]]
        cursor, has_more = answer["pageInfo"]["endCursor"], answer["pageInfo"]["hasNextPage"]
    return found


async def _look_up(gateway: Inside, found: list[str]) -> None:
    for start in range(0, len(found), 100):
        ids = found[start : start + 100]
        answer = await _ask(gateway, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", Role.ADMIN, ids=ids)
        assert [each["id"] for each in answer["nodes"]] == ids


async def _ask(gateway: Inside, query: str, role: Role, **variables: object) -> dict[str, Any]:
    answer = (await gateway.ask(query, role, **variables)).json()
    assert answer.get("errors") is None, [each.get("path", each) for each in answer["errors"]]
    data: dict[str, Any] = answer["data"]
    return data
