"""A payment and its refunds brought to what the provider's records say, with the audit entries that say how."""

from collections.abc import Iterable

from gateway.services.core.frozen import replace
from gateway.services.core.model.state import NOTHING, Changes, Moment
from gateway.services.core.model.values import (
    GATEWAY,
    Failure,
    Fulfilment,
    Money,
    Payment,
    PaymentStatus,
    Refund,
    RefundOrigin,
    RefundStatus,
)
from gateway.services.core.model.verdicts import RefundRecord
from gateway.services.core.rules import granting, timeline
from gateway.services.core.rules.inputs.subjects import is_pseudonym
from gateway.services.core.rules.refunds.claims import Claim, claims_of
from gateway.services.core.rules.refunds.learnt import named
from gateway.services.core.rules.refunds.requests import request_refund
from gateway.services.core.rules.refunds.sums import ALREADY_BACK, kept_of, left_of, own_pending, sum_of

EXCEEDS_CAPTURED = "exceeds_captured"
"""Why a refund does not count: nothing was left of the money, as when a dispute is lost after a refund."""

MORE_WENT_BACK = "more than was captured went back; see the provider's books"
DISPUTED, AT_PROVIDER = "disputed", "made at the provider"
ALL_BACK = Failure(ALREADY_BACK, "the money went back another way")
LESS_LEFT = Failure("less_left", "a part of the money went back another way, and less is left than was to go back")
RETURNED = Failure("returned", "the refund came back to the provider")
WON = Failure("called_off", "the dispute was decided for us")
NOT_MADE = Failure("called_off", "it was not made")


class RefundBooks:
    """The refunds of one payment, as they are being changed.

    `excess` has the claims that newly exceed what was captured; `returned`, the refunds whose money came back to us.
    """

    def __init__(self, payment: Payment, refunds: Iterable[Refund], moment: Moment) -> None:
        self.payment, self.changes = payment, NOTHING
        self.refunds = {refund.id: refund for refund in refunds}
        self.excess: list[Claim] = []
        self.returned: list[Refund] = []
        self._moved: list[Refund] = []
        """Refunds that just went back, or failed to."""
        self._moment = moment

    def apply(self, told: Iterable[RefundRecord]) -> None:
        """Enter each claim as it counts among all of them, then fail those pending refunds of ours that exceed what is
        left."""
        records = list(told)
        for refund in named(self.refunds.values(), records):
            self._enter(refund, "payment.refund_named", refund.reason)
        was_all = sum_of(own_pending(self.refunds.values())) == kept_of(self.payment)
        for claim in claims_of(self.payment, self.refunds.values(), records):
            match claim.record.status:
                case RefundStatus.SUCCEEDED:
                    self._enter_succeeded(claim)
                case RefundStatus.PENDING:
                    self._enter_pending(claim)
                case RefundStatus.FAILED:
                    self._enter_failed(claim)
        back = sum_of(each for each in self.refunds.values() if each.status is RefundStatus.SUCCEEDED)
        self.payment = _with_refunded_sum(self.payment, back)
        self._crowd_out(was_all)
        if self._moved and self.payment.fulfilment is not Fulfilment.FULFILLED:
            # Where the payment led to no purchase, a refund of a part settles nothing.
            self._request_rest(left_of(self.payment, self.refunds.values()), self._moved[-1])

    def _enter_succeeded(self, claim: Claim) -> None:
        known = claim.known
        if claim.counted.amount_minor == 0:
            self._enter_without_share(claim)
        elif known is None or known.status is not RefundStatus.SUCCEEDED:
            given = self._settled(claim, RefundStatus.SUCCEEDED, None)
            self._enter(given, timeline.dispute_or(given, "payment.refunded"), given.reason)
            self._moved.append(given)
            self._note_excess(claim)
        elif known.amount != claim.counted:  # another claim took a part of its share, or gave it back
            self._recount(known, claim.counted)
            if known.amount == claim.record.amount:  # else it was noted when it first exceeded its share
                self._note_excess(claim)

    def _recount(self, known: Refund, counted: Money) -> None:
        change: dict[str, object] = {"amountMinor": [known.amount.amount_minor, counted.amount_minor]}
        self._enter(replace(known, amount=counted), "payment.refund_recounted", known.reason, change)

    def _enter_without_share(self, claim: Claim) -> None:
        """It went back when nothing was left: it is entered with the provider's amount, and counts for nothing."""
        if claim.known and claim.known.failure and claim.known.failure.code == EXCEEDS_CAPTURED:
            return  # entered before
        failure = Failure(EXCEEDS_CAPTURED, MORE_WENT_BACK)
        failed = self._settled(claim, RefundStatus.FAILED, failure)
        action = "payment.dispute_lost" if claim.record.is_dispute else "payment.refund_rejected"
        self._enter(replace(failed, amount=claim.record.amount), action, failure.message)
        self._note_excess(claim)

    def _note_excess(self, claim: Claim) -> None:
        if not claim.is_excess:
            return
        change: dict[str, object] = {
            "reference": claim.record.reference,
            "said": str(claim.record.amount),
            "counted": str(claim.counted),
        }
        entry = granting.audit(self.payment.id, "payment.refunded_beyond", GATEWAY, self._moment, changes=change)
        self.changes += Changes(audit=(entry,))
        self.excess.append(claim)

    def _enter_pending(self, claim: Claim) -> None:
        """An open dispute, or a refund under way at the provider's dashboard."""
        known, counted = claim.known, claim.counted
        if counted.amount_minor == 0:
            if known and known.status is RefundStatus.PENDING:
                failed = self._settled(claim, RefundStatus.FAILED, ALL_BACK)
                self._enter(replace(failed, amount=known.amount), "payment.refund_rejected", ALL_BACK.message)
        elif known is None or known.status is not RefundStatus.PENDING:
            waiting = self._settled(claim, RefundStatus.PENDING, None)
            action = timeline.dispute_or(waiting, "payment.refund_requested")
            self._enter(replace(waiting, settled_at=None), action, waiting.reason)
        elif known.amount != counted:
            self._recount(known, counted)

    def _enter_failed(self, claim: Claim) -> None:
        """Somebody else's refund that was not made, or money that the provider had sent and that came back, sometimes
        days later."""
        known = claim.known
        assert known is not None, "only a claim that our books have can fail in them"
        is_back = known.status is RefundStatus.SUCCEEDED
        failure = RETURNED if is_back else _not_made(claim.record)
        failed = replace(known, status=RefundStatus.FAILED, failure=failure, settled_at=self._moment.now)
        action = timeline.dispute_or(known, "payment.refund_returned" if is_back else "payment.refund_rejected")
        self._enter(failed, action, known.reason if is_back else failure.message)
        if is_back:
            self.returned.append(failed)
        if failed.origin is not RefundOrigin.GATEWAY:
            self._moved.append(failed)

    def _crowd_out(self, was_all: bool) -> None:
        """Fail our pending refunds that exceed what is left now, the latest first. Where all of the money was to go
        back, what is left still is."""
        kept, waiting, crowded = kept_of(self.payment), own_pending(self.refunds.values()), []
        while sum_of(waiting) > kept:
            crowded.append(waiting.pop())
        failure = ALL_BACK if was_all or kept == sum_of(waiting) else LESS_LEFT
        for refund in crowded:
            failed = replace(refund, status=RefundStatus.FAILED, failure=failure, settled_at=self._moment.now)
            self._enter(failed, "payment.refund_rejected", failure.message)
        if was_all and crowded:
            self._request_rest(kept - sum_of(waiting), crowded[-1])

    def _request_rest(self, amount_minor: int, instead_of: Refund) -> None:
        """A new refund, with a new id: the provider knows the old id with the old amount."""
        if amount_minor <= 0:
            return
        is_ours = instead_of.origin is RefundOrigin.GATEWAY
        reason, actor = _reason_for_rest(instead_of), instead_of.requested_by if is_ours else GATEWAY
        rest, changes = request_refund(self.payment, amount_minor, reason, actor, self._moment, self._moment.new_id())
        self.refunds[rest.id] = rest
        self.changes += changes

    def _settled(self, claim: Claim, status: RefundStatus, failure: Failure | None) -> Refund:
        refund = claim.known or _made_at_provider(claim.record, self.payment, self._moment)
        return replace(
            refund,
            amount=claim.counted,
            status=status,
            reference=claim.record.reference,
            failure=failure,
            settled_at=self._moment.now,
        )

    def _enter(self, refund: Refund, action: str, reason: str | None, change: dict[str, object] | None = None) -> None:
        self.refunds[refund.id] = refund
        entry = timeline.refund(refund, action, GATEWAY, self._moment, reason, change)
        self.changes += Changes(refunds=(refund,), audit=(entry,))


def _with_refunded_sum(payment: Payment, refunded_minor: int) -> Payment:
    assert payment.captured is not None, "only captured money is refunded"
    status = PaymentStatus.SUCCEEDED
    if refunded_minor > 0:
        is_full = refunded_minor >= payment.captured.amount_minor
        status = PaymentStatus.REFUNDED if is_full else PaymentStatus.PARTIALLY_REFUNDED
    return replace(payment, refunded_minor=refunded_minor, status=status)


def _not_made(record: RefundRecord) -> Failure:
    return WON if record.is_dispute else NOT_MADE


def _reason_for_rest(instead_of: Refund) -> str:
    """Why the rest goes back: for the reason of the part before it, or because that part came back or was given up."""
    if instead_of.status is RefundStatus.FAILED and instead_of.origin is not RefundOrigin.GATEWAY:
        assert instead_of.failure is not None, "what failed says why"
        return instead_of.failure.message
    return instead_of.reason


def _made_at_provider(record: RefundRecord, payment: Payment, moment: Moment) -> Refund:
    origin = RefundOrigin.DISPUTE if record.is_dispute else RefundOrigin.PROVIDER
    reason = DISPUTED if record.is_dispute else AT_PROVIDER
    if record.reason and not is_pseudonym(payment.student_id):  # whoever wrote it there may have named somebody
        reason = record.reason
    return Refund(
        moment.new_id(),
        payment.id,
        record.amount,
        reason,
        GATEWAY,
        moment.now,
        reference=record.reference,
        origin=origin,
    )
