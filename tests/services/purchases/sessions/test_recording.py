"""A session that was held is recorded once, whoever repeats it, and counts as used."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta

import pytest
from uuid_utils.compat import uuid7

from db.tables import AuditEntryRow, RecordedSessionRow, StudentAccessRow
from gateway.services.core.commands.sessions.record import SKEW, RecordSession
from gateway.services.core.model.outcomes import IdempotencyKeyReused, InvalidInput, NotFound, Outcome
from gateway.services.core.model.sessions.outcomes import SessionRecorded, SessionWithdrawn
from gateway.services.core.model.values import Purchase
from tests.service import ADMIN, LMS, Service, running, student

pytestmark = pytest.mark.anyio


@pytest.fixture
async def purchase(service: Service) -> Purchase:
    """BASIC, with four sessions."""
    _, bought = await service.paid(student(), await service.save_course())
    return bought


def paths(outcome: Outcome) -> list[tuple[str, ...]]:
    assert isinstance(outcome, InvalidInput), outcome
    return [problem.path for problem in outcome.fields]


async def test_a_recorded_session_is_used_and_says_when_it_was_held_and_who_recorded_it(
    service: Service, purchase: Purchase
) -> None:
    service.clock.advance(days=3)
    held_at = service.clock.now - timedelta(hours=1)
    outcome = await service.recorded(purchase, 2, held_at)

    assert (outcome.already_processed, outcome.purchase.access.sessions_used) == (False, 1)
    [row] = service.stored(RecordedSessionRow)
    assert (row.purchase_id, row.number, row.withdrawn_at) == (purchase.id, 2, None)
    assert (row.held_at, row.recorded_at) == (held_at, service.clock.now)
    assert (row.recorded_by_id, row.recorded_by_role) == ("lms", "SERVICE")
    [access] = service.stored(StudentAccessRow)
    assert (access.sessions_total, access.sessions_used, access.sessions_recorded) == (4, 1, 1)
    [entry] = service.stored(AuditEntryRow, action="purchase.session_recorded")
    assert (entry.subject_id, entry.actor_id, entry.actor_role, entry.reason) == (purchase.id, "lms", "SERVICE", None)
    assert entry.changes == {"number": 2, "heldAt": held_at.isoformat(), "sessionsUsed": [0, 1]}


async def test_a_session_without_a_time_was_held_now(service: Service, purchase: Purchase) -> None:
    assert (await service.recorded(purchase, 1)).session.held_at == service.clock.now


async def test_a_number_is_recorded_once_whoever_repeats_it_and_whatever_they_say(
    service: Service, purchase: Purchase
) -> None:
    first = await service.recorded(purchase, 1)
    before = service.everything()
    service.clock.advance(hours=2)
    for again in (
        await service.record(purchase, 1),
        await service.record(purchase, 1, service.clock.now - timedelta(days=1)),
        await service.record(purchase, 1, actor=ADMIN),
    ):
        assert again == SessionRecorded(first.purchase, first.session, already_processed=True)
    assert service.everything() == before


async def test_a_number_that_comes_several_times_in_one_turn_is_recorded_once(
    service: Service, purchase: Purchase
) -> None:
    commands = [RecordSession(actor, uuid7(), purchase.id, 1) for actor in (LMS, ADMIN, LMS)]
    outcomes = await service.together(*commands, RecordSession(LMS, uuid7(), purchase.id, 2))
    assert [each.already_processed for each in outcomes if isinstance(each, SessionRecorded)] == [
        False,
        True,
        True,
        False,
    ]
    assert (service.used(purchase), service.count("recorded_session")) == ((2, 4), 2)


async def test_a_session_that_was_withdrawn_is_not_used_and_may_be_recorded_again(
    service: Service, purchase: Purchase
) -> None:
    first = await service.recorded(purchase, 1)
    service.clock.advance(hours=1)
    withdrawn = await service.withdraw(purchase, 1, "it rained")
    assert isinstance(withdrawn, SessionWithdrawn)
    assert (withdrawn.already_processed, withdrawn.purchase.access.sessions_used) == (False, 0)
    assert withdrawn.session.withdrawn_at == service.clock.now
    assert service.used(purchase) == (0, 4)
    [entry] = service.stored(AuditEntryRow, action="purchase.session_withdrawn")
    assert (entry.actor_id, entry.reason, entry.changes["sessionsUsed"]) == ("lms", "it rained", [1, 0])

    repeated = await service.withdrawn(purchase, 1)
    assert (repeated.already_processed, repeated.session) == (True, withdrawn.session)

    service.clock.advance(hours=1)
    again = await service.recorded(purchase, 1)
    assert (again.already_processed, again.session.id) == (False, first.session.id)
    assert (again.session.withdrawn_at, again.session.held_at) == (None, service.clock.now)
    assert (service.used(purchase), service.count("recorded_session")) == ((1, 4), 1)
    assert service.actions(purchase.id)[-3:] == [
        "purchase.session_recorded",
        "purchase.session_withdrawn",
        "purchase.session_recorded",
    ]


async def test_what_was_never_recorded_cannot_be_withdrawn(service: Service, purchase: Purchase) -> None:
    before = service.everything()
    assert await service.withdraw(purchase, 1) == NotFound("session")
    assert service.everything() == before


async def test_a_withdrawal_needs_a_reason(service: Service, purchase: Purchase) -> None:
    await service.recorded(purchase, 1)
    assert paths(await service.withdraw(purchase, 1, "")) == [("reason",)]
    assert service.used(purchase) == (1, 4)


@pytest.mark.parametrize("number", [-1, 0, 5, 10_001, 2**31 - 1])
async def test_a_number_that_the_purchase_does_not_have_is_refused(
    service: Service, purchase: Purchase, number: int
) -> None:
    before = service.everything()
    assert paths(await service.record(purchase, number)) == [("sessionNumber",)]
    assert service.everything() == before


async def test_a_session_cannot_have_been_held_in_the_future_but_clocks_may_differ_a_little(
    service: Service, purchase: Purchase
) -> None:
    late = service.clock.now + SKEW + timedelta(microseconds=1)
    assert paths(await service.record(purchase, 1, late)) == [("heldAt",)]
    assert (await service.recorded(purchase, 1, service.clock.now + SKEW)).session.held_at > service.clock.now


async def test_a_session_was_held_in_this_century(service: Service, purchase: Purchase) -> None:
    for early in ("0001-01-01", "1969-12-31T23:59:59.5", "1999-12-31"):
        held_at = datetime.fromisoformat(early).replace(tzinfo=UTC)
        assert paths(await service.record(purchase, 1, held_at)) == [("heldAt",)]


async def test_all_that_is_wrong_with_a_session_is_said_at_once(service: Service, purchase: Purchase) -> None:
    late = service.clock.now + timedelta(days=1)
    assert paths(await service.record(purchase, 5, late)) == [("sessionNumber",), ("heldAt",)]


async def test_a_purchase_that_does_not_exist_has_no_sessions(service: Service, purchase: Purchase) -> None:
    command = RecordSession(LMS, uuid7(), uuid7(), 1)
    assert await service.purchases.submit(command) == NotFound("purchase")


async def test_a_key_used_again_has_the_same_result_also_after_a_withdrawal(
    service: Service, purchase: Purchase
) -> None:
    first = await service.record(purchase, 1, key="class-7")
    assert isinstance(first, SessionRecorded)
    assert await service.record(purchase, 1, key="class-7") == SessionRecorded(first.purchase, first.session, True)
    assert await service.record(purchase, 2, key="class-7") == IdempotencyKeyReused("class-7")
    assert (await service.record(purchase, 2, actor=ADMIN, key="class-7")) != IdempotencyKeyReused("class-7")

    await service.withdraw(purchase, 1, key="class-7")  # of another operation, so another key
    before = service.everything()
    late = await service.record(purchase, 1, key="class-7")
    assert isinstance(late, SessionRecorded)
    assert (late.already_processed, late.session.withdrawn_at) == (True, service.clock.now)
    assert service.everything() == before


async def test_a_key_of_a_withdrawal_used_again_changes_nothing(service: Service, purchase: Purchase) -> None:
    await service.recorded(purchase, 1)
    await service.withdraw(purchase, 1, key="slip")
    await service.recorded(purchase, 1)
    before = service.everything()
    outcome = await service.withdraw(purchase, 1, key="slip")
    assert isinstance(outcome, SessionWithdrawn)
    assert (outcome.already_processed, service.everything()) == (True, before)
    assert await service.withdraw(purchase, 1, "another reason", key="slip") == IdempotencyKeyReused("slip")


async def test_two_gateways_that_record_the_same_class_at_once_record_it_once(
    service: Service, database_url: str, purchase: Purchase
) -> None:
    async with running(database_url) as other:
        for number in (1, 2, 3):
            pair = await gathered(service.record(purchase, number), other.record(purchase, number, actor=ADMIN))
            assert sorted(each.already_processed for each in pair) == [False, True]
            assert pair[0].session == pair[1].session
    assert (service.used(purchase), service.count("recorded_session")) == ((3, 4), 3)


async def gathered(*recordings: Awaitable[Outcome]) -> list[SessionRecorded]:
    outcomes = await asyncio.gather(*recordings)
    held = [each for each in outcomes if isinstance(each, SessionRecorded)]
    assert len(held) == len(outcomes), outcomes
    return held
