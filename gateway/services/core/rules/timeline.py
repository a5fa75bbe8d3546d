"""The audit entries of a payment's history, from the opening of its checkout to the end of its money.

An entry is written where something changes, and for the first ask that changed nothing, but no further one: a page asks
every two seconds, and a schedule for days.
"""

from collections.abc import Sequence
from datetime import UTC

from gateway.services.core.model.records import Asker, AuditEntry, Door
from gateway.services.core.model.state import Moment
from gateway.services.core.model.values import GATEWAY, Actor, Money, Payment, Refund, RefundOrigin
from gateway.services.core.model.verdicts import Captured
from gateway.services.core.rules.granting import audit

NOBODY_PAID = "The provider says that nobody has paid yet."
NOT_SETTLED = "The provider has this attempt under way, and has not settled it yet."
NO_ANSWER = "The provider did not answer, so whether money was taken is not known yet."
OF_DISPUTES = {
    "payment.refund_requested": "payment.dispute_opened",
    "payment.refunded": "payment.dispute_lost",
    "payment.refund_returned": "payment.dispute_won",
    "payment.refund_rejected": "payment.dispute_won",
}
"""The action of a dispute, instead of the one of a refund."""

CAME_TO_NOTHING = "The attempt came to nothing; the checkout can still be paid."


def opened(payment: Payment, actor: Actor, moment: Moment) -> AuditEntry:
    return audit(payment.id, "payment.opened", actor, moment, changes=_offer(payment))


def intent_opened(payment: Payment, actor: Actor, moment: Moment) -> AuditEntry:
    changes: dict[str, object] = {"provider": payment.provider.value, "reference": payment.reference}
    return audit(payment.id, "payment.intent_opened", actor, moment, changes=changes)


def refused(payment: Payment, actor: Actor, moment: Moment) -> AuditEntry:
    assert payment.failure is not None, "a refused payment says why"
    changes: dict[str, object] = {"provider": payment.provider.value, "code": payment.failure.code}
    return audit(payment.id, "payment.refused", actor, moment, payment.failure.message, changes)


def adopted(
    payment: Payment, door: Door, cleaned: Sequence[str], left_out: Sequence[str], moment: Moment
) -> AuditEntry:
    """A checkout that another system opened. Of its free entries, `cleaned` were changed and `left_out` were not
    kept."""
    changes: dict[str, object] = {"door": door.value, "reference": payment.reference, **_offer(payment)}
    changes |= {name: list(names) for name, names in (("cleaned", cleaned), ("leftOut", left_out)) if names}
    return audit(payment.id, "payment.adopted", GATEWAY, moment, changes=changes)


def imported(payment: Payment, old_id: str, source: str, actor: Actor, moment: Moment) -> AuditEntry:
    """A payment of an old system that was captured, and fulfilled, there. Its attempt is its reference where that had
    not been kept."""
    changes: dict[str, object] = {
        "oldId": old_id,
        "source": source,
        "provider": payment.provider.value,
        "reference": payment.reference,
        "attempt": payment.attempt,
        "createdAt": payment.created_at.astimezone(UTC).isoformat(),
        "refundedMinor": payment.refunded_minor,
        **_offer(payment),
    }
    return audit(payment.id, "payment.imported", actor, moment, changes=changes)


def asked(payment: Payment, asker: Asker, moment: Moment, reason: str) -> AuditEntry:
    return _of_ask(payment, "payment.asked", asker, moment, reason)


def processing(payment: Payment, asker: Asker, moment: Moment, reason: str) -> AuditEntry:
    return _of_ask(payment, "payment.processing", asker, moment, reason, attempt=payment.attempt)


def unpaid(payment: Payment, asker: Asker, moment: Moment) -> AuditEntry:
    return _of_ask(payment, "payment.unpaid", asker, moment, CAME_TO_NOTHING, attempt=payment.attempt)


def attempt_learnt(payment: Payment, before: str, actor: Actor, moment: Moment) -> AuditEntry:
    return audit(payment.id, "payment.attempt_learnt", actor, moment, changes={"attempt": [before, payment.attempt]})


def declined(payment: Payment, asker: Asker, moment: Moment) -> AuditEntry:
    assert payment.failure is not None, "a declined payment says why"
    code, message = payment.failure.code, payment.failure.message
    return _of_ask(payment, "payment.declined", asker, moment, message, attempt=payment.attempt, code=code)


def canceled(payment: Payment, asker: Asker, moment: Moment) -> AuditEntry:
    assert payment.failure is not None, "a canceled payment says why"
    return _of_ask(payment, "payment.canceled", asker, moment, payment.failure.message, code=payment.failure.code)


def captured(payment: Payment, by: Captured, door: Door, actor: Actor, moment: Moment) -> AuditEntry:
    settles: dict[str, object] = {"settles": _money(by.settles)} if by.settles else {}
    changes = {"door": door.value, "attempt": by.attempt, **_money(by.amount), **settles}
    return audit(payment.id, "payment.captured", actor, moment, changes=changes)


def refund(
    refund: Refund,
    action: str,
    actor: Actor,
    moment: Moment,
    reason: str | None,
    change: dict[str, object] | None = None,
) -> AuditEntry:
    """What happened to a refund: how much, who asked for it, and the provider's id once there is one.

    Args:
        change: further entries, or ones that replace these.
    """
    changes: dict[str, object] = {**_money(refund.amount), "origin": refund.origin.value}
    if refund.reference is not None:
        changes["reference"] = refund.reference
    return audit(refund.payment_id, action, actor, moment, reason, {**changes, **(change or {})})


def dispute_or(refund: Refund, action: str) -> str:
    return OF_DISPUTES.get(action, action) if refund.origin is RefundOrigin.DISPUTE else action


def _of_ask(payment: Payment, action: str, asker: Asker, moment: Moment, reason: str, **more: object) -> AuditEntry:
    return audit(payment.id, action, asker.actor, moment, reason, {"door": asker.door.value, **more})


def _offer(payment: Payment) -> dict[str, object]:
    """What is sold to whom, and for how much."""
    whose = {"studentId": payment.student_id, "courseId": str(payment.course_id)}
    return {"tier": payment.terms.tier, "purpose": payment.purpose.value, **_money(payment.amount), **whose}


def _money(money: Money) -> dict[str, object]:
    return {"amountMinor": money.amount_minor, "currency": money.currency}
