"""The actions and fields that the audit is written with are those that the schema tells its readers of."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

from gateway.services.core.model.records import ACTIONS, CHANGED_FIELDS
from gateway.services.core.rules.inputs.metadata import as_text
from tests.services.core.examples import METADATA

CORE = Path(__file__).parents[4] / "gateway" / "services" / "core"
OTHERS = {"model/records.py", "model/events.py", "model/jobs.py", "rules/events.py"}
"""Where the actions are told, and where the same form of word names events for subscribers, and kinds of jobs."""
ACTION = re.compile(r"(payment|purchase|course|job|case|session|refund|student)\.[a-z_]+")

HISTORY = Path(__file__).parents[4] / "web" / "console" / "src" / "parts" / "history.json"


def written() -> Iterator[str]:
    """Each text in the core that has the form of an action."""
    for path in CORE.rglob("*.py"):
        if path.relative_to(CORE).as_posix() not in OTHERS:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and ACTION.fullmatch(node.value):
                    yield node.value


def test_every_action_of_the_audit_is_told_to_its_readers_and_no_other() -> None:
    assert set(written()) == set(ACTIONS)


def fields_written() -> Iterator[str]:
    """Each name that the core writes into an entry's changes, where it makes entries."""
    yield from as_text(METADATA)  # of which those that differ are told
    for path in CORE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "audit(" in text or "timeline." in text:
            for node in ast.walk(ast.parse(text)):
                yield from _names_in(node)


def _names_in(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Dict(keys=keys):
            yield from (key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str))
        case ast.Subscript(slice=ast.Constant(value=str(name)), ctx=ast.Store()):
            yield name
        case ast.Call(func=ast.Name(id="_of_ask"), keywords=keywords):
            yield from (keyword.arg for keyword in keywords if keyword.arg)
        case ast.Tuple(elts=[ast.Constant(value=str(name)), ast.Attribute() | ast.Name()]):
            yield name


def test_every_field_of_a_history_is_told_to_its_readers_and_has_a_word_in_the_console() -> None:
    assert {name for name in fields_written() if not ACTION.fullmatch(name)} == set(CHANGED_FIELDS)
    assert set(json.loads(HISTORY.read_text(encoding="utf-8"))) == set(CHANGED_FIELDS)
