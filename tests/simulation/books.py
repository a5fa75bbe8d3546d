"""A payment provider with books of its own, in this process: the world acts on them, and the gateway may ask.

Its answers follow from the books alone, so that a test can say in which order money moved, what was heard of it, and
when the line failed, and then hold the gateway's books against these.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Literal

from gateway.services.core.model.proofs import Proof
from gateway.services.core.model.values import Money, Payment, Provider, Refund, RefundStatus
from gateway.services.core.model.verdicts import (
    AwaitingPayment,
    Canceled,
    Captured,
    ExtraCapture,
    PaymentDeclined,
    Processing,
    ProviderRecord,
    RefundRecord,
    RefundRejected,
    RefundResult,
    RefundSucceeded,
    Unacceptable,
    Unreachable,
    Verdict,
)
from gateway.services.providers.base import (
    BadSignature,
    FoundIntent,
    Intent,
    KnownEvents,
    PriceRefused,
    ProviderBusy,
    ProviderUnavailable,
    Window,
)
from gateway.services.providers.base import WebhookEvent as WebhookNotice
from gateway.services.providers.metadata import STUDENT_ID, course_id_of, installation_of, of_payment
from gateway.services.providers.units import Units
from tests.simulation.ledger import Attempt, BookedIntent, Ledger, Return

RETRY_AFTER_S, BUSY_S = 7, 30
Question = Literal["open", "settle", "refund", "inspect", "find", "cancel", "changes"]
Fault = Literal["before", "after", "busy"]
"""The line fails before anything was done, or after all of it was: the gateway cannot tell the two apart. Or the
provider says that it has too much to do."""


@dataclass
class Books(Ledger):
    """A ledger that the gateway may ask as a `PaymentProvider`.

    `fault` says for each question and its subject, the payment's reference or else its id, how the line fails, if it
    does. `asked` is every question in its order. While `refuses_refunds`, none is made, however often it is asked for;
    `refuses_prices` is why no intent is opened.
    """

    name: Provider = Provider.SANDBOX
    fault: Callable[[Question, str], Fault | None] = lambda _question, _subject: None
    asked: list[tuple[Question, str]] = field(default_factory=list)
    refuses_refunds: bool = False
    refuses_prices: str | None = None
    units: Units = field(default_factory=lambda: Units("SANDBOX"))
    can_cancel: bool = True

    def amount_problem(self, money: Money) -> str | None:
        return self.units.amount_problem(money)

    async def open(self, payment: Payment, installation: str) -> Intent | PriceRefused:
        with self._line("open", payment):
            if self.refuses_prices and payment.reference is None:
                return PriceRefused(self.refuses_prices)
            reference = payment.reference or f"pi_{payment.id.hex}"
            if reference not in self.intents:
                self.book(payment.amount, of_payment(payment, installation), reference)
            return Intent(reference, f"{reference}_secret")

    async def settle(self, payment: Payment, proof: Proof | None) -> Verdict | Unacceptable:
        if payment.reference is None:
            return AwaitingPayment()
        try:
            with self._line("settle", payment):
                return self._verdict(self.intents[payment.reference], payment)
        except ProviderUnavailable as error:
            return Unreachable(None, error.retry_after_s)

    async def refund(self, payment: Payment, refund: Refund) -> RefundResult:
        with self._line("refund", payment):
            standing = next((each for each in self.returns if each.refund_id == refund.id), None)
            return self._refused(payment, refund) or self._made(payment, refund) if standing is None else _of(standing)

    async def inspect(self, payment: Payment) -> ProviderRecord:
        assert payment.reference is not None, "a payment without an intent has no books to look into"
        with self._line("inspect", payment):
            intent = self.intents[payment.reference]
            verdict = self._verdict(intent, payment)
            if not isinstance(verdict, Captured):
                return ProviderRecord(verdict)
            others = [each for each in self.captured(intent.reference) if each.id != verdict.attempt]
            extra = tuple(ExtraCapture(_captured(intent, each), self._refund_records(each.id)) for each in others)
            return ProviderRecord(verdict, self._refund_records(verdict.attempt), extra)

    async def find(self, reference: str) -> FoundIntent | None:
        with self._line("find", reference):
            intent = self.intents.get(reference)
            return None if intent is None else self._found(intent)

    async def cancel(self, payment: Payment) -> Verdict | None:
        assert payment.reference is not None, "a payment without an intent has nothing to close"
        with self._line("cancel", payment):
            intent = self.intents[payment.reference]
            if not self.can_cancel:
                return None
            intent.is_closed = intent.is_closed or all(each.status == "declined" for each in intent.attempts)
            return self._verdict(intent, payment)

    async def changes(self, window: Window, known_events: KnownEvents) -> list[WebhookNotice]:
        """Each intent on which anything happened, whenever that was, once for each state that it was found in."""
        with self._line("changes", self.name):
            states = {f"{each.reference}.{self._state(each)}": each for each in self.intents.values() if each.attempts}
            known = await known_events(states)
            new = (name for name in states if name not in known)
            return [WebhookNotice(name, "a.listed.change", (states[name].reference,)) for name in new]

    def _state(self, intent: BookedIntent) -> str:
        tries = [(each.id, each.status) for each in intent.attempts]
        returns = [(each.id, each.status.value) for attempt in intent.attempts for each in self.returns_of(attempt)]
        return sha256(repr((tries, returns, intent.is_closed)).encode()).hexdigest()[:16]

    def read_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookNotice:
        raise BadSignature("a test stores its events itself, see `StoreEvent`")

    async def close(self) -> None:
        """Nothing is open."""

    @contextmanager
    def _line(self, question: Question, about: Payment | str) -> Iterator[None]:
        subject = about if isinstance(about, str) else about.reference or str(about.id)
        self.asked.append((question, subject))
        fault = self.fault(question, subject)
        if fault == "busy":
            raise ProviderBusy(BUSY_S)
        if fault != "before":
            yield
        if fault is not None:
            raise ProviderUnavailable(RETRY_AFTER_S)

    def _found(self, intent: BookedIntent) -> FoundIntent:
        return FoundIntent(intent.reference, intent.amount, intent.metadata, bool(self.captured(intent.reference)))

    def _verdict(self, intent: BookedIntent, payment: Payment) -> Verdict:
        """Of several captures, the one that the gateway's books name stays the payment's own."""
        captured = self.captured(intent.reference)
        if captured:
            return _captured(intent, next((each for each in captured if each.id == payment.attempt), captured[0]))
        if intent.is_closed:
            return Canceled()
        if under_way := [each for each in intent.attempts if each.status == "processing"]:
            return Processing(under_way[-1].id, RETRY_AFTER_S)
        if not intent.attempts:
            return AwaitingPayment()
        return PaymentDeclined(intent.attempts[-1].id, intent.attempts[-1].code, "The card was declined.")

    def _refused(self, payment: Payment, refund: Refund) -> RefundRejected | None:
        attempt = next((each for each in self.captures if each.id == payment.attempt), None)
        if self.refuses_refunds:
            return RefundRejected("refused", "The provider gives nothing back.")
        if attempt is None:
            return RefundRejected("nothing_captured", "There is nothing to give back.")
        if refund.amount.amount_minor <= self.left(attempt):
            return None
        return RefundRejected("amount_too_large", f"There are {self.left(attempt)} left of it.")

    def _made(self, payment: Payment, refund: Refund) -> RefundSucceeded:
        [attempt] = [each for each in self.captures if each.id == payment.attempt]
        made = self.give_back(attempt, refund.amount.amount_minor, RefundStatus.SUCCEEDED)
        made.refund_id = refund.id
        return RefundSucceeded(made.id)

    def _refund_records(self, attempt_id: str) -> tuple[RefundRecord, ...]:
        return tuple(each.record for each in self.returns if each.attempt_id == attempt_id)


def _captured(intent: BookedIntent, attempt: Attempt) -> Captured:
    said = intent.metadata
    return Captured(attempt.id, attempt.amount, said.get(STUDENT_ID), course_id_of(said), installation_of(said))


def _of(standing: Return) -> RefundResult:
    if standing.status is RefundStatus.FAILED:
        return RefundRejected("returned", "The money could not be delivered.")
    return RefundSucceeded(standing.id)
