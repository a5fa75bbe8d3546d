"""A change of the schema that breaks clients is said in the changelog, or it does not pass."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema
from graphql.utilities import find_breaking_changes

from gateway.execution.schema import print_sdl

ROOT = Path(__file__).resolve().parents[2]
RELEASED = Path(__file__).with_name("released.graphql").read_text()
"""The schema as clients were last given it. A release copies schema.graphql over it."""


def unsaid(released: str, current: str, changelog: str) -> list[str]:
    """What breaks clients and is not said under "Breaking" of what is unreleased, word for word."""
    said = set(_breaking_entries(changelog))
    changes = find_breaking_changes(_schema(released), _schema(current))
    return [change.description for change in changes if change.description not in said]


def _schema(sdl: str) -> GraphQLSchema:
    return build_schema(sdl)


def _breaking_entries(changelog: str) -> Iterator[str]:
    unreleased = changelog.partition("## [Unreleased]")[2].partition("\n## ")[0]
    breaking = unreleased.partition("### Breaking")[2].partition("\n### ")[0]
    for entry in re.findall(r"^- (.+(?:\n  .+)*)", breaking, re.MULTILINE):
        yield " ".join(entry.split())


def test_clients_of_the_last_release_are_not_broken_in_silence() -> None:
    found = unsaid(RELEASED, print_sdl(), (ROOT / "CHANGELOG.md").read_text())
    assert found == [], 'say each under "### Breaking" of [Unreleased] in CHANGELOG.md, or undo it'


@pytest.mark.parametrize(
    ("was", "now", "broken"),
    [
        ("type Query { a: Int b: Int }", "type Query { a: Int }", "Field Query.b was removed."),
        ("type Query { a: Int! }", "type Query { a: Int }", "Field Query.a changed type from Int! to Int."),
        (
            "type Query { a(b: Int): Int }",
            "type Query { a(b: Int!): Int }",
            "Argument Query.a(b:) has changed type from Int to Int!.",
        ),
        ("type Query { a: E } enum E { X Y }", "type Query { a: E } enum E { X }", "Enum value E.Y was removed."),
    ],
)
def test_what_breaks_clients_is_found_until_the_changelog_says_it(was: str, now: str, broken: str) -> None:
    assert unsaid(was, now, "## [Unreleased]\n\n### Added\n\n- A thing.\n") == [broken]
    assert unsaid(was, now, f"## [Unreleased]\n\n### Breaking\n\n- {broken}\n\n## [0.1.0]\n") == []
    assert unsaid(was, now, f"## [Unreleased]\n\n## [0.1.0]\n\n### Breaking\n\n- {broken}\n") == [broken]


def test_what_is_added_breaks_nobody() -> None:
    assert unsaid("type Query { a: Int }", "type Query { a: Int b(c: Int): Int }", "") == []
