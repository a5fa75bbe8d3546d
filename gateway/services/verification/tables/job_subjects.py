"""What must be true between a job and what it is about, and which jobs there must be."""

from gateway.services.core.model.jobs import NOBODY, SUBJECTS
from gateway.services.verification.model import Check, Invariant, Related
from gateway.services.verification.words import Words, among, key

JOINED = (
    Related("owed", "refund", key("owed.id", "job.subject_id", among("job.kind", ["payment.refund"]))),
    Related(
        "payment",
        "payment",
        key("payment.id", "job.subject_id", among("job.kind", ["event.deliver", "payment.check", "case.review"])),
    ),
    Related(
        "event",
        "provider_event",
        key("event.id", "job.subject_id", among("job.kind", ["webhook.handle", "case.review"])),
    ),
    Related(
        "purchase",
        "purchase",
        key("purchase.id", "job.subject_id", among("job.kind", ["event.deliver", "case.review"])),
    ),
)
ABOUT = ("job.kind", "job.state", "job.subject_id")


def subjects(w: Words) -> tuple[Invariant, ...]:
    providers = ", ".join(w.id(subject) for subject in SUBJECTS.values())
    nobody = w.id(NOBODY)
    is_live = "job.state IN ('PENDING', 'RUNNING', 'RETRYING')"
    return (
        Invariant(
            "Every job is about something that there is.",
            "job",
            "cancelJob, once you know what it was about.",
            (
                Check(
                    f"""CASE job.kind WHEN 'payment.check' THEN payment.id IS NULL
                        WHEN 'payment.refund' THEN owed.id IS NULL
                        WHEN 'webhook.handle' THEN event.id IS NULL
                        WHEN 'event.deliver' THEN payment.id IS NULL AND purchase.id IS NULL
                        AND (SELECT count(*) FROM audit_entry AS told WHERE told.subject_id = job.subject_id
                        AND told.action = 'student.erased') = 0
                        WHEN 'case.review' THEN payment.id IS NULL AND purchase.id IS NULL AND event.id IS NULL
                        AND {w.version("job.subject_id")} <> '5'
                        WHEN 'sweep.lapsed' THEN job.subject_id <> {nobody}
                        WHEN 'sweep.outdated' THEN job.subject_id <> {nobody}
                        WHEN 'sweep.verify' THEN job.subject_id <> {nobody}
                        WHEN 'sweep.open' THEN job.subject_id NOT IN ({providers}) AND {is_live}
                        WHEN 'sweep.settled' THEN job.subject_id NOT IN ({providers}) AND {is_live} END""",
                    "subject_id must be that of a payment (payment.check), a refund (payment.refund), an event"
                    " (webhook.handle), a purchase, a payment or an erasure (event.deliver), a provider (sweep.open,"
                    " sweep.settled).",
                    ABOUT,
                ),
            ),
        ),
        Invariant(
            "What a job did is done.",
            "job",
            "retryJob does not run what is COMPLETED: do by hand what is missing (confirmPayment or refundPayment).",
            (
                Check(
                    "job.kind = 'payment.refund' AND job.state = 'COMPLETED' AND owed.status = 'PENDING'",
                    "It is COMPLETED, and its refund is PENDING still.",
                    (*ABOUT, "owed.status"),
                ),
                Check(
                    """job.kind = 'webhook.handle' AND (job.state = 'COMPLETED' AND event.state = 'PENDING'
                        OR job.state <> 'COMPLETED' AND event.state <> 'PENDING')""",
                    "A webhook's job is COMPLETED just when the event is HANDLED or IGNORED.",
                    (*ABOUT, "event.state"),
                ),
                Check(
                    f"""job.kind = 'payment.refund' AND job.state = 'CANCELED'
                        AND (SELECT count(*) FROM audit_entry AS told WHERE told.action = 'job.canceled'
                        AND told.subject_id IN (owed.payment_id, owed.id)
                        AND coalesce({w.is_id(w.entry("told.changes", "refundId"), "owed.id")}, TRUE)) = 0""",
                    "It is CANCELED, and its payment's history names nobody who called it off (job.canceled). Unless"
                    " the money went back already, it is owed: retryJob.",
                    (*ABOUT, "owed.status", "owed.payment_id"),
                ),
                Check(
                    f"job.kind = 'payment.refund' AND owed.origin <> 'GATEWAY' AND {is_live}",
                    "It would make a refund that is not ours to make.",
                    (*ABOUT, "owed.origin"),
                ),
            ),
        ),
    )
