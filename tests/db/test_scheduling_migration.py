"""Payments that stand open when the schedules come in get one each, however old they are."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from alembic import command
from alembic.config import Config
from sqlalchemy import column, insert, select, table

from db.engine import writer_engine
from db.statements import PAYMENT, table_of
from db.tables import CourseRow
from tests.db.examples import COURSE, FULFILLED, NOW, OPENED

BEFORE = "0007"
NEW = ("ask_at", "asks")
PAYMENT_BEFORE = table("payment", *(column(each.name, each.type) for each in PAYMENT.c if each.name not in NEW))
OLD = NOW - timedelta(days=15)


def test_payments_that_are_open_today_are_due_at_once_and_no_others(database_url: str) -> None:
    rows = [
        row(1),
        row(2, created_at=OLD, status="FAILED"),
        row(3, status="CANCELED"),
        row(4, reference=None),
        {**row(5), **captured()},
    ]
    migrate(database_url, down_to=BEFORE)
    engine = writer_engine(database_url)
    with engine.begin() as connection:
        connection.execute(insert(table_of(CourseRow)), {"id": COURSE, "title": "Yoga", "created_at": NOW})
        for each in rows:
            connection.execute(insert(PAYMENT_BEFORE), {k: v for k, v in each.items() if k not in NEW})
    migrate(database_url)
    with engine.connect() as connection:
        found = connection.execute(select(PAYMENT.c.ask_at, PAYMENT.c.asks).order_by(PAYMENT.c.id)).all()
    engine.dispose()
    assert [tuple(each) for each in found] == [(NOW, 0), (OLD, 0), (None, 0), (None, 0), (None, 0)]


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {**OPENED, "id": UUID(int=number), "reference": f"sbx_{number}", **changes}


def captured() -> dict[str, Any]:
    names = ("status", "fulfilment", "captured_minor", "captured_currency", "confirmed_at")
    return {name: FULFILLED[name] for name in names}


def migrate(url: str, down_to: str | None = None) -> None:
    engine = writer_engine(url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "db:migrations")
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        if down_to:
            command.downgrade(config, down_to)
        else:
            command.upgrade(config, "head")
    engine.dispose()
