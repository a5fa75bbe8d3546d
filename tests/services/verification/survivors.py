"""What a change may be that `gateway verify` does not find, and why that is no harm, or nothing that any row tells."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch

from gateway.services.verification.tables.idempotency_records import MAKES
from tests.services.verification.mutations import Mutation

ANY_CHANGE = "[cs][hw]*d "
"""`changed` and `swapped`."""


@dataclass(frozen=True, slots=True)
class Survivor:
    """Changes that are not found: their name as a pattern, of which rows, and the reason.

    Args:
        of: the words that the row has in some columns; any row by default.
    """

    pattern: str
    reason: str
    of: Mapping[str, Collection[str]] = field(default_factory=dict)

    def is_of(self, mutation: Mutation) -> bool:
        row = mutation.row or {}
        return fnmatch(mutation.name, self.pattern) and all(row[name] in words for name, words in self.of.items())


DELIVERY = {"kind": ("event.deliver",)}
OVER = {"state": ("COMPLETED", "FAILED", "CANCELED")}
ENDED_OF_COURSE = {"state": ("COMPLETED",), "kind": ("payment.check",)}
NO_OTHER_TRACE = {
    "action": (
        *("payment.asked", "payment.processing", "payment.unpaid", "payment.declined", "payment.canceled"),
        *("payment.refunded_beyond", "payment.refund_rejected", "payment.refund_recounted", "payment.refund_returned"),
        *("payment.dispute_won", "payment.dispute_opened", "payment.dispute_lost"),
        *("purchase.expired", "purchase.revived", "purchase.recounted", "purchase.reinstated", "purchase.corrected"),
        *("purchase.extended", "purchase.refunded", "course.saved", "job.retried", "job.canceled"),
    )
}
"""Entries of what may be done several times, or what leaves no more than they are."""
TELLS_ITSELF = {"action": (*NO_OTHER_TRACE["action"], "purchase.superseded", "purchase.revoked", "payment.refused")}
SAID_TWICE = {"action": (*NO_OTHER_TRACE["action"], "payment.refund_requested", "payment.refunded")}


SURVIVORS = (
    # The feed.
    Survivor("* change*", "A note is read by who follows, in the moment in which it is written, and by nobody after."),
    # Keys of calls.
    Survivor(
        f"{ANY_CHANGE}idempotency_record.fingerprint",
        "It is a hash of what the caller sent, which is not stored. A wrong one refuses the same call, no more.",
    ),
    Survivor(f"{ANY_CHANGE}idempotency_record.key", "Only its caller knows a key. Another one is a new call's."),
    Survivor("deleted idempotency_record", "Only its caller knows that there was a key."),
    Survivor("duplicated idempotency_record", "Another key of a call that led to the same result, as there may be."),
    Survivor(
        f"{ANY_CHANGE}idempotency_record.created_at",
        "A call that found its result there already is of a later time, which nothing else says.",
    ),
    Survivor(
        f"{ANY_CHANGE}idempotency_record.result_id",
        "A call that found its result there already may have found this one.",
    ),
    Survivor(
        f"{ANY_CHANGE}idempotency_record.operation",
        "A call that found its result there already may have been that one.",
    ),
    Survivor(
        f"{ANY_CHANGE}idempotency_record.actor_id",
        "Several callers may want the same of a purchase or a course at once, each with a key: one of them did it.",
        {"operation": [name for name, made in MAKES.items() if made in ("purchase", "course")]},
    ),
    # Events.
    Survivor(f"{ANY_CHANGE}provider_event.type", "Nobody reads it: whatever it says, the provider is asked."),
    Survivor(
        f"{ANY_CHANGE}provider_event.event_id",
        "Under another name, the provider's event is stored once more, and has the provider asked once more.",
    ),
    Survivor(
        f"{ANY_CHANGE}provider_event.refs",
        "Once it is handled nobody reads them. Before, they are all that says what it is about.",
    ),
    Survivor(
        f"{ANY_CHANGE}provider_event.provider",
        "Of an event whose references no payment has: it is all that says whose they are.",
    ),
    Survivor(f"{ANY_CHANGE}provider_event.received_at", "Within a day of its job: it may have waited to be stored."),
    Survivor(
        f"{ANY_CHANGE}provider_event.state",
        "HANDLED or IGNORED: both are ends, and an intent of a copy of these books is ignored though it is known here.",
    ),
    Survivor(
        f"{ANY_CHANGE}provider_event.handled_at", "Of one that was ignored at once, which has no job that says when."
    ),
    # Jobs that are over, and what only their runner knows.
    Survivor(
        "d*ed job",
        "A delivery: who is told of what is in the settings, and who is told twice hears the same id.",
        DELIVERY,
    ),
    Survivor(
        "duplicated job",
        "A refund whose job has ended may have another one; only of live ones there is one.",
        {"kind": ("payment.refund",), **OVER},
    ),
    Survivor("d*ed job", "It asked after a payment, and came to nothing that is not said elsewhere.", ENDED_OF_COURSE),
    Survivor(f"{ANY_CHANGE}job.id", "Another UUIDv7: nothing names a job but its runner, which takes it up anew."),
    Survivor(
        f"{ANY_CHANGE}job.claim_id", "Only the runner that claimed it compares it, and claims anew if it differs."
    ),
    Survivor(f"{ANY_CHANGE}job.fence", "A higher one refuses the run under way, and the next one does the work."),
    Survivor(f"{ANY_CHANGE}job.attempts", "Fewer runs than there were: it is tried more often before it is given up."),
    Survivor(f"{ANY_CHANGE}job.lease_until", "Within an hour: the job is taken over sooner or later."),
    Survivor(f"{ANY_CHANGE}job.run_at", "Within the longest wait of a job; and of one that is over, nobody reads it."),
    Survivor(f"{ANY_CHANGE}job.finished_at", "Of a job whose end nothing else tells.", OVER),
    Survivor(f"{ANY_CHANGE}job.created_at", "Before it ran: nothing else tells when a delivery was written."),
    Survivor(f"{ANY_CHANGE}job.last_error", "It is for people, and says what happened in words."),
    Survivor(
        f"{ANY_CHANGE}job.target", "Who the subscribers are is in the settings; the job says when one is unknown."
    ),
    Survivor(
        f"{ANY_CHANGE}job.payload",
        "Of a delivery or a webhook that is done: what was sent was sent, and by which door it came, histories tell.",
        {"kind": ("event.deliver", "webhook.handle"), "state": OVER["state"]},
    ),
    Survivor(
        f"{ANY_CHANGE}job.subject_id",
        "Of a delivery that is done, another purchase or payment that there is.",
        DELIVERY,
    ),
    # What is for people, and what nothing else tells.
    Survivor(f"{ANY_CHANGE}audit_entry.id", "Another UUIDv7: entries of one history in another order."),
    Survivor(f"{ANY_CHANGE}audit_entry.at", "After what it is about was there, of an entry that no other row dates."),
    Survivor(f"{ANY_CHANGE}audit_entry.actor_*", "Of a deed that no other row names an actor of: it is what says who."),
    Survivor(f"{ANY_CHANGE}audit_entry.reason", "The entry is what says why, where no other row does."),
    Survivor(
        f"{ANY_CHANGE}audit_entry.changes",
        "The entry is what says what changed, where no other row does.",
        TELLS_ITSELF,
    ),
    Survivor(f"{ANY_CHANGE}audit_entry.action", "Of deeds that leave no other trace, one for another.", NO_OTHER_TRACE),
    Survivor(
        f"{ANY_CHANGE}audit_entry.subject_id", "Of deeds that leave no other trace, on another subject.", NO_OTHER_TRACE
    ),
    Survivor("deleted audit_entry", "Of a deed that leaves no other trace.", NO_OTHER_TRACE),
    Survivor(
        "deleted audit_entry",
        "Of one of an erased student's rows, which says itself that it stands under a pseudonym; the erasure has an"
        " entry of its own.",
        {"action": ("student.erased",)},
    ),
    Survivor("duplicated audit_entry", "Told twice, of what may be done twice.", SAID_TWICE),
    # The catalogue, until something is sold by it.
    Survivor(
        f"{ANY_CHANGE}tier.price_minor", "A price that nobody paid since; the next payment is what says otherwise."
    ),
    Survivor(f"{ANY_CHANGE}tier.currency", "As with the price."),
    Survivor(f"{ANY_CHANGE}tier.session_count", "Of a tier that nobody was sold since it was saved."),
    Survivor(f"{ANY_CHANGE}tier.validity_days", "Of a tier that nobody was sold since it was saved."),
    Survivor(f"{ANY_CHANGE}tier.rank", "In the same order, of a tier that nobody was sold since it was saved."),
    # What an admin or the student said, which is stored once.
    Survivor(
        f"{ANY_CHANGE}student_access.expires_at",
        "Of a purchase that was reinstated, or of one that nobody can use: it is what says when.",
    ),
    Survivor(
        f"{ANY_CHANGE}student_access.starts_at", "Of an access whose plan an admin corrected: it is what says when."
    ),
    Survivor(f"{ANY_CHANGE}student_access.sessions_used", "It is what says how many were used."),
    Survivor(
        f"{ANY_CHANGE}student_access.sessions_total",
        "Of a purchase that was refunded: nobody can use it, and it may have been revived with more before that.",
    ),
    *[
        Survivor(
            f"{ANY_CHANGE}{table}.{column}",
            "Before it is paid for, or granted or corrected by an admin: it is what says when.",
        )
        for table in ("payment", "purchase")
        for column in ("is_sunday_only", "session_duration_min", "slot_start_min", "time_zone", "first_day", "labels")
    ],
    Survivor("changed installation.id", "The id is what says which installation it is."),
    Survivor("changed installation.histories_from", "Without it, the first history that is there says it."),
    Survivor(
        f"{ANY_CHANGE}schema_compatibility.oldest_code", "An older release than the one that was noted, that there was."
    ),
    Survivor(f"{ANY_CHANGE}payment.checks", "It is what says how often; only whether at all is told elsewhere."),
    Survivor(f"{ANY_CHANGE}payment.ask*", "It is asked sooner, or as late as its schedule may have it."),
    Survivor("changed refund.id", "Of a dispute, which is known by the bank's reference.", {"origin": ("DISPUTE",)}),
    Survivor(f"{ANY_CHANGE}refund.reason", "Of a claim without a share, which is noted under another reason."),
)
