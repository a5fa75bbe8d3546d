"""Razorpay in our terms: an intent is an order, an attempt is one of its payments.

The browser's checkout needs two things: `order_id`, which is the intent's reference, and `key`, the public key id,
which is given as `client_secret`, so that no front end holds a copy that could be another account's. It hands back
`razorpay_order_id`, `razorpay_payment_id` and `razorpay_signature`: the proof. A proof only says which attempt to ask
about; what was captured is always read from Razorpay's books.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import httpx

from gateway.services.core.model.proofs import Proof, RazorpayProof
from gateway.services.core.model.values import Money, Payment, Provider, Refund
from gateway.services.core.model.verdicts import (
    AwaitingPayment,
    Captured,
    Processing,
    ProviderRecord,
    RefundRejected,
    RefundResult,
    RefundSucceeded,
    Unacceptable,
    Unreachable,
    Verdict,
)
from gateway.services.providers import metadata
from gateway.services.providers.base import (
    FoundIntent,
    Intent,
    KnownEvents,
    PriceRefused,
    ProviderUnavailable,
    UnreadableAmount,
    WebhookEvent,
    Window,
)
from gateway.services.providers.razorpay.api import RETRY_AFTER_S, Attempt, Order, RazorpayApi, Refused
from gateway.services.providers.razorpay.api import RefundEntity as Given
from gateway.services.providers.razorpay.changes import changes_of
from gateway.services.providers.razorpay.inspection import provider_record_of
from gateway.services.providers.razorpay.mapping import (
    captured_of,
    declined,
    fitting,
    is_missing,
    money,
    refusal_of,
    rejection,
)
from gateway.services.providers.razorpay.signatures import ORDER_ID, is_proven, read_webhook
from gateway.services.providers.razorpay.units import RAZORPAY_UNITS
from gateway.services.providers.rights import to_disputes

API_BASE = "https://api.razorpay.com"

DEADLINE_S = 20.0
"""For all the calls of one method: about as long as a person waits."""

CHANGES_DEADLINE_S = 200.0
"""For lists of any length, page by page. No person waits for them."""

CAPTURE = {
    "capture": "automatic",
    "capture_options": {"automatic_expiry_period": 7200, "manual_expiry_period": 7200, "refund_speed": "normal"},
}
"""Captured by Razorpay itself whatever its dashboard says, up to five days late (in minutes): the most it allows."""


class Razorpay:
    """Orders, payments and refunds of one Razorpay account.

    Args:
        webhook_secrets: those that may have signed a webhook; two while one is being replaced.
        deadline_s: how long one method may take in all.
        transport: in the place of the network, for tests.
    """

    name = Provider.RAZORPAY

    def __init__(
        self,
        key_id: str,
        key_secret: str,
        webhook_secrets: Sequence[str] = (),
        api_base: str = API_BASE,
        deadline_s: float = DEADLINE_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._key_id, self._key_secret, self._webhook_secrets = key_id, key_secret, tuple(webhook_secrets)
        self._deadline_s = deadline_s
        self._api = RazorpayApi(key_id, key_secret, api_base, transport)
        self._right_to_disputes = to_disputes("razorpay", "the Disputes API, which Razorpay's support turns on")

    def amount_problem(self, money: Money) -> str | None:
        return RAZORPAY_UNITS.amount_problem(money)

    async def open(self, payment: Payment, installation: str) -> Intent | PriceRefused:
        """The order whose receipt is the payment's id, looked up before it is made: Razorpay has no idempotency key
        for orders. Two calls at the same moment may make two; only the one recorded first is ever shown to a browser,
        and the other stays unpaid."""
        if payment.reference is not None:
            return Intent(payment.reference, self._key_id)
        if why := self.amount_problem(payment.amount):
            return PriceRefused(why)
        async with self._deadline():
            order = await self._order_of(payment) or await self._new_order(payment, installation)
        return order if isinstance(order, PriceRefused) else Intent(order.id, self._key_id)

    async def settle(self, payment: Payment, proof: Proof | None) -> Verdict | Unacceptable:
        attempt_id = None
        if proof is not None:
            assert isinstance(proof, RazorpayProof), "whose proof it is was judged before"
            if problem := self._problem(payment, proof):
                return problem
            attempt_id = proof.payment_id
        try:
            async with self._deadline():
                verdict = await self._verdict(await self._attempts(payment), payment, may_capture=True)
        except UnreadableAmount:
            raise
        except ProviderUnavailable as error:
            return Unreachable(attempt_id, error.retry_after_s)
        if attempt_id is not None and isinstance(verdict, AwaitingPayment):
            return Processing(attempt_id, RETRY_AFTER_S)  # signed as paid; the list of payments is behind
        return verdict

    async def refund(self, payment: Payment, refund: Refund) -> RefundResult:
        """Asked for once: it is looked up by our id first, and carries our id as its idempotency key."""
        assert payment.attempt is not None, "captured money has the attempt that brought it"
        if why := self.amount_problem(refund.amount):
            return RefundRejected("amount_unsayable", why)
        body = {
            "amount": RAZORPAY_UNITS.written(refund.amount),
            "speed": "normal",
            "receipt": str(refund.id),
            "notes": metadata.of_refund(refund),
        }
        async with self._deadline():
            given = await self._given(payment.attempt, refund)
            if given is None:
                try:
                    given = await self._api.create_refund(payment.attempt, str(refund.id), body)
                except Refused as refused:
                    given = await self._given(payment.attempt, refund)
                    if given is None:
                        return rejection(refused)
        if given.status == "failed":
            return RefundRejected("refund_failed", f"Razorpay could not give the money back ({given.id}).")
        return RefundSucceeded(given.id, is_final=given.status == "processed")

    async def inspect(self, payment: Payment) -> ProviderRecord:
        """Only reads: what is authorized counts as processing, and `settle` captures it."""
        async with self._deadline():
            attempts = await self._attempts(payment)
            verdict = await self._verdict(attempts, payment, may_capture=False)
            if isinstance(verdict, Captured):
                captured = [each for each in attempts if each.is_captured]
                return await provider_record_of(self._api, self._right_to_disputes, verdict, captured)
        return ProviderRecord(verdict)

    async def find(self, reference: str) -> FoundIntent | None:
        if not ORDER_ID.fullmatch(reference):
            return None
        try:
            async with self._deadline():
                order = await self._api.order(reference)
        except Refused as refused:
            if is_missing(refused):
                return None
            raise
        return FoundIntent(
            order.id, RAZORPAY_UNITS.read(order.amount, order.currency), order.notes, order.status == "paid"
        )

    async def cancel(self, payment: Payment) -> None:
        """Razorpay cannot close an order: it may be paid for ever."""

    async def changes(self, window: Window, known_events: KnownEvents) -> list[WebhookEvent]:
        async with self._deadline(CHANGES_DEADLINE_S):
            return await changes_of(self._api, self._right_to_disputes, window, known_events)

    def read_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookEvent:
        return read_webhook(headers, body, self._webhook_secrets)

    async def close(self) -> None:
        await self._api.close()

    async def _order_of(self, payment: Payment) -> Order | None:
        return next(iter(await self._api.orders_with(str(payment.id))), None)

    async def _new_order(self, payment: Payment, installation: str) -> Order | PriceRefused:
        body = {
            "amount": RAZORPAY_UNITS.written(payment.amount),
            "currency": payment.amount.currency,
            "receipt": str(payment.id),
            "notes": fitting(metadata.of_payment(payment, installation)),
            "payment": CAPTURE,
        }
        try:
            return await self._api.create_order(body)
        except Refused as refused:  # a receipt has to be unique: another process may have been faster
            return await self._order_of(payment) or refusal_of(refused)

    async def _attempts(self, payment: Payment) -> list[Attempt]:
        order_id = payment.reference or await self._reference_of(payment)
        return await self._api.attempts(order_id) if order_id else []

    async def _reference_of(self, payment: Payment) -> str | None:
        order = await self._order_of(payment)
        return order.id if order else None

    async def _verdict(self, attempts: Sequence[Attempt], payment: Payment, may_capture: bool) -> Verdict:
        if captured := captured_of(attempts, payment):
            return await self._captured(captured)
        if authorized := next((each for each in attempts if each.status == "authorized"), None):
            taken = await self._capture(authorized) if may_capture else authorized
            return await self._captured(taken) if taken.is_captured else Processing(authorized.id, RETRY_AFTER_S)
        if not attempts or any(each.status == "created" for each in attempts):
            return AwaitingPayment()
        return declined(attempts[-1])

    async def _captured(self, attempt: Attempt) -> Captured:
        """The order decides what the money is for, and whether it is paid: an attempt's notes come from the browser,
        and its amount depends on offers and fees. The order is read after the attempt, so it includes it."""
        order = await self._api.order(attempt.order_id)
        notes, taken = order.notes, money(attempt)
        student_id, course_id = notes.get(metadata.STUDENT_ID), metadata.course_id_of(notes)
        settles = money(order) if order.is_paid_in_full else None
        mark = metadata.installation_of(notes)
        return Captured(attempt.id, taken, student_id, course_id, mark, None if settles == taken else settles)

    async def _capture(self, attempt: Attempt) -> Attempt:
        """Capture an attempt that Razorpay has not captured yet. It captures once: a second call is refused, and so is
        an amount that includes the fee that the student bears."""
        order = await self._api.order(attempt.order_id)
        for amount in dict.fromkeys((min(attempt.amount, order.amount), attempt.amount)):
            try:
                return await self._api.capture(attempt, amount)
            except Refused:
                continue  # the list below says what happened to it
        now = [each for each in await self._api.attempts(attempt.order_id) if each.id == attempt.id]
        return now[0] if now else attempt

    async def _given(self, attempt_id: str, refund: Refund) -> Given | None:
        given = await self._api.refunds(attempt_id)
        return next((each for each in given if metadata.refund_id_of(each.notes) == refund.id), None)

    def _problem(self, payment: Payment, proof: RazorpayProof) -> Unacceptable | None:
        if proof.order_id != payment.reference:
            return Unacceptable(("proof", "razorpay", "orderId"), "is not the order of this payment")
        if not is_proven(proof, payment.reference, self._key_secret):
            return Unacceptable(("proof", "razorpay", "signature"), "is not Razorpay's for this order and payment")
        return None

    @asynccontextmanager
    async def _deadline(self, seconds: float | None = None) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(seconds or self._deadline_s):
                yield
        except TimeoutError as error:
            raise ProviderUnavailable(RETRY_AFTER_S) from error
