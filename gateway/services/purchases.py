"""The use cases behind every door: in which order the provider, the writer and the reads are asked."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from gateway.services.core.commands.confirm_payment import ConfirmPayment
from gateway.services.core.commands.every import Command
from gateway.services.core.commands.open_payment import OpenPayment, RecordIntent, RefusePrice
from gateway.services.core.commands.privacy.erase_student import EraseStudent
from gateway.services.core.commands.refund_payment import RefundPayment
from gateway.services.core.frozen import replace
from gateway.services.core.model.outcomes import (
    Busy,
    FieldProblem,
    InvalidInput,
    NotFound,
    Opened,
    Outcome,
    ProviderAway,
)
from gateway.services.core.model.privacy.outcomes import StudentErased
from gateway.services.core.model.proofs import Proof
from gateway.services.core.model.records import IdempotencyKey
from gateway.services.core.model.values import Actor, Payment
from gateway.services.core.model.verdicts import Unacceptable, Unreachable
from gateway.services.core.rules.inputs.subjects import PSEUDONYM_BYTES, pseudonym_of
from gateway.services.outages import Unavailable
from gateway.services.providers.base import Intent, PriceRefused, ProviderUnavailable, UnreadableAmount
from gateway.services.providers.registry import ProviderRegistry

AT_ONCE_S = 1
"""How long until another process has finished what it is doing now."""


@dataclass(frozen=True, slots=True)
class Purchases:
    """The one service behind every door.

    Args:
        write: hands a command to the writer; its outcome is durable when it comes back.
        write_all: hands several over, to be decided in one turn and committed together.
        find_payment: reads one as it was last committed.
        new_id: mints UUIDv7 ids.
        records_of: reads which callers' keys led to what is a student's, by looking through all of them.
    """

    write: Callable[[Command], Awaitable[Outcome]]
    write_all: Callable[[Sequence[Command]], Awaitable[list[Outcome]]]
    find_payment: Callable[[UUID], Awaitable[Payment | None]]
    providers: ProviderRegistry
    new_id: Callable[[], UUID]
    records_of: Callable[[str], Awaitable[Sequence[IdempotencyKey]]]

    async def open(self, command: OpenPayment, input_problems: Sequence[FieldProblem] = ()) -> Outcome:
        """Start a checkout: our row first, then the provider's intent, then the intent's id into our row.

        A crash between the steps leaves a payment that nobody can pay; the same call with the same key continues from
        there."""
        if not self.providers.is_set_up(command.provider or self.providers.default):
            input_problems = (*input_problems, FieldProblem(("provider",), self.providers.not_set_up_message()))
        outcome = await self.submit(replace(command, default_provider=self.providers.default), input_problems)
        if not isinstance(outcome, Opened):
            return outcome
        try:
            provider = self.providers.get(outcome.payment.provider)
            intent = await provider.open(outcome.payment, await self.providers.installation())
        except ProviderUnavailable as error:
            return ProviderAway(error.retry_after_s)
        return await self._with_intent(outcome, intent, command.actor)

    async def confirm(
        self, command: ConfirmPayment, proof: Proof | None, input_problems: Sequence[FieldProblem] = ()
    ) -> Outcome:
        """Settle a payment: the provider's verdict over the network, then one commit for all that follows."""
        if input_problems or command.problems():
            return await self.submit(command, input_problems)
        try:
            payment = await self.find_payment(command.payment_id)
        except Unavailable as unavailable:
            return Busy(unavailable.retry_after_s)  # nobody was asked for money, and nothing is written
        if payment is None:
            return NotFound("payment")
        if command.needs_verdict(payment):
            try:
                verdict = await self.providers.settle(payment, proof)
            except UnreadableAmount as error:  # the job that checks the payment notes a case for a person
                verdict = Unreachable(None, error.retry_after_s)
            if isinstance(verdict, Unacceptable):
                return InvalidInput((FieldProblem(verdict.path, verdict.message),))
            command = replace(command, verdict=verdict)
        return await self.write(command)

    async def erase(self, actor: Actor, student_id: str, reason: str) -> Outcome:
        """Erase a student: what takes long to find is looked for first, so that the writer need not.

        Raises:
            Unavailable: nothing can be read now; nothing was done.
        """
        pseudonym = pseudonym_of(secrets.token_bytes(PSEUDONYM_BYTES))
        command = EraseStudent(actor, student_id, reason, self.new_id(), pseudonym)
        if command.problems():
            return await self.submit(command)
        command = replace(command, records=tuple(await self.records_of(student_id)))
        outcome = await self.write(command)
        if isinstance(outcome, StudentErased) and outcome.pseudonym is not None:
            await self._erase_later_keys(command, outcome.pseudonym)
        return outcome

    async def submit(self, command: Command, input_problems: Sequence[FieldProblem] = ()) -> Outcome:
        """Have a command decided and committed, unless it is wrong in itself.

        Args:
            input_problems: what was wrong with the caller's input; all of it is answered at once.
        """
        if found := (*input_problems, *command.problems()):
            return InvalidInput(found)
        if isinstance(command, RefundPayment) and (problem := await self._partial_refund_problem(command)):
            return InvalidInput((problem,))
        return await self.write(command)

    async def submit_or_raise(self, command: Command) -> Outcome:
        """The outcome of a command without which its caller cannot go on.

        Raises:
            Unavailable: it could not be written down now, or nobody knows; the same may be done again.
        """
        outcome = await self.submit(command)
        if isinstance(outcome, Busy):
            raise Unavailable("the writer is busy")
        return outcome

    async def submit_all(
        self, commands: Sequence[Command], input_problems: Sequence[Sequence[FieldProblem]] | None = None
    ) -> list[Outcome]:
        """Have several commands decided in one commit, in their order, as if each came after the one before it.

        One that is wrong in itself is answered and left out, so it affects no other.

        Args:
            input_problems: for each command, what was wrong with its input; None where there was no input.
        """
        of_inputs = [()] * len(commands) if input_problems is None else input_problems
        found = [(*of_input, *command.problems()) for command, of_input in zip(commands, of_inputs, strict=True)]
        right = [command for command, problems in zip(commands, found, strict=True) if not problems]
        outcomes = iter(await self.write_all(right) if right else ())
        return [InvalidInput(problems) if problems else next(outcomes) for problems in found]

    async def _erase_later_keys(self, command: EraseStudent, pseudonym: str) -> None:
        """Those that others used while the first ones were looked for, or the turn was waited for."""
        with suppress(Unavailable):  # the student is erased, which whoever asked shall know
            later = tuple(key for key in await self.records_of(pseudonym) if key not in command.records)
            if later:
                await self.submit_or_raise(replace(command, records=later))

    async def _with_intent(self, opened: Opened, intent: Intent | PriceRefused, actor: Actor) -> Outcome:
        """The checkout with the provider's intent recorded; or its end, where the provider refuses the price for
        good."""
        if isinstance(intent, PriceRefused):
            refused = await self.submit(RefusePrice(actor, opened.payment.id, intent.reason))
            # The same call at the same moment opened it after all: the next call gets that.
            return ProviderAway(AT_ONCE_S) if isinstance(refused, Opened) else refused
        recorded = await self.submit(RecordIntent(actor, opened.payment.id, intent.reference))
        if not isinstance(recorded, Opened):
            return recorded
        return Opened(recorded.payment, opened.already_processed, intent.client_secret, recorded.course)

    async def _partial_refund_problem(self, command: RefundPayment) -> FieldProblem | None:
        """Why the provider cannot refund that amount, answered before a refund is requested."""
        if command.amount_minor is None or (payment := await self.find_payment(command.payment_id)) is None:
            return None
        why = self.providers.refund_amount_problem(payment, command.amount_minor)
        return FieldProblem(("amountMinor",), why) if why else None
