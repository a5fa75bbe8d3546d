"""Who waits is told by the bound that is meant for it: each is later than all that may happen within it."""

from typing import Any

import pytest
from uuid_utils.compat import uuid7

from db.bounds import CONNECT_S, SILENCE_S
from db.engine import IN_REACH
from db.silence import AsyncBounded, Bounded
from db.writer import Writer, open_writer
from gateway.services.core.model.outcomes import Busy
from gateway.services.writing import bounds, turn
from gateway.services.writing.turn import Turn
from tests.service import Service

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("first_s", [SILENCE_S, bounds.AGAIN_S], ids=["silent at once", "silent at the last moment"])
async def test_a_turn_at_a_server_that_says_nothing_ends_before_it_counts_as_hanging(
    service: Service, monkeypatch: pytest.MonkeyPatch, first_s: float
) -> None:
    course = await service.save_course()
    passed = [first_s - SILENCE_S]

    def take_long(*given: Any) -> Writer:
        passed.append(CONNECT_S)
        return open_writer(*given)

    def say_nothing(connection: Any) -> None:
        passed.append(SILENCE_S)
        service.lose_connection(connection)

    its_turn = Turn(service.engine, service.clock, uuid7)
    its_turn.run([[service.creating(course)]])  # so that it has a connection
    monkeypatch.setattr(turn, "monotonic", lambda: sum(passed[1:], passed[0] if len(passed) > 1 else 0))
    monkeypatch.setattr(turn, "open_writer", take_long)
    monkeypatch.setattr(service.commits, "do_commit", say_nothing)
    assert its_turn.run([[service.creating(course, "student-2")]]) == [[Busy(may_be_done=True)]]
    assert passed[1:] == [SILENCE_S, CONNECT_S, SILENCE_S], "it was run again"
    assert sum(passed) <= bounds.LONGEST_TURN_S < bounds.HANGS_S
    its_turn.close()


def test_a_writer_in_another_process_is_waited_for_until_it_must_have_told_of_a_turn_that_hangs() -> None:
    assert bounds.HANGS_S + bounds.WATCH_S < bounds.ANSWERS_S


def test_connections_keep_the_bounds_that_turns_reckon_with() -> None:
    assert IN_REACH["connect_timeout"] == CONNECT_S
    assert Bounded.silence_s == AsyncBounded.silence_s == SILENCE_S
