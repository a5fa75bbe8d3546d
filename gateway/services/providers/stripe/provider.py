"""Stripe's payment intents and refunds, through its official library, as what every provider can be asked."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import stripe
import structlog

from gateway.services.core.model.proofs import Proof, StripeProof
from gateway.services.core.model.values import Money, Payment, Provider, Refund
from gateway.services.core.model.verdicts import (
    AwaitingPayment,
    Captured,
    ProviderRecord,
    RefundRejected,
    RefundResult,
    Unacceptable,
    Unreachable,
    Verdict,
)
from gateway.services.providers.base import (
    OPERATOR_RETRY_S,
    FoundIntent,
    Intent,
    KnownEvents,
    PriceRefused,
    ProviderBusy,
    ProviderUnavailable,
    UnreadableAmount,
    WebhookEvent,
    Window,
)
from gateway.services.providers.metadata import of_payment, of_refund, refund_id_of
from gateway.services.providers.rights import to_disputes, to_events
from gateway.services.providers.stripe.changes import changes_of
from gateway.services.providers.stripe.client import TracedClient
from gateway.services.providers.stripe.finding import Finder
from gateway.services.providers.stripe.lists import all_of
from gateway.services.providers.stripe.mapping import (
    dispute_record_of,
    is_disputed,
    refund_record_of,
    result_of,
    verdict_of,
)
from gateway.services.providers.stripe.refusals import refusal_of
from gateway.services.providers.stripe.units import STRIPE_UNITS
from gateway.services.providers.stripe.webhooks import read_event

log = structlog.get_logger(__name__)

CONNECT_S, READ_S = 5.0, 15.0
DEADLINE_S = 25.0
"""For all the requests of one method: what a person still waits for."""

CHANGES_DEADLINE_S = 200.0
"""For a list of any length, page by page. No person waits for it."""

RETRY_AFTER_S = 5
LONGEST_RETRY_AFTER_S = 300
"""Where Stripe names a time we keep to it, up to this, after which a job may try again anyway."""

REFUSALS = (stripe.InvalidRequestError, stripe.IdempotencyError, stripe.CardError)
"""Refusals of a request that Stripe understood and would refuse again."""

LOCKED = "lock_timeout"
"""The one 429 that is about this object, and not about our rate."""

NO_BALANCE = frozenset({"balance_insufficient", "insufficient_funds"})
"""Refusals of a refund that the next payments to the account resolve."""


class Stripe:
    """Stripe, by a secret key. The library does not retry, for our jobs do, and they are seen.

    Args:
        webhook_secrets: the endpoint's signing secrets; more than one while they are rotated.
        api_base: where the API is, if not at Stripe.
        http: the library's HTTP client, if not one of its own with our time-outs.
    """

    name = Provider.STRIPE

    def __init__(
        self,
        secret_key: str,
        webhook_secrets: Sequence[str] = (),
        api_base: str | None = None,
        http: stripe.HTTPXClient | None = None,
    ) -> None:
        self._webhook_secrets = tuple(webhook_secrets)
        self._http = http or TracedClient(timeout=httpx.Timeout(READ_S, connect=CONNECT_S))
        self._client = client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": api_base.rstrip("/")} if api_base else None,
            max_network_retries=0,
            http_client=self._http,
        )
        where = "in the dashboard's settings of the restricted key"
        self._right_to_disputes = to_disputes("stripe", f"Disputes: Read, {where}")
        self._right_to_events = to_events("stripe", f"Events: Read, {where}")
        self._intents, self._refunds, self._disputes = client.v1.payment_intents, client.v1.refunds, client.v1.disputes
        self._finder = Finder(client.v1)

    def amount_problem(self, money: Money) -> str | None:
        return STRIPE_UNITS.amount_problem(money)

    async def open(self, payment: Payment, installation: str) -> Intent | PriceRefused:
        if payment.reference is None and (why := self.amount_problem(payment.amount)):
            return PriceRefused(why)
        try:
            async with _deadline("open"):
                if payment.reference is not None:
                    intent = await self._known(payment.reference)
                else:
                    intent = await self._created(payment, installation)
        except REFUSALS as error:
            if payment.reference is None and (refusal := refusal_of(error)):
                return refusal
            log.warning("stripe opens no intent until it is set right", code=error.code, reason=error.user_message)
            raise ProviderUnavailable(OPERATOR_RETRY_S) from None
        return Intent(intent["id"], intent["client_secret"])

    async def settle(self, payment: Payment, proof: Proof | None) -> Verdict | Unacceptable:
        if isinstance(proof, StripeProof) and proof.payment_intent_id != payment.reference:
            path = ("proof", "stripe", "paymentIntentId")
            return Unacceptable(path, "must be the payment intent that this payment was opened with")
        if payment.reference is None:  # its client secret never left us, so nobody can have paid it
            return AwaitingPayment()
        try:
            async with _deadline("settle"):
                return verdict_of(await self._known(payment.reference), payment)
        except UnreadableAmount:
            raise
        except REFUSALS as error:
            log.warning("stripe does not tell of an intent", code=error.code, reference=payment.reference)
            return Unreachable(None, OPERATOR_RETRY_S)
        except ProviderUnavailable as error:
            return Unreachable(None, error.retry_after_s)

    async def refund(self, payment: Payment, refund: Refund) -> RefundResult:
        """Looked for before it is made: Stripe forgets an idempotency key after a day, our jobs go on for longer."""
        assert payment.reference is not None, "only captured money is refunded"
        if why := self.amount_problem(refund.amount):
            return RefundRejected("amount_unsayable", why)
        async with _deadline("refund"):
            try:
                if (standing := await self._refund_of(payment.reference, refund.id)) is None:
                    return result_of(await self._refunded(payment.reference, refund))
            except REFUSALS as error:
                if error.code in NO_BALANCE:
                    raise ProviderUnavailable(LONGEST_RETRY_AFTER_S) from None
                if (standing := await self._refund_after_refusal(payment.reference, refund.id)) is None:
                    return RefundRejected(error.code or "refused", error.user_message or "Stripe gave no reason.")
            return result_of(standing)

    async def inspect(self, payment: Payment) -> ProviderRecord:
        assert payment.reference is not None, "a payment without an intent has no books to look into"
        async with _deadline("inspect"):
            intent = await self._known(payment.reference, "latest_charge")
            verdict = verdict_of(intent, payment)
            if not isinstance(verdict, Captured):
                return ProviderRecord(verdict)
            refunds = await all_of(self._refunds.list_async, payment.reference)
            disputes = await self._disputes_of(payment.reference) if is_disputed(intent) else []
        return ProviderRecord(
            verdict, (*map(refund_record_of, refunds), *filter(None, map(dispute_record_of, disputes)))
        )

    async def find(self, reference: str) -> FoundIntent | None:
        async with _deadline("find"):
            return await self._finder.find(reference)

    async def cancel(self, payment: Payment) -> Verdict:
        """Stripe refuses it where the intent was paid or closed, or a bank has it: then the intent's state is
        returned."""
        assert payment.reference is not None, "a payment without an intent has nothing to close"
        async with _deadline("cancel"):
            try:
                await self._intents.cancel_async(payment.reference, {"cancellation_reason": "abandoned"})
            except stripe.InvalidRequestError as error:
                log.info("stripe did not close the intent", reference=payment.reference, code=error.code)
            return verdict_of(await self._known(payment.reference), payment)

    async def changes(self, window: Window, known_events: KnownEvents) -> list[WebhookEvent]:
        async with _deadline("changes", CHANGES_DEADLINE_S):
            events = await changes_of(self._client, self._right_to_events, window)
        known = await known_events([each.event_id for each in events])
        return [each for each in events if each.references and each.event_id not in known]

    def read_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookEvent:
        return read_event(headers.get("stripe-signature", ""), body, self._webhook_secrets, now)

    async def close(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call]  # the library's

    async def _disputes_of(self, reference: str) -> list[dict[str, Any]]:
        """None where the key may not read them: refunds must be read all the same. While a dispute is open, Stripe
        itself refuses to refund the charge."""
        try:
            disputes = await all_of(self._disputes.list_async, reference)
        except stripe.PermissionError as error:
            self._right_to_disputes.missed(f"refused with {error.http_status}, {error.request_id}")
            return []
        self._right_to_disputes.held()
        return disputes

    async def _created(self, payment: Payment, installation: str) -> dict[str, Any]:
        intent = await self._intents.create_async(
            {
                "amount": STRIPE_UNITS.written(payment.amount),
                "currency": payment.amount.currency.lower(),
                "metadata": {name: text for name, text in of_payment(payment, installation).items() if text},
            },
            {"idempotency_key": str(payment.id)},
        )
        return intent.to_dict()

    async def _known(self, reference: str, *in_full: str) -> dict[str, Any]:
        """The intent of a payment in our books, and in full what it would only name by its id.

        Raises:
            ProviderUnavailable: also where Stripe has none, as with the key of another account.
        """
        intent = await self._intent(reference, *in_full)
        if intent is None:
            log.error("stripe has no such payment intent; is the key another account's?", reference=reference)
            raise ProviderUnavailable(OPERATOR_RETRY_S)
        return intent

    async def _intent(self, reference: str, *in_full: str) -> dict[str, Any] | None:
        try:
            return (await self._intents.retrieve_async(reference, {"expand": list(in_full)})).to_dict()
        except stripe.InvalidRequestError as error:
            if error.http_status == 404:
                return None
            raise

    async def _refunded(self, reference: str, refund: Refund) -> dict[str, Any]:
        made = await self._refunds.create_async(
            {
                "payment_intent": reference,
                "amount": STRIPE_UNITS.written(refund.amount),
                "metadata": of_refund(refund),
            },
            {"idempotency_key": str(refund.id)},
        )
        return made.to_dict()

    async def _refund_after_refusal(self, reference: str, refund_id: UUID) -> dict[str, Any] | None:
        """Whether a refund was refused because somebody else with the same job had just made it."""
        try:
            return await self._refund_of(reference, refund_id)
        except REFUSALS:
            return None  # the intent itself is unknown there

    async def _refund_of(self, reference: str, refund_id: UUID) -> dict[str, Any] | None:
        refunds = await all_of(self._refunds.list_async, reference)
        return next((each for each in refunds if refund_id_of(each["metadata"] or {}) == refund_id), None)


@asynccontextmanager
async def _deadline(asked: str, seconds: float = DEADLINE_S) -> AsyncIterator[None]:
    """The time limit of one method, and the error where Stripe cannot answer.

    Raises:
        ProviderUnavailable: no answer in time, or one that says nothing of the payment. What Stripe refuses for good
            (`REFUSALS`) passes through. The cause is logged in few words, for the library's own hold whole answers.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        log.warning("stripe did not answer in time", asked=asked)
        raise ProviderUnavailable(RETRY_AFTER_S) from None
    except REFUSALS:
        raise
    except stripe.StripeError as error:
        log.warning(
            "stripe did not answer",
            asked=asked,
            error=type(error.__cause__ or error).__name__,
            status=error.http_status,
            stripe_request=error.request_id,
        )
        is_busy = error.http_status == 429 and (error.error is None or error.error.code != LOCKED)
        raise (ProviderBusy if is_busy else ProviderUnavailable)(_retry_after_s(error)) from None


def _retry_after_s(error: stripe.StripeError) -> int:
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return OPERATOR_RETRY_S
    text = httpx.Headers(error.headers or {}).get("retry-after", "")
    seconds = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else RETRY_AFTER_S
    return max(1, min(seconds, LONGEST_RETRY_AFTER_S))
