"""The invariants of the whole database, each as a query that returns the rows that break it."""

from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Invariant:
    """What must be true of every row. `counted` counts the rows that it is about, `broken` selects those it fails
    for."""

    sentence: str
    counted: str
    broken: str


def _refunds(condition: str) -> str:
    return f"""(SELECT coalesce(sum(refund.amount_minor), 0) FROM refund
    WHERE refund.payment_id = payment.id AND {condition})"""


_BACK = _refunds("status = 'SUCCEEDED'")
_BACK_OR_REQUESTED = _refunds("(status = 'SUCCEEDED' OR (status = 'PENDING' AND origin = 'GATEWAY'))")
_BACK_OR_RESERVED = _refunds("(status = 'SUCCEEDED' OR (status = 'PENDING' AND origin <> 'GATEWAY'))")
"""Our pending refund waits while a dispute is open: of the two, at most one is made."""
_BACK_OR_ON_ITS_WAY = _refunds("status <> 'FAILED'")

_CAPTURES = "(SELECT count(*) FROM audit_entry WHERE subject_id = payment.id AND action = 'payment.captured')"

INVARIANTS = (
    Invariant(
        "A captured payment became exactly one purchase, or all of it goes or went back.",
        "SELECT count(*) FROM payment WHERE captured_minor IS NOT NULL",
        f"""SELECT payment.id FROM payment WHERE captured_minor IS NOT NULL AND NOT CASE fulfilment
            WHEN 'FULFILLED' THEN (SELECT count(*) FROM purchase WHERE payment_id = payment.id) = 1
            ELSE (SELECT count(*) FROM purchase WHERE payment_id = payment.id) = 0
                AND captured_minor <= {_BACK_OR_ON_ITS_WAY} END""",
    ),
    Invariant(
        "No payment without captured money became a purchase.",
        "SELECT count(*) FROM payment WHERE captured_minor IS NULL",
        """SELECT payment.id FROM payment JOIN purchase ON purchase.payment_id = payment.id
            WHERE captured_minor IS NULL""",
    ),
    Invariant(
        "No payment gives back more than was captured, and its books agree with its refunds.",
        "SELECT count(*) FROM refund",
        f"""SELECT payment.id FROM payment WHERE {_BACK_OR_REQUESTED} > coalesce(captured_minor, 0)
            OR {_BACK_OR_RESERVED} > coalesce(captured_minor, 0) OR refunded_minor <> {_BACK}""",
    ),
    Invariant(
        "A promised refund has a job: one that will carry it out, or one that an admin called off or must mend.",
        "SELECT count(*) FROM refund WHERE status = 'PENDING' AND origin = 'GATEWAY'",
        """SELECT refund.id FROM refund WHERE status = 'PENDING' AND origin = 'GATEWAY' AND NOT EXISTS (
            SELECT 1 FROM job
            WHERE job.subject_id = refund.id AND kind = 'payment.refund' AND job.state <> 'COMPLETED')""",
    ),
    Invariant(
        "Money that a checkout took more than once has a refund of its own, each time.",
        "SELECT count(*) FROM payment WHERE extra_of IS NOT NULL",
        """SELECT payment.id FROM payment WHERE extra_of IS NOT NULL
            AND (fulfilment NOT IN ('DUPLICATE', 'UNFULFILLABLE') OR NOT EXISTS (
                SELECT 1 FROM refund WHERE refund.payment_id = payment.id))""",
    ),
    Invariant(
        "A payment under way has a job that asks after it.",
        "SELECT count(*) FROM payment WHERE status = 'PROCESSING'",
        """SELECT payment.id FROM payment WHERE status = 'PROCESSING' AND NOT EXISTS (
            SELECT 1 FROM job
            WHERE job.subject_id = payment.id AND kind = 'payment.check' AND job.state <> 'COMPLETED')""",
    ),
    Invariant(
        "A checkout that may be paid at its provider yet has the time at which that is asked after next.",
        "SELECT count(*) FROM payment WHERE fulfilment = 'PENDING' AND status <> 'CANCELED' AND reference IS NOT NULL",
        """SELECT id FROM payment WHERE fulfilment = 'PENDING' AND status <> 'CANCELED' AND reference IS NOT NULL
            AND ask_at IS NULL""",
    ),
    Invariant(
        "A student has at most one active purchase of a course.",
        "SELECT count(*) FROM purchase WHERE status = 'ACTIVE'",
        """SELECT min_id FROM (SELECT student_id, course_id, count(*) AS held, min(created_at) AS min_id
            FROM purchase WHERE status = 'ACTIVE' GROUP BY student_id, course_id) AS pair WHERE held > 1""",
    ),
    Invariant(
        "Every purchase has its access, granted just while the purchase is active.",
        "SELECT count(*) FROM purchase",
        """SELECT purchase.id FROM purchase LEFT JOIN student_access ON purchase_id = purchase.id
            WHERE purchase_id IS NULL OR (purchase.status = 'ACTIVE') <> (student_access.status = 'GRANTED')""",
    ),
    Invariant(
        "Every purchase came to be once, and the audit says so.",
        "SELECT count(*) FROM purchase",
        """SELECT purchase.id FROM purchase WHERE (SELECT count(*) FROM audit_entry
            WHERE subject_id = purchase.id AND action = 'purchase.created') <> 1""",
    ),
    Invariant(
        "What was captured is in its payment's history, once.",
        "SELECT count(*) FROM payment WHERE captured_minor IS NOT NULL",
        f"""SELECT payment.id FROM payment
            WHERE {_CAPTURES} > CASE WHEN captured_minor IS NULL THEN 0 ELSE 1 END
            OR (captured_minor IS NOT NULL AND {_CAPTURES} = 0 AND EXISTS (
                SELECT 1 FROM audit_entry WHERE subject_id = payment.id AND action = 'payment.opened'))""",
    ),
    Invariant(
        "A payment refunded in full holds no active purchase.",
        "SELECT count(*) FROM payment WHERE status = 'REFUNDED'",
        """SELECT payment.id FROM payment JOIN purchase ON purchase.payment_id = payment.id
            WHERE payment.status = 'REFUNDED' AND purchase.status = 'ACTIVE'""",
    ),
    Invariant(
        "A purchase that was taken back gave its money back.",
        "SELECT count(*) FROM purchase WHERE status = 'REFUNDED'",
        """SELECT purchase.id FROM purchase JOIN payment ON payment.id = purchase.payment_id
            WHERE purchase.status = 'REFUNDED' AND payment.status <> 'REFUNDED'""",
    ),
    Invariant(
        "A superseded purchase has its successor.",
        "SELECT count(*) FROM purchase WHERE status = 'SUPERSEDED'",
        """SELECT purchase.id FROM purchase WHERE status = 'SUPERSEDED'
            AND NOT EXISTS (SELECT 1 FROM purchase AS later WHERE later.supersedes = purchase.id)""",
    ),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """How many rows an invariant is about, and the ids of those that break it."""

    invariant: Invariant
    counted: int
    broken: list[object]


def verify(connection: Connection, invariant: Invariant) -> Finding:
    """Check an invariant over the whole database."""
    counted = connection.execute(text(invariant.counted)).scalar_one()
    return Finding(invariant, counted, list(connection.execute(text(invariant.broken)).scalars()))
