"""A provider without a vendor: its answers follow from the payment and a test token alone.

It keeps no memory and opens no connection, so every process, and a process started anew, gives the same answers. The
tokens stand for what real cards and real outages do:

| token                              | what the provider says                                              |
|------------------------------------|---------------------------------------------------------------------|
| none, or `tok_succeed`             | captured, as opened                                                 |
| `tok_decline_<code>`               | declined with that code; another attempt may be made                |
| `tok_process_<n>`                  | still processing the first n times it is asked, then captured       |
| `tok_timeout`                      | no answer in time although the money was taken: captured when asked again |
| `tok_capture_<amount>_<currency>`  | captured, but so many minor units of that currency                  |
| `tok_refuse_refund`                | captured, as opened; whatever goes back of it is refused            |
| `tok_unpaid`                       | the intent is open, nobody has paid                                 |
| `tok_cancel`                       | the intent is closed for good, unpaid                               |
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from gateway.services.core.model.currencies import HIGHEST_AMOUNT_MINOR, is_currency
from gateway.services.core.model.proofs import Proof, SandboxProof
from gateway.services.core.model.values import Money, Payment, PaymentStatus, Provider, Refund
from gateway.services.core.model.verdicts import (
    AwaitingPayment,
    Canceled,
    Captured,
    PaymentDeclined,
    Processing,
    ProviderRecord,
    RefundRejected,
    RefundResult,
    RefundSucceeded,
    Unacceptable,
    Unreachable,
    Verdict,
)
from gateway.services.providers.base import BadSignature, FoundIntent, Intent, KnownEvents, WebhookEvent, Window

SUCCEED = "tok_succeed"
REFUSE_REFUND = "tok_refuse_refund"
RETRY_AFTER_S = 2
KNOWN = (
    "tok_succeed, tok_decline_<code>, tok_process_<n>, tok_timeout, tok_capture_<amountMinor>_<CURRENCY>, "
    "tok_refuse_refund, tok_unpaid or tok_cancel"
)


class Sandbox:
    """The embedded provider: for newcomers, demos and tests. It takes no money."""

    name = Provider.SANDBOX

    def amount_problem(self, money: Money) -> str | None:
        return None

    async def open(self, payment: Payment, installation: str) -> Intent:
        return Intent(payment.reference or f"sbx_{payment.id.hex}", client_secret=None)

    async def settle(self, payment: Payment, proof: Proof | None) -> Verdict | Unacceptable:
        token = proof.token if isinstance(proof, SandboxProof) else _token_under_way(payment)
        for pattern, answer in _ANSWERS:
            if matched := pattern.fullmatch(token):
                return answer(payment, token, matched)
        return Unacceptable(("proof", "sandbox", "token"), f"must be {KNOWN}")

    async def refund(self, payment: Payment, refund: Refund) -> RefundResult:
        if payment.attempt == REFUSE_REFUND:
            return RefundRejected("account_closed", "The student's bank account was closed, so nothing can go back.")
        return RefundSucceeded(f"sbxre_{refund.id.hex}")

    async def inspect(self, payment: Payment) -> ProviderRecord:
        """Of itself the sandbox pays nothing: a checkout that nobody confirmed is a checkout that nobody paid."""
        if payment.captured is not None:
            return ProviderRecord(
                Captured(payment.attempt or SUCCEED, payment.captured, payment.student_id, payment.course_id)
            )
        if payment.status is not PaymentStatus.PROCESSING:
            return ProviderRecord(AwaitingPayment())
        verdict = await self.settle(payment, None)
        assert not isinstance(verdict, Unacceptable), "without a proof there is none to refuse"
        return ProviderRecord(verdict)

    async def find(self, reference: str) -> FoundIntent | None:
        return None

    async def cancel(self, payment: Payment) -> Verdict | None:
        return Canceled()

    async def changes(self, window: Window, known_events: KnownEvents) -> list[WebhookEvent]:
        return []

    def read_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookEvent:
        raise BadSignature("the sandbox sends no webhooks")

    async def close(self) -> None:
        """Nothing is open."""


def _token_under_way(payment: Payment) -> str:
    """A confirmation without proof asks after the attempt under way, or else makes one that succeeds."""
    return payment.attempt or SUCCEED if payment.status is PaymentStatus.PROCESSING else SUCCEED


def _checks_so_far(payment: Payment, token: str) -> int:
    is_under_way = payment.status is PaymentStatus.PROCESSING and payment.attempt == token
    return payment.checks if is_under_way else 0


def _captured(payment: Payment, token: str, _: re.Match[str]) -> Verdict:
    amount = payment.amount  # perhaps a view of it, and a verdict outlives what was read
    return Captured(token, Money(amount.amount_minor, amount.currency), payment.student_id, payment.course_id)


def _declined(_payment: Payment, token: str, matched: re.Match[str]) -> Verdict:
    code = matched["code"]
    return PaymentDeclined(token, code, f"The card was declined: {code.replace('_', ' ')}.")


def _processing(payment: Payment, token: str, matched: re.Match[str]) -> Verdict:
    if _checks_so_far(payment, token) < int(matched["n"]):
        return Processing(token, RETRY_AFTER_S)
    return _captured(payment, token, matched)


def _timed_out(payment: Payment, token: str, matched: re.Match[str]) -> Verdict:
    if _checks_so_far(payment, token) == 0:
        return Unreachable(token, RETRY_AFTER_S)
    return _captured(payment, token, matched)


def _captured_other(payment: Payment, token: str, matched: re.Match[str]) -> Verdict | Unacceptable:
    amount = Money(int(matched["amount"]), matched["currency"])
    if amount.amount_minor > HIGHEST_AMOUNT_MINOR:
        return Unacceptable(("proof", "sandbox", "token"), f"must capture at most {HIGHEST_AMOUNT_MINOR} minor units")
    if not is_currency(amount.currency):
        return Unacceptable(("proof", "sandbox", "token"), "must capture a currency of ISO 4217, such as USD")
    return Captured(token, amount, payment.student_id, payment.course_id)


def _unpaid(_payment: Payment, _token: str, _: re.Match[str]) -> Verdict:
    return AwaitingPayment()


def _canceled(_payment: Payment, _token: str, _: re.Match[str]) -> Verdict:
    return Canceled()


_ANSWERS: tuple[tuple[re.Pattern[str], Callable[[Payment, str, re.Match[str]], Verdict | Unacceptable]], ...] = (
    (re.compile(r"tok_succeed"), _captured),
    (re.compile(r"tok_refuse_refund"), _captured),
    (re.compile(r"tok_decline_(?P<code>[a-z][a-z_]{0,63})"), _declined),
    (re.compile(r"tok_process_(?P<n>[0-9]{1,3})", re.ASCII), _processing),
    (re.compile(r"tok_timeout"), _timed_out),
    (re.compile(r"tok_capture_(?P<amount>[0-9]{1,16})_(?P<currency>[A-Z]{3})", re.ASCII), _captured_other),
    (re.compile(r"tok_unpaid"), _unpaid),
    (re.compile(r"tok_cancel"), _canceled),
)
