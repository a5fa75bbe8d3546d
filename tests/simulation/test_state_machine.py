"""Whatever is asked in whatever order, by many at once and through restarts: the invariants hold after each step."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from uuid_utils.compat import uuid7

from db.engine import writer_engine
from db.tables import PurchaseRow, StudentAccessRow
from gateway.services.core.commands.amend_purchase import CorrectPurchaseMetadata, ExtendPurchase, RevokePurchase
from gateway.services.core.commands.create_purchase import CreatePurchase
from gateway.services.core.commands.every import Command
from gateway.services.core.commands.lapse_purchases import LapsePurchases
from gateway.services.core.commands.sessions.record import RecordSession
from gateway.services.core.commands.sessions.withdraw import WithdrawSession
from gateway.services.core.model.outcomes import (
    Confirmed,
    Corrected,
    Created,
    DuplicatePayment,
    Extended,
    Opened,
    Outcome,
    Revoked,
    Unfulfillable,
)
from gateway.services.core.model.sessions.outcomes import PurchaseEnded, SessionRecorded
from gateway.services.core.model.values import Course, Payment
from tests.conftest import KINDS
from tests.service import ADMIN, LMS, METADATA, TIERS, Service, running, student
from tests.simulation.invariants import Rows, assert_invariants
from tests.simulation.requests import (
    Amend,
    Confirm,
    Create,
    Open,
    Pay,
    Request,
    amends,
    confirms,
    courses,
    creates,
    opens,
    pays,
    tokens,
)

T = TypeVar("T")

EXAMPLES = {"sqlite": 16, "postgresql": 4}
STEPS = 40


class Gateway(RuleBasedStateMachine):
    """The service on a database of its own, and what it has answered so far."""

    new_database: Callable[[], str]
    seen: set[str]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.url = self.new_database()
        self.engine = writer_engine(self.url)
        self.rows = self.engine.connect()
        self.payments: list[Payment] = []
        self.ends: dict[UUID, tuple[str, UUID | None]] = {}
        self.results: dict[tuple[str, str | None, str], UUID] = {}
        self.stack = AsyncExitStack()
        self.service: Service = self.run(self.stack.enter_async_context(running(self.url)))
        self.courses: list[Course] = []

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize()
    def save_courses(self) -> None:
        self.courses = [self.run(self.service.save_course()) for _ in range(2)]

    @rule(request=opens)
    def open(self, request: Open) -> None:
        self.run(self.ask(request))

    @rule(request=pays)
    def pay(self, request: Pay) -> None:
        self.run(self.ask(request))

    @rule(request=opens, tokens=st.tuples(tokens, tokens))
    def pay_in_two_tabs(self, request: Open, tokens: tuple[str | None, str | None]) -> None:
        async def pay() -> None:
            await asyncio.gather(self.ask(request), self.ask(replace(request, key=None)))
            last = len(self.payments)
            both = (Confirm(last - 2 + index, token, False, None) for index, token in enumerate(tokens))
            await asyncio.gather(*map(self.ask, both))

        self.run(pay())

    @rule(request=confirms)
    def confirm(self, request: Confirm) -> None:
        self.run(self.ask(request))

    @rule(request=creates)
    def create(self, request: Create) -> None:
        self.run(self.ask(request))

    @rule(requests=st.lists(creates, min_size=2, max_size=6))
    def create_many(self, requests: list[Create]) -> None:
        commands = [self.creating(request) for request in requests]
        outcomes = self.run(self.service.purchases.submit_all(commands, [()] * len(commands)))
        for request, created in zip(requests, outcomes, strict=True):
            if isinstance(created, Created):
                self.note_result(ADMIN.id, request.key, "create", created.purchase.id)

    @rule(request=amends)
    def amend(self, request: Amend) -> None:
        self.run(self.ask(request))

    @rule(requests=st.lists(st.one_of(opens, confirms, creates, pays, amends), min_size=2, max_size=6))
    def at_once(self, requests: list[Request]) -> None:
        async def all_of() -> None:
            await asyncio.gather(*map(self.ask, requests))

        self.run(all_of())

    # No rule has a precondition: what is drawn must not hang on which thread was faster.
    @rule(which=st.integers(0, 20))
    def confirm_again(self, which: int) -> None:
        if decided := [payment for payment in self.payments if payment.id in self.ends]:
            payment = decided[which % len(decided)]
            before = self.service.everything()
            self.note(payment, self.run(self.service.confirm(ADMIN, payment)))
            assert self.service.everything() == before

    @rule(course=courses, kept=st.sets(st.sampled_from(TIERS), min_size=2))
    def save_course(self, course: int, kept: set[Any]) -> None:
        saved = self.service.save_course(*kept, course_id=self.courses[course].id)
        self.courses[course] = self.run(saved)

    @rule(days=st.sampled_from([1, 90, 180]), sessions=st.sampled_from([1, 5, 24]))
    def later(self, days: int, sessions: int) -> None:
        """Days have passed, and everybody who could has had some sessions."""
        commands = [
            RecordSession(LMS, uuid7(), row.purchase_id, number)
            for row in self.service.stored(StudentAccessRow, status="GRANTED")
            for number in range(row.sessions_used + 1, min(row.sessions_used + sessions, row.sessions_total) + 1)
        ]
        outcomes = self.run(self.service.purchases.submit_all(commands))
        assert {type(each) for each in outcomes} <= {SessionRecorded, PurchaseEnded}
        self.service.clock.advance(days=days)

    @rule(which=st.integers(0, 20), number=st.integers(1, 5))
    def withdraw(self, which: int, number: int) -> None:
        """A session was not held after all; and nothing else is not used any more than it."""
        if ids := [row.purchase_id for row in self.service.stored(StudentAccessRow)]:
            key = ids[which % len(ids)]
            self.run(self.service.purchases.submit(WithdrawSession(LMS, key, number, "a test")))

    @rule()
    def lapse(self) -> None:
        """The round comes by that ends what is past its expiry."""
        granted = tuple(row.purchase_id for row in self.service.stored(StudentAccessRow, status="GRANTED"))
        self.run(self.service.purchases.submit(LapsePurchases(granted)))

    @rule(days=st.sampled_from([90, 0]))
    def restart(self, days: int) -> None:
        """The gateway is down for so long."""
        now = self.service.clock.now + timedelta(days=days)
        self.run(self.stack.aclose())
        self.service = self.run(self.stack.enter_async_context(running(self.url)))
        self.service.clock.now = now

    @invariant()
    def holds(self) -> None:
        with self.rows.begin():
            rows = Rows(self.rows)
        assert_invariants(rows)
        self.seen.update(row.status for row in rows.purchases.values())
        self.seen.update(row.fulfilment for row in rows.payments.values())

    def teardown(self) -> None:
        self.run(self.stack.aclose())
        self.rows.close()
        self.engine.dispose()
        self.run(self.loop.shutdown_default_executor())
        self.loop.close()

    async def ask(self, request: Request) -> None:
        """Ask, and hold the answer against what was answered before."""
        match request:
            case Open():
                await self.open_payment(request)
            case Pay(opening, token):
                if (payment := await self.open_payment(opening)) is not None:
                    self.note(payment, await self.service.confirm(student(opening.student_id), payment, token))
            case Create(key=key):
                created = await self.service.purchases.submit(self.creating(request))
                if isinstance(created, Created):
                    self.note_result(ADMIN.id, key, "create", created.purchase.id)
            case Amend():
                await self.amend_purchase(request)
            case Confirm(which, token, by_admin, duration) if self.payments:
                payment = self.payments[which % len(self.payments)]
                metadata_given = replace(METADATA, session_duration=duration) if duration else None
                actor = ADMIN if by_admin else student(payment.student_id)
                self.note(payment, await self.service.confirm(actor, payment, token, metadata_given))
            case _:
                pass  # there is nothing to confirm yet

    def creating(self, request: Create) -> CreatePurchase:
        metadata = replace(METADATA, session_duration=request.duration)
        course = self.courses[request.course]
        given = {"on_existing": request.on_existing, "key": request.key, "metadata": metadata}
        return self.service.creating(course, request.student_id, request.tier, **given)

    async def amend_purchase(self, request: Amend) -> None:
        ids = [row.id for row in self.service.stored(PurchaseRow)]
        if not ids:
            return
        which = ids[request.purchase % len(ids)]
        command: Command
        if request.days:
            command = ExtendPurchase(
                ADMIN, which, self.service.clock.now + timedelta(request.days), "a test", key=request.key
            )
        elif request.duration:
            metadata = replace(METADATA, session_duration=request.duration)
            command = CorrectPurchaseMetadata(ADMIN, which, metadata, "a test", key=request.key)
        else:
            command = RevokePurchase(ADMIN, which, "a test", key=request.key)
        outcome = await self.service.purchases.submit(command)
        if isinstance(outcome, Extended | Corrected | Revoked):
            assert outcome.purchase.id == which

    async def open_payment(self, request: Open) -> Payment | None:
        actor, course = student(request.student_id), self.courses[request.course]
        opened = await self.service.open(actor, course, request.tier, purpose=request.purpose, key=request.key)
        if not isinstance(opened, Opened):
            return None
        self.note_result(actor.id, request.key, "open", opened.payment.id)
        self.payments.append(opened.payment)
        return opened.payment

    def note_result(self, actor_id: str, key: str | None, operation: str, result_id: UUID) -> None:
        """The same key always gives the same result."""
        if key is not None:
            assert self.results.setdefault((actor_id, key, operation), result_id) == result_id

    def note(self, payment: Payment, outcome: Outcome) -> None:
        """A payment that came to an end stays at that end, and its purchase stays that one."""
        end: tuple[str, UUID | None]
        match outcome:
            case Confirmed(_, purchase, _):
                assert purchase.payment_id == payment.id
                end = ("confirmed", purchase.id)
            case DuplicatePayment(_, existing):
                end = ("duplicate", existing.id)
            case Unfulfillable():
                end = ("unfulfillable", None)
            case _:
                return
        assert self.ends.setdefault(payment.id, end) == end


@pytest.mark.parametrize("kind", KINDS)
def test_the_invariants_hold_after_each_step_of_any_story(request: pytest.FixtureRequest, kind: str) -> None:
    seen: set[str] = set()

    class OnThisDatabase(Gateway):
        pass

    OnThisDatabase.new_database = staticmethod(request.getfixturevalue(f"new_{kind}"))
    OnThisDatabase.seen = seen
    run_state_machine_as_test(
        OnThisDatabase,
        settings=settings(
            max_examples=EXAMPLES[kind],
            stateful_step_count=STEPS,
            derandomize=True,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
        ),
    )
    if kind == "sqlite":  # which tells enough stories to come to every end
        assert seen >= {"SUPERSEDED", "EXPIRED", "REVOKED", "FULFILLED", "DUPLICATE", "UNFULFILLABLE"}
