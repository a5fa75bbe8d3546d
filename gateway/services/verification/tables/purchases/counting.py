"""What must be true of the sessions used: those recorded one by one, and those that were taken over."""

from collections.abc import Mapping

from gateway.services.verification.model import Check, Gathered, Invariant
from gateway.services.verification.tables.purchases.imported import imported_as
from gateway.services.verification.words import Words, n

RECORDED = Gathered(
    "kept",
    "recorded_session",
    "purchase_id",
    {"recorded": "sum(CASE WHEN kept.withdrawn_at IS NULL THEN 1 ELSE 0 END)"},
)
"""The sessions that were recorded under a purchase, and count."""

USED = (
    "purchase.status",
    "purchase.tier",
    "access.sessions_total",
    "access.sessions_used",
    "access.sessions_recorded",
    "kept.recorded",
    "paid.session_count",
    "below.status",
    "below.tier",
    "held.sessions_used",
)
_RECORDS = (
    "Compare recorded_session with the purchase's history: sessions_recorded is how many rows of it are not withdrawn,"
    " and sessions_used is that and what was taken over."
)


def used(w: Words, has: Mapping[str, str]) -> Invariant:
    """Of the access of a `purchase`, as `accesses` has it."""
    carried = "access.sessions_used - access.sessions_recorded"
    is_renewal = "below.tier = purchase.tier"
    # As it was at first: its money did not come back, nor that of what had replaced it go back.
    untouched = f"""{has["creations"]} > 0 AND {has["revivals"]} + {has["comebacks"]} = 0
        AND {n("later.successors")} = {n("later.standing")}"""
    return Invariant(
        "The sessions used are those recorded, and those of the purchase that this one continues.",
        "purchase",
        _RECORDS,
        (
            Check(
                f"access.sessions_recorded <> {n('kept.recorded')}",
                "sessions_recorded must be the number of its rows of recorded_session that were not withdrawn.",
                USED,
            ),
            Check(
                f"{carried} < 0",
                "It uses at least the sessions that were recorded under it.",
                USED,
            ),
            Check(
                f"{untouched} AND (below.id IS NULL OR {is_renewal}) AND {carried} <> 0",
                "What continues no other purchase, or renews one, has no other sessions used than those recorded.",
                USED,
            ),
            Check(
                f"""{untouched} AND purchase.status <> 'REFUNDED' AND paid.id IS NOT NULL AND NOT {is_renewal}
                    AND {carried} <> CASE WHEN held.sessions_used < paid.session_count THEN held.sessions_used
                    ELSE paid.session_count END""",
                "An upgrade goes on with the sessions used before, as many as it has.",
                USED,
            ),
            Check(
                f"{untouched} AND purchase.status <> 'REFUNDED' AND paid.id IS NULL AND {carried} > held.sessions_used",
                "What an admin put in another's place goes on with no more sessions used than that had.",
                USED,
            ),
            Check(
                f"""{has["imports"]} > 0 AND {has["revivals"]} + {has["comebacks"]} + {has["moves"]} = 0
                    AND {n("later.successors")} = {n("later.standing")} AND (below.id IS NULL OR {is_renewal})
                    AND {imported_as(w, f"{{sessionsUsed}} <> CAST({carried} AS TEXT)")} > 0""",
                "What came over and continues no other has, while what took its place stands, as many sessions used"
                " besides those recorded as its purchase.imported entry says.",
                USED,
            ),
        ),
    )
