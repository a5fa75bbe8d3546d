"""An operation's cost is how many fields its answer can come to, each list at its full size."""

import pytest
from graphql import build_schema as build
from graphql import parse, validate

from gateway.execution.costs import ASSUMED_SIZE, MOST_COST, PricedOperation, priced_operations
from gateway.execution.schema import build_schema
from gateway.schema.conventions.costs import LOOKUP
from gateway.settings.model import Settings
from tests.served import operations as tests_operations

OURS = build_schema()._schema
SCHEMA = build(
    """
    type Query { one: Thing things: [Thing!]! page(first: Int, last: Int): Pages of(ids: [ID!]!): [Thing!]! any: Any }
    type Mutation { change: Thing changeAll(inputs: [ID!]!): [Thing!]! }
    type Thing { id: ID! one: Thing things: [Thing] page(first: Int): Pages
      sized(first: Int!): [Thing!] many(first: Int): [Thing!] }
    type Pages { edges: [Edge!]! nodes: [Thing!]! pageInfo: Info }
    type Edge { node: Thing! cursor: ID! }
    type Info { end: ID }
    union Any = Thing | Info
    """
)
SCHEMA.type_map["Thing"].fields["many"].args["first"].default_value = 3  # type: ignore[attr-defined]  # an object


def operation(document: str) -> PricedOperation:
    assert validate(SCHEMA, parse(document)) == []
    [only] = priced_operations(SCHEMA, parse(document)).values()
    return only


def cost(document: str, **variables: object) -> int:
    return operation(document).cost(variables)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ __typename }", 0),
        ("{ one { id } }", 2),
        ("{ one { id one { id __typename } } }", 4),
        ("{ a: one { id } b: one { id } }", 4),
        ("{ things { id } }", ASSUMED_SIZE * 2),
        ("{ things { things { id } } }", ASSUMED_SIZE * (1 + ASSUMED_SIZE * 2)),
        ("{ one { many { id } } }", 1 + 3 * 2),
        ("{ one { sized(first: 50) { id } } }", 1 + 50 * 2),
        ("{ page { nodes { id } } }", 1 + 20 * 2),
        ("{ page(first: 5) { nodes { id } edges { cursor node { id } } pageInfo { end } } }", 1 + 5 * 2 + 5 * 4 + 2),
        ("{ page(last: 7) { nodes { id } } }", 1 + 7 * 2),
        ("{ page(first: null, last: 7) { nodes { id } } }", 1 + 7 * 2),
        ("{ page(first: 3, last: 7) { nodes { id } } }", 1 + 7 * 2),
        ("{ page(first: 0) { nodes { id } } }", 1),
        ("{ page(first: 5) { nodes { page(first: 4) { nodes { id } } } } }", 1 + 5 * (1 + 1 + 4 * 2)),
        ("{ page(first: 100000) { nodes { id } } }", 1 + 100 * 2),
        ('{ of(ids: ["a", "b", "c"]) { id } }', 3 * (LOOKUP + 1)),
        ('{ of(ids: "a") { id } }', LOOKUP + 1),
        ("{ any { ... on Thing { id } ... on Info { end } } }", 3),
        ("mutation { change { id } }", 11),
        ('mutation { changeAll(inputs: ["a", "b"]) { id } }', 2 * 11),
        ("{ __schema { types { name fields { name } } } }", 1_000),
        ('{ __type(name: "Thing") { name } }', 100),
        ("{ ...F ...F } fragment F on Query { one { id } }", 4),
        ("{ page(first: 5) { ...P } } fragment P on Pages { nodes { id } }", 1 + 5 * 2),
        ("{ a: page(first: 5) { ...P } b: page(first: 6) { ...P } } fragment P on Pages { nodes { id } }", 2 + 11 * 2),
        ("{ page(first: 5) { ... { nodes { id } } } }", 1 + 5 * 2),
        ("{ page(first: 5) @skip(if: true) { nodes { id } } }", 1 + 5 * 2),
    ],
)
def test_a_cost_is_the_sum_of_its_fields_and_each_list_so_many_times(document: str, expected: int) -> None:
    assert cost(document) == expected


PAGE = "query($n: Int) { page(first: $n) { nodes { id } } }"


@pytest.mark.parametrize(
    ("given", "size"),
    [
        *[(0, 0), (1, 1), (50, 50), (100, 100), (101, 100), (10**4000, 100), (-1, 0), (5.0, 5), (1e300, 100)],
        *[(None, 20), ("50", 20), (True, 20), ({}, 20), (float("nan"), 20), (float("inf"), 100)],
    ],
)
def test_a_variable_says_a_size(given: object, size: int) -> None:
    assert cost(PAGE, n=given) == 1 + size * 2


def test_a_variable_that_is_not_given_has_its_default_or_the_arguments() -> None:
    assert cost(PAGE) == 1 + 20 * 2
    assert cost(PAGE.replace("Int", "Int = 7")) == 1 + 7 * 2
    assert cost("query($n: Int! = 9) { one { sized(first: $n) { id } } }") == 1 + 9 * 2
    assert cost("query($n: Int) { one { many(first: $n) { id } } }") == 1 + 3 * 2


def test_of_two_sizes_the_greater_counts() -> None:
    both = "query($first: Int, $last: Int) { page(first: $first, last: $last) { nodes { id } } }"
    assert cost(both, first=None, last=90) == 1 + 90 * 2
    assert cost(both, first=3, last=90) == 1 + 90 * 2
    assert cost(both) == 1 + 20 * 2


def test_a_list_is_as_long_as_the_list_that_is_given() -> None:
    by_ids = "query($ids: [ID!]!) { of(ids: $ids) { id } }"
    assert cost(by_ids, ids=["x"] * 250) == 250 * (LOOKUP + 1)
    assert cost(by_ids, ids="x") == LOOKUP + 1
    assert cost('query($ids: [ID!]! = ["x", "y"]) { of(ids: $ids) { id } }') == 2 * (LOOKUP + 1)


def test_variables_count_within_fragments_and_within_one_another() -> None:
    document = """
    query($n: Int, $m: Int) { page(first: $n) { ...P } }
    fragment P on Pages { nodes { page(first: $m) { nodes { ...T } } } }
    fragment T on Thing { id one { id } }
    """
    assert cost(document, n=3, m=5) == 1 + 3 * (1 + 1 + 5 * (1 + 3))


def test_fragments_that_double_are_priced_at_once_and_no_higher_than_an_int() -> None:
    chain = " ".join(f"fragment F{n} on Thing {{ id ...F{n + 1} ...F{n + 1} }}" for n in range(180))
    end = "fragment F180 on Thing { page(first: $n) { nodes { id } } }"
    document = f"query($n: Int) {{ one {{ ...F0 }} }} {chain} {end}"
    assert cost(document, n=1) == MOST_COST


def test_what_nests_as_deep_as_the_parser_lets_it_is_priced() -> None:
    assert cost("{ " + "... { " * 190 + "one { id }" + " }" * 190 + " }") == 2
    assert cost("{ " + "one { " * 190 + "id" + " }" * 190 + " }") == 191


def test_each_operation_has_its_own() -> None:
    both = priced_operations(SCHEMA, parse("query A { one { id } } mutation B { a: change { id } b: change { id } }"))
    assert {name: (each.root_fields, each.cost(None)) for name, each in both.items()} == {"A": (1, 2), "B": (2, 22)}


@pytest.mark.parametrize("name", ["CREATE_PAYMENT", "CONFIRM_PAYMENT", "CREATE_PURCHASE", "PURCHASES"])
def test_what_a_client_sends_costs_a_small_part_of_the_budget(name: str) -> None:
    [only] = priced_operations(OURS, parse(getattr(tests_operations, name))).values()
    assert only.cost({}) < Settings().limit_cost / 20


def test_what_an_admin_s_page_follows_costs_little_each_time_it_is_told() -> None:
    [only] = priced_operations(OURS, parse("subscription { changed { kinds } }")).values()
    assert only.cost({}) == 1 + ASSUMED_SIZE


def test_a_hundred_courses_with_all_that_they_have_are_within_the_budget() -> None:
    document = (
        "{ courses(first: 100) { nodes { id title tiers { code sessionCount price { amountMinor currency } rank } } } }"
    )
    [only] = priced_operations(OURS, parse(document)).values()
    assert only.cost({}) < Settings().limit_cost
