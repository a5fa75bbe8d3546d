"""The outcomes of commands: each expected one is a value, the unexpected ones are exceptions."""

from dataclasses import dataclass, field

from gateway.services.core.frozen import quick
from gateway.services.core.model.events import ProviderEvent
from gateway.services.core.model.job_outcomes import (
    AskPlanned,
    Claimed,
    EventEnded,
    EventStored,
    JobChanged,
    Lapsed,
    LeasesRenewed,
    RefundSettled,
    Stale,
)
from gateway.services.core.model.privacy.outcomes import Pruned, StudentErased, StudentHasOpenBusiness
from gateway.services.core.model.sessions.outcomes import PurchaseEnded, SessionRecorded, SessionWithdrawn
from gateway.services.core.model.values import Course, Payment, Purchase, Refund


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field that is not right: the path to it within the input, and what would be right."""

    path: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which two metadata differ, both sides as text."""

    field: str
    stored: str
    given: str


@quick
@dataclass(frozen=True, slots=True)
class Opened:
    """A checkout is open. `client_secret` is what the provider's SDK in the browser needs, if anything."""

    payment: Payment
    already_processed: bool
    client_secret: str | None = None
    course: Course | None = field(default=None, compare=False)


@quick
@dataclass(frozen=True, slots=True)
class Confirmed:
    payment: Payment
    purchase: Purchase
    already_processed: bool
    course: Course | None = field(default=None, compare=False)
    """What was bought, where it was loaded anyway: most callers ask for it as well."""


@quick
@dataclass(frozen=True, slots=True)
class Created:
    purchase: Purchase
    already_processed: bool
    replaced: Purchase | None = None
    course: Course | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Extended:
    """The purchase ends at the date that was asked for."""

    purchase: Purchase
    already_processed: bool


@dataclass(frozen=True, slots=True)
class Corrected:
    """The purchase has the metadata that was given."""

    purchase: Purchase
    already_processed: bool


@dataclass(frozen=True, slots=True)
class Revoked:
    purchase: Purchase
    already_processed: bool


@dataclass(frozen=True, slots=True)
class CourseSaved:
    course: Course
    already_processed: bool


@dataclass(frozen=True, slots=True)
class PurchaseImported:
    """A purchase of an old system is here, as `notes` say where not as its row has it. `is_new` where it came by this
    call."""

    purchase: Purchase
    payment: Payment | None
    is_new: bool
    notes: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportRefused:
    """A row of an old system did not come over, for what is in the books: `existing`, where one purchase is in its way.
    `is_conflict`: the row may be right in itself."""

    fields: tuple[FieldProblem, ...]
    is_conflict: bool = False
    existing: Purchase | None = None


@dataclass(frozen=True, slots=True)
class ImportRehearsed:
    """What each row would come to; nothing was written."""

    outcomes: tuple[PurchaseImported | ImportRefused, ...]


@dataclass(frozen=True, slots=True)
class PaymentPending:
    """Not settled yet: nothing failed, ask again. `is_unreachable`: because the provider did not answer."""

    payment: Payment
    retry_after_s: int
    is_unreachable: bool = False


@dataclass(frozen=True, slots=True)
class PaymentDeclined:
    """The provider took no money; the student may try again."""

    payment: Payment


@dataclass(frozen=True, slots=True)
class Unfulfillable:
    """Money was captured that cannot become a purchase; its refund was requested in the same commit."""

    payment: Payment


@dataclass(frozen=True, slots=True)
class DuplicatePayment:
    """Money was captured for what the student already has; its refund was requested in the same commit."""

    payment: Payment
    existing: Purchase


@dataclass(frozen=True, slots=True)
class MetadataConflict:
    """The given metadata differs from the stored metadata; nothing was changed."""

    differences: tuple[Difference, ...]
    existing: Purchase | None


@dataclass(frozen=True, slots=True)
class ActivePurchaseExists:
    """The student has an active purchase that is in the way: of another tier; of the same tier, where a payment is to
    be opened; or of any tier, where an expired purchase is to be extended."""

    existing: Purchase
    is_downgrade: bool = False


@dataclass(frozen=True, slots=True)
class IdempotencyKeyReused:
    """The idempotency key was used with other input; nothing was done."""

    key: str


@dataclass(frozen=True, slots=True)
class InvalidInput:
    """The input is not valid; nothing was done."""

    fields: tuple[FieldProblem, ...]


@dataclass(frozen=True, slots=True)
class NotFound:
    """What the command names does not exist, or not for this actor. `noun` is the kind of thing."""

    noun: str


@dataclass(frozen=True, slots=True)
class Busy:
    """The service could not take the command now, and the same call may be made again. Nothing was done.

    `may_be_done`: but for this, where the writer died with it; the same call finds out."""

    retry_after_s: int = 1
    may_be_done: bool = False


@dataclass(frozen=True, slots=True)
class ProviderAway:
    """The payment is stored, but has no intent yet: the provider did not answer. No money can have moved."""

    retry_after_s: int


@dataclass(frozen=True, slots=True)
class RefundRequested:
    """A refund was requested; a job carries it out."""

    refund: Refund
    payment: Payment
    already_processed: bool


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Our books of a payment agree with its provider's.

    `settled` is the outcome of settling the payment by the provider's verdict; `event` the provider's event that was
    handled with that, if there was one.
    """

    payment: Payment
    settled: "Outcome"
    event: ProviderEvent | None = None


Refusal = (
    PaymentPending
    | PaymentDeclined
    | Unfulfillable
    | DuplicatePayment
    | MetadataConflict
    | ActivePurchaseExists
    | PurchaseEnded
    | IdempotencyKeyReused
    | InvalidInput
    | NotFound
    | StudentHasOpenBusiness
)
"""The expected failures: each is data in the API, a `Problem`."""

Outcome = (
    Opened
    | Confirmed
    | Created
    | Extended
    | Corrected
    | Revoked
    | SessionRecorded
    | SessionWithdrawn
    | CourseSaved
    | PurchaseImported
    | ImportRefused
    | ImportRehearsed
    | RefundRequested
    | StudentErased
    | JobChanged
    | Refusal
    | Busy
    | ProviderAway
    | RefundSettled
    | Claimed
    | LeasesRenewed
    | Stale
    | Reconciled
    | AskPlanned
    | Lapsed
    | Pruned
    | EventStored
    | EventEnded
)
