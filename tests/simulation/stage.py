"""The gateway, its provider and the world around them, where the steps of a history are played."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict
from uuid_utils.compat import uuid7

from gateway.services.core.commands.confirm_payment import ConfirmPayment
from gateway.services.core.commands.jobs.retries import RetryJob
from gateway.services.core.commands.provider_events import StoreEvent
from gateway.services.core.commands.refund_payment import RefundPayment
from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.model.records import Door
from gateway.services.core.model.values import Course, Purchase
from gateway.services.jobs.sweeps import start_sweeps
from tests.service import ADMIN, METADATA, TIERS, Service, student
from tests.simulation.acts import act, latest
from tests.simulation.crashes import Died, die_at_commit, lose_next_answer
from tests.simulation.happenings import (
    AtOnce,
    Book,
    Claim,
    Confirm,
    Crash,
    Fail,
    Grant,
    Hold,
    Later,
    LoseAnswer,
    Meanwhile,
    Offer,
    Open,
    Refund,
    Restart,
    Retry,
    Run,
    Step,
    Sweep,
    Tell,
    Withdraw,
)
from tests.simulation.shop import Shop, open_shop
from tests.simulation.slow_books import SlowBooks

WITH_OTHER_DURATION = replace(METADATA, session_duration=90)
CARRIES_A_PURCHASE = {"isSundayOnly": "true", "sessionDuration": "60", "timeSlot": "17:30", "timeZone": "Asia/Kolkata"}


@dataclass
class Stage:
    """`shop` is the service that runs now; after a restart it is another one, before the same books.

    `logs` is what the gateway said meanwhile, except of what happened to a process as it died.
    """

    running: Callable[[], AbstractAsyncContextManager[Service]]
    books: SlowBooks = field(default_factory=SlowBooks)
    courses: list[Course] = field(default_factory=list)
    logs: list[EventDict] = field(default_factory=list)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _patch: pytest.MonkeyPatch = field(default_factory=pytest.MonkeyPatch)

    @property
    def service(self) -> Service:
        return self.shop.service

    @property
    def faults(self) -> list[EventDict]:
        """What went wrong that no accident explains: what a job, or a whole turn, raised and somebody caught."""
        return [entry for entry in self.logs if "exception" in entry or entry["event"] == "turn split"]

    async def start(self) -> None:
        self.shop: Shop = open_shop(await self._stack.enter_async_context(self.running()), self.books)

    async def stop(self) -> None:
        await self._stack.aclose()
        self._patch.undo()

    async def restart(self) -> None:
        now = self.service.clock.now
        await self.stop()
        await self.start()
        self.service.clock.now = now

    async def play(self, step: Step) -> None:
        match step:
            case Open() | Confirm() | Tell() | Grant() | Hold() | Withdraw() | Refund() | Retry() | Offer():
                await self._ask(step)
            case Run() | Claim() | Sweep():
                await self._work(step)
            case Fail() | LoseAnswer() | Meanwhile():
                self._prepare(step)
            case Restart():
                await self.restart()
            case AtOnce(steps):
                await asyncio.gather(*map(self.play, steps))
            case Crash():
                await self._crash(step)
            case Later(seconds):
                self.service.clock.advance(seconds=seconds)
            case Book():
                self._book(step)
            case _:
                act(self.books, step)

    async def _ask(self, step: Open | Confirm | Tell | Grant | Hold | Withdraw | Refund | Retry | Offer) -> None:
        match step:
            case Open(name, course, tier, purpose, key):
                await self.service.open(student(name), self.courses[course], tier, purpose=purpose, key=key)
            case Grant(name, course, tier, on_existing, key):
                await self.service.create(self.courses[course], name, tier, on_existing=on_existing, key=key)
            case Offer(course, codes):
                await self.offer(course, codes)
            case Tell(which, number):
                if intent := latest(list(self.books.intents), which):
                    event_id = None if number is None else f"evt_again_{number}"
                    await self.service.purchases.submit(StoreEvent(self.shop.event(intent, event_id=event_id)))
            case Retry(which):
                if job := latest(await self.service.failed_jobs(), which):
                    await self.service.purchases.submit(RetryJob(ADMIN, job.id, "a test"))
            case Hold() | Withdraw():
                if purchase := latest(await self.service.bought(), step.purchase):
                    await self._ask_of_session(purchase, step)
            case Confirm() | Refund():
                if payment := latest(await self.service.payments(), step.payment):
                    await self._ask_about(payment, step)

    async def offer(self, course: int, codes: Collection[str]) -> None:
        tiers = tuple(tier for tier in TIERS if tier.code in codes)
        await self.service.purchases.submit(SaveCourse(ADMIN, self.courses[course].id, False, "Yoga", tiers))

    async def _ask_about(self, payment: Any, step: Confirm | Refund) -> None:
        match step:
            case Confirm(_, is_admins, has_other_metadata):
                actor = ADMIN if is_admins else student(payment.student_id)
                metadata = WITH_OTHER_DURATION if has_other_metadata else None
                confirming = ConfirmPayment(actor, payment.id, uuid7(), None, metadata, door=Door.CONFIRM_PAYMENT)
                await self.service.purchases.confirm(confirming, None)
            case Refund(_, part_minor, key):
                refund_id = uuid7()
                name = str(refund_id) if key is None and part_minor is not None else key
                refunding = RefundPayment(ADMIN, refund_id, payment.id, part_minor, "a test", key=name)
                await self.service.purchases.submit(refunding)

    async def _ask_of_session(self, purchase: Purchase, step: Hold | Withdraw) -> None:
        match step:
            case Hold(_, number, is_late, key):
                held_at = purchase.created_at if is_late else None
                await self.service.record(purchase, number or purchase.access.sessions_used + 1, held_at, key=key)
            case Withdraw(_, number):
                await self.service.withdraw(purchase, number)

    async def _work(self, step: Run | Claim | Sweep) -> None:
        match step:
            case Run(draw):
                await self.shop.runner(draw).run_due()
            case Claim():
                await self.shop.claimed()
            case Sweep():
                for round_ in start_sweeps(self.service.purchases.providers.by_name):
                    await self.service.purchases.submit(round_)

    def _prepare(self, step: Fail | LoseAnswer | Meanwhile) -> None:
        match step:
            case Fail(faults):
                self.books.faults.extend(faults)
            case Meanwhile(steps):
                self.books.late.append(steps)
            case LoseAnswer():
                lose_next_answer(self._patch, self.service.commits, self.service.lose_connection)

    def _book(self, step: Book) -> None:
        [tier] = [each for each in TIERS if each.code == step.tier]
        of_whom = {"studentId": step.student_id, "courseId": str(self.courses[step.course].id)}
        self.books.book(tier.price, {**CARRIES_A_PURCHASE, **of_whom, "purchaseTier": step.tier})

    async def play_late(self, step: Step) -> None:
        """What the gateway would take for a fault of its provider's is one of ours."""
        try:
            await self.play(step)
        except Died:
            raise
        except Exception as error:
            self.logs.append({"event": "a step failed", "exception": repr(error)})
            raise

    async def _crash(self, step: Crash) -> None:
        """Whatever a dying process still logs or raises is heard by nobody."""
        said = len(self.logs)
        die_at_commit(self._patch, self.service.commits, step.commits, step.lands)
        await asyncio.gather(*map(self.play, step.steps), return_exceptions=True)
        del self.logs[said:]
        await self.restart()


@asynccontextmanager
async def staged(running: Callable[[], AbstractAsyncContextManager[Service]]) -> AsyncIterator[Stage]:
    """A stage with two courses, on rows of its own."""
    stage = Stage(running)
    stage.books.play = stage.play_late
    with capture_logs([_with_error]) as logs:
        stage.logs = logs
        await stage.start()
        stage.courses = [await stage.service.save_course() for _ in range(2)]
        try:
            yield stage
        finally:
            await stage.stop()


def _with_error(_logger: object, _method: str, entry: EventDict) -> EventDict:
    """An entry with its exception's words: to draw a traceback takes longer than to run a history."""
    if entry.pop("exc_info", None):
        entry["exception"] = repr(sys.exc_info()[1])
    return entry
