"""What the schema's text says that fields cost is what they cost; and what a subgraph's text has beside that."""

import re
from typing import Any

import pytest
from graphql import (
    DirectiveNode,
    FieldDefinitionNode,
    ObjectTypeDefinitionNode,
    get_named_type,
    is_composite_type,
    parse,
    print_ast,
    value_from_ast_untyped,
)
from graphql import build_schema as build

from gateway.execution.costs import priced_operations
from gateway.execution.printing import LINK
from gateway.execution.schema import build_schema, print_sdl, print_subgraph

SCHEMA = build_schema()._schema
ROOTS = {"Query": "query", "Mutation": "mutation", "Subscription": "subscription"}
PAGED = {"edges", "nodes"}
SIZE = 7


def _fields(sdl: str) -> list[Any]:
    return [
        pytest.param(definition.name.value, field, id=f"{definition.name.value}.{field.name.value}")
        for definition in parse(sdl).definitions
        if isinstance(definition, ObjectTypeDefinitionNode)
        for field in definition.fields or ()
    ]


@pytest.mark.parametrize("is_given", [False, True], ids=["as assumed", "as asked"])
@pytest.mark.parametrize(("of", "printed"), _fields(print_sdl(has_costs=True)))
def test_a_field_costs_what_is_printed(of: str, printed: FieldDefinitionNode, is_given: bool) -> None:
    said = {each.name.value: _arguments(each) for each in printed.directives or ()}
    weight, size = int(said.get("cost", {"weight": "1"})["weight"]), said.get("listSize", {})
    name, slicing = printed.name.value, size.get("slicingArguments", [])
    asked = f"{name}({slicing[0]}: {_size_for(of, name, slicing[0])})" if is_given and slicing else name
    times = SIZE if is_given and slicing else size.get("assumedSize", 1)
    if "sizedFields" in size:
        assert _cost(of, f"{asked} {{ nodes {{ __typename }} }}") == weight + times
        assert _cost(of, f"{asked} {{ edges {{ cursor }} }}") == weight + 2 * times
    elif not (of.endswith("Connection") and name in PAGED):  # which those above are the cost of
        assert _cost(of, asked + _nothing_in(of, name)) == weight * times


def test_a_subgraphs_text_has_the_same_costs_as_apollo_takes_them() -> None:
    """Weights are whole numbers there, and a list says no size by its length."""
    ours = re.sub(r'weight: "(\d+)"', r"weight: \1", print_sdl(has_costs=True))
    ours = re.sub(r'slicingArguments: \["(?!first|last)\w+"\]', "assumedSize: 100", ours)
    assert _costs(print_subgraph()) == _costs(ours)


def test_the_text_with_costs_is_a_schema() -> None:
    assert {*build(print_sdl(has_costs=True)).type_map} == {*build(print_sdl()).type_map}


def test_a_subgraph_names_its_entities_and_what_it_shares() -> None:
    sdl = print_subgraph()
    assert sdl.startswith(LINK)
    keyed = [each.name.value for each in _objects(sdl) if _has(each, "key")]
    assert keyed == ["Course", "Payment", "Purchase", "Student"]
    assert [each.name.value for each in _objects(sdl) if _has(each, "shareable")] == ["PageInfo"]


def _costs(sdl: str) -> list[tuple[str, str, list[str]]]:
    return [
        (each.name.value, field.name.value, [print_ast(said) for said in field.directives or ()])
        for each in _objects(sdl)
        for field in each.fields or ()
    ]


def _objects(sdl: str) -> list[ObjectTypeDefinitionNode]:
    return [each for each in parse(sdl).definitions if isinstance(each, ObjectTypeDefinitionNode)]


def _has(definition: ObjectTypeDefinitionNode, name: str) -> bool:
    return any(each.name.value == name for each in definition.directives or ())


def _arguments(directive: DirectiveNode) -> dict[str, Any]:
    return {each.name.value: value_from_ast_untyped(each.value) for each in directive.arguments or ()}


def _cost(of: str, selection: str) -> int:
    """Of a field of any type: it is priced as it stands, whether or not it can be reached so."""
    operation = f"{ROOTS[of]} {{ {selection} }}" if of in ROOTS else f"{{ viewer {{ ... on {of} {{ {selection} }} }} }}"
    [only] = priced_operations(SCHEMA, parse(operation)).values()
    return only.cost({}) - (of not in ROOTS)


def _size_for(of: str, name: str, argument: str) -> str:
    is_list = "[" in str(SCHEMA.type_map[of].fields[name].args[argument].type)  # type: ignore[attr-defined]
    return f"[{', '.join(['1'] * SIZE)}]" if is_list else str(SIZE)


def _nothing_in(of: str, name: str) -> str:
    """`__typename` costs nothing."""
    field = SCHEMA.type_map[of].fields[name]  # type: ignore[attr-defined]
    return " { __typename }" if is_composite_type(get_named_type(field.type)) else ""
