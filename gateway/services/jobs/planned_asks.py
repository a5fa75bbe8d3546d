"""Payments that nobody confirms: the provider is asked about each when it is due, at the provider's pace."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import structlog

from gateway.services.core.commands.jobs.asks import PlanAsk
from gateway.services.core.commands.reconcile import Reconcile
from gateway.services.core.frozen import replace
from gateway.services.core.model.outcomes import Reconciled
from gateway.services.core.model.records import Door
from gateway.services.core.model.values import Payment, Provider
from gateway.services.core.rules.asks import FIRST_ASK_S, LONGEST_ASK, is_abandoned, is_old
from gateway.services.jobs.locked_rows import submit_all_or_each
from gateway.services.jobs.pace import Pace
from gateway.services.jobs.reconciliation import Reconciler
from gateway.services.outages import Unavailable
from gateway.services.providers.base import ProviderBusy, ProviderUnavailable

log = structlog.get_logger(__name__)

ASKED_IN_A_RUN = 64
"""So many are noted in one commit; the job's lease is renewed meanwhile, however slow the provider is."""


class Reads(Protocol):
    async def next_asks(self, provider: Provider, most: int) -> list[Payment]:
        """The payments whose next ask has a time, the earliest first."""
        ...

    async def asks_after(self, provider: Provider, at: datetime, most: int) -> list[Payment]:
        """The payments whose next ask is later than that."""
        ...


@dataclass(frozen=True, slots=True)
class PlannedAsks:
    """Asks one provider about one page of due payments, for each run of its job."""

    reconciler: Reconciler
    reads: Reads

    async def run(self, provider: Provider, pace: Pace | None, now: datetime) -> float:
        """Ask about the payments that are due; returns the seconds until the next one is.

        A payment that is opened meanwhile is not due before then, so none is asked late.
        """
        page = await self.reads.next_asks(provider, ASKED_IN_A_RUN + 1)
        due = [payment for payment in page[:ASKED_IN_A_RUN] if payment.ask_at and payment.ask_at <= now]
        never = await self.reads.asks_after(provider, now + LONGEST_ASK, ASKED_IN_A_RUN - len(due))
        round_ = _Round(self.reconciler, pace, now)
        await round_.ask([*due, *never])
        if round_.busy_s:
            return round_.busy_s
        if len(page) == len(due) or never:
            return FIRST_ASK_S
        next_at = page[len(due)].ask_at
        assert next_at is not None, "what was read has a time"
        return min(max((next_at - now).total_seconds(), 0.0), FIRST_ASK_S)


@dataclass(slots=True)
class _Round:
    """One page of payments. Those of which nothing is new, nearly all, are written down together, in one turn; what was
    paid is settled at once."""

    reconciler: Reconciler
    pace: Pace | None
    now: datetime
    busy_s: int = 0
    """How long the provider asked us to wait, once it did."""

    unpaid: list[Reconcile | PlanAsk] = field(default_factory=list)

    async def ask(self, payments: Sequence[Payment]) -> None:
        await asyncio.gather(*map(self._in_turn, payments))
        await self._note_unpaid()

    async def _in_turn(self, payment: Payment) -> None:
        async with self.pace.turn() if self.pace else nullcontext():
            await self._ask(payment)

    async def _ask(self, payment: Payment) -> None:
        """A payment that cannot be asked about now delays no other, and is asked about again later. A busy provider is
        asked no more: the payments that are left stay due."""
        if self.busy_s:
            return
        try:
            command = await self._answer(payment)
            if command.is_background:
                self.unpaid.append(command)
            else:
                await self.reconciler.purchases.submit(command)
        except ProviderBusy as error:
            self.busy_s = max(self.busy_s, error.retry_after_s, 1)
            log.info("provider is busy", provider=payment.provider.value, retry_after_s=self.busy_s)
        except Unavailable as error:  # of our own books: the payments that are left stay due, likewise
            self.busy_s = max(self.busy_s, error.retry_after_s)
        except ProviderUnavailable as error:
            log.info("provider could not be asked about payment", payment=str(payment.id), error=str(error))
            await self._leave_unanswered(payment)
        except Exception:  # it is logged, and the other payments are asked about all the same
            log.exception("provider could not be asked about payment", payment=str(payment.id))
            await self._leave_unanswered(payment)

    async def _note_unpaid(self) -> None:
        """Write the page down; where one of it cannot be written, each by itself, so that the others are."""
        purchases = self.reconciler.purchases
        try:
            await submit_all_or_each(purchases.submit_all, purchases.submit, self.unpaid)
        except Exception:  # noqa: BLE001  it is logged below, with the payment that it is of
            for command in self.unpaid:
                await self._note(command)

    async def _note(self, command: Reconcile | PlanAsk) -> None:
        try:
            await self.reconciler.purchases.submit(command)
        except Exception:  # it is logged, and the payment is asked about later
            log.exception("provider's answer could not be written", payment=str(command.payment_id))
            plan = command if isinstance(command, PlanAsk) else command.ask
            assert plan is not None, "it was asked by schedule"
            await self.reconciler.purchases.submit(PlanAsk(plan.payment_id, plan.asks, is_answered=False))

    async def _answer(self, payment: Payment) -> Reconcile | PlanAsk:
        """What the provider says, with the next ask."""
        command = await self.reconciler.inspect(payment, Door.SCHEDULE)
        if command is None:
            return PlanAsk(payment.id, payment.asks)
        if payment.extra_of is not None:
            return replace(command, ask=PlanAsk(payment.id, payment.asks))
        ask = PlanAsk(payment.id, payment.asks, command.record.is_pending)
        return await self._closing(command, ask) if is_old(payment, self.now) else replace(command, ask=ask)

    async def _closing(self, command: Reconcile, ask: PlanAsk) -> Reconcile | PlanAsk:
        """Close a checkout that is older than its schedule, if it is still unpaid by what the provider just said."""
        outcome = await self.reconciler.purchases.submit_or_raise(command)
        if isinstance(outcome, Reconciled) and is_abandoned(outcome.payment, self.now):
            closed = await self.reconciler.close(outcome.payment)
            return replace(closed, ask=ask) if closed else ask
        return ask

    async def _leave_unanswered(self, payment: Payment) -> None:
        await self.reconciler.purchases.submit(PlanAsk(payment.id, payment.asks, is_answered=False))
