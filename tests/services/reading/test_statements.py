"""No list costs more statements for more items, whatever is asked of each: told from the schema's own fields."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from inspect import isawaitable
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    execute,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    parse,
    validate,
)

from db import feed
from db.job_tables import JobRow
from gateway.context import Context
from gateway.execution.schema import build_schema
from gateway.resolvers.permissions import required_roles
from gateway.schema.conventions import ids
from gateway.services.changes.follower import Live
from gateway.services.changes.hub import Hub
from gateway.services.core.model.events import EventSubscriber
from gateway.services.core.model.values import Actor, Payment, Purchase, Role
from gateway.services.reading.snapshot import Snapshot
from gateway.services.rows.lookups import PAYMENT_BY_ID, PURCHASE_BY_ID
from tests.callers import Unlimited
from tests.service import ADMIN, Service, reads_of, running, student

pytestmark = pytest.mark.anyio

SCHEMA = build_schema()._schema
REQUIRED = required_roles(SCHEMA)
SIZES = (1, 20)
LEVELS = 3
"""How far below a list's items its fields are followed."""

BELOW = {"Student": 1, "Refund": 0, "AttentionItem": 0}
"""The same below what everything leads to and what leads to everything, or to what other lists are asked for. A student
is followed from a list's items alone."""

LISTS: dict[str, Sequence[str]] = {
    "Query.courses": ("",),
    "Query.purchases": ("", "orderBy: {field: CREATED_AT, direction: ASC}"),
    "Query.payments": ("", "orderBy: {field: CREATED_AT, direction: ASC}"),
    "Query.jobs": ("filter: {kind: PAYMENT_REFUND}", "filter: {kind: EVENT_DELIVER}"),
    "Query.refunds": ("", "orderBy: {field: CREATED_AT, direction: ASC}"),
    "Query.needsAttention": ("",),
    "Viewer.purchases": ("",),
    "Viewer.payments": ("",),
}
"""What each list is asked for, so that its first twenty items are of one kind: each has what any of them has.

A list that is new to the schema needs a line here. Those below a payment or a purchase are met on the way.
"""


SEVERAL = {"sessions": 2}
"""Relations that take more than one look-up: the purchases that share their numbers, and what was held under those."""


def objects(kind: GraphQLNamedType) -> dict[str, GraphQLObjectType]:
    """A type's fields that are objects again, with their types."""
    assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
    named = {name: get_named_type(field.type) for name, field in kind.fields.items()}
    return {name: of for name, of in named.items() if isinstance(of, GraphQLObjectType)}


def is_list(kind: GraphQLNamedType) -> bool:
    return kind.name.endswith("Connection")


def is_plain(kind: GraphQLObjectType) -> bool:
    """Whether a type is a value through and through: nothing below it is looked up."""
    return not is_row(kind) and not is_list(kind) and all(map(is_plain, objects(kind).values()))


def comes_with(kind: GraphQLObjectType, name: str, of: GraphQLObjectType) -> bool:
    """Whether a field is a value of the item itself, and not looked up by what it is given."""
    return is_plain(of) and name not in SEVERAL and not any(map(is_required_argument, kind.fields[name].args.values()))


COURSE = f'(courseId: "{ids.EXAMPLES[ids.COURSE]}")'


def is_row(kind: GraphQLObjectType) -> bool:
    return any(interface.name == "Node" for interface in kind.interfaces)


def plain(kind: GraphQLObjectType, role: Role) -> str:
    """All of an item that comes with it, values included."""
    names = [name for name, field in kind.fields.items() if is_leaf_type(get_named_type(field.type))]
    inner = [
        f"{name} {{ {plain(of, role)} }}"
        for name, of in objects(kind).items()
        if comes_with(kind, name, of) and role in REQUIRED.get((kind.name, name), Role)
    ]
    return " ".join([*names, *inner])


def chains(kind: GraphQLObjectType, role: Role, levels: int) -> Iterator[str]:
    """Selections on an item: each way along its look-ups, one after the other, up to so many levels deep."""
    yield plain(kind, role)
    for name, of in objects(kind).items() if levels else ():
        if comes_with(kind, name, of) or role not in REQUIRED.get((kind.name, name), Role):
            continue
        if of.name == "Student" and levels < LEVELS:
            continue
        if is_list(of):
            yield from (f"{name}(first: $first) {{ {each} }}" for each in pages(of, role, levels - 1))
        else:
            given = COURSE if "courseId" in kind.fields[name].args else ""
            deeper = min(levels - 1, BELOW.get(of.name, LEVELS), BELOW.get(kind.name, LEVELS))
            yield from (f"{name}{given} {{ {each} }}" for each in chains(of, role, deeper))


def pages(kind: GraphQLObjectType, role: Role, levels: int) -> Iterator[str]:
    for each in chains(objects(kind)["nodes"], role, levels):
        yield f"nodes {{ {each} }} pageInfo {{ hasNextPage hasPreviousPage }}"


def documents(place: str) -> Iterator[str]:
    """Every query of a list: `$first` items, and one way along what can be asked of each."""
    owner, _, name = place.partition(".")
    of = objects(SCHEMA.type_map[owner])[name]
    for arguments in LISTS[place]:
        for page in pages(of, _asking(place).role, LEVELS):
            listed = f"{name}(first: $first {arguments}) {{ {page} }}"
            yield f"query($first: Int!) {{ {listed if owner == 'Query' else f'viewer {{ {listed} }}'} }}"


RELATIONS = {
    name
    for kind in SCHEMA.type_map.values()
    if isinstance(kind, GraphQLObjectType)
    for name, of in objects(kind).items()
    if (is_row(of) or is_list(of) or name in SEVERAL or any(map(is_required_argument, kind.fields[name].args.values())))
    and not is_list(kind)
}
"""The fields that are looked up."""


MORE = {"Query.jobs": 1, "Query.needsAttention": 6}
"""A job may be about a payment through its refund. What needs a person lies in two places, and the calls that end it
take into account other jobs, the refund, its payment and all refunds of that."""


def most_statements(place: str, document: str) -> int:
    """One for the page, and one for each relation on the way, and what the list takes besides."""
    relations = [name for name in re.findall(r"(\w+)(?:\([^)]*\))? {", document) if name in RELATIONS]
    return sum(SEVERAL.get(name, 1) for name in relations) + MORE.get(place, 0)


def _asking(place: str) -> Actor:
    return ADMIN if place.startswith("Query.") else student()


@cache
def admitted(document: str) -> DocumentNode:
    """What is asked for each number of items is read and validated once."""
    node = parse(document)
    assert validate(SCHEMA, node) == []
    return node


async def ask(service: Service, actor: Actor, document: str, **variables: object) -> tuple[Any, int]:
    """The data that a document comes to, and how many statements it took."""
    live = Live(
        Hub(),
        partial(feed.follow, service.url),
        partial(service.reader.find, PAYMENT_BY_ID),
        partial(service.reader.find, PURCHASE_BY_ID),
    )
    reads, clock = Snapshot(service.reader), service.clock
    context = Context(actor, datetime.now(UTC), service.purchases, reads, Unlimited(), live, clock)
    with reads_of(service.source) as asked:
        outcome = execute(SCHEMA, admitted(document), variable_values=variables, context_value=context)
        result = await outcome if isawaitable(outcome) else outcome
    assert result.errors is None, (document, result.errors)
    return result.data, len(asked)


async def stocked(service: Service) -> tuple[list[Payment], list[Purchase]]:
    """Twenty courses, and one student who bought each in three tiers, one upgrade after the other; the last payments
    are refunded in part, and nobody could carry that out. Returns: the payments and the purchases."""
    courses = [await service.save_course() for _ in range(max(SIZES))]
    bought = [
        await service.paid(student(), course, tier) for tier in ("BASIC", "STANDARD", "PREMIUM") for course in courses
    ]
    for payment, _ in bought[-len(courses) :]:
        await service.refund(payment, 100)
    for job in service.stored(JobRow, kind="payment.refund"):
        service.change(JobRow, job.id, state="FAILED", finished_at=service.clock())
    return [payment for payment, _ in bought], [purchase for _, purchase in bought]


async def test_no_list_takes_more_statements_for_more_items_or_deeper_questions(database_url: str) -> None:
    grown = []
    async with running(database_url, subscribers=[EventSubscriber("somebody", ("purchase.created",))]) as service:
        await stocked(service)
        for place in LISTS:
            for document in documents(place):
                asked = [await ask(service, _asking(place), document, first=size) for size in SIZES]
                assert [_length(data) for data, _ in asked] == list(SIZES), document
                counts = [count for _, count in asked]
                if len(set(counts)) > 1 or counts[0] > most_statements(place, document):
                    grown.append((document, counts))
    assert grown == []


async def test_many_nodes_take_as_many_statements_as_one(database_url: str) -> None:
    document = (
        "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Purchase { payment { history { nodes { at } } } } } }"
    )
    async with running(database_url) as service:
        payments, purchases = await stocked(service)
        for actor in (ADMIN, student()):
            counts = []
            for size in SIZES:
                keys = [ids.to_text(ids.PURCHASE, purchase.id) for purchase in purchases[:size]]
                asked = document if actor is ADMIN else document.replace("history { nodes { at } }", "course { id }")
                data, count = await ask(service, actor, asked, ids=keys)
                assert [node["id"] for node in data["nodes"]] == keys
                counts.append(count)
            assert len(set(counts)) == 1, counts
        assert len(payments) == len(purchases)


def test_every_list_of_the_schema_is_asked() -> None:
    found = {
        f"{kind.name}.{name}"
        for kind in SCHEMA.type_map.values()
        if isinstance(kind, GraphQLObjectType)
        for name, of in objects(kind).items()
        if is_list(of)
    }
    below = {place for place in found if place.partition(".")[0] not in ("Query", "Viewer")}
    assert found - below == set(LISTS)
    asked = " ".join(document for place in LISTS for document in documents(place))
    assert {place for place in below if f"{place.partition('.')[2]}(first: $first)" not in asked} == set()
    assert "payment { purchase { history(first: $first)" in asked


def _length(data: dict[str, Any]) -> int:
    [page] = data["viewer"].values() if "viewer" in data else data.values()
    return len(page["nodes"])
