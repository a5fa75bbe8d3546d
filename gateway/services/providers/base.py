"""What every payment provider can be asked, whichever vendor it is."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from gateway.services.core.model.proofs import Proof
from gateway.services.core.model.values import Money, Payment, Provider, Refund
from gateway.services.core.model.verdicts import ProviderRecord, RefundResult, Unacceptable, Verdict

OPERATOR_RETRY_S = 60
"""How often a page or a job asks again where a person has to correct something."""


class ProviderUnavailable(Exception):
    """The provider did not answer in time, or said that it cannot now. Nothing is known to have happened there."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"the provider is unavailable; ask again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class ProviderBusy(ProviderUnavailable):
    """The provider is overloaded, or limits our rate: it is not to be asked anything for a while."""


@dataclass(frozen=True, slots=True)
class Intent:
    """The provider's own record of a checkout: its id, and the secret that the browser's SDK needs, if any."""

    reference: str
    client_secret: str | None


@dataclass(frozen=True, slots=True)
class PriceRefused:
    """The provider will not open this checkout, however often it is asked: its reason, for people."""

    reason: str


class UnreadableAmount(ProviderUnavailable):
    """The provider speaks of an amount that our books cannot hold exactly. Nothing is written; a person has to look.

    `reference` is the provider's id of what has that amount.
    """

    def __init__(self, provider: Provider, reference: str, amount: str) -> None:
        super().__init__(OPERATOR_RETRY_S)
        self.provider, self.reference, self._amount = provider, reference, amount

    def __str__(self) -> str:
        return f"{self.provider} says {self._amount} of {self.reference}, which our books cannot hold exactly"


class BadSignature(Exception):
    """A webhook without proof that the provider sent it, and sent it now."""


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """A verified webhook in our terms: the id of the event, its type, and which payments it is about.

    All of it is from what was signed, the id as well: it is the provider's where the provider signs one, and else the
    digest of what it signed.

    `references` are intents' ids as `Intent.reference` has them, or ids from which `find` leads to one; empty for an
    event about no payment. `metadata` is that of each reference whose metadata the body shows. `attempt` is set where
    the event only says that this attempt was captured: nothing new where our books have that capture.
    """

    event_id: str
    type: str
    references: tuple[str, ...]
    metadata: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    attempt: str | None = None


@dataclass(frozen=True, slots=True)
class FoundIntent:
    """An intent in the provider's books that may not be in ours, with the metadata that it was opened with there.

    `amount` is None where our books could not hold it. `is_paid`: the provider holds its money.
    """

    reference: str
    amount: Money | None
    metadata: Mapping[str, str]
    is_paid: bool


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time whose changes are asked for, as seen at `now`."""

    since: datetime
    until: datetime
    now: datetime


KnownEvents = Callable[[Collection[str]], Awaitable[set[str]]]
"""Reads which of these events' ids are in our books."""


class PaymentProvider(Protocol):
    """A vendor in our terms. No method is called inside a transaction; each one ends by its own deadline."""

    @property
    def name(self) -> Provider: ...

    def amount_problem(self, money: Money) -> str | None:
        """Why the provider cannot take such an amount, for people; None where it can."""
        ...

    async def open(self, payment: Payment, installation: str) -> Intent | PriceRefused:
        """The intent for a payment, opened at most once whatever the number of calls: the payment's id is the
        provider's idempotency key. A payment that has its reference already gets that same intent.

        What an operator can correct, such as wrong keys or an account that is not activated, is an outage.

        Args:
            installation: the mark that tells this gateway's intents from another's with the same account.

        Raises:
            ProviderUnavailable: no answer in time; the same call may be made again.
        """
        ...

    async def settle(self, payment: Payment, proof: Proof | None) -> Verdict | Unacceptable:
        """What the provider says of the payment now, with the browser's proof where it has one.

        An outage is a verdict as well (`Unreachable`), for the attempt may have gone through.

        Raises:
            UnreadableAmount: it was captured, and our books cannot hold how much.
        """
        ...

    async def refund(self, payment: Payment, refund: Refund) -> RefundResult:
        """Give money back, at most once whatever the number of calls: the refund's id is the idempotency key.

        Raises:
            ProviderUnavailable: no answer in time; the same call may be made again.
        """
        ...

    async def inspect(self, payment: Payment) -> ProviderRecord:
        """All that the provider's books say of a payment that has its reference. A refund or a dispute that is not in
        it is not denied: an account may not be allowed to read its disputes.

        Raises:
            ProviderUnavailable: no answer in time.
        """
        ...

    async def find(self, reference: str) -> FoundIntent | None:
        """The intent in the provider's books that an event's reference leads to; None where there is none.

        Raises:
            ProviderUnavailable: no answer in time.
        """
        ...

    async def cancel(self, payment: Payment) -> Verdict | None:
        """Close the payment's intent, so that it takes no money any more. Gives what it came to: also that it was paid
        before, or cannot be closed while a bank has it. None where the vendor has no such thing.

        Raises:
            ProviderUnavailable: no answer in time; the same call may be made again.
        """
        ...

    async def changes(self, window: Window, known_events: KnownEvents) -> list[WebhookEvent]:
        """What changed in that time, the oldest first, as webhooks would have brought it, without the events that are
        known. It may reach back further, for what the provider lists late. Its cost follows what changed, and not how
        much there is.

        Raises:
            ProviderUnavailable: no answer in time.
        """
        ...

    def read_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookEvent:
        """The event that a webhook's raw body is, once its signature is verified. Header names are lower case.

        Raises:
            BadSignature: it is not the provider's, was changed on the way, or is too old.
        """
        ...

    async def close(self) -> None:
        """Close the connections to the vendor."""
        ...
