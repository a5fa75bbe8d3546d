"""The schema's text: printed from the code, described throughout, and all that callers were promised."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    DirectiveDefinitionNode,
    EnumTypeDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    Node,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    UnionTypeDefinitionNode,
    assert_valid_schema,
    build_schema,
    parse,
    print_ast,
    specified_directives,
)

from gateway.execution.schema import print_sdl

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = Path(__file__).with_name("contract.graphql").read_text()
BUILT_IN = {directive.name for directive in specified_directives}


def facts(sdl: str) -> Iterator[str]:
    """All that a schema's text promises, each promise a line of its own, without descriptions."""
    for definition in parse(sdl).definitions:
        match definition:
            case ScalarTypeDefinitionNode():
                yield f"scalar {definition.name.value}"
            case EnumTypeDefinitionNode():
                yield from (f"enum {definition.name.value} has {each.name.value}" for each in definition.values or ())
            case UnionTypeDefinitionNode():
                yield from (f"{definition.name.value} may be {each.name.value}" for each in definition.types or ())
            case DirectiveDefinitionNode():
                yield from _of_directive(definition)
            case ObjectTypeDefinitionNode() | InterfaceTypeDefinitionNode() | InputObjectTypeDefinitionNode():
                yield from _of_type(definition)


def _of_directive(definition: DirectiveDefinitionNode) -> Iterator[str]:
    name = f"@{definition.name.value}"
    yield f"{name} is {'repeatable' if definition.repeatable else 'given once'}"
    yield from (f"{name} on {location.value}" for location in definition.locations)
    yield from (f"{name}({_of_input(argument)})" for argument in definition.arguments or ())


def _of_type(
    definition: ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode | InputObjectTypeDefinitionNode,
) -> Iterator[str]:
    kind, name = definition.kind.partition("_type_definition")[0], definition.name.value
    yield f"{kind} {name}"
    yield from (f"{name} {print_ast(directive)}" for directive in definition.directives or ())
    if not isinstance(definition, InputObjectTypeDefinitionNode):
        yield from (f"{name} implements {interface.name.value}" for interface in definition.interfaces or ())
    for field in definition.fields or ():
        if isinstance(field, InputValueDefinitionNode):
            yield f"{name}.{_of_input(field)}"
            continue
        field_name = f"{name}.{field.name.value}"
        yield f"{field_name}: {print_ast(field.type)}"
        yield from (f"{field_name}({_of_input(argument)})" for argument in field.arguments or ())
        for directive in field.directives or ():
            yield f"{field_name}: {print_ast(field.type)} {print_ast(directive)}"


def _of_input(value: InputValueDefinitionNode) -> str:
    default = f" = {print_ast(value.default_value)}" if value.default_value else ""
    return f"{value.name.value}: {print_ast(value.type)}{default}"


def described(node: Node, path: str = "") -> Iterator[tuple[str, str]]:
    """Each thing that owes its reader a description, by its path, with the one that it has."""
    for key in ("definitions", "fields", "arguments", "values"):
        for child in getattr(node, key, None) or ():
            name = f"{path}.{child.name.value}".lstrip(".")
            if not (isinstance(child, DirectiveDefinitionNode) and child.name.value in BUILT_IN):
                description = getattr(child, "description", None)
                yield name, description.value if description else ""
                yield from described(child, name)


PRINTED = print_sdl()
OURS = frozenset(facts(PRINTED))


def test_schema_graphql_is_what_the_code_prints() -> None:
    stored = (ROOT / "schema.graphql").read_text()
    assert stored == PRINTED, "schema.graphql is stale: run `make schema` and commit what it writes"


def test_the_schemas_text_makes_a_valid_schema() -> None:
    assert_valid_schema(build_schema(PRINTED))


@pytest.mark.parametrize("promise", sorted(facts(CONTRACT)))
def test_what_callers_were_promised_is_so(promise: str) -> None:
    assert promise in OURS


def test_the_contract_promises_each_thing_once() -> None:
    listed = list(facts(CONTRACT))
    assert len(listed) == len(set(listed)) > 200


FEDERATIONS = frozenset(
    [
        "authenticated",
        "composeDirective",
        "context",
        "cost",
        "external",
        "extends",
        "fromContext",
        "inaccessible",
        "interfaceObject",
        "key",
        "link",
        "listSize",
        "override",
        "policy",
        "provides",
        "requires",
        "requiresScopes",
        "shareable",
        "tag",
    ]
)
"""What Apollo Federation 2 reads in a subgraph's schema: a gateway of gateways would take ours for its own."""


def test_no_directive_has_a_name_that_apollo_federation_owns() -> None:
    ours = {node.name.value for node in parse(PRINTED).definitions if isinstance(node, DirectiveDefinitionNode)}
    assert ours & FEDERATIONS == set()


DESCRIBED = dict(described(parse(PRINTED)))
DROPPED = "requiresRole.role"
"""Strawberry prints no description of a schema directive's argument; the directive's own says what it is."""


def test_whatever_has_a_name_has_a_description() -> None:
    assert {"requiresRole", "Query.node.id", "Role.ADMIN", "MoneyInput.currency", DROPPED} <= set(DESCRIBED)
    assert [name for name, text in DESCRIBED.items() if not text.strip() and name != DROPPED] == []


def test_a_description_is_a_sentence() -> None:
    wrong = [
        name for name, text in DESCRIBED.items() if text and (text[0].islower() or text.rstrip("`")[-1] not in ".:")
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("sdl", "undescribed"),
    [
        ("type A { b: Int }", ["A", "A.b"]),
        ('"A." type A { "B." b(c: Int): Int }', ["A.b.c"]),
        ('"A." enum A { B }', ["A.B"]),
        ('"A." input A { b: Int }', ["A.b"]),
        ('"A." directive @a(b: Int) on FIELD', ["a.b"]),
        ("scalar A union B = C", ["A", "B"]),
    ],
)
def test_what_has_no_description_is_found(sdl: str, undescribed: list[str]) -> None:
    assert [name for name, text in described(parse(sdl)) if not text] == undescribed


@pytest.mark.parametrize(
    ("ours", "is_kept"),
    [
        ("type A implements N { b(c: Int = 1): Int! @r(x: Y) }", True),
        ("type A implements N { more: Int b(c: Int = 1, d: Int): Int! @r(x: Y) }", True),
        ("type A { b(c: Int = 1): Int! @r(x: Y) }", False),
        ("type A implements N { b(c: Int = 1): Int @r(x: Y) }", False),
        ("type A implements N { b(c: Int = 2): Int! @r(x: Y) }", False),
        ("type A implements N { b(c: Int! = 1): Int! @r(x: Y) }", False),
        ("type A implements N { b(c: Int = 1): Int! }", False),
        ("type A implements N { b: Int! @r(x: Y) }", False),
    ],
)
def test_a_broken_promise_is_found(ours: str, is_kept: bool) -> None:
    promised = facts("type A implements N { b(c: Int = 1): Int! @r(x: Y) }")
    assert (set(promised) <= set(facts(ours))) is is_kept
