"""A payment settled by what its provider says: captured money becomes one purchase, or one refund."""

from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from gateway.services.core.frozen import quick, replace
from gateway.services.core.model.command import BaseCommand
from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.outcomes import (
    Confirmed,
    DuplicatePayment,
    FieldProblem,
    MetadataConflict,
    NotFound,
    Unfulfillable,
)
from gateway.services.core.model.records import Asker, Door
from gateway.services.core.model.state import Changes, Decision, Moment, RowKeys, State
from gateway.services.core.model.values import (
    Actor,
    Course,
    Failure,
    Fulfilment,
    Origin,
    Payment,
    PaymentStatus,
    Purchase,
)
from gateway.services.core.model.verdicts import Captured, Verdict
from gateway.services.core.rules import access, granting, tiers, timeline
from gateway.services.core.rules.access import may_touch
from gateway.services.core.rules.inputs import metadata
from gateway.services.core.rules.inputs.fields import metadata_problems
from gateway.services.core.rules.inputs.subjects import is_pseudonym, trimmed
from gateway.services.core.rules.refunds.requests import request_full_refund
from gateway.services.core.rules.unsettled import unsettled


@quick
@dataclass(frozen=True, slots=True)
class ConfirmPayment(BaseCommand):
    """Settle a payment by what its provider says.

    `verdict` is None only where the provider need not be asked, see `needs_verdict`. `metadata`, where given, must
    agree with what the payment was opened with. `door` is for the audit only."""

    precedence: ClassVar[int] = 0
    """Where a payment and an admin's grant come in the same turn, the paid one wins."""

    actor: Actor
    payment_id: UUID
    purchase_id: UUID
    verdict: Verdict | None
    metadata: Metadata | None = None
    door: Door = field(kw_only=True)

    @property
    def asker(self) -> Asker:
        return Asker(self.actor, self.door)

    def needs_verdict(self, payment: Payment) -> bool:
        """Whether the provider must be asked: not for a stranger, a conflict, or a payment whose end is decided."""
        return (
            may_touch(self.actor.id, self.actor.role, payment)
            and payment.fulfilment is Fulfilment.PENDING
            and not _conflicts(payment, self)
        )

    def problems(self) -> list[FieldProblem]:
        return [] if self.metadata is None else [*metadata_problems(self.metadata)]

    def keys(self) -> RowKeys:
        return RowKeys(payments={self.payment_id})

    def decide(self, state: State, moment: Moment) -> Decision:
        """One end for one payment, by whichever door it is confirmed, and however often."""
        payment = state.payments.get(self.payment_id)
        if payment is None or not may_touch(self.actor.id, self.actor.role, payment):
            return Decision(NotFound("payment"))
        if _conflicts(payment, self):
            assert self.metadata is not None
            differing = metadata.differences(payment.metadata, self.metadata)
            return Decision(MetadataConflict(differing, state.purchase_of(payment)))
        if payment.fulfilment is not Fulfilment.PENDING:
            return _as_decided(payment, self, state)
        return _settle(payment, self, state, moment)


def _conflicts(payment: Payment, command: ConfirmPayment) -> bool:
    return command.metadata is not None and bool(metadata.differences(payment.metadata, command.metadata))


def _as_decided(payment: Payment, command: ConfirmPayment, state: State) -> Decision:
    match payment.fulfilment:
        case Fulfilment.FULFILLED:
            purchase = state.purchase_of(payment)
            assert purchase is not None, "a fulfilled payment has its purchase"
            course = state.courses.get(payment.course_id)
            return Decision(Confirmed(payment, purchase, purchase.id != command.purchase_id, course))
        case Fulfilment.DUPLICATE:
            assert payment.duplicate_of is not None, "a duplicate names what it duplicates"
            return Decision(DuplicatePayment(payment, state.purchases[payment.duplicate_of]))
        case _:
            return Decision(Unfulfillable(payment))


def _settle(payment: Payment, command: ConfirmPayment, state: State, moment: Moment) -> Decision:
    match command.verdict:
        case Captured() as captured:
            return _captured(payment, captured, command, state, moment)
        case None:
            raise AssertionError("a payment that is still open is settled by a verdict")
        case verdict:
            return unsettled(payment, verdict, command.asker, state, moment)


def _captured(payment: Payment, captured: Captured, command: ConfirmPayment, state: State, moment: Moment) -> Decision:
    taken = replace(
        payment,
        status=PaymentStatus.SUCCEEDED,
        attempt=captured.attempt,
        captured=captured.amount,
        confirmed_at=moment.now,
        failure=None,
        ask_at=None,  # with `asks`, as `asks.never_asked` has it: each change of a payment makes it anew
        asks=0,
    )
    entry = timeline.captured(taken, captured, command.door, command.actor, moment)
    decision = _fulfil(payment, taken, captured, command, state, moment)
    return Decision(decision.outcome, Changes(audit=(entry,)) + decision.changes)


def _fulfil(
    payment: Payment, taken: Payment, captured: Captured, command: ConfirmPayment, state: State, moment: Moment
) -> Decision:
    """What the money becomes: a purchase, or why it goes back."""
    course = state.courses.get(payment.course_id)
    if failure := _nobodys(payment) or _mismatch(payment, captured) or _unsellable(payment, course, moment):
        return _refund_unfulfillable(taken, failure, command, moment)
    assert course is not None, "an unsellable course was refused above"
    return _grant(taken, course, command, state, moment)


def _nobodys(payment: Payment) -> Failure | None:
    """Of an erased student the provider still has the id: it is not compared, so that it comes into no sentence."""
    return Failure("student_erased", granting.STUDENT_ERASED) if is_pseudonym(payment.student_id) else None


def _mismatch(payment: Payment, captured: Captured) -> Failure | None:
    """The difference between what was captured and what the payment was opened for, if there is one."""
    differing = [
        f"{name}: opened for {opened}, captured {taken}"
        for name, opened, taken in (
            ("amount", payment.amount, captured.settles or captured.amount),
            ("student", trimmed(payment.student_id), captured.student_id and trimmed(captured.student_id)),
            ("course", payment.course_id, captured.course_id),
        )
        if taken is not None and taken != opened
    ]
    return Failure("payment_mismatch", "; ".join(differing)) if differing else None


def _unsellable(payment: Payment, course: Course | None, moment: Moment) -> Failure | None:
    if course is None:
        return Failure("course_gone", granting.COURSE_GONE)
    if tiers.find(course, payment.terms.tier) is None:
        return Failure("tier_gone", f"The course no longer has the tier {payment.terms.tier}.")
    if found := metadata.problems(payment.metadata):
        listed = "; ".join(f"{'.'.join(problem.path)} {problem.message}" for problem in found)
        return Failure("metadata_invalid", f"The metadata is not valid: {listed}")
    if (expiry := payment.terms.expires_at) and expiry <= access.start(payment.metadata, moment.now):
        return Failure("expiry_passed", f"The access was to end by {expiry.isoformat()}, before it could begin.")
    return None


def _refund_unfulfillable(taken: Payment, failure: Failure, command: ConfirmPayment, moment: Moment) -> Decision:
    unfulfillable = replace(taken, fulfilment=Fulfilment.UNFULFILLABLE, failure=failure)
    entry = granting.audit(
        taken.id, "payment.unfulfillable", command.actor, moment, failure.message, {"code": failure.code}
    )
    changes = Changes(payments=(unfulfillable,), audit=(entry,))
    return Decision(Unfulfillable(unfulfillable), changes + request_full_refund(unfulfillable, failure.code, moment))


def _grant(taken: Payment, course: Course, command: ConfirmPayment, state: State, moment: Moment) -> Decision:
    standing = granting.standing(state, taken.student_id, course.id, command.actor, moment)
    grant = granting.Grant(
        purchase_id=command.purchase_id,
        student_id=taken.student_id,
        course_id=course.id,
        terms=taken.terms,
        metadata=taken.metadata,
        origin=Origin.PAYMENT,
        actor=command.actor,
        payment_id=taken.id,
    )
    old = standing.active
    new_access = granting.paid_access(taken.terms, taken.purpose, taken.metadata, course, old, moment.now)
    if old is not None and new_access is None:
        return _refund_duplicate(taken, old, command, moment)
    assert new_access is not None, "where nothing stands, there is nothing to duplicate"
    if old is None:
        purchase, changes = granting.begin(grant, new_access, moment)
    else:
        purchase, _, changes = granting.supersede(old, grant, new_access, moment)
    fulfilled = replace(taken, fulfilment=Fulfilment.FULFILLED)
    entry = granting.audit(taken.id, "payment.fulfilled", command.actor, moment, changes={"tier": purchase.tier})
    return Decision(
        Confirmed(fulfilled, purchase, already_processed=False, course=course),
        standing.changes + changes + Changes(payments=(fulfilled,), audit=(entry,)),
    )


def _refund_duplicate(taken: Payment, existing: Purchase, command: ConfirmPayment, moment: Moment) -> Decision:
    duplicate = replace(taken, fulfilment=Fulfilment.DUPLICATE, duplicate_of=existing.id)
    entry = granting.audit(taken.id, "payment.duplicate", command.actor, moment, granting.HAS_IT_ALREADY)
    changes = Changes(payments=(duplicate,), audit=(entry,))
    return Decision(
        DuplicatePayment(duplicate, existing), changes + request_full_refund(duplicate, "duplicate", moment)
    )
