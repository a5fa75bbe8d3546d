"""Money that came in by no checkout of ours: intents that another system opened, and intents that paid twice."""

from dataclasses import replace

from gateway.services.core.commands.every import AdoptPayment, RecordExtra
from gateway.services.core.commands.refund_payment import all_back
from gateway.services.core.model.outcomes import ExtraRecorded, FieldProblem, InvalidInput, NotFound, Opened
from gateway.services.core.model.state import Changes, Decision, Moment, State
from gateway.services.core.model.values import GATEWAY, Failure, Fulfilment, Payment, PaymentStatus, Provider, Tier
from gateway.services.core.rules import asks, cases, granting, tiers, timeline
from gateway.services.core.rules.inputs import metadata

PAID_TWICE = "The checkout was paid more than once."


def adopt_payment(command: AdoptPayment, state: State, moment: Moment) -> Decision:
    """A payment for the intent, as if we had opened it: what is captured of it is then judged as any other money."""
    known = state.payments.get(command.payment_id) or _by_reference(command.provider, command.reference, state)
    if known is not None:
        return Decision(Opened(known, already_processed=True))
    course = state.courses.get(command.course_id)
    if course is None:
        return Decision(NotFound("course"))
    tier = tiers.choose(course, command.tier, "purchaseTier")
    if isinstance(tier, FieldProblem):
        return Decision(InvalidInput((tier,)))
    if command.expiry_date is not None and command.expiry_date.year > metadata.LATEST_YEAR:
        problem = FieldProblem(("expiryDate",), f"must be before the end of {metadata.LATEST_YEAR}")
        return Decision(InvalidInput((problem,)))
    payment = asks.first_ask(_adopted(command, tier, moment), moment.now)
    entry = timeline.adopted(payment, command, moment)
    changes = Changes(payments=(payment,), audit=(entry,))
    changes += cases.settled(cases.of_intent(command.provider, command.reference), state, moment)
    return Decision(Opened(payment, already_processed=False), changes)


def record_extra(command: RecordExtra, state: State, moment: Moment) -> Decision:
    """The extra money as a payment of its own, a duplicate of what the first one led to, with its refund."""
    known = _by_reference(command.provider, command.captured.attempt, state)
    if known is not None:
        return Decision(ExtraRecorded(known))
    paid = state.payments.get(command.payment_id)
    if paid is None or paid.fulfilment is Fulfilment.PENDING:
        return Decision(NotFound("captured payment"))
    if paid.attempt == command.captured.attempt:
        return Decision(ExtraRecorded(paid))  # asked before our books knew which attempt paid
    extra = _extra(command, paid, state, moment)
    action = "payment.duplicate" if extra.fulfilment is Fulfilment.DUPLICATE else "payment.unfulfillable"
    entries = (
        timeline.captured(extra, command.captured, command.door, GATEWAY, moment),
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
