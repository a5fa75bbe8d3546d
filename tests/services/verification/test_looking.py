"""The invariants: each finds the row that breaks it and no other, however the rows fall on pages."""

from collections.abc import Callable, Container, Iterator
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from sqlalchemy import Connection, text

from bench.seed.filling import Wanted, fill
from db.engine import writer_engine
from db.tables import Row
from gateway.services.verification import looking
from gateway.services.verification.model import Finding
from gateway.services.verification.shown import readable
from gateway.services.verification.work import verify
from tests.conftest import KINDS

NOW = datetime(2026, 11, 26, tzinfo=UTC)
PAID = """SELECT payment.id FROM payment JOIN purchase ON purchase.payment_id = payment.id
    WHERE purchase.status = 'ACTIVE' AND refunded_minor = 0 ORDER BY payment.id LIMIT 1"""
OPEN = "SELECT id FROM payment WHERE fulfilment = 'PENDING' AND ask_at IS NOT NULL ORDER BY id LIMIT 1"
BOUGHT = "SELECT id FROM purchase WHERE status = 'ACTIVE' AND origin = 'PAYMENT' ORDER BY id LIMIT 1"
REFUND = "SELECT id FROM refund WHERE status = 'SUCCEEDED' ORDER BY id LIMIT 1"
AUDIT_TWICE = "UPDATE audit_entry SET action = 'payment.captured' WHERE subject_id = :id AND action = 'payment.opened'"

BROKEN: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "A captured payment became exactly one purchase",
        PAID,
        ("UPDATE purchase SET payment_id = NULL, origin = 'ADMIN' WHERE payment_id = :id",),
    ),
    (
        "A captured payment became exactly one purchase",
        "SELECT id FROM payment WHERE fulfilment = 'DUPLICATE' ORDER BY id LIMIT 1",
        ("UPDATE refund SET status = 'FAILED' WHERE payment_id = :id",),
    ),
    (
        "No payment without captured money",
        OPEN,
        (
            """UPDATE purchase SET payment_id = :id, origin = 'PAYMENT'
                WHERE id = (SELECT id FROM purchase WHERE origin = 'ADMIN' ORDER BY id LIMIT 1)""",
        ),
    ),
    (
        "No payment gives back more",
        "SELECT payment_id FROM refund WHERE status = 'SUCCEEDED' ORDER BY id LIMIT 1",
        ("UPDATE refund SET amount_minor = amount_minor + 1 WHERE payment_id = :id",),
    ),
    ("No payment gives back more", PAID, ("UPDATE payment SET refunded_minor = 1 WHERE id = :id",)),
    (
        "Money that a checkout took more than once",
        PAID,
        (f"UPDATE payment SET extra_of = ({OPEN}) WHERE id = :id",),
    ),
    ("A payment under way", OPEN, ("UPDATE payment SET status = 'PROCESSING' WHERE id = :id",)),
    ("A checkout that may be paid", OPEN, ("UPDATE payment SET ask_at = NULL WHERE id = :id",)),
    (
        "What was captured is in its payment's history",
        PAID,
        ("DELETE FROM audit_entry WHERE subject_id = :id AND action = 'payment.captured'",),
    ),
    ("What was captured is in its payment's history", PAID, (AUDIT_TWICE,)),
    ("What was captured is in its payment's history", OPEN, (AUDIT_TWICE,)),
    ("A payment refunded in full", PAID, ("UPDATE payment SET status = 'REFUNDED' WHERE id = :id",)),
    (
        "A student has at most one active purchase",
        BOUGHT,
        (
            "DROP INDEX uq_purchase_active",
            """UPDATE purchase SET student_id = (SELECT student_id FROM purchase WHERE id = :id),
                course_id = (SELECT course_id FROM purchase WHERE id = :id)
                WHERE id = (SELECT id FROM purchase WHERE status = 'ACTIVE' ORDER BY id DESC LIMIT 1)""",
        ),
    ),
    ("Every purchase has its access", BOUGHT, ("DELETE FROM student_access WHERE purchase_id = :id",)),
    (
        "Every purchase has its access",
        BOUGHT,
        ("UPDATE student_access SET status = 'REVOKED' WHERE purchase_id = :id",),
    ),
    ("Every purchase came to be once", BOUGHT, ("DELETE FROM audit_entry WHERE subject_id = :id",)),
    (
        "A purchase that was taken back",
        BOUGHT,
        ("UPDATE purchase SET status = 'REFUNDED', ended_at = created_at WHERE id = :id",),
    ),
    (
        "A superseded purchase",
        "SELECT supersedes FROM purchase WHERE supersedes IS NOT NULL ORDER BY id LIMIT 1",
        ("UPDATE purchase SET supersedes = NULL WHERE supersedes = :id",),
    ),
    (
        "What a job did is done",
        "SELECT id FROM job WHERE kind = 'payment.refund' AND state = 'COMPLETED' ORDER BY id LIMIT 1",
        ("UPDATE job SET state = 'CANCELED', last_error = 'canceled: by nobody' WHERE id = :id",),
    ),
    (
        "A promised refund has a job",
        REFUND,
        ("UPDATE refund SET status = 'PENDING', settled_at = NULL WHERE id = :id",),
    ),
)
"""How each invariant begins, the row that is to break it, and by what."""

HELD = ("student_access", "purchase", "tier")
"""What is looked at row by row, too: by its own key, by the key of another table, and by two columns."""


@pytest.fixture(scope="module", params=KINDS)
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """To a database with some of everything."""
    maker: Callable[[], str] = request.getfixturevalue(f"new_{request.param}")
    url = maker()
    for _ in fill(url, Wanted(300, left_open=5, courses=5, seed=1, now=NOW)):
        pass
    engine = writer_engine(url)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def findings(connection: Connection, names: Container[str] | None = None) -> list[Finding]:
    return [finding for step in verify(connection, lambda: NOW, names) for finding in step.findings]


def test_every_invariant_finds_the_row_that_breaks_it(connection: Connection) -> None:
    for begins, which, breaking in BROKEN:
        with connection.begin() as transaction:
            row_id = connection.execute(text(which)).scalar_one()
            for statement in breaking:
                connection.execute(text(statement), {"id": row_id} if ":id" in statement else {})
            [finding] = [each for each in findings(connection) if each.invariant.sentence.startswith(begins)]
            assert finding.broken == [readable(row_id)], (begins, breaking)
            assert all(fault.wrong and finding.invariant.remedy for fault in finding.faults)
            transaction.rollback()


def test_pages_of_any_size_find_the_same(connection: Connection) -> None:
    with connection.begin() as transaction:
        connection.execute(text("UPDATE student_access SET status = 'EXPIRED'"))
        connection.execute(text("UPDATE idempotency_record SET fingerprint = :short"), {"short": b"short"})
        connection.execute(text("UPDATE audit_entry SET actor_id = ''"))
        whole = findings(connection)
        with patch.object(looking, "ROWS_OF_A_PAGE", 30):
            assert findings(connection) == whole
        with patch.object(looking, "ROWS_OF_A_PAGE", 1):
            assert findings(connection, HELD) == [each for each in whole if each.invariant.of in HELD]
        transaction.rollback()
    assert sum(len(finding.broken) for finding in whole) > 100


def test_each_step_tells_how_far_it_is(connection: Connection) -> None:
    with patch.object(looking, "ROWS_OF_A_PAGE", 50), connection.begin():
        steps = list(verify(connection, lambda: NOW))
        rows = sum(
            connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in Row.metadata.tables
        )
    done = [step.done for step in steps]
    assert {step.of for step in steps} == {rows} == {done[-1]}
    assert done == sorted(done)
    assert len({*done}) > 6
