"""What must be true of an audit entry: in itself, and beside the payment, purchase or course that it is about."""

from gateway.services.core.model.records import ACTIONS
from gateway.services.core.model.values import Role
from gateway.services.core.rules.inputs.subjects import LONGEST_SUBJECT
from gateway.services.verification.model import Check, Invariant, Related, Table
from gateway.services.verification.tables.payments.refunded import entries_of_refunds
from gateway.services.verification.tables.purchases.erasures import erased, is_of
from gateway.services.verification.tables.purchases.imported import attempt_learnt, payment_imported, purchase_imported
from gateway.services.verification.words import Words, any_of, key, not_among

ENTRY = ("audit_entry.action", "audit_entry.at", "audit_entry.actor_id", "audit_entry.actor_role", "audit_entry.reason")
CHANGED = ("audit_entry.action", "audit_entry.at", "audit_entry.changes")
BOUGHT = (
    "purchase.student_id",
    "purchase.course_id",
    "purchase.tier",
    "purchase.created_at",
    "purchase.created_by_id",
    "purchase.created_by_role",
)
OPENED = (
    "payment.tier",
    "payment.purpose",
    "payment.amount_minor",
    "payment.currency",
    "payment.student_id",
    "payment.course_id",
    "payment.created_at",
    "payment.provider",
    "payment.reference",
)
CAPTURED = ("payment.captured_minor", "payment.captured_currency", "payment.attempt", "payment.confirmed_at")

NEEDS_NO_CHANGES = (
    *("payment.duplicate", "payment.unfulfillable"),
    *("purchase.expired", "purchase.refunded", "purchase.revived", "purchase.reinstated"),
)
_AUDIT = "An audit is never changed: find out who wrote this, and compare it with a backup."
_OTHERS = (
    "Nobody but the gateway writes histories: what the entry says is right, unless it was changed. Correct the other"
    " row by it, and find out who changed that."
)


def audit_entries(w: Words) -> Table:
    subject = "audit_entry.subject_id"
    joined = (
        Related("payment", "payment", key("payment.id", subject, is_of(w, "payment."))),
        Related("purchase", "purchase", key("purchase.id", subject, is_of(w, "purchase."))),
        Related("course", "course", key("course.id", subject, "audit_entry.action = 'course.saved'")),
    )
    return Table(
        "audit_entry",
        ("subject_id", "id"),
        joined,
        (_itself(w), _about(w), _of_payment(w), _of_purchase(w), erased(w)),
        kind="audit_entry.action",
        by=("subject_id",),
    )


def _itself(w: Words) -> Invariant:
    return Invariant(
        "Every audit entry says who did what, and when.",
        "audit_entry",
        _AUDIT,
        (
            Check(
                f"""{not_among("audit_entry.action", ACTIONS)} OR {not_among("audit_entry.actor_role", Role)}
                    OR length(audit_entry.actor_id) NOT BETWEEN 1 AND {LONGEST_SUBJECT}
                    OR length(audit_entry.reason) = 0 OR {w.is_no_uuid7("audit_entry.id")}""",
                "An id is a UUIDv7, the action is one of those in `gateway.services.core.model.records`, the role one"
                f" of {', '.join(Role)}; an actor has an id, and a reason that is there has words.",
                ENTRY,
            ),
            Check(
                any_of(
                    "audit_entry.at > :latest",
                    *[w.is_before("audit_entry.at", f"{of}.created_at") for of in ("payment", "purchase", "course")],
                ),
                "It was written before now, and not before what it is about was there.",
                (*ENTRY, "payment.created_at", "purchase.created_at", "course.created_at"),
            ),
            Check(
                """audit_entry.actor_role = 'STUDENT' AND (audit_entry.actor_id <> payment.student_id
                    OR audit_entry.actor_id <> purchase.student_id)""",
                "A student acts on their own payments and purchases only.",
                (*ENTRY, "payment.student_id", "purchase.student_id"),
            ),
            Check(
                f"""{w.is_not("audit_entry.changes", "object")} OR audit_entry.changes IS NULL
                    AND {not_among("audit_entry.action", NEEDS_NO_CHANGES)}""",
                "What changed is a JSON object, and is there for all but a few actions.",
                (*ENTRY, "audit_entry.changes"),
            ),
        ),
    )


def _about(w: Words) -> Invariant:
    return Invariant(
        "Every audit entry is about something that there is.",
        "audit_entry",
        "What it was about is gone. Look for it in a backup.",
        (
            Check(
                f"""payment.id IS NULL AND purchase.id IS NULL AND course.id IS NULL
                    AND NOT {w.begins("audit_entry.action", "job.")}
                    AND (audit_entry.action <> 'student.erased'
                    OR {w.entry("audit_entry.changes", "payments")} IS NULL)""",
                "There is no such payment, purchase or course.",
                ("audit_entry.subject_id", "audit_entry.action"),
            ),
            Check(
                f"""{w.begins("audit_entry.action", "job.")} AND
                    (SELECT count(*) FROM payment AS one WHERE one.id = audit_entry.subject_id) = 0 AND
                    (SELECT count(*) FROM job AS one WHERE one.subject_id = audit_entry.subject_id) = 0""",
                "There is no payment and no job that this can be about.",
                ("audit_entry.subject_id", "audit_entry.action"),
            ),
        ),
    )


def _of_payment(w: Words) -> Invariant:
    says = w.entry
    changes, amount = "audit_entry.changes", "CAST(payment.amount_minor AS TEXT)"
    captured = "CAST(payment.captured_minor AS TEXT)"
    return Invariant(
        "A payment is what its history says that it was opened for, and captured.",
        "audit_entry",
        _OTHERS,
        (
            Check(
                f"""(
                    {says(changes, "tier")} = payment.tier AND {says(changes, "purpose")} = payment.purpose
                    AND {says(changes, "amountMinor")} = {amount} AND {says(changes, "currency")} = payment.currency
                    AND audit_entry.at = payment.created_at AND (audit_entry.action = 'payment.adopted'
                    OR audit_entry.actor_id = payment.student_id)) IS NOT TRUE OR {_whose(w, "payment")}""",
                "Tier, purpose, amount, currency, student, course and moment of the payment must be those it was opened"
                " for.",
                (*CHANGED, *OPENED),
                of=("payment.opened", "payment.adopted"),
            ),
            Check(
                f"""({says(changes, "reference")} = payment.reference
                    AND (audit_entry.action = 'payment.adopted'
                    OR {says(changes, "provider")} = payment.provider)) IS NOT TRUE""",
                "The payment's provider and reference must be those that were noted when its intent was opened.",
                (*CHANGED, *OPENED),
                of=("payment.intent_opened", "payment.adopted"),
            ),
            Check(
                f"""({says(changes, "amountMinor")} = {captured}
                    AND {says(changes, "currency")} = payment.captured_currency
                    AND {says(changes, "attempt")} = payment.attempt AND {says(changes, "door")} IS NOT NULL
                    AND audit_entry.at = payment.confirmed_at) IS NOT TRUE""",
                "The payment's captured amount, currency, attempt and moment must be those of its capture.",
                (*CHANGED, *CAPTURED),
                of=("payment.captured",),
            ),
            payment_imported(w, (*CHANGED, *OPENED, *CAPTURED), _whose(w, "payment")),
            attempt_learnt(w, (*CHANGED, "payment.attempt", "payment.reference")),
            Check(
                """audit_entry.actor_role <> 'STUDENT' AND (SELECT count(*) FROM audit_entry AS other
                    WHERE other.subject_id = audit_entry.subject_id AND other.at = audit_entry.at
                    AND other.action IN ('payment.fulfilled', 'payment.duplicate', 'payment.unfulfillable')
                    AND other.actor_id = audit_entry.actor_id AND other.actor_role = audit_entry.actor_role) = 0""",
                "What the captured money became was decided in the same moment, for the same actor.",
                ENTRY,
                of=("payment.captured",),
            ),
            Check(
                f"""({says(changes, "tier")} = payment.tier
                    AND audit_entry.at = payment.confirmed_at) IS NOT TRUE""",
                "The money became a purchase when it was captured, of this payment's tier.",
                (*CHANGED, "payment.tier", "payment.confirmed_at"),
                of=("payment.fulfilled",),
            ),
            Check(
                "audit_entry.at <> payment.confirmed_at",
                "What the money became was decided when it was captured.",
                (*CHANGED, "payment.confirmed_at"),
                of=("payment.duplicate", "payment.unfulfillable"),
            ),
            *entries_of_refunds(w, CHANGED),
            Check(
                """(SELECT count(*) FROM job AS noted
                    WHERE noted.subject_id = audit_entry.subject_id AND noted.kind = 'case.review') = 0""",
                "More went back than was captured, and the case that was noted for a person is gone.",
                CHANGED,
                of=("payment.refunded_beyond",),
            ),
        ),
    )


def _of_purchase(w: Words) -> Invariant:
    tier = w.entry("audit_entry.changes", "tier")
    return Invariant(
        "A purchase is what its history says that was created.",
        "audit_entry",
        _OTHERS,
        (
            Check(
                f"""audit_entry.at <> purchase.created_at OR audit_entry.actor_id <> purchase.created_by_id
                    OR audit_entry.actor_role <> purchase.created_by_role OR {tier} IS NULL
                    OR {tier} <> purchase.tier AND {tier} NOT LIKE '%"' || purchase.tier || '"]'
                    OR (purchase.supersedes IS NULL) <> ({tier} NOT LIKE '[%')
                    OR purchase.origin = 'ADMIN' AND audit_entry.reason IS NULL OR {_whose(w, "purchase")}""",
                "The purchase's student, course, tier, moment and creator must be those of this entry, which also says"
                " whether it took another's place ([old, new]), and why an admin granted it.",
                (*CHANGED, *BOUGHT, "audit_entry.actor_id", "audit_entry.actor_role", "purchase.supersedes"),
                of=("purchase.created",),
            ),
            Check(
                f"""(SELECT count(*) FROM recorded_session AS held WHERE held.purchase_id = audit_entry.subject_id
                    AND CAST(held.number AS TEXT) = {w.entry("audit_entry.changes", "number")}) = 0
                    OR audit_entry.actor_role = 'STUDENT'
                    OR audit_entry.action = 'purchase.session_withdrawn' AND audit_entry.reason IS NULL""",
                "The session that this entry tells of has its record; a service or an admin wrote it, and a withdrawal"
                " says why.",
                (*CHANGED, *ENTRY),
                of=("purchase.session_recorded", "purchase.session_withdrawn"),
            ),
            purchase_imported(w, (*CHANGED, *BOUGHT), _whose(w, "purchase")),
        ),
    )


def _whose(w: Words, table: str) -> str:
    """Whether an entry names another student or course. Those of older releases name none."""
    student, course = (w.entry("audit_entry.changes", name) for name in ("studentId", "courseId"))
    return f"{student} <> {table}.student_id OR NOT {w.is_id(course, f'{table}.course_id')}"
