"""Each relation is bound to what finds it, and a value's fields are resolved when they are asked for."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import strawberry
from graphql import GraphQLError, GraphQLObjectType

from gateway.execution.schema import build_schema
from gateway.resolvers.fields import resolve_fields
from gateway.schema.purchases import Purchase
from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.core.model.values import AccessStatus, Actor, Role
from tests.services.core.examples import NOW, PURCHASE

_number = FieldsOf[int]()


@strawberry.type
class Named(Wraps[str]):
    id: strawberry.ID = FieldsOf[str]().field("A name.", strawberry.ID)


def resolved(type_name: str, name: str, source: object, **context: object) -> Any:
    """What a field of the schema gives for a source, without an operation around it."""
    graphql_type = build_schema()._schema.type_map[type_name]
    assert isinstance(graphql_type, GraphQLObjectType)
    resolve = graphql_type.fields[name].resolve
    assert resolve is not None
    info: Any = SimpleNamespace(context=SimpleNamespace(**context))
    return resolve(source, info)


def test_a_relation_that_nothing_finds_is_caught_when_the_schema_is_built() -> None:
    @strawberry.type
    class Lonely(Wraps[int]):
        friend: Named | None = _number.relation("Whom nobody looks for.", by=lambda number: number)

    @strawberry.type
    class Query:
        lonely: Lonely

    with pytest.raises(LookupError, match=r"Lonely\.friend"):
        resolve_fields(strawberry.Schema(Query)._schema, {})


def test_what_a_relation_cannot_be_answered_as_is_caught_when_the_schema_is_built() -> None:
    @strawberry.type
    class Odd(Wraps[int]):
        friend: int = _number.relation("What is no type of a value.", by=lambda number: number)

    @strawberry.type
    class Query:
        odd: Odd

    with pytest.raises(LookupError, match="int"):
        resolve_fields(strawberry.Schema(Query)._schema, {Odd.friend: lambda _context, key: key})


@pytest.mark.anyio
async def test_what_is_known_is_answered_at_once_and_what_is_not_is_waited_for() -> None:
    async def found_later(_context: object, key: int) -> str | None:
        return str(key) if key else None

    @strawberry.type
    class Numbered(Wraps[int]):
        known: Named = _number.relation("Known.", by=lambda number: number)
        sought: Named | None = _number.relation("Sought.", by=lambda number: number)
        nobody: Named | None = _number.relation("Without a key.", by=lambda _number: None)

    @strawberry.type
    class Query:
        @strawberry.field
        def numbered(self, number: int) -> Numbered:
            return Numbered.of(number)

    bound: dict[object, Any] = {
        Numbered.known: lambda _context, key: str(key),
        Numbered.sought: found_later,
        Numbered.nobody: found_later,
    }
    schema = strawberry.Schema(Query)
    resolve_fields(schema._schema, bound)
    document = "query($n: Int!) { numbered(number: $n) { known { id } sought { id } nobody { id } } }"
    seven = await schema.execute(document, variable_values={"n": 7})
    assert seven.data == {"numbered": {"known": {"id": "7"}, "sought": {"id": "7"}, "nobody": None}}
    none = await schema.execute(document, variable_values={"n": 0})
    assert none.data == {"numbered": {"known": {"id": "0"}, "sought": None, "nobody": None}}
    at_once = schema.execute_sync("{ numbered(number: 7) { known { id } } }")
    assert at_once.data == {"numbered": {"known": {"id": "7"}}}


def test_what_an_operation_alone_can_resolve_is_not_read_in_python() -> None:
    purchase = Purchase.of(PURCHASE)
    assert (purchase.tier, purchase.created_at) == (PURCHASE.tier, PURCHASE.created_at)
    for name in ("course", "history"):
        with pytest.raises(AttributeError, match="operation"):
            getattr(purchase, name)


def test_a_guarded_field_stays_guarded_however_short_its_way_is() -> None:
    source = SimpleNamespace(value=PURCHASE)
    admin, student = Actor("a", Role.ADMIN), Actor("s", Role.STUDENT)
    assert resolved("Purchase", "createdBy", source, viewer=admin).id == PURCHASE.created_by.id
    with pytest.raises(GraphQLError, match="ADMIN"):
        resolved("Purchase", "createdBy", source, viewer=student)


def test_an_access_is_told_as_of_the_requests_time() -> None:
    source = SimpleNamespace(value=replace(PURCHASE, access=replace(PURCHASE.access, expires_at=NOW)))
    assert resolved("StudentAccess", "status", source, now=NOW - timedelta(seconds=1)) is AccessStatus.GRANTED
    assert resolved("StudentAccess", "status", source, now=NOW) is AccessStatus.EXPIRED
