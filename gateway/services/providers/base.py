"""What every payment provider can be asked, whichever vendor it is."""

from dataclasses import dataclass
from typing import Protocol

from gateway.services.core.proofs import Proof
from gateway.services.core.values import Payment, Provider
from gateway.services.core.verdicts import Unacceptable, Verdict


class ProviderUnavailable(Exception):
    """The provider did not answer in time, or said that it cannot now. Nothing is known to have happened there."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"the provider is unavailable; ask again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Intent:
    """The provider's own record of a checkout: its id, and the word that the browser's SDK needs, if any."""

    reference: str
    client_secret: str | None


class PaymentProvider(Protocol):
    """A vendor behind our words. No method is called inside a transaction; each one ends by its own deadline."""

    @property
    def name(self) -> Provider: ...

    async def open(self, payment: Payment) -> Intent:
        """The intent for a payment, opened at most once whatever the number of calls: the payment's id is the
        provider's idempotency key. A payment that has its reference already gets that same intent.

        Raises:
            ProviderUnavailable: no answer in time; the same call may be made again.
        """
        ...

    async def settle(self, payment: Payment, proof: Proof | None) -> Verdict | Unacceptable:
        """What the provider says of the payment now, with the browser's proof where it has one.

        An outage is a verdict as well (`Unreachable`), for the attempt may have gone through.
        """
        ...
