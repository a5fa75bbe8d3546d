"""What the database refuses by itself, whatever the code above it does."""

from collections.abc import Callable, Iterator
from typing import NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import (
    CheckConstraint,
    Connection,
    Engine,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy.exc import IntegrityError

from db.columns import ROLES
from db.engine import writer_engine
from db.job_tables import JOB_STATES
from db.refund_tables import REFUND_ORIGINS, REFUND_STATUSES
from db.tables import (
    ACCESS_STATUSES,
    FULFILMENTS,
    PAYMENT_STATUSES,
    PURCHASE_STATUSES,
    Row,
)
from tests.conftest import KINDS
from tests.db.examples import (
    ABSENT,
    GRANT,
    NOW,
    PAYMENT,
    PURCHASE,
    add,
    add_examples,
)

NEW = UUID(int=50)


class Refused(NamedTuple):
    """A row that must not be: the table, how it differs from the example, and the constraint that refuses it."""

    table: str
    changes: dict[str, object]
    constraint: str


def new(**changes: object) -> dict[str, object]:
    """Changes of a row that is another one than the example."""
    return {"id": NEW, **changes}


def payment(**changes: object) -> dict[str, object]:
    return new(**{"reference": None, **changes})


def purchase(**changes: object) -> dict[str, object]:
    return new(**{"student_id": "student-9", **changes})


CAPTURED = {"captured_minor": 1, "captured_currency": "INR"}
DECIDED = {"status": "SUCCEEDED", "fulfilment": "FULFILLED", **CAPTURED}

REFUSALS = (
    # -------------------------------------------------------------------------------------------- one and no second
    Refused("course", {}, "pk_course"),
    Refused("tier", {"rank": 2}, "pk_tier"),
    Refused("tier", {"code": "OTHER"}, "uq_tier_course_id_rank"),
    Refused("payment", {"reference": None}, "pk_payment"),
    Refused("payment", new(reference="sbx_1"), "uq_payment_provider_reference"),
    Refused("purchase", {"student_id": "student-9"}, "pk_purchase"),
    Refused("purchase", new(), "uq_purchase_active"),
    Refused("purchase", purchase(origin="PAYMENT", payment_id=PAYMENT), "uq_purchase_payment_id"),
    Refused("student_access", {}, "pk_student_access"),
    Refused("recorded_session", {"number": 2}, "pk_recorded_session"),
    Refused("recorded_session", new(), "uq_recorded_session_purchase_id_number"),
    Refused("audit_entry", {}, "pk_audit_entry"),
    Refused("idempotency_record", {"fingerprint": b"\x01", "result_id": NEW}, "pk_idempotency_record"),
    Refused("job", {"kind": "payment.refund"}, "pk_job"),
    Refused("job", new(), "uq_job_live"),
    Refused("job", new(state="RUNNING"), "uq_job_live"),
    Refused("job", new(state="RETRYING"), "uq_job_live"),
    Refused("refund", {}, "pk_refund"),
    Refused("change", {}, "pk_change"),
    Refused("installation", {}, "pk_installation"),
    Refused("installation", {"singleton": 2}, "ck_installation_singleton"),
    Refused("schema_compatibility", {}, "pk_schema_compatibility"),
    Refused("schema_compatibility", {"singleton": 2}, "ck_schema_compatibility_singleton"),
    Refused("provider_event", {"event_id": "evt_2"}, "pk_provider_event"),
    Refused("provider_event", new(), "uq_provider_event_provider_event_id"),
    # ------------------------------------------------------------------------------------------------------- amounts
    Refused("tier", {"code": "A", "rank": 2, "price_minor": -1}, "ck_tier_price"),
    Refused("tier", {"code": "A", "rank": 2, "currency": "RUPEE"}, "ck_tier_currency"),
    Refused("tier", {"code": "A", "rank": 2, "session_count": 0}, "ck_tier_session_count"),
    Refused("tier", {"code": "A", "rank": 2, "validity_days": 0}, "ck_tier_validity"),
    Refused("payment", payment(amount_minor=0), "ck_payment_amount"),
    Refused("payment", payment(amount_minor=-1), "ck_payment_amount"),
    Refused("payment", payment(currency="IN"), "ck_payment_amount"),
    Refused("payment", payment(session_count=0), "ck_payment_session_count"),
    Refused("payment", payment(**{**DECIDED, "captured_minor": -1}), "ck_payment_captured"),
    Refused("payment", payment(**{**DECIDED, "captured_currency": None}), "ck_payment_captured_whole"),
    Refused("payment", payment(**DECIDED, refunded_minor=-1), "ck_payment_refunded"),
    Refused("payment", payment(**DECIDED, refunded_minor=2), "ck_payment_refunded"),
    Refused("payment", payment(refunded_minor=1), "ck_payment_refunded"),
    Refused("refund", new(amount_minor=0), "ck_refund_amount"),
    Refused("refund", new(amount_minor=-1), "ck_refund_amount"),
    Refused("refund", new(currency="IN"), "ck_refund_amount"),
    # --------------------------------------------------------------------------------------------------------- words
    Refused("refund", new(status="SENT", settled_at=NOW), "ck_refund_status"),
    Refused("refund", new(requested_by_role="TEACHER"), "ck_refund_requested_by_role"),
    Refused("refund", new(origin="BANK"), "ck_refund_origin"),
    Refused("provider_event", new(provider="PAYPAL"), "ck_provider_event_provider"),
    Refused("provider_event", new(event_id="evt_2", state="DONE"), "ck_provider_event_state"),
    Refused("payment", payment(status="PAID"), "ck_payment_status"),
    Refused("payment", payment(provider="PAYPAL"), "ck_payment_provider"),
    Refused("payment", payment(purpose="GIFT"), "ck_payment_purpose"),
    Refused("payment", payment(**{**DECIDED, "fulfilment": "DONE"}), "ck_payment_fulfilment"),
    Refused("purchase", purchase(status="ENDED", ended_at=NOW), "ck_purchase_status"),
    Refused("purchase", purchase(origin="GIFT"), "ck_purchase_origin"),
    Refused("purchase", purchase(created_by_role="TEACHER"), "ck_purchase_created_by_role"),
    Refused("student_access", {"purchase_id": GRANT, "status": "ENDED"}, "ck_student_access_status"),
    Refused("audit_entry", new(actor_role="TEACHER"), "ck_audit_entry_actor_role"),
    Refused("recorded_session", new(number=2, recorded_by_role="TEACHER"), "ck_recorded_session_recorded_by_role"),
    Refused("job", new(kind="payment.refund", state="DONE"), "ck_job_state"),
    # -------------------------------------------------------------------------------------------- what goes together
    Refused("payment", payment(**CAPTURED), "ck_payment_captured_is_decided"),
    Refused("payment", payment(fulfilment="FULFILLED"), "ck_payment_captured_is_decided"),
    Refused("payment", payment(fulfilment="UNFULFILLABLE"), "ck_payment_captured_is_decided"),
    Refused("payment", payment(**{**DECIDED, "fulfilment": "DUPLICATE"}), "ck_payment_duplicate_names_it"),
    Refused("payment", payment(**DECIDED, duplicate_of=PURCHASE), "ck_payment_duplicate_names_it"),
    Refused("purchase", purchase(status="REVOKED"), "ck_purchase_ended"),
    Refused("purchase", purchase(ended_at=NOW), "ck_purchase_ended"),
    Refused("purchase", purchase(origin="PAYMENT"), "ck_purchase_origin_names_payment"),
    Refused("purchase", purchase(payment_id=PAYMENT), "ck_purchase_origin_names_payment"),
    Refused("job", new(kind="payment.refund", attempts=-1), "ck_job_attempts"),
    Refused("refund", new(settled_at=NOW), "ck_refund_settled"),
    Refused("refund", new(status="SUCCEEDED"), "ck_refund_settled"),
    Refused("student_access", {"purchase_id": GRANT, "sessions_used": 5}, "ck_student_access_sessions_used"),
    Refused("student_access", {"purchase_id": GRANT, "sessions_used": -1}, "ck_student_access_sessions_used"),
    Refused("student_access", {"purchase_id": GRANT, "sessions_total": 0}, "ck_student_access_sessions_total"),
    Refused("student_access", {"purchase_id": GRANT, "expires_at": NOW}, "ck_student_access_expiry"),
    Refused("recorded_session", new(number=0), "ck_recorded_session_number"),
    Refused("payment", payment(session_duration_min=14), "ck_payment_session_duration"),
    Refused("payment", payment(session_duration_min=481), "ck_payment_session_duration"),
    Refused("payment", payment(slot_start_min=-1), "ck_payment_slot_start"),
    Refused("payment", payment(slot_start_min=1440), "ck_payment_slot_start"),
    Refused("purchase", purchase(session_duration_min=481), "ck_purchase_session_duration"),
    Refused("purchase", purchase(slot_start_min=1440), "ck_purchase_slot_start"),
    # ---------------------------------------------------------------------------------------- what must exist already
    Refused("tier", {"course_id": ABSENT}, "fk_tier_course_id"),
    Refused("payment", payment(course_id=ABSENT), "fk_payment_course_id"),
    Refused(
        "payment", payment(**{**DECIDED, "fulfilment": "DUPLICATE"}, duplicate_of=ABSENT), "fk_payment_duplicate_of"
    ),
    Refused("purchase", purchase(course_id=ABSENT), "fk_purchase_course_id"),
    Refused("purchase", purchase(origin="PAYMENT", payment_id=ABSENT), "fk_purchase_payment_id"),
    Refused("purchase", purchase(supersedes=ABSENT), "fk_purchase_supersedes"),
    Refused("refund", new(payment_id=ABSENT), "fk_refund_payment_id"),
    Refused("payment", payment(extra_of=ABSENT), "fk_payment_extra_of"),
    Refused("recorded_session", new(purchase_id=ABSENT), "fk_recorded_session_purchase_id"),
    Refused("student_access", {"purchase_id": ABSENT}, "fk_student_access_purchase_id"),
)

ALLOWED: tuple[tuple[str, dict[str, object]], ...] = (
    ("tier", {"code": "FREE", "rank": 0, "price_minor": 0, "validity_days": None}),
    ("payment", payment()),
    ("payment", payment(provider="STRIPE", reference="sbx_1")),
    ("payment", payment(**{**DECIDED, "captured_minor": 0})),
    ("payment", payment(**DECIDED, refunded_minor=1)),
    ("payment", payment(**{**DECIDED, "fulfilment": "DUPLICATE"}, duplicate_of=PURCHASE)),
    ("purchase", new(status="SUPERSEDED", ended_at=NOW)),
    ("purchase", purchase(supersedes=PURCHASE)),
    ("student_access", {"purchase_id": GRANT, "sessions_used": 4, "expires_at": None}),
    ("recorded_session", new(number=2)),
    ("recorded_session", new(purchase_id=GRANT)),
    ("recorded_session", new(number=2, withdrawn_at=NOW)),
    *(("recorded_session", new(number=2, recorded_by_role=role)) for role in ROLES),
    ("idempotency_record", {"actor_id": "admin-2"}),
    ("idempotency_record", {"operation": "saveCourse"}),
    ("job", new(kind="payment.refund")),
    ("job", new(state="COMPLETED")),
    *(("payment", payment(status=status)) for status in PAYMENT_STATUSES),
    *(
        ("payment", payment(**{**DECIDED, "fulfilment": each}, duplicate_of=PURCHASE if each == "DUPLICATE" else None))
        for each in FULFILMENTS
        if each != "PENDING"
    ),
    *(("purchase", purchase(status=status, ended_at=NOW)) for status in PURCHASE_STATUSES if status != "ACTIVE"),
    *(("student_access", {"purchase_id": GRANT, "status": status}) for status in ACCESS_STATUSES),
    *(("audit_entry", new(actor_role=role)) for role in ROLES),
    *(("job", new(kind="payment.refund", state=state)) for state in JOB_STATES),
    ("refund", new(amount_minor=1)),
    *(("refund", new(status=each, settled_at=NOW)) for each in REFUND_STATUSES if each != "PENDING"),
    *(("refund", new(requested_by_role=role)) for role in ROLES),
    *(("refund", new(origin=origin)) for origin in REFUND_ORIGINS),
    *(("job", new(kind="event.deliver", target=target)) for target in ("a", "b")),
    ("provider_event", new(provider="RAZORPAY")),
    *(("provider_event", new(event_id="evt_2", state=state)) for state in ("PENDING", "HANDLED", "IGNORED")),
)


@pytest.fixture(scope="module", params=KINDS)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A database of each kind with the examples in it; what a test adds is rolled back."""
    make: Callable[[], str] = request.getfixturevalue(f"new_{request.param}")
    engine = writer_engine(make())
    with engine.begin() as connection:
        add_examples(connection)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        yield connection
        connection.rollback()


@pytest.mark.parametrize("refused", REFUSALS, ids=lambda refused: refused.constraint)
def test_a_row_that_must_not_be_is_refused_by_its_constraint(connection: Connection, refused: Refused) -> None:
    with pytest.raises(IntegrityError) as raised:
        add(connection, refused.table, **refused.changes)
    assert refusal_of(raised.value) == as_told(connection, refused.table, refused.constraint)


@pytest.mark.parametrize(("table", "changes"), ALLOWED)
def test_a_row_at_the_edge_of_what_may_be_is_taken(
    connection: Connection, table: str, changes: dict[str, object]
) -> None:
    add(connection, table, **changes)


def test_what_another_row_names_cannot_be_deleted(connection: Connection) -> None:
    for table in ("course", "payment", "purchase"):
        with pytest.raises(IntegrityError), connection.begin_nested():
            connection.execute(Row.metadata.tables[table].delete())


def test_every_constraint_is_tried_here() -> None:
    tried = {refused.constraint for refused in REFUSALS}
    assert tried == {name for table in Row.metadata.sorted_tables for name in constraints_of(table)}


def constraints_of(table: Table) -> Iterator[str]:
    """The names of all that a table's rows must hold to, beside being there at all."""
    for constraint in table.constraints:
        assert not isinstance(constraint, UniqueConstraint), "uniqueness is said by named indexes here"
        yield str(constraint.name)
    yield from (str(index.name) for index in table.indexes if index.unique)


def refusal_of(error: IntegrityError) -> str:
    """Which constraint refused: PostgreSQL names it, SQLite says it in the words of `as_told`."""
    diagnosis = getattr(error.orig, "diag", None)
    return str(error.orig) if diagnosis is None else str(diagnosis.constraint_name)


def as_told(connection: Connection, table_name: str, name: str) -> str:
    """How the connection's database tells of a constraint."""
    if connection.dialect.name == "postgresql":
        return name
    table = Row.metadata.tables[table_name]
    named: dict[object, object] = {each.name: each for each in table.constraints}
    named.update({each.name: each for each in table.indexes})
    found = named[name]
    match found:
        case CheckConstraint():
            return f"CHECK constraint failed: {name}"
        case ForeignKeyConstraint():
            return "FOREIGN KEY constraint failed"
        case _:
            assert isinstance(found, (PrimaryKeyConstraint, Index))
            return "UNIQUE constraint failed: " + ", ".join(f"{table_name}.{column.name}" for column in found.columns)
