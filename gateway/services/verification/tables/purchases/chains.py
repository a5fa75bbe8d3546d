"""What must be true of purchases that follow one another: each takes the place of one of the same pair."""

from collections.abc import Mapping

from gateway.services.verification.model import Check, Gathered, Invariant
from gateway.services.verification.words import Words, n

SUCCESSORS = Gathered(
    "later",
    "purchase",
    "supersedes",
    {
        "successors": "count(*)",
        "standing": "sum(CASE WHEN later.status <> 'REFUNDED' THEN 1 ELSE 0 END)",
    },
)
FOLLOWS = (
    "purchase.status",
    "purchase.tier",
    "purchase.supersedes",
    "below.status",
    "below.tier",
    "below.student_id",
    "below.course_id",
    "later.successors",
    "later.standing",
)
_REMEDY = (
    "A student's purchases of a course are a chain. See their histories (purchase.superseded, purchase.created) for"
    " which one took whose place, and correct supersedes and the statuses by it."
)


def _came_refunded(w: Words) -> str:
    """How many of those that took its place came over with their money back: what the old system made of it, stays."""
    return f"""(SELECT count(*) FROM purchase AS heir, audit_entry AS brought WHERE heir.supersedes = purchase.id
        AND brought.subject_id = heir.id AND brought.action = 'purchase.imported'
        AND {w.entry("brought.changes", "status")} = 'REFUNDED')"""


def chains(w: Words, has: Mapping[str, str]) -> tuple[Invariant, ...]:
    """Of `purchase`, with what is joined to it in `purchases`; `has` counts its audit entries."""
    return (
        Invariant(
            "A superseded purchase has its successor.",
            "purchase",
            _REMEDY,
            (
                Check(
                    f"purchase.status = 'SUPERSEDED' AND {n('later.successors')} = 0 AND {has['imports']} = 0",
                    "It is SUPERSEDED, and no purchase names it in supersedes.",
                    FOLLOWS,
                ),
                Check(
                    f"""purchase.status = 'SUPERSEDED' AND {n("later.successors")} > 0 AND {n("later.standing")} = 0
                        AND (access.expires_at IS NULL OR access.expires_at > :now)
                        AND (SELECT count(*) FROM purchase AS next, purchase AS after_next
                        WHERE next.supersedes = purchase.id AND after_next.supersedes = next.id) = 0
                        AND {_came_refunded(w)} < {n("later.successors")}""",
                    "All that took its place were refunded, and it has not expired: it should be ACTIVE again.",
                    (*FOLLOWS, "access.expires_at"),
                ),
            ),
        ),
        Invariant(
            "A purchase takes the place of one of the same student and course, and no two take the same.",
            "purchase",
            _REMEDY,
            (
                Check(
                    f"""purchase.supersedes IS NOT NULL AND (below.id IS NULL OR below.id = purchase.id
                        OR below.student_id <> purchase.student_id OR below.course_id <> purchase.course_id
                        OR {w.is_before("purchase.created_at", "below.created_at")})""",
                    "supersedes must be an older purchase of the same student and course.",
                    (*FOLLOWS, "purchase.student_id", "purchase.course_id"),
                ),
                Check(
                    f"{n('later.standing')} > 1 AND {has['revivals']} = 0",
                    "Several purchases that stand took its place.",
                    FOLLOWS,
                ),
                Check(
                    f"""{n("later.standing")} > 0 AND purchase.status NOT IN ('SUPERSEDED', 'REFUNDED')
                        AND (purchase.status = 'ACTIVE' OR {has["revivals"]} = 0)""",
                    "A purchase that stands took its place, so it is SUPERSEDED, or REFUNDED since.",
                    FOLLOWS,
                ),
                Check(
                    f"{n('later.successors')} <> {has['supersessions']}",
                    "Its history has purchase.superseded as often as a purchase took its place.",
                    (*FOLLOWS, "history.supersessions"),
                ),
                Check(
                    f"{has['imports']} = 0 AND below.tier = purchase.tier"
                    " AND (paid.purpose <> 'RENEWAL' OR paid.id IS NULL)",
                    "Only a renewal takes the place of a purchase of the same tier.",
                    (*FOLLOWS, "paid.purpose"),
                ),
            ),
        ),
    )
