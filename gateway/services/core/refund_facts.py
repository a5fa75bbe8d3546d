"""Our books of a payment's refunds, brought to what the provider's say, whoever asked for them there."""

from collections.abc import Iterable
from dataclasses import replace

from gateway.services.core import granting
from gateway.services.core.commands import RecordRefunds
from gateway.services.core.jobs import ALREADY_BACK, refund_job
from gateway.services.core.outcomes import Missing, RefundsRecorded
from gateway.services.core.refund_ends import end_purchase, reinstated, with_refund
from gateway.services.core.refunding import promise
from gateway.services.core.values import (
    GATEWAY,
    Actor,
    Failure,
    Fulfilment,
    Payment,
    PaymentStatus,
    Refund,
    RefundOrigin,
    RefundStatus,
)
from gateway.services.core.verdicts import RefundFact
from gateway.services.core.work import JobState
from gateway.services.core.world import NOTHING, Changes, Decision, Moment, World

BEYOND = "exceeds_captured"
"""Why a refund does not count that went back beyond what was captured, as a lost dispute after a refund can."""

ALL_BACK = Failure(ALREADY_BACK, "the money went back another way")
LESS_LEFT = Failure("less_left", "a part of the money went back another way, and less is left than was to go back")


def record_refunds(command: RecordRefunds, world: World, moment: Moment) -> Decision:
    """Each fact in our books once. What happened twice for the same money is noted and does not count."""
    payment = world.payments.get(command.payment_id)
    if payment is None:
        return Decision(Missing("payment"))
    if payment.captured is None or payment.attempt != command.attempt:
        return Decision(RefundsRecorded(payment))  # that money is not this payment's, or not yet
    books = _Books(payment, world.refunds_of(payment.id), moment)
    for fact in sorted(command.facts, key=_came):
        books.hear(fact)
    if books.changes == NOTHING:
        return Decision(RefundsRecorded(payment))
    changes = books.changes + Changes(payments=(books.payment,)) + end_purchase(books.payment, world, moment)
    for refund in books.came_back:
        changes += _after_return(refund, books, world, moment)
    return Decision(RefundsRecorded(books.payment), changes)


def _after_return(refund: Refund, books: "_Books", world: World, moment: Moment) -> Changes:
    """Money that is here again is owed where we wanted it gone, and stands in a FAILED job until an admin has found
    another way. What others had sent goes out again where it is nobody's purchase, or else buys the course again."""
    payment = books.payment
    if payment.status is PaymentStatus.REFUNDED:
        return NOTHING
    if refund.origin is not RefundOrigin.GATEWAY:
        if payment.fulfilment is not Fulfilment.FULFILLED:
            return promise(payment, books.left(), "the refund came back", GATEWAY, moment, moment.new_id())[1]
        if (changes := reinstated(payment, world, moment)) is not None:
            return changes
    job = refund_job(refund, moment)
    error = refund.failure.message if refund.failure else None
    return Changes(jobs=(replace(job, state=JobState.FAILED, last_error=error, finished_at=moment.now),))


def _came(fact: RefundFact) -> tuple[int, str]:
    """What went back counts before what is only promised; and the same facts are heard in the same order."""
    ranks = {RefundStatus.FAILED: 0, RefundStatus.SUCCEEDED: 1, RefundStatus.PENDING: 2}
    return ranks[fact.status], fact.reference


class _Books:
    """A payment and its refunds as they are after the facts heard so far."""

    def __init__(self, payment: Payment, refunds: Iterable[Refund], moment: Moment) -> None:
        self.payment, self.changes = payment, NOTHING
        self.came_back: list[Refund] = []
        self._refunds = {refund.id: refund for refund in refunds}
        self._moment = moment

    def hear(self, fact: RefundFact) -> None:
        known = self._known(fact)
        was = known.status if known else None
        match fact.status:
            case RefundStatus.SUCCEEDED if was is not RefundStatus.SUCCEEDED:
                self._given(known, fact)
            case RefundStatus.FAILED if known and was is RefundStatus.SUCCEEDED:
                self._come_back(known)
            case RefundStatus.FAILED if (
                known and was is RefundStatus.PENDING and known.origin is not RefundOrigin.GATEWAY
            ):
                self._called_off(known, fact)
            case RefundStatus.PENDING if known is None and self._fits(fact, self.left()):
                self._put(_made_there(fact, self.payment, self._moment), "payment.refund_requested", fact.reason)

    def _given(self, known: Refund | None, fact: RefundFact) -> None:
        """The refund as one that was made."""
        refund = known or _made_there(fact, self.payment, self._moment)
        if not self._fits(fact, self._kept()):
            self._beyond(known, refund)
            return
        given = replace(
            refund,
            amount=fact.amount,
            status=RefundStatus.SUCCEEDED,
            reference=fact.reference,
            failure=None,
            settled_at=self._moment.now,
        )
        was_all = self.left() == 0
        self.payment = with_refund(self.payment, fact.amount.amount_minor)
        self._put(given, "payment.refunded", given.reason)
        self._crowd_out(was_all)
        is_waiting = any(each.status is RefundStatus.PENDING for each in self._refunds.values())
        if self.payment.fulfilment is not Fulfilment.FULFILLED and self.left() > 0 and not is_waiting:
            self._promise_rest(given.reason, given.requested_by)  # a part is no end

    def _beyond(self, known: Refund | None, refund: Refund) -> None:
        if known and known.failure and known.failure.code == BEYOND:
            return  # noted before
        failure = Failure(BEYOND, "more than was captured went back; see the provider's books")
        failed = replace(refund, status=RefundStatus.FAILED, failure=failure, settled_at=self._moment.now)
        self._put(failed, "payment.refunded_beyond", failure.message)

    def _crowd_out(self, was_all: bool) -> None:
        """Ours that wait for more than is left now cannot be made. Where all was to go back, what is left still is."""
        crowded = []
        pending = [each for each in self._refunds.values() if each.status is RefundStatus.PENDING]
        for refund in sorted(pending, key=lambda each: each.origin is not RefundOrigin.GATEWAY):
            if self.left() < 0:
                crowded.append(replace(refund, status=RefundStatus.FAILED, settled_at=self._moment.now))
                self._refunds[refund.id] = crowded[-1]
        left = self.left()
        for refund in crowded:
            failure = ALL_BACK if was_all or left == 0 else LESS_LEFT
            self._put(replace(refund, failure=failure), "payment.refund_rejected", failure.message)
        if was_all and left > 0 and crowded and crowded[0].origin is RefundOrigin.GATEWAY:
            self._promise_rest(crowded[0].reason, crowded[0].requested_by)

    def _promise_rest(self, reason: str, requested_by: Actor) -> None:
        """By an id of its own: a provider knows the one before by its amount."""
        rest, changes = promise(self.payment, self.left(), reason, requested_by, self._moment, self._moment.new_id())
        self._refunds[rest.id] = rest
        self.changes += changes

    def _come_back(self, refund: Refund) -> None:
        """A refund that the provider had sent and that came back to it, days later at times."""
        failure = Failure("returned", "the refund came back to the provider")
        failed = replace(refund, status=RefundStatus.FAILED, failure=failure, settled_at=self._moment.now)
        self.payment = with_refund(self.payment, -refund.amount.amount_minor)
        self._put(failed, "payment.refund_returned", refund.reason)
        self.came_back.append(failed)

    def _called_off(self, refund: Refund, fact: RefundFact) -> None:
        """Somebody else's that came to nothing: the money stays here."""
        failure = Failure("called_off", "the dispute was decided for us" if fact.is_dispute else "it was not made")
        failed = replace(refund, status=RefundStatus.FAILED, failure=failure, settled_at=self._moment.now)
        self._put(failed, "payment.refund_rejected", failure.message)

    def _put(self, refund: Refund, action: str, reason: str | None) -> None:
        self._refunds[refund.id] = refund
        entry = granting.audit(self.payment.id, action, GATEWAY, self._moment, reason)
        self.changes += Changes(refunds=(refund,), audit=(entry,))

    def _fits(self, fact: RefundFact, minor: int) -> bool:
        """Whether it is at most that much, and of the money that was captured: no rate is guessed here."""
        assert self.payment.captured is not None
        return fact.amount.currency == self.payment.captured.currency and fact.amount.amount_minor <= minor

    def _kept(self) -> int:
        """Minor units that did not go back."""
        assert self.payment.captured is not None
        return self.payment.captured.amount_minor - self.payment.refunded_minor

    def left(self) -> int:
        """Minor units that neither went back nor are on their way; below nought where too much is promised."""
        return self._kept() - sum(_pending(self._refunds.values()))

    def _known(self, fact: RefundFact) -> Refund | None:
        for refund in self._refunds.values():
            if refund.id == fact.refund_id or refund.reference == fact.reference:
                return refund
        return None


def _pending(refunds: Iterable[Refund]) -> Iterable[int]:
    return (refund.amount.amount_minor for refund in refunds if refund.status is RefundStatus.PENDING)


def _made_there(fact: RefundFact, payment: Payment, moment: Moment) -> Refund:
    origin = RefundOrigin.DISPUTE if fact.is_dispute else RefundOrigin.PROVIDER
    reason = fact.reason or ("disputed" if fact.is_dispute else "made at the provider")
    return Refund(
        moment.new_id(), payment.id, fact.amount, reason, GATEWAY, moment.now, reference=fact.reference, origin=origin
    )
