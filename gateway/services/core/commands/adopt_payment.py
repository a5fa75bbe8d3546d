"""A checkout that another system opened at the provider, taken into our books."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from gateway.services.core.frozen import replace
from gateway.services.core.model.command import BaseCommand
from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.outcomes import FieldProblem, InvalidInput, NotFound, Opened
from gateway.services.core.model.records import Door
from gateway.services.core.model.state import Changes, Decision, Moment, RowKeys, State
from gateway.services.core.model.values import (
    Money,
    Payment,
    Provider,
    Purpose,
    Tier,
    TierChoice,
)
from gateway.services.core.rules import asks, cases, tiers, timeline
from gateway.services.core.rules.inputs import metadata
from gateway.services.core.rules.inputs.fields import (
    amount_problems,
    metadata_problems,
    student_problems,
)


@dataclass(frozen=True, slots=True)
class AdoptPayment(BaseCommand):
    """Take a checkout that another system opened at the provider into our books.

    `amount` is what that system asked for; `expiry_date` the end of the access, if that system agreed on a date.
    `cleaned` and `left_out` name the free entries that were changed or left out, for the audit only.
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
        """A payment for the intent, as if we had opened it: what is captured is treated as any other money."""
        known = state.payments.get(self.payment_id) or state.payment_by_reference(self.provider, self.reference)
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
