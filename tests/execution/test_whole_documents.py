"""A document may ask for all that a mutation can come to, with every field by its own name."""

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    parse,
    validate,
)

from gateway.execution.schema import build_schema

SCHEMA = build_schema()._schema
MUTATIONS = SCHEMA.mutation_type.fields if SCHEMA.mutation_type else {}
ANSWERED = {get_named_type(field.type) for field in MUTATIONS.values()}
UNIONS = [each for each in SCHEMA.type_map.values() if isinstance(each, GraphQLUnionType) and each in ANSWERED]


@pytest.mark.parametrize("union", UNIONS, ids=str)
def test_all_of_a_result_fits_one_document(union: GraphQLUnionType) -> None:
    name, *_ = [
        name for name, field in MUTATIONS.items() if get_named_type(field.type) is union
    ]  # of createPurchase and createPurchases, which answer alike, the one is enough
    members = " ".join(f"... on {member.name} {{ {_fields(member)} }}" for member in union.types)
    wanted = MUTATIONS[name].args["input"].type
    document = f"mutation($input: {wanted}) {{ {name}(input: $input) {{ __typename {members} }} }}"
    assert [error.message for error in validate(SCHEMA, parse(document))] == []


def _fields(of: GraphQLObjectType | GraphQLInterfaceType) -> str:
    """Each field under its own name, one level deep."""
    return " ".join(
        name if is_leaf_type(get_named_type(field.type)) else f"{name} {{ __typename }}"
        for name, field in of.fields.items()
    )
