"""What must be true of a student's access: it is what was paid for, and ends when that ends."""

from collections.abc import Mapping

from gateway.services.core.model.jobs import NOBODY
from gateway.services.core.model.values import AccessStatus
from gateway.services.core.rules.access import LAST_END
from gateway.services.core.rules.inputs.courses import MOST_SESSIONS
from gateway.services.verification.model import Check, Invariant, Related, Table
from gateway.services.verification.tables.plans import saved_before
from gateway.services.verification.tables.purchases.counting import used
from gateway.services.verification.tables.purchases.founding import ends_otherwise, starts_otherwise
from gateway.services.verification.tables.purchases.imported import imported_as
from gateway.services.verification.words import DAY, HOUR, Words, not_among

SESSIONS = (
    "access.status",
    "access.sessions_total",
    "access.sessions_used",
    "access.sessions_recorded",
    "purchase.status",
    "paid.session_count",
    "tier.session_count",
)
TIMES = (
    "access.starts_at",
    "access.expires_at",
    "purchase.created_at",
    "purchase.tier",
    "paid.id",
    "paid.purpose",
    "paid.tier",
    "paid.tier_rank",
    "paid.session_count",
    "paid.validity_days",
    "paid.expires_at",
    "paid.slot_start_min",
    "paid.time_zone",
    "paid.first_day",
    "purchase.slot_start_min",
    "purchase.time_zone",
    "purchase.first_day",
    "below.tier",
    "below.status",
    "held.sessions_total",
    "held.sessions_used",
    "held.starts_at",
    "held.expires_at",
    "history.moved",
)
"""What an access follows from, as `founding` needs it."""

OVERDUE_US = HOUR
"""A sweep ends what is past its expiry within minutes."""

_CORRECT = (
    "The payment says what was sold, the purchase's history what an admin changed: set the access to that, or have an"
    " admin extend it (extendPurchase)."
)
_RENEWS = "(paid.purpose = 'RENEWAL' AND below.tier = purchase.tier)"


def orphans(w: Words) -> Table:
    """`student_access` by itself: all else is looked at beside its purchase."""
    joined = (Related("bought", "purchase", "bought.id = student_access.purchase_id"),)
    return Table("student_access", ("purchase_id",), joined, (_belongs(),))


def accesses(w: Words, has: Mapping[str, str]) -> tuple[Invariant, ...]:
    """Of the access of a `purchase`, with what is joined to it in `purchases`; `has` counts its audit entries."""
    return _sessions(w, has), used(w, has), _begins(w, has), _ends(w, has)


def _granted(w: Words, is_so: str) -> str:
    """How many entries say so of what an admin granted, by its name in braces. Those of older releases say nothing."""
    said = {name: w.entry("given.changes", name) for name in ("sessionsTotal", "expiryDate")}
    return f"""(SELECT count(*) FROM audit_entry AS given WHERE given.subject_id = purchase.id
        AND given.action = 'purchase.created' AND {is_so.format_map(said)})"""


def _holds(w: Words) -> str:
    """Whether the sweep lives and ends nothing for now, as after a long outage: it doubts the clock, see `Hold`."""
    return f"""(SELECT count(*) FROM job AS sweep WHERE sweep.subject_id = {w.id(NOBODY)}
        AND sweep.kind = 'sweep.lapsed' AND sweep.state IN ('PENDING', 'RUNNING', 'RETRYING')
        AND {w.after("sweep.run_at", OVERDUE_US)} > :now AND {w.entry("sweep.payload", "hold")} IS NOT NULL)"""


def _belongs() -> Invariant:
    return Invariant(
        "No access is without its purchase.",
        "student_access",
        "Access without a purchase is nobody's: delete it once you know where the purchase went.",
        (
            Check("bought.id IS NULL", "There is no such purchase."),
            Check(
                not_among("student_access.status", AccessStatus),
                f"The status must be one of {', '.join(AccessStatus)}.",
                ("student_access.status",),
            ),
        ),
    )


def _sessions(w: Words, has: Mapping[str, str]) -> Invariant:
    left = "held.sessions_total - held.sessions_used"
    due = f"paid.session_count + CASE WHEN {_RENEWS} AND below.status <> 'REFUNDED' THEN {left} ELSE 0 END"
    used, total = "access.sessions_used", "access.sessions_total"
    # What was held under a renewal that was refunded, or late under what this one continues, may be more than there
    # were; and fewer may be used since.
    stretched = f"""{has["revivals"]} + {has["moves"]} > 0
        AND {_granted(w, f"CAST({{sessionsTotal}} AS INTEGER) <= {total}")} > 0"""
    return Invariant(
        "An access has the sessions that were sold, and uses no more of them.",
        "purchase",
        _CORRECT,
        (
            Check(
                f"{used} < 0 OR {used} > {total} OR {total} < 1 OR {total} > {MOST_SESSIONS} AND below.id IS NULL",
                "sessions_used lies between 0 and sessions_total, which is at least 1.",
                SESSIONS,
            ),
            Check(
                f"""paid.id IS NOT NULL AND (below.id IS NULL OR purchase.status <> 'REFUNDED' AND (
                    below.status = 'SUPERSEDED' OR below.status = 'REFUNDED' AND below.supersedes IS NULL))
                    AND {total} <> CASE WHEN {due} > {used} THEN {due} ELSE {used} END""",
                "sessions_total must be what the payment sold; after a renewal, with what was left of the one before.",
                (*SESSIONS, "below.status", "held.sessions_total", "held.sessions_used"),
            ),
            Check(
                f"""paid.id IS NULL AND {has["imports"]} = 0 AND {total} <> CASE WHEN tier.session_count > {used}
                    THEN tier.session_count ELSE {used} END
                    AND NOT ({stretched}) AND purchase.created_at > {saved_before("purchase.course_id", w)}""",
                "sessions_total must be what the tier has: the course was not changed since this was granted.",
                SESSIONS,
            ),
            Check(
                f"""paid.id IS NULL AND NOT ({stretched})
                    AND {_granted(w, f"{{sessionsTotal}} <> CAST({total} AS TEXT)")} > 0""",
                "sessions_total must be what the purchase.created entry says that the admin granted.",
                SESSIONS,
            ),
            Check(
                f"""{has["imports"]} > 0 AND paid.id IS NULL AND {has["revivals"]} + {has["moves"]} = 0
                    AND {imported_as(w, f"{{sessionsTotal}} <> CAST({total} AS TEXT)")} > 0""",
                "sessions_total must be what the purchase.imported entry says that it came over with.",
                SESSIONS,
            ),
        ),
    )


def _begins(w: Words, has: Mapping[str, str]) -> Invariant:
    begins, made = "access.starts_at", "purchase.created_at"
    usual = f"{has['corrections']} + {has['comebacks']}"
    untouched = f"{usual} + {has['imports']} = 0"
    return Invariant(
        "An access begins when it was bought, or on the first day that was asked for.",
        "purchase",
        _CORRECT,
        (
            Check(
                f"""{untouched} AND purchase.first_day IS NULL AND {begins} <> CASE
                    WHEN below.id IS NULL OR {_RENEWS} OR held.starts_at > {made} THEN {made} ELSE held.starts_at END
                    AND NOT (below.status = 'REFUNDED' AND {begins} = {made})""",
                "It begins when its purchase was created; where it took another's place, when that one did.",
                TIMES,
            ),
            Check(
                f"{untouched} AND purchase.first_day IS NOT NULL AND below.id IS NULL",
                "It begins with the first session's slot, or when its purchase was created if that is later.",
                TIMES,
                starts_otherwise,
            ),
            Check(
                f"""{untouched} AND below.id IS NOT NULL AND {begins} > {made} AND purchase.first_day IS NULL
                    OR {has["corrections"]} = 0 AND {begins} > {w.after(made, 76 * 366 * DAY)}""",
                "It begins later than it could.",
                TIMES,
            ),
            Check(
                f"""{has["imports"]} > 0 AND {usual} + {has["moves"]} = 0
                    AND {imported_as(w, f"{{startsAt}} <> {w.iso(begins)}")} > 0""",
                "It begins when the purchase.imported entry says.",
                TIMES,
            ),
        ),
    )


def _ends(w: Words, has: Mapping[str, str]) -> Invariant:
    begins, ends = "access.starts_at", "access.expires_at"
    days, made = f"paid.validity_days * {DAY}", "purchase.created_at"
    fresh, later = w.after(made, days), "held.expires_at"
    founded = f"""CASE WHEN below.id IS NULL THEN {w.after(begins, days)}
        WHEN {_RENEWS} AND {later} > {made} THEN {w.after(later, days)}
        WHEN {_RENEWS} OR {later} < {fresh} THEN {fresh} ELSE {later} END"""
    # As long as no clock there was changed. Whatever else comes to another end is judged by the rules themselves.
    usual = f"""{has["moves"]} + {has["corrections"]} = 0 AND paid.expires_at IS NULL
        AND (below.id IS NULL OR purchase.first_day IS NULL) AND {ends} = {founded}
        OR {ends} IS NULL AND paid.validity_days IS NULL AND paid.expires_at IS NULL AND below.id IS NULL"""
    is_another = w.differs("{expiryDate}", w.iso(ends))
    given_otherwise = _granted(w, f"{{sessionsTotal}} IS NOT NULL AND {is_another}")
    return Invariant(
        "An access ends when its validity does, or when an admin or another payment let it end.",
        "purchase",
        _CORRECT,
        (
            Check(
                f"access.status = 'GRANTED' AND {w.after(ends, OVERDUE_US)} < :now AND {_holds(w)} = 0",
                "It is GRANTED, and its end has passed an hour ago and more: does `gateway serve` or `worker` run?",
                ("access.status", *TIMES),
            ),
            Check(
                f"{ends} <= {begins} OR {ends} > {w.instant(LAST_END)}",
                "It ends after it begins, and before the end of the calendar.",
                TIMES,
            ),
            Check(
                f"""paid.id IS NOT NULL AND ({has["imports"]} = 0 OR {has["moves"]} > 0)
                    AND (below.id IS NULL OR {has["comebacks"]} = 0
                    AND purchase.status <> 'REFUNDED' AND below.status = 'SUPERSEDED')
                    AND ({usual}) IS NOT TRUE""",
                "Its end follows from what was sold, what it took over, and the last purchase.extended entry; this one"
                " does not.",
                TIMES,
                ends_otherwise,
            ),
            Check(
                f"""paid.id IS NULL AND {has["moves"]} > 0""",
                "Its end must be that of the last purchase.extended entry.",
                TIMES,
                ends_otherwise,
            ),
            Check(
                f"""paid.id IS NULL AND {has["moves"]} = 0 AND ({given_otherwise} > 0
                    OR {ends} IS NULL AND tier.validity_days IS NOT NULL AND {has["imports"]} = 0
                    AND purchase.created_at > {saved_before("purchase.course_id", w)})""",
                "Its end must be the one that the purchase.created entry says that the admin gave; and where its tier"
                " has a validity, there is one.",
                (*TIMES, "tier.validity_days"),
            ),
            Check(
                f"""{has["imports"]} > 0 AND {has["moves"]} + {has["comebacks"]} = 0
                    AND {imported_as(w, w.differs("{expiryDate}", w.iso(ends)))} > 0""",
                "Its end must be the one that the purchase.imported entry says that it came over with.",
                TIMES,
            ),
        ),
    )
