"""A new checkout: everything is checked before it is opened, and so before money can move."""

from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from gateway.services.core.frozen import replace
from gateway.services.core.model.command import NOT_COMPARED, BaseCommand, KeyedCommand
from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.outcomes import (
    ActivePurchaseExists,
    FieldProblem,
    IdempotencyKeyReused,
    InvalidInput,
    NotFound,
    Opened,
)
from gateway.services.core.model.state import Changes, Decision, Moment, RowKeys, State
from gateway.services.core.model.values import (
    Access,
    Actor,
    Course,
    Failure,
    Payment,
    PaymentStatus,
    Provider,
    Purpose,
    Terms,
    Tier,
    TierChoice,
)
from gateway.services.core.rules import asks, tiers, timeline
from gateway.services.core.rules.access import may_touch
from gateway.services.core.rules.granting import held, is_higher, paid_access
from gateway.services.core.rules.idempotency import recorded, replay_of
from gateway.services.core.rules.inputs import metadata
from gateway.services.core.rules.inputs.fields import key_problems, metadata_problems
from gateway.services.core.rules.schedule.fitting import Offer, room_problem

PRICE_REFUSED = "price_refused"


@dataclass(frozen=True, slots=True)
class OpenPayment(KeyedCommand):
    """Start a checkout for the acting student.

    `provider` is what the caller asked for; where that is None, `default_provider` is used. That is the operator's
    choice and is not compared: a replay stays a replay when the default changes.
    """

    operation: ClassVar[str] = "createPayment"
    payment_id: UUID = field(metadata=NOT_COMPARED)
    course_id: UUID
    tier: TierChoice
    metadata: Metadata
    provider: Provider | None
    purpose: Purpose
    default_provider: Provider | None = field(default=None, metadata=NOT_COMPARED)

    def problems(self) -> list[FieldProblem]:
        return [*key_problems(self.key), *metadata_problems(self.metadata)]

    def own_keys(self) -> RowKeys:
        return RowKeys(payments={self.payment_id}, pairs={(self.actor.id, self.course_id)}, courses={self.course_id})

    def decide(self, state: State, moment: Moment) -> Decision:
        """A payment that can be paid, or why there is none: an unknown course or tier, wrong metadata, or a purchase
        that the student already has."""
        match replay_of(self, state):
            case IdempotencyKeyReused() as reused:
                return Decision(reused)
            case payment_id if payment_id is not None:
                return _opened(state.payments[payment_id], payment_id != self.payment_id, state)
        if self.payment_id in state.payments:
            return _opened(state.payments[self.payment_id], False, state)

        course = state.courses.get(self.course_id)
        if course is None:
            return Decision(NotFound("course"))
        tier = tiers.choose(course, self.tier, "tier")
        found = _problems(self, tier, moment)
        if found or isinstance(tier, FieldProblem):
            return Decision(InvalidInput(tuple(found)))
        if refusal := _already_held(self, course, tier, state, moment):
            return Decision(refusal)
        if problem := _without_room(self, course, tier, state, moment):
            return Decision(InvalidInput((problem,)))

        payment = _new_payment(self, tier, moment)
        return Decision(
            Opened(payment, already_processed=False, course=course),
            Changes(
                payments=(payment,),
                records=recorded(self, payment.id, moment),
                audit=(timeline.opened(payment, self.actor, moment),),
            ),
        )


@dataclass(frozen=True, slots=True)
class RecordIntent(BaseCommand):
    """Record the provider's id of the intent that was opened for a payment."""

    actor: Actor
    payment_id: UUID
    reference: str

    def problems(self) -> list[FieldProblem]:
        return []

    def keys(self) -> RowKeys:
        return RowKeys(payments={self.payment_id})

    def decide(self, state: State, moment: Moment) -> Decision:
        """The payment with its provider's reference, after which it can be paid; the first reference stays."""
        payment = state.payments.get(self.payment_id)
        if payment is None or not may_touch(self.actor.id, self.actor.role, payment):
            return Decision(NotFound("payment"))
        course = state.courses.get(payment.course_id)
        if payment.reference is not None:
            return Decision(Opened(payment, already_processed=True, course=course))
        changed = asks.first_ask(replace(payment, reference=self.reference), moment.now)
        entry = timeline.intent_opened(changed, self.actor, moment)
        changes = Changes(payments=(changed,), audit=(entry,))
        return Decision(Opened(changed, already_processed=False, course=course), changes)


@dataclass(frozen=True, slots=True)
class RefusePrice(BaseCommand):
    """Record that the provider refuses the price of a payment for good. `reason` is the provider's, for people."""

    actor: Actor
    payment_id: UUID
    reason: str

    def problems(self) -> list[FieldProblem]:
        return []

    def keys(self) -> RowKeys:
        return RowKeys(payments={self.payment_id})

    def decide(self, state: State, moment: Moment) -> Decision:
        """The payment, closed for good with the provider's reason; unless it was opened meanwhile."""
        payment = state.payments.get(self.payment_id)
        if payment is None or not may_touch(self.actor.id, self.actor.role, payment):
            return Decision(NotFound("payment"))
        if payment.reference is not None or payment.status is PaymentStatus.CANCELED:
            return _opened(payment, True, state)
        message = f"{payment.terms.tier} costs {payment.amount}, which {payment.provider} does not take: {self.reason}"
        refused = replace(payment, status=PaymentStatus.CANCELED, failure=Failure(PRICE_REFUSED, message))
        entry = timeline.refused(refused, self.actor, moment)
        return Decision(_opened(refused, True, state).outcome, Changes(payments=(refused,), audit=(entry,)))


def _problems(command: OpenPayment, tier: Tier | FieldProblem, moment: Moment) -> list[FieldProblem]:
    found = []
    if metadata.date_has_passed(command.metadata, moment.now):
        found.append(FieldProblem(("metadata", "date"), "must be today or later, in the slot's time zone"))
    if isinstance(tier, FieldProblem):
        found.append(tier)
    elif tier.price.amount_minor == 0:
        found.append(FieldProblem(("tier",), f"{tier.code} is free; an admin grants it with createPurchase"))
    return found


def _already_held(
    command: OpenPayment, course: Course, tier: Tier, state: State, moment: Moment
) -> ActivePurchaseExists | None:
    active = held(state, command.actor.id, course.id, moment.now)
    if active is None or is_higher(course, tiers.terms_of(tier), active):
        return None
    if tier.code != active.tier:
        return ActivePurchaseExists(active, is_downgrade=True)
    return None if command.purpose is Purpose.RENEWAL else ActivePurchaseExists(active)


def _without_room(
    command: OpenPayment, course: Course, tier: Tier, state: State, moment: Moment
) -> FieldProblem | None:
    """The problem where not all sessions, those carried over included, can take place."""
    active = held(state, command.actor.id, course.id, moment.now)

    def begin(terms: Terms, given: Metadata) -> Access | None:
        return paid_access(terms, command.purpose, given, course, active, moment.now)

    return room_problem(Offer(course, tier, command.metadata, moment.now, begin), command.tier, "tier")


def _new_payment(command: OpenPayment, tier: Tier, moment: Moment) -> Payment:
    provider = command.provider or command.default_provider
    assert provider is not None, "the service saw to it that there is one"
    return Payment(
        id=command.payment_id,
        student_id=command.actor.id,
        course_id=command.course_id,
        terms=tiers.terms_of(tier),
        amount=tier.price,
        purpose=command.purpose,
        provider=provider,
        metadata=command.metadata,
        created_at=moment.now,
        status=PaymentStatus.REQUIRES_PAYMENT,
    )


def _opened(payment: Payment, already_processed: bool, state: State) -> Decision:
    """The opened payment; or, where its price was refused, that refusal again."""
    if payment.failure is not None and payment.failure.code == PRICE_REFUSED:
        return Decision(InvalidInput((FieldProblem(("tier",), payment.failure.message),)))
    return Decision(Opened(payment, already_processed, course=state.courses.get(payment.course_id)))
