"""A served gateway as its tests see it: fresh students and courses, both flows in short words, and its tables."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import httpx
from sqlalchemy import Connection
from sqlmodel import col, select

from db.job_tables import JobRow
from db.tables import RefundRow, Row
from gateway.schema.conventions import ids
from gateway.services.core.model.values import Role
from tests.beside import beside
from tests.served.operations import CONFIRM_PAYMENT, COURSE, CREATE_PAYMENT, CREATE_PURCHASE, METADATA, SAVE_COURSE
from tests.served.server import Caller, Server, serving

Answer = dict[str, Any]

LIMITS = httpx.Limits(keepalive_expiry=2)
"""An idle connection is given up before the server, after five seconds, gives it up under us."""

NUMBERS = count(1)
"""Each student of a test run is another one, so that tests may share a server."""


@dataclass
class Person(Caller):
    """Somebody with an id, who keeps one connection to the server."""

    id: str
    client_: httpx.Client

    def post(self, query: str, variables: Mapping[str, object] | None = None) -> httpx.Response:
        return self.send({"query": query, "variables": variables or {}})

    def send(self, body: object) -> httpx.Response:
        """A body as JSON in ASCII, which carries what UTF-8 cannot."""
        headers = {**self.headers(), "Content-Type": "application/json"}
        return self.client_.post(self.url, content=json.dumps(body), headers=headers)

    def at(self, other: "Served") -> "Person":
        """The same person, calling another gateway of the same secret."""
        return replace(self, url=other.server.url, client_=other.http)

    def did(self, operation: str, **given: object) -> Answer:
        """What a mutation answered. Its data is its one field's."""
        [answer] = self.data(operation, input=given).values()
        result: Answer = answer
        return result


@dataclass
class Served:
    """A running gateway, its database, and people to call it."""

    server: Server
    database_url: str
    http: httpx.Client
    admin: Person = field(init=False)

    def __post_init__(self) -> None:
        self.admin = self.person(Role.ADMIN, "admin-1")

    def person(self, role: Role | None, name: str) -> Person:
        token = None if role is None else self.server.token(role, name)
        return Person(self.server.url, token, name, self.http)

    def student(self) -> Person:
        """One who was never here before."""
        return self.person(Role.STUDENT, f"student-{next(NUMBERS)}")

    def course(self, **changes: object) -> str:
        """The id of a new course: Yoga in BASIC, STANDARD and PREMIUM, unless changed."""
        saved = self.admin.did(SAVE_COURSE, **{**COURSE, **changes})
        course_id: str = saved["course"]["id"]
        return course_id

    def opened(self, student: Person, course_id: str, tier: str = "BASIC", **changes: object) -> str:
        """The id of a new payment."""
        answer = student.did(CREATE_PAYMENT, **{**opening(course_id, tier), **changes})
        assert answer["__typename"] == "CreatePaymentSuccess", answer
        payment_id: str = answer["payment"]["id"]
        return payment_id

    def confirm(self, student: Person, payment_id: str, token: str | None = None, **changes: object) -> Answer:
        return student.did(CONFIRM_PAYMENT, **confirming(payment_id, token), **changes)

    def create(self, course_id: str, student_id: str, tier: str = "BASIC", **changes: object) -> Answer:
        return self.admin.did(CREATE_PURCHASE, **{**creating(course_id, student_id, tier), **changes})

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with connected(self.database_url) as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]

    def jobs(self, payment_id: str) -> list[str]:
        """The kinds of the jobs that a payment led to."""
        key = ids.from_text(ids.PAYMENT, payment_id)
        refunds = select(col(RefundRow.id)).where(col(RefundRow.payment_id) == key)
        is_its = (col(JobRow.subject_id) == key) | col(JobRow.subject_id).in_(refunds)
        with connected(self.database_url) as connection:
            return list(connection.scalars(select(col(JobRow.kind)).where(is_its)))

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        tables = list(Row.metadata.tables)
        [row] = self.rows("SELECT " + ", ".join(f"(SELECT count(*) FROM {name})" for name in tables))
        return dict(zip(tables, row, strict=True))


@contextmanager
def served(database_url: str, *arguments: str, **settings: str) -> Iterator[Served]:
    """A gateway on the database, stopped at the end if it still runs."""
    # Jobs wait: what they would do is told from what a request does.
    settings = {"worker": "false", **settings}
    with serving(database_url, *arguments, **settings) as server, httpx.Client(timeout=30, limits=LIMITS) as http:
        yield Served(server, database_url, http)


@contextmanager
def connected(database_url: str) -> Iterator[Connection]:
    """A transaction of the test's own; on SQLite it holds the write lock until it ends."""
    with beside(database_url) as connection:
        yield connection


def opening(course_id: str, tier: str = "BASIC") -> dict[str, object]:
    return {"courseId": course_id, "tier": tier, "metadata": METADATA}


def confirming(payment_id: str, token: str | None = None) -> dict[str, object]:
    proof = {} if token is None else {"proof": {"sandbox": {"token": token}}}
    return {"paymentId": payment_id, **proof}


def creating(course_id: str, student_id: str, tier: str = "BASIC") -> dict[str, object]:
    return {
        "studentId": student_id,
        "courseId": course_id,
        "purchaseTier": tier,
        "metadata": METADATA,
        "reason": "a test",
    }


def extending(purchase_id: str, expiry: str = "2090-01-01T00:00:00Z") -> dict[str, object]:
    return {"purchaseId": purchase_id, "expiryDate": expiry, "reason": "a test"}


def correcting(purchase_id: str, **changes: object) -> dict[str, object]:
    return {"purchaseId": purchase_id, "metadata": {**METADATA, **changes}, "reason": "a test"}


def revoking(purchase_id: str) -> dict[str, object]:
    return {"purchaseId": purchase_id, "reason": "a test"}


def tier_of(code: str, session_count: int, rank: int, **changes: object) -> dict[str, object]:
    price = {"amountMinor": 199900, "currency": "INR"}
    return {"code": code, "sessionCount": session_count, "price": price, "rank": rank, **changes}
