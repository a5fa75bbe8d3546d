"""The actions that the audit is written with are those that the schema tells its readers of."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from gateway.services.core.model.records import ACTIONS

CORE = Path(__file__).parents[4] / "gateway" / "services" / "core"
OTHERS = {"model/records.py", "model/events.py", "model/jobs.py", "rules/events.py"}
"""Where the actions are told, and where the same form of word names events for subscribers, and kinds of jobs."""
ACTION = re.compile(r"(payment|purchase|course|job|case|session|refund|student)\.[a-z_]+")


def written() -> Iterator[str]:
    """Each text in the core that has the form of an action."""
    for path in CORE.rglob("*.py"):
        if path.relative_to(CORE).as_posix() not in OTHERS:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and ACTION.fullmatch(node.value):
                    yield node.value


def test_every_action_of_the_audit_is_told_to_its_readers_and_no_other() -> None:
    assert set(written()) == set(ACTIONS)
