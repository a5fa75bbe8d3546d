"""Money that came in by no checkout of ours: intents that another system opened, and intents that paid twice."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from gateway.services.core.model.command import BaseCommand
from gateway.services.core.model.job_outcomes import ExtraRecorded
from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.outcomes import FieldProblem, InvalidInput, NotFound, Opened
from gateway.services.core.model.records import Door
from gateway.services.core.model.state import Changes, Decision, Moment, RowKeys, State
from gateway.services.core.model.values import (
    GATEWAY,
    Failure,
    Fulfilment,
    Money,
    Payment,
    PaymentStatus,
    Provider,
    Purpose,
    Tier,
    TierChoice,
)
from gateway.services.core.model.verdicts import Captured
from gateway.services.core.rules import asks, cases, granting, tiers, timeline
from gateway.services.core.rules.inputs import metadata
from gateway.services.core.rules.inputs.fields import (
    amount_problems,
    metadata_problems,
    student_problems,
)
from gateway.services.core.rules.refunds.promises import all_back

PAID_TWICE = "The checkout was paid more than once."


@dataclass(frozen=True, slots=True)
class AdoptPayment(BaseCommand):
    """Take a checkout into our books that another system opened at the provider.

    `amount` is what that system asked for, `expiry_date` the end of the access that it promised by name, if any.
    `cleaned` and `left_out` name the free entries that are not kept as they were written, for the audit alone.
    """

    payment_id: UUID
    provider: Provider
    reference: str
    amount: Money
    student_id: str
    course_id: UUID
    tier: TierChoice
    metadata: Metadata
    expiry_date: datetime | None = None
    purpose: Purpose = Purpose.PURCHASE
    cleaned: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    door: Door = field(kw_only=True)

    def problems(self) -> list[FieldProblem]:
        return [*student_problems(self.student_id), *amount_problems(self.amount), *metadata_problems(self.metadata)]

    def keys(self) -> RowKeys:
        return RowKeys(
            payments={self.payment_id},
            references={(self.provider.value, self.reference)},
            courses={self.course_id},
            cases={cases.of_intent(self.provider, self.reference)},
        )

    def decide(self, state: State, moment: Moment) -> Decision:
        """A payment for the intent, as if we had opened it: what is captured of it is judged as any other money."""
        known = state.payments.get(self.payment_id) or _by_reference(self.provider, self.reference, state)
        if known is not None:
            return Decision(Opened(known, already_processed=True))
        course = state.courses.get(self.course_id)
        if course is None:
            return Decision(NotFound("course"))
        tier = tiers.choose(course, self.tier, "purchaseTier")
        if isinstance(tier, FieldProblem):
            return Decision(InvalidInput((tier,)))
        if self.expiry_date is not None and self.expiry_date.year > metadata.LATEST_YEAR:
            problem = FieldProblem(("expiryDate",), f"must be before the end of {metadata.LATEST_YEAR}")
            return Decision(InvalidInput((problem,)))
        payment = asks.first_ask(_adopted(self, tier, moment), moment.now)
        entry = timeline.adopted(payment, self.door, self.cleaned, self.left_out, moment)
        changes = Changes(payments=(payment,), audit=(entry,))
        changes += cases.settled(cases.of_intent(self.provider, self.reference), state, moment)
        return Decision(Opened(payment, already_processed=False), changes)


@dataclass(frozen=True, slots=True)
class RecordExtra(BaseCommand):
    """Note that a payment's intent took money once more, by another attempt: `extra_id` is that money's payment."""

    extra_id: UUID
    payment_id: UUID
    provider: Provider
    captured: Captured
    door: Door = field(kw_only=True)

    def problems(self) -> list[FieldProblem]:
        return []

    def keys(self) -> RowKeys:
        return RowKeys(payments={self.payment_id}, references={(self.provider.value, self.captured.attempt)})

    def decide(self, state: State, moment: Moment) -> Decision:
        """The extra money as a payment of its own, a duplicate of what the first one led to, with its refund."""
        known = _by_reference(self.provider, self.captured.attempt, state)
        if known is not None:
            return Decision(ExtraRecorded(known))
        paid = state.payments.get(self.payment_id)
        if paid is None or paid.fulfilment is Fulfilment.PENDING:
            return Decision(NotFound("captured payment"))
        if paid.attempt == self.captured.attempt:
            return Decision(ExtraRecorded(paid))  # asked before our books knew which attempt paid
        extra = _extra(self, paid, state, moment)
        action = "payment.duplicate" if extra.fulfilment is Fulfilment.DUPLICATE else "payment.unfulfillable"
        entries = (
            timeline.captured(extra, self.captured, self.door, GATEWAY, moment),
            granting.audit(extra.id, action, GATEWAY, moment, PAID_TWICE),
        )
        changes = Changes(payments=(extra,), audit=entries)
        return Decision(ExtraRecorded(extra), changes + all_back(extra, "the checkout was paid more than once", moment))


def _by_reference(provider: Provider, reference: str, state: State) -> Payment | None:
    return next(
        (each for each in state.payments.values() if (each.provider, each.reference) == (provider, reference)), None
    )


def _adopted(command: AdoptPayment, tier: Tier, moment: Moment) -> Payment:
    return Payment(
        id=command.payment_id,
        student_id=command.student_id,
        course_id=command.course_id,
        terms=replace(tiers.terms_of(tier), expires_at=command.expiry_date),
        amount=command.amount,
        purpose=command.purpose,
        provider=command.provider,
        metadata=command.metadata,
        created_at=moment.now,
        reference=command.reference,
    )


def _extra(command: RecordExtra, paid: Payment, state: State, moment: Moment) -> Payment:
    """By the attempt's id, which is what the provider's dashboard finds it by."""
    purchase = state.purchase_of(paid)
    duplicate_of = purchase.id if purchase else paid.duplicate_of
    return replace(
        paid,
        id=command.extra_id,
        amount=command.captured.amount,
        created_at=moment.now,
        status=PaymentStatus.SUCCEEDED,
        fulfilment=Fulfilment.DUPLICATE if duplicate_of else Fulfilment.UNFULFILLABLE,
        reference=command.captured.attempt,
        attempt=command.captured.attempt,
        checks=0,
        captured=command.captured.amount,
        refunded_minor=0,
        failure=None if duplicate_of else Failure("paid_twice", PAID_TWICE),
        duplicate_of=duplicate_of,
        extra_of=paid.id,
        confirmed_at=moment.now,
        ask_at=None,
        asks=0,
    )
