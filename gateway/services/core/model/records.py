"""Records written with a change: audit entries and idempotency keys."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from gateway.services.core.frozen import quick
from gateway.services.core.model.values import Actor


@quick
@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which payment, purchase or course, when, why, and what changed."""

    id: UUID
    subject_id: UUID
    at: datetime
    actor: Actor
    action: str
    reason: str | None = None
    changes: dict[str, object] | None = None


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's own name for one call, unique by actor and operation: repeated, it has the same result."""

    actor_id: str
    operation: str
    key: str


@quick
@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """What a call with the key did: the fingerprint of its input, and the row that it made."""

    key: IdempotencyKey
    fingerprint: bytes
    result_id: UUID
    created_at: datetime


class Door(StrEnum):
    """On whose behalf the provider was asked about a payment: the student's page, or one of the gateway's own jobs."""

    CONFIRM_PAYMENT = "confirmPayment"
    WEBHOOK = "webhook"
    CHECK_JOB = "check job"
    REFUND_JOB = "refund job"
    SCHEDULE = "schedule"
    """Of the payment itself: soon at first, then ever more rarely."""
    CHANGE_LIST = "change list"
    """The provider's own list of changes, read in case a webhook was lost."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asked the provider about a payment, and by which door; for the audit only."""

    actor: Actor
    door: Door


ACTIONS = {
    "payment.opened": "A checkout was opened here, for this tier and amount.",
    "payment.intent_opened": "The provider opened its intent, under this reference.",
    "payment.refused": "The provider refused its price for good; it is canceled, and no money moved.",
    "payment.adopted": "A checkout that another system had opened at the provider was taken into our books. Of its "
    "free entries, `cleaned` are not as they were written, and `leftOut` could not be kept.",
    "payment.imported": "A payment that another system had captured, and fulfilled, came over into our books.",
    "payment.asked": "The provider was asked for the first time, and had not settled it: unpaid, or no answer.",
    "payment.processing": "An attempt to pay is under way, and the provider has not settled it.",
    "payment.unpaid": "The attempt under way came to nothing; the checkout can still be paid.",
    "payment.declined": "The provider declined an attempt.",
    "payment.canceled": "The checkout was closed for good, unpaid.",
    "payment.captured": "The provider holds the money.",
    "payment.fulfilled": "The money became a purchase.",
    "payment.duplicate": "The money bought nothing, as the student has the course already; all of it goes back.",
    "payment.unfulfillable": "The money cannot buy what it was for; all of it goes back.",
    "payment.refund_requested": "A refund was requested.",
    "payment.refunded": "Money went back.",
    "payment.refund_imported": "Money that had gone back before the payment came over was taken into our books.",
    "payment.refund_named": "The provider told its own name of money that had gone back before the payment came over.",
    "payment.attempt_learnt": "The provider told which attempt had paid, which the old system had not kept.",
    "payment.refunded_beyond": "More went back at the provider than was captured.",
    "payment.refund_rejected": "A refund was not made.",
    "payment.refund_recounted": "A refund or a dispute counts for another share of the money, as others became known.",
    "payment.refund_returned": "Money that went back came back to the provider.",
    "payment.dispute_opened": "The student's bank claims money; it is held back until the bank has decided.",
    "payment.dispute_lost": "The student's bank decided for the student, and the money is gone.",
    "payment.dispute_won": "The student's bank decided for us, or gave the claim up: the money stays, or is back.",
    "purchase.created": "The student got the course.",
    "purchase.imported": "It came over from another system, as it stood there.",
    "purchase.superseded": "Another purchase took its place.",
    "purchase.expired": "Its time was over.",
    "purchase.extended": "An admin let it end later.",
    "purchase.corrected": "An admin put right when and how its sessions take place.",
    "purchase.revoked": "An admin took it back.",
    "purchase.refunded": "Its money went back, and it ended.",
    "purchase.revived": "The purchase that had replaced it was refunded, and it is active again.",
    "purchase.recounted": "The purchase that it continued was refunded, or reinstated: its sessions and its end no "
    "longer have, or have again, what it had taken over. Or a session of that one was recorded late, or withdrawn.",
    "purchase.reinstated": "The refund that had ended it did not go through, and it was put back.",
    "purchase.session_recorded": "A session of it was held.",
    "purchase.session_withdrawn": "A session of it that had been recorded was not held after all, or not for it.",
    "course.saved": "A course and its tiers were put into the catalogue, or changed.",
    "student.erased": "An admin had the student erased: `pseudonym` stands for them from here on, here and in all of "
    "this history.",
    "job.retried": "An admin had a job run again.",
    "job.canceled": "An admin called a job off, or ended a case.",
}
"""In the order in which they may appear in a history."""

CHANGED_FIELDS = {
    "tier": "Which tier.",
    "purpose": "What a payment was for.",
    "amountMinor": "How much, in minor units of `currency`.",
    "currency": "Of the amounts beside it.",
    "refundedMinor": "How much of it had gone back, in minor units of `currency`.",
    "settles": "How much of the price a capture of another amount settles.",
    "studentId": "Whose it is.",
    "courseId": "Which course.",
    "provider": "Who moves the money.",
    "reference": "The provider's id.",
    "attempt": "The provider's id of the attempt to pay.",
    "door": "How we learnt of it from the provider.",
    "code": "Why not, in the provider's word or ours.",
    "origin": "Who asked for the refund.",
    "refundId": "Which refund.",
    "said": "How much went back, as the provider says.",
    "counted": "How much of that counts here.",
    "settledAt": "When the money went back.",
    "job": "Which kind of job.",
    "status": "The state.",
    "sessionsTotal": "How many sessions it has.",
    "sessionsUsed": "How many of them are used.",
    "number": "Which session.",
    "heldAt": "When it was held.",
    "startsAt": "From when on it can be used.",
    "expiryDate": "When it ends.",
    "endedAt": "When it ended.",
    "createdAt": "When it was made in the old system.",
    "oldId": "Its id in the old system.",
    "source": "Which old system.",
    "cleaned": "Free entries that are not as they were written.",
    "leftOut": "Free entries that could not be kept.",
    "isSundayOnly": "Whether sessions are held on Sundays alone.",
    "sessionDuration": "Minutes that a session lasts.",
    "timeSlot.start": "When a session begins.",
    "timeSlot.timeZone": "In which time zone.",
    "date": "The first session's day.",
    "labels": "Free entries.",
    "title": "A course's title.",
    "description": "What a course is about.",
    "tiers": "The codes of a course's tiers.",
    "pseudonym": "What stands for an erased student.",
    "payments": "How many payments an erased student had.",
    "purchases": "How many purchases an erased student had.",
}
"""What an entry's `changes` may name. The console has a word for each, see web/console/src/parts/history.json."""
