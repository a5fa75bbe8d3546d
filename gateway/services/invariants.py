"""The invariants of the whole database, and how all of its rows are checked, a page at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Invariant:
    """What must be true of every row of a table.

    Args:
        of: the table; its rows have an `id`.
        about: whether it says anything of a row, which is for counting alone.
        broken: whether it fails for a row. What this looks up elsewhere is found by an index.
    """

    sentence: str
    of: str
    about: str
    broken: str


def _refunds(condition: str) -> str:
    return f"""(SELECT coalesce(sum(refund.amount_minor), 0) FROM refund
    WHERE refund.payment_id = payment.id AND {condition})"""


_BACK = _refunds("status = 'SUCCEEDED'")
_BACK_OR_REQUESTED = _refunds("(status = 'SUCCEEDED' OR (status = 'PENDING' AND origin = 'GATEWAY'))")
_BACK_OR_RESERVED = _refunds("(status = 'SUCCEEDED' OR (status = 'PENDING' AND origin <> 'GATEWAY'))")
"""Our pending refund waits while a dispute is open: of the two, at most one is made."""
_BACK_OR_ON_ITS_WAY = _refunds("status <> 'FAILED'")
_HAS_REFUNDS = "(refunded_minor <> 0 OR (SELECT count(*) FROM refund WHERE refund.payment_id = payment.id) > 0)"
"""Here and below, what belongs to a row is counted: PostgreSQL would look for what EXISTS in a table of all that there
is, made anew for each page."""


_PURCHASES = "(SELECT count(*) FROM purchase WHERE purchase.payment_id = payment.id)"
_CAPTURES = "(SELECT count(*) FROM audit_entry WHERE subject_id = payment.id AND action = 'payment.captured')"
_OPENINGS = "(SELECT count(*) FROM audit_entry WHERE subject_id = payment.id AND action = 'payment.opened')"


def _has_job(kind: str, of: str) -> str:
    return f"""((SELECT count(*) FROM job
        WHERE job.subject_id = {of}.id AND job.kind = '{kind}' AND job.state <> 'COMPLETED') > 0)"""


INVARIANTS = (
    Invariant(
        "A captured payment became exactly one purchase, or all of it goes or went back.",
        "payment",
        "captured_minor IS NOT NULL",
        f"""captured_minor IS NOT NULL AND NOT CASE fulfilment
            WHEN 'FULFILLED' THEN {_PURCHASES} = 1
            ELSE {_PURCHASES} = 0 AND captured_minor <= {_BACK_OR_ON_ITS_WAY} END""",
    ),
    Invariant(
        "No payment without captured money became a purchase.",
        "payment",
        "captured_minor IS NULL",
        f"captured_minor IS NULL AND {_PURCHASES} > 0",
    ),
    Invariant(
        "No payment gives back more than was captured, and its books agree with its refunds.",
        "payment",
        _HAS_REFUNDS,
        f"""{_HAS_REFUNDS} AND ({_BACK_OR_REQUESTED} > coalesce(captured_minor, 0)
            OR {_BACK_OR_RESERVED} > coalesce(captured_minor, 0) OR refunded_minor <> {_BACK})""",
    ),
    Invariant(
        "Money that a checkout took more than once has a refund of its own, each time.",
        "payment",
        "extra_of IS NOT NULL",
        """extra_of IS NOT NULL AND (fulfilment NOT IN ('DUPLICATE', 'UNFULFILLABLE')
            OR (SELECT count(*) FROM refund WHERE refund.payment_id = payment.id) = 0)""",
    ),
    Invariant(
        "A payment under way has a job that asks after it.",
        "payment",
        "status = 'PROCESSING'",
        f"status = 'PROCESSING' AND NOT {_has_job('payment.check', 'payment')}",
    ),
    Invariant(
        "A checkout that may be paid at its provider yet has the time at which that is asked after next.",
        "payment",
        "fulfilment = 'PENDING' AND status <> 'CANCELED' AND reference IS NOT NULL",
        "fulfilment = 'PENDING' AND status <> 'CANCELED' AND reference IS NOT NULL AND ask_at IS NULL",
    ),
    Invariant(
        "What was captured is in its payment's history, once.",
        "payment",
        "captured_minor IS NOT NULL",
        f"""CASE WHEN captured_minor IS NULL THEN {_CAPTURES} > 0
            ELSE {_CAPTURES} <> 1 AND ({_CAPTURES} > 1 OR {_OPENINGS} > 0) END""",
    ),
    Invariant(
        "A payment refunded in full holds no active purchase.",
        "payment",
        "status = 'REFUNDED'",
        """status = 'REFUNDED' AND (SELECT count(*) FROM purchase
            WHERE purchase.payment_id = payment.id AND purchase.status = 'ACTIVE') > 0""",
    ),
    Invariant(
        "A student has at most one active purchase of a course.",
        "purchase",
        "status = 'ACTIVE'",
        """status = 'ACTIVE' AND (SELECT count(*) FROM purchase AS other WHERE other.status = 'ACTIVE'
            AND other.student_id = purchase.student_id AND other.course_id = purchase.course_id
            AND other.id > purchase.id) > 0""",
    ),
    Invariant(
        "Every purchase has its access, granted just while the purchase is active.",
        "purchase",
        "TRUE",
        """(SELECT count(*) FROM student_access WHERE student_access.purchase_id = purchase.id
            AND (purchase.status = 'ACTIVE') = (student_access.status = 'GRANTED')) = 0""",
    ),
    Invariant(
        "Every purchase came to be once, and the audit says so.",
        "purchase",
        "TRUE",
        """(SELECT count(*) FROM audit_entry
            WHERE subject_id = purchase.id AND action = 'purchase.created') <> 1""",
    ),
    Invariant(
        "A purchase that was taken back gave its money back.",
        "purchase",
        "status = 'REFUNDED'",
        """status = 'REFUNDED' AND (SELECT count(*) FROM payment
            WHERE payment.id = purchase.payment_id AND payment.status <> 'REFUNDED') > 0""",
    ),
    Invariant(
        "A superseded purchase has its successor.",
        "purchase",
        "status = 'SUPERSEDED'",
        """status = 'SUPERSEDED'
            AND (SELECT count(*) FROM purchase AS later WHERE later.supersedes = purchase.id) = 0""",
    ),
    Invariant(
        "A promised refund has a job: one that will carry it out, or one that an admin called off or must mend.",
        "refund",
        "status = 'PENDING' AND origin = 'GATEWAY'",
        f"status = 'PENDING' AND origin = 'GATEWAY' AND NOT {_has_job('payment.refund', 'refund')}",
    ),
)

ROWS_OF_A_PAGE = 20_000
"""A page and what belongs to it are read once from the disk, by the first of its statements. It takes a fraction of a
second."""

_BEFORE_ALL: dict[str, object] = {"sqlite": b"", "postgresql": UUID(int=0)}
_AFTER_ALL: dict[str, object] = {"sqlite": b"\xff" * 17, "postgresql": UUID(int=2**128 - 1)}
"""Ids as the drivers give them, with all ids that there are in between."""


@dataclass(slots=True)
class Finding:
    """How many rows an invariant is about, and the ids of those that break it."""

    invariant: Invariant
    counted: int = 0
    broken: list[object] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Step:
    """How far the check has come: so many rows of all, and what was found of the tables that were finished by this
    step."""

    done: int
    of: int
    findings: Sequence[Finding] = ()


def verify(connection: Connection, invariants: Sequence[Invariant] = INVARIANTS) -> Iterator[Step]:
    """Check the invariants over the whole database, each row of a table for all invariants of that table together. The
    connection's transaction should see one moment of it, see `db.engine.audit_engine`."""
    tables = list(dict.fromkeys(invariant.of for invariant in invariants))
    sizes = {table: _value(connection, f"SELECT count(*) FROM {table}") for table in tables}
    done, of = 0, sum(sizes.values())
    for table in tables:
        findings = [Finding(invariant) for invariant in invariants if invariant.of == table]
        for rows in _checked(connection, table, findings):
            done += rows
            yield Step(done, of)
        yield Step(done, of, findings)


def _checked(connection: Connection, table: str, findings: Sequence[Finding]) -> Iterator[int]:
    """Check page by page; gives the number of rows of each."""
    after: Any = _BEFORE_ALL[connection.dialect.name]
    end = text(page_end(table))
    while after is not None:
        until = connection.execute(end, {"after": after, "skipped": ROWS_OF_A_PAGE - 1}).scalar()
        page = {"after": after, "until": _AFTER_ALL[connection.dialect.name] if until is None else until}
        rows, *counts = connection.execute(text(page_counts([each.invariant for each in findings])), page).one()
        for finding, counted in zip(findings, counts, strict=True):
            finding.counted += counted
            finding.broken += connection.execute(text(page_broken(finding.invariant)), page).scalars()
        yield rows
        after = until


def page_end(table: str) -> str:
    """The id of a page's last row; without a row where the page is the last one."""
    return f"SELECT id FROM {table} WHERE id > :after ORDER BY id LIMIT 1 OFFSET :skipped"


def page_counts(invariants: Sequence[Invariant]) -> str:
    """How many rows a page has, and how many of them each of the invariants of its table is about."""
    counts = ", ".join(f"count(CASE WHEN {each.about} THEN 1 END)" for each in invariants)
    return f"SELECT count(*), {counts} FROM {invariants[0].of} WHERE {_IN_PAGE}"


def page_broken(invariant: Invariant) -> str:
    """The ids of a page's rows that break an invariant, in their order."""
    return f"SELECT id FROM {invariant.of} WHERE {_IN_PAGE} AND ({invariant.broken}) ORDER BY id"


_IN_PAGE = "id > :after AND id <= :until"


def _value(connection: Connection, sql: str) -> int:
    value: int = connection.execute(text(sql)).scalar_one()
    return value
