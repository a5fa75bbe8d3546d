"""How a commit ends badly: the process dies with it, or its answer is lost on the way."""

from collections.abc import Callable
from typing import Any

import pytest


class Died(Exception):
    """The process is dead: what it had begun is not committed, and nobody is answered."""


def die_at_commit(patch: pytest.MonkeyPatch, commits_of: Any, commits: int, lands: bool) -> None:
    """Let so many commits pass; the next one lands or does not, and neither its answer nor any later commit comes."""
    commit, left = commits_of.do_commit, [commits]

    def commit_or_die(connection: Any) -> None:
        left[0] -= 1
        if left[0] >= 0 or (left[0] == -1 and lands):
            commit(connection)
        if left[0] < 0:
            raise Died

    patch.setattr(commits_of, "do_commit", commit_or_die)


def lose_next_answer(patch: pytest.MonkeyPatch, commits_of: Any, lose: Callable[[Any], None]) -> None:
    """Have the next commit land, and its connection lost before the writer hears of it."""
    commit, lost = commits_of.do_commit, list[str]()

    def commit_then_lose(connection: Any) -> None:
        commit(connection)
        if not lost:
            lost.append("an answer")
            lose(connection)

    patch.setattr(commits_of, "do_commit", commit_then_lose)
