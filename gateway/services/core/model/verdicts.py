"""What a provider says of a payment, in our terms."""

from dataclasses import dataclass
from uuid import UUID

from gateway.services.core.frozen import quick
from gateway.services.core.model.values import Money, RefundStatus


@quick
@dataclass(frozen=True, slots=True)
class Captured:
    """The provider holds the money.

    `student_id` and `course_id` are what the provider's own record says the money is for, where it says so; they are
    compared with what the payment was opened for. `installation` is the mark of the gateway that opened it there.
    `amount` is what was captured, and can go back. `settles` is set where that differs from the amount of the intent,
    and the provider counts it as paid in full: an offer was taken off, or the student bore the fee."""

    attempt: str
    amount: Money
    student_id: str | None = None
    course_id: UUID | None = None
    installation: str | None = None
    settles: Money | None = None


@dataclass(frozen=True, slots=True)
class Processing:
    """The attempt is under way and may still succeed or fail; ask again after `retry_after_s` seconds."""

    attempt: str
    retry_after_s: int


@dataclass(frozen=True, slots=True)
class AwaitingPayment:
    """The intent is open and nobody has paid it yet."""


@dataclass(frozen=True, slots=True)
class PaymentDeclined:
    """This attempt failed; another one may be made. `code` is the provider's, `message` is for the student."""

    attempt: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Canceled:
    """The intent is closed for good, unpaid; `is_abandoned` where we closed it."""

    is_abandoned: bool = False


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No answer in time: the attempt may have succeeded, failed, or never started. `attempt` is the one asked about."""

    attempt: str | None
    retry_after_s: int


@dataclass(frozen=True, slots=True)
class Unacceptable:
    """The caller's proof is not one that this provider gives; the provider was not asked."""

    path: tuple[str, ...]
    message: str


Verdict = Captured | Processing | AwaitingPayment | PaymentDeclined | Canceled | Unreachable


@dataclass(frozen=True, slots=True)
class RefundSucceeded:
    """The money is on its way to the student; `reference` is the provider's id of the refund. Unless it `is_final`, the
    money may still come back to us."""

    reference: str
    is_final: bool = True


@dataclass(frozen=True, slots=True)
class RefundRejected:
    """The provider will not give the money back, however often it is asked; a person has to look."""

    code: str
    message: str


RefundResult = RefundSucceeded | RefundRejected


@dataclass(frozen=True, slots=True)
class RefundRecord:
    """A refund in the provider's books, with its id there, and our id where we requested it.

    A dispute is one as well: PENDING while the bank decides, SUCCEEDED where the student got the money, FAILED where
    the money stays with us. `reason` is the provider's, for people."""

    reference: str
    refund_id: UUID | None
    amount: Money
    status: RefundStatus
    is_dispute: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ExtraCapture:
    """Money that an intent took once more, by another attempt than the one that paid it."""

    captured: Captured
    refunds: tuple[RefundRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class ProviderRecord:
    """All that the provider's books say of a payment now. `refunds` are those of the verdict's own attempt."""

    verdict: Verdict
    refunds: tuple[RefundRecord, ...] = ()
    extra: tuple[ExtraCapture, ...] = ()

    @property
    def captures(self) -> tuple[ExtraCapture, ...]:
        """All the money that its intent took, whichever of it paid."""
        if not isinstance(self.verdict, Captured):
            return self.extra
        return (ExtraCapture(self.verdict, self.refunds), *self.extra)

    def paid_by(self, attempt: str | None) -> "ProviderRecord":
        """The same, where the attempt that paid is that one: its provider was asked before our books knew which."""
        paid = next((each for each in self.extra if each.captured.attempt == attempt), None)
        if paid is None or not isinstance(self.verdict, Captured) or self.verdict.attempt == attempt:
            return self
        extra = tuple(each for each in self.captures if each.captured.attempt != attempt)
        return ProviderRecord(paid.captured, paid.refunds, extra)

    @property
    def is_pending(self) -> bool:
        """Whether some of its money is on its way back, or disputed, with no end known yet."""
        records = (*self.refunds, *(record for each in self.extra for record in each.refunds))
        return any(record.status is RefundStatus.PENDING for record in records)
