"""What becomes of a wish to pay: everything is checked before money moves."""

from dataclasses import replace

from gateway.services.core.commands.every import OpenPayment, RecordIntent, RefusePrice
from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.outcomes import (
    ActivePurchaseExists,
    FieldProblem,
    IdempotencyKeyReused,
    InvalidInput,
    NotFound,
    Opened,
)
from gateway.services.core.model.state import Changes, Decision, Moment, State
from gateway.services.core.model.values import (
    Access,
    Course,
    Failure,
    Payment,
    PaymentStatus,
    Purpose,
    Terms,
    Tier,
)
from gateway.services.core.rules import asks, tiers, timeline
from gateway.services.core.rules.access import may_touch
from gateway.services.core.rules.granting import held, is_higher, paid_access
from gateway.services.core.rules.idempotency import recorded, replay_of
from gateway.services.core.rules.inputs import metadata
from gateway.services.core.rules.schedule.fitting import Wish, room_problem

PRICE_REFUSED = "price_refused"


def open_payment(command: OpenPayment, state: State, moment: Moment) -> Decision:
    """A payment that may be paid, or why not: an unknown course or tier, wrong metadata, or a purchase that the
    student already has."""
    match replay_of(command, state):
        case IdempotencyKeyReused() as reused:
            return Decision(reused)
        case payment_id if payment_id is not None:
            return _opened(state.payments[payment_id], payment_id != command.payment_id)
    if command.payment_id in state.payments:
        return _opened(state.payments[command.payment_id], already_processed=False)

    course = state.courses.get(command.course_id)
    if course is None:
        return Decision(NotFound("course"))
    tier = tiers.choose(course, command.tier, "tier")
    found = _problems(command, tier, moment)
    if found or isinstance(tier, FieldProblem):
        return Decision(InvalidInput(tuple(found)))
    if refusal := _already_held(command, course, tier, state, moment):
        return Decision(refusal)
    if problem := _without_room(command, course, tier, state, moment):
        return Decision(InvalidInput((problem,)))

    payment = _new_payment(command, tier, moment)
    return Decision(
        Opened(payment, already_processed=False),
        Changes(
            payments=(payment,),
            records=recorded(command, payment.id, moment),
            audit=(timeline.opened(payment, command.actor, moment),),
        ),
    )


def record_intent(command: RecordIntent, state: State, moment: Moment) -> Decision:
    """The payment with its provider's reference; the first one recorded stays. From now on it may be paid."""
    payment = state.payments.get(command.payment_id)
    if payment is None or not may_touch(command.actor.id, command.actor.role, payment):
        return Decision(NotFound("payment"))
    if payment.reference is not None:
        return Decision(Opened(payment, already_processed=True))
    changed = asks.first_ask(replace(payment, reference=command.reference), moment.now)
    entry = timeline.intent_opened(changed, command.actor, moment)
    return Decision(Opened(changed, already_processed=False), Changes(payments=(changed,), audit=(entry,)))


def refuse_price(command: RefusePrice, state: State, moment: Moment) -> Decision:
    """The payment as closed for good, with the provider's reason; where somebody opened it all the same, it stands."""
    payment = state.payments.get(command.payment_id)
    if payment is None or not may_touch(command.actor.id, command.actor.role, payment):
        return Decision(NotFound("payment"))
    if payment.reference is not None or payment.status is PaymentStatus.CANCELED:
        return _opened(payment)
    said = f"{payment.terms.tier} costs {payment.amount}, which {payment.provider} does not take: {command.reason}"
    refused = replace(payment, status=PaymentStatus.CANCELED, failure=Failure(PRICE_REFUSED, said))
    entry = timeline.refused(refused, command.actor, moment)
    return Decision(_opened(refused).outcome, Changes(payments=(refused,), audit=(entry,)))


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
    """What leaves sessions that would be paid for, or that are left and go over, without a day to take place."""
    active = held(state, command.actor.id, course.id, moment.now)

    def begin(terms: Terms, given: Metadata) -> Access | None:
        return paid_access(terms, command.purpose, given, course, active, moment.now)

    return room_problem(Wish(course, tier, command.metadata, moment.now, begin), command.tier, "tier")


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


def _opened(payment: Payment, already_processed: bool = True) -> Decision:
    """The payment as it was opened; or, however often it is asked for, why it never can be."""
    if payment.failure is not None and payment.failure.code == PRICE_REFUSED:
        return Decision(InvalidInput((FieldProblem(("tier",), payment.failure.message),)))
    return Decision(Opened(payment, already_processed))
