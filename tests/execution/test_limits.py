"""What a document may hold is counted with its fragments written out, whatever they do to make that slow."""

import dataclasses

import pytest
from graphql import GraphQLError, parse, validate

from gateway.execution.admission import Admission, Document, rules
from gateway.execution.documents import Documents
from gateway.execution.limits import MOST_COMPARISONS, MOST_ERRORS, Counting, Counts, Limits
from gateway.execution.schema import build_schema
from gateway.settings.model import Settings

LIMITS = Limits.of(Settings())
SCHEMA = build_schema()._schema
BOMB = 150


def counted(document: str) -> Counts:
    parsed = parse(document)
    return Counting(parsed).operation(parsed.definitions[0])  # type: ignore[arg-type]  # the first is an operation


def judged(document: str, **changes: int) -> list[GraphQLError]:
    return validate(SCHEMA, parse(document), rules(dataclasses.replace(LIMITS, **changes)))  # type: ignore[arg-type]


def bomb(inside: str) -> str:
    """Fragments that spread one another twice: written out, 2 to the 150th of what is inside."""
    chain = (f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(BOMB))
    return f"{{ ...F0 }} {' '.join(chain)} fragment F{BOMB} on Query {{ {inside} }}"


@pytest.mark.parametrize(
    ("document", "counts"),
    [
        ("{ a }", (1, 1, 0, 0)),
        ("{ a { b { c } } d }", (3, 2, 0, 0)),
        ("{ x: a { y: b } z: a }", (2, 2, 3, 0)),
        ("{ ... { a } ... on Query { b { c } } }", (2, 2, 0, 0)),
        ("query($v: Int @d) @d { a @d @d { b @d } ... @d { c @d } }", (2, 2, 0, 7)),
        ("{ ...F ...F } fragment F on Query @d { x: a { y: b @d } }", (2, 2, 4, 4)),
        ("{ a { ...F } } fragment F on A { b { ...G } } fragment G on B { x: c }", (3, 1, 1, 0)),
        ("{ __schema { types { fields { name } } } a }", (1, 2, 0, 0)),
        ("{ __schema { x: types { name } } }", (1, 1, 1, 0)),
        ("{ ...Nowhere a }", (1, 1, 0, 0)),
        ("{ ...F } fragment F on Query { a ...F }", (1, 1, 0, 0)),
        ("{ ...F } fragment F on Query { a ...G } fragment G on Query { b ...F }", (1, 2, 0, 0)),
    ],
)
def test_an_operation_is_counted_with_its_fragments(document: str, counts: tuple[int, int, int, int]) -> None:
    found = counted(document)
    assert (found.depth, found.fields, found.aliases, found.directives) == counts


def test_fragments_that_double_are_counted_at_once() -> None:
    counts = counted(bomb("x: viewer @skip(if: true) { y: id }"))
    assert (counts.depth, counts.fields, counts.aliases) == (2, 2**BOMB, 2 ** (BOMB + 1))
    [error] = judged(bomb("x: viewer { id }"))
    assert (error.extensions or {})["limit"] == {"name": "aliases", "most": LIMITS.aliases}


@pytest.mark.parametrize(
    ("limit", "most", "fits", "exceeds"),
    [
        ("depth", 3, "{ courses { nodes { id } } }", "{ courses { nodes { tiers { code } } } }"),
        ("depth", 2, "{ ...F } fragment F on Query { viewer { id } }", "{ courses { nodes { id } } }"),
        ("aliases", 1, "{ x: viewer { id } }", "{ x: viewer { y: id } }"),
        ("aliases", 1, "{ viewer { ...F } } fragment F on Viewer { x: id }", "{ viewer { x: id y: id } }"),
        ("directives", 1, "{ viewer @skip(if: false) { id } }", "{ viewer @skip(if: false) { id @skip(if: true) } }"),
        ("root_fields", 2, "{ a: viewer { id role } b: __typename }", "{ viewer { id } viewer { id } viewer { id } }"),
    ],
)
def test_a_limit_lets_through_what_it_says_and_no_more(limit: str, most: int, fits: str, exceeds: str) -> None:
    assert judged(fits, **{limit: most}) == []
    [error] = judged(exceeds, **{limit: most})
    assert (error.extensions or {})["limit"] == {"name": limit, "most": most}
    assert str(most) in error.message


def test_each_operation_of_a_document_is_counted_for_itself() -> None:
    two = "query A { x: viewer { id } } query B { y: viewer { id } }"
    assert judged(two, aliases=1) == []
    assert len(judged(two, aliases=0)) == 1


def test_what_is_over_a_limit_is_not_looked_at_any_further() -> None:
    """Else an error a field would be told, and rules that compare every two fields be run."""
    assert len(judged("{ " + "nonsense @aa " * 30 + "}")) == 1


def test_directives_do_not_pile_up_at_one_place() -> None:
    [error] = judged("{ __typename " + "@aa" * 5 + " }")
    assert (error.extensions or {})["limit"] == {"name": "directives", "most": 4}


def test_a_chain_of_fragments_longer_than_the_stack_is_refused() -> None:
    chain = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(5_000))
    assert judged(f"{{ ...F0 }} {chain} fragment F5000 on Query {{ __typename }}") != []


def test_the_same_limits_make_the_same_rules() -> None:
    """They are part of the key of the validation's cache."""
    assert rules(Limits.of(Settings())) is rules(LIMITS)


def read(text: str) -> Document:
    return Admission(SCHEMA, LIMITS, Documents())._read(text)


NASTY = {
    "one field very often": "{ courses { nodes { " + "id " * 1_900 + "} } }",
    "one field with other arguments": "{ courses { nodes { " + " ".join(f"id(a{n}: 1)" for n in range(300)) + " } } }",
    "lists within lists": "{ courses { " + "nodes { tiers { code } } " * 280 + "} }",
    "fragments": "{ courses { nodes { "
    + " ".join(f"...F{n}" for n in range(190))
    + " } } }"
    + " ".join(f"fragment F{n} on Course {{ id }}" for n in range(190)),
}


@pytest.mark.parametrize("name", NASTY)
def test_a_document_that_takes_long_to_compare_with_itself_is_refused_early(name: str) -> None:
    document = read(NASTY[name])
    [error] = document.errors
    assert error.extensions == {
        "code": "GRAPHQL_VALIDATION_FAILED",
        "limit": {"name": "comparisons", "most": MOST_COMPARISONS},
    }


@pytest.mark.parametrize("spread", [1, 10, 100])
def test_fragments_of_a_page_may_ask_for_the_same_fields(spread: int) -> None:
    names = [f"F{number}" for number in range(spread)]
    page = "{ courses { nodes { " + " ".join(f"...{each}" for each in names) + " } } } "
    assert read(page + " ".join(f"fragment {each} on Course {{ id }}" for each in names)).errors == ()


def test_a_document_is_told_a_few_of_its_errors() -> None:
    fields = " ".join(f"a{n}: 1" for n in range(400))
    errors = read("mutation { createPurchase(input: { " + fields + " }) { __typename } }").errors
    assert len(errors) == MOST_ERRORS + 1
    assert "Too many validation errors" in errors[-1].message
