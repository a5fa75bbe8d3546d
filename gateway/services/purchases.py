"""The stories of a purchase: in what order the provider, the writer and the reads are asked."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

import structlog

from gateway.services.checkouts import unsayable_part, with_intent
from gateway.services.core.commands.confirm_payment import ConfirmPayment
from gateway.services.core.commands.every import Command
from gateway.services.core.commands.jobs.claims import DeferJob
from gateway.services.core.commands.open_payment import OpenPayment
from gateway.services.core.commands.provider_events import EndEvent, StoreEvent
from gateway.services.core.commands.record_refunds import SettleRefund
from gateway.services.core.commands.refund_payment import RefundPayment
from gateway.services.core.model.events import EventState, ProviderEvent
from gateway.services.core.model.jobs import Ticket
from gateway.services.core.model.outcomes import (
    Busy,
    FieldProblem,
    InvalidInput,
    NotFound,
    Opened,
    Outcome,
    ProviderAway,
)
from gateway.services.core.model.proofs import Proof, provider_of
from gateway.services.core.model.records import Door
from gateway.services.core.model.values import GATEWAY, Payment, Provider, Refund, RefundStatus
from gateway.services.core.model.verdicts import ProviderRecord, RefundRejected, Unacceptable, Unreachable, Verdict
from gateway.services.core.rules.refunds.sums import is_held
from gateway.services.jobs.foreign_checkouts import UnknownPayment
from gateway.services.jobs.foreign_intents import ForeignIntent, Intents
from gateway.services.jobs.reconciliation import Reconciler
from gateway.services.providers.base import (
    OPERATOR_RETRY_S,
    PaymentProvider,
    ProviderUnavailable,
    UnreadableAmount,
)

log = structlog.get_logger(__name__)


class Reads(Protocol):
    """What the stories read besides single payments, as it was last committed."""

    async def event(self, event_id: UUID) -> ProviderEvent | None: ...

    async def payment_by_reference(self, provider: Provider, reference: str) -> Payment | None: ...

    async def refunds_of(self, payment_id: UUID) -> list[Refund]: ...


HELD = "a dispute is open over the money, or a refund is under way at the provider's dashboard"
HELD_RETRY_S = 3600
"""A bank takes weeks; what it has decided is in our books before we look again."""


@dataclass(frozen=True, slots=True)
class Purchases:
    """The one service behind every door.

    Args:
        write: hands a command to the writer; its outcome is durable when it comes back.
        write_all: hands several over, to be decided in one turn and committed together.
        find_payment, find_refund, reads: read one as it was last committed.
        providers: those that this gateway is set up for.
        default_provider: for callers that name none; None where no provider is set up.
        new_id: mints UUIDv7 ids.
        installation: the mark by which providers tell this gateway's intents from another's.
    """

    write: Callable[[Command], Awaitable[Outcome]]
    write_all: Callable[[Sequence[Command]], Awaitable[list[Outcome]]]
    find_payment: Callable[[UUID], Awaitable[Payment | None]]
    find_refund: Callable[[UUID], Awaitable[Refund | None]]
    reads: Reads
    providers: Mapping[Provider, PaymentProvider]
    default_provider: Provider | None
    new_id: Callable[[], UUID]
    installation: Callable[[], Awaitable[str]]

    async def open(self, command: OpenPayment, input_problems: Sequence[FieldProblem] = ()) -> Outcome:
        """Start a checkout: our row first, then the provider's intent, then the intent's id into our row.

        A crash between the steps leaves a payment without money; the same call with the same key goes on from there.
        """
        chosen = command.provider or self.default_provider
        if chosen is None or chosen not in self.providers:
            input_problems = (*input_problems, FieldProblem(("provider",), self._providers_in_words()))
        outcome = await self.submit(replace(command, default_provider=self.default_provider), input_problems)
        if not isinstance(outcome, Opened):
            return outcome
        try:
            provider = self._provider(outcome.payment.provider)
            intent = await provider.open(outcome.payment, await self.installation())
        except ProviderUnavailable as error:
            return ProviderAway(error.retry_after_s)
        return await with_intent(outcome, intent, command.actor, self.submit)

    async def confirm(
        self, command: ConfirmPayment, proof: Proof | None, input_problems: Sequence[FieldProblem] = ()
    ) -> Outcome:
        """Settle a payment: the provider's verdict over the network, then one commit for all that follows."""
        if input_problems or command.problems():
            return await self.submit(command, input_problems)
        payment = await self.find_payment(command.payment_id)
        if payment is None:
            return NotFound("payment")
        if command.needs_verdict(payment):
            try:
                verdict = await self._ask(payment, proof)
            except UnreadableAmount as error:  # the job that checks the payment has a person told
                verdict = Unreachable(None, error.retry_after_s)
            if isinstance(verdict, Unacceptable):
                return InvalidInput((FieldProblem(verdict.path, verdict.message),))
            command = replace(command, verdict=verdict)
        return await self.submit(command)

    async def check(self, payment_id: UUID, ticket: Ticket) -> Outcome:
        """Settle a payment that nobody confirms: the door of the job that was left behind for it."""
        payment = await self.find_payment(payment_id)
        assert payment is not None, "a job's payment is never deleted"
        command = ConfirmPayment(GATEWAY, payment_id, self.new_id(), None, ticket=ticket, door=Door.CHECK_JOB)
        if command.needs_verdict(payment):
            verdict = await self._ask(payment, None)
            assert not isinstance(verdict, Unacceptable), "without a proof there is none to refuse"
            command = replace(command, verdict=verdict)
        return await self.submit(command)

    async def refund(self, refund_id: UUID, ticket: Ticket) -> Outcome:
        """Carry a refund out: the provider first, by the refund's id as its idempotency key, then our books.

        Raises:
            ProviderUnavailable: nobody knows yet whether the money went back.
        """
        refund = await self.find_refund(refund_id)
        assert refund is not None, "a job's refund is never deleted"
        if refund.status is not RefundStatus.PENDING:  # the money went back another way, and our books say so
            return await self.submit(SettleRefund(refund_id, None, ticket=ticket))
        if await self._is_held(refund):
            return await self.submit(DeferJob(ticket, HELD, HELD_RETRY_S, is_attempt=False))
        payment = await self._paid(refund)
        result = await self._provider(payment.provider).refund(payment, refund)
        if isinstance(result, RefundRejected):  # perhaps the money goes back another way: that is heard first
            await self.reconcile(payment, Door.REFUND_JOB)
            if await self._is_held(refund):
                return await self.submit(DeferJob(ticket, HELD, HELD_RETRY_S, is_attempt=False))
        return await self.submit(SettleRefund(refund_id, result, ticket=ticket))

    async def keep(self, event: ProviderEvent, said: Mapping[str, Mapping[str, str]]) -> Outcome:
        """Store a verified webhook, once. What it shows to be none of ours, and our books do not know, ends there.

        Args:
            said: the metadata of those of its references whose metadata it shows.
        """
        return await self.submit(await self.keeping(event, said))

    async def keeping(
        self, event: ProviderEvent, said: Mapping[str, Mapping[str, str]], is_listed: bool = False
    ) -> StoreEvent:
        """The command that keeps an event, whoever brought it."""
        foreign = [each for each in event.references if each in said and await self._intents.is_foreign(said[each])]
        shown = [each for each in event.references if each in said and each not in foreign]
        return StoreEvent(event, tuple(foreign), tuple(shown), is_listed)

    async def hear(self, event_id: UUID, ticket: Ticket, shown: object = (), door: Door = Door.WEBHOOK) -> Outcome:
        """Handle a stored webhook: whatever it said, the provider is asked for what is true now of the payments that
        it names. So events may come twice, late, or in any order, and the end is the same.

        Args:
            shown: the references that the webhook itself showed to be for us.

        Raises:
            UnknownPayment: it names a payment that is for us, and cannot be taken into our books as it is.
        """
        event = await self.reads.event(event_id)
        assert event is not None, "a job's event is never deleted"
        state, unknown = EventState.IGNORED, None
        for reference in event.references:
            is_shown = isinstance(shown, list) and reference in shown
            try:
                payment = await self._intents.payment_of(event.provider, reference, door, is_shown)
                if await self.reconcile(payment, door):
                    state = EventState.HANDLED
            except ForeignIntent as error:
                log.info("webhook of somebody else's intent", event_id=event.event_id, reason=str(error))
            except UnknownPayment as error:  # which holds up no other payment of the event
                unknown = error
        if unknown is not None:
            raise unknown
        return await self.submit(EndEvent(event_id, ticket=ticket, state=state))

    async def reconcile(self, payment: Payment, door: Door) -> ProviderRecord | None:
        """Bring our books of a payment to what its provider's say, see `Reconciler`."""
        return await self._reconciler.reconcile(payment, door)

    async def abandon(self, payment: Payment) -> None:
        """Close a checkout that nobody paid at its provider, see `Reconciler`."""
        await self._reconciler.abandon(payment)

    async def _paid(self, refund: Refund) -> Payment:
        payment = await self.find_payment(refund.payment_id)
        assert payment is not None, "a refund's payment is held by a foreign key"
        return payment

    async def _is_held(self, refund: Refund) -> bool:
        """Whether somebody else may take the money yet, as our books have it now."""
        standing = await self.reads.refunds_of(refund.payment_id)
        now = next((each for each in standing if each.id == refund.id), refund)
        return is_held(now, await self._paid(refund), standing)

    async def _done(self, command: Command) -> Outcome:
        """The outcome of a command that a job cannot do without."""
        outcome = await self.submit(command)
        if isinstance(outcome, Busy):
            raise ProviderUnavailable(outcome.retry_after_s)
        return outcome

    @property
    def _intents(self) -> Intents:
        return Intents(self.reads, self.find_payment, self._provider, self._done, self.new_id, self.installation)

    @property
    def _reconciler(self) -> Reconciler:
        return Reconciler(self.find_payment, self._provider, self._done, self.new_id, self.installation, self._intents)

    def _provider(self, name: Provider) -> PaymentProvider:
        provider = self.providers.get(name)
        if provider is None:  # taken out of the settings while payments are open
            raise ProviderUnavailable(OPERATOR_RETRY_S)
        return provider

    async def submit(self, command: Command, input_problems: Sequence[FieldProblem] = ()) -> Outcome:
        """Have a command decided and committed, unless it is wrong in itself.

        Args:
            noticed: what its door found wrong when it read the caller's words; all of it is answered at once.
        """
        if found := (*input_problems, *command.problems()):
            return InvalidInput(found)
        if isinstance(command, RefundPayment) and (problem := await unsayable_part(command, self)):
            return InvalidInput((problem,))
        return await self.write(command)

    async def submit_all(
        self, commands: Sequence[Command], input_problems: Sequence[Sequence[FieldProblem]]
    ) -> list[Outcome]:
        """Have several commands decided in one commit, in their order, as if each came after the one before it.

        One that is wrong in itself is left out of it and answered, and so holds up no other.

        Args:
            noticed: for each command, what its door found wrong.
        """
        found = [(*seen, *command.problems()) for command, seen in zip(commands, input_problems, strict=True)]
        right = [command for command, problems in zip(commands, found, strict=True) if not problems]
        outcomes = iter(await self.write_all(right) if right else ())
        return [InvalidInput(problems) if problems else next(outcomes) for problems in found]

    async def _ask(self, payment: Payment, proof: Proof | None) -> Verdict | Unacceptable:
        if proof is not None and provider_of(proof) is not payment.provider:
            wanted = payment.provider.lower()
            return Unacceptable(("proof",), f"this payment is with {payment.provider}; give proof.{wanted} or none")
        provider = self.providers.get(payment.provider)
        if provider is None:  # taken out of the settings while payments are open
            return Unreachable(None, OPERATOR_RETRY_S)
        verdict = await provider.settle(payment, proof)
        return Unreachable(None, OPERATOR_RETRY_S) if await self._reconciler.is_anothers(verdict, payment) else verdict

    def _providers_in_words(self) -> str:
        if not self.providers:
            return "no payment provider is set up here; an admin may grant the course with createPurchase"
        return f"must be one that is set up here: {', '.join(sorted(self.providers))}"
