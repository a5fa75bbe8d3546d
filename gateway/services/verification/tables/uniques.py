"""What unique indexes hold: looked for only where such an index is gone, as it cannot be broken while it is there."""

from collections.abc import Sequence

from gateway.services.verification.model import Invariant, Whole


def unique(sentence: str, table: str, index: str, columns: Sequence[str], where: str, remedy: str) -> Invariant:
    """At most one row of those that meet a condition has the same values in these columns. All but the last are
    listed."""
    grouped = ", ".join(columns)
    listed = f"""SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY {grouped} ORDER BY id DESC) AS place
        FROM {table} WHERE {where}) AS counted WHERE place > 1 ORDER BY id"""
    same = " and ".join(columns)
    wrong = f"Another row has the same {same}; only one may, where {where}. The index {index} is gone."
    return Invariant(sentence, table, f"{remedy} Then make the index again.", whole=Whole(listed, wrong, unless=index))


REFERENCES = unique(
    "A provider's reference is of one payment.",
    "payment",
    "uq_payment_provider_reference",
    ("provider", "reference"),
    "reference IS NOT NULL",
    "Look at the provider's dashboard for which payment it was opened; the other one never was.",
)
ACTIVE = unique(
    "A student has at most one active purchase of a course.",
    "purchase",
    "uq_purchase_active",
    ("student_id", "course_id"),
    "status = 'ACTIVE'",
    "Look which one is paid for, and revokePurchase the other.",
)
BOUGHT_ONCE = unique(
    "A payment became one purchase.",
    "purchase",
    "uq_purchase_payment_id",
    ("payment_id",),
    "payment_id IS NOT NULL",
    "Look which one has its purchase.created entry, and take the other one back.",
)
SESSIONS = unique(
    "A session of a purchase has one record.",
    "recorded_session",
    "uq_recorded_session_purchase_id_number",
    ("purchase_id", "number"),
    "TRUE",
    "Keep the one that the purchase's history tells of.",
)
EVENTS = unique(
    "A provider's event is stored once.",
    "provider_event",
    "uq_provider_event_provider_event_id",
    ("provider", "event_id"),
    "TRUE",
    "Delete one of the two: an event only has the provider asked.",
)
LIVE_JOBS = unique(
    "One live job of a kind is there for what it is about.",
    "job",
    "uq_job_live",
    ("kind", "subject_id"),
    "state IN ('PENDING', 'RUNNING', 'RETRYING') AND kind <> 'event.deliver'",
    "cancelJob one of the two.",
)
