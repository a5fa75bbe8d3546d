"""The seeding tool: what it fills a database with is what the product writes, and stands by every invariant."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, inspect, select

from bench.seed.filling import Wanted, fill
from bench.seed.loading import NotEmpty
from bench.seed.templates import tables
from db.engine import audit_engine, writer_engine
from db.statements import PURCHASE
from gateway.services.verification.work import verify

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)


def seeded(url: str, purchases: int = 300) -> None:
    for _ in fill(url, Wanted(purchases, left_open=20, courses=10, seed=1, now=NOW)):
        pass


def rows(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    return {
        table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
        for table in tables()
    }


def indexes(connection: Connection) -> dict[str, object]:
    inspector = inspect(connection)
    return {
        table.name: (
            sorted((each["name"] or "", each["column_names"]) for each in inspector.get_indexes(table.name)),
            sorted(each["name"] or "" for each in inspector.get_foreign_keys(table.name)),
        )
        for table in tables()
    }


def test_both_databases_are_seeded_alike_with_all_indexes_and_by_every_invariant(
    new_sqlite: Callable[[], str], new_postgresql: Callable[[], str]
) -> None:
    found = [_seeded_and_verified(url) for url in (new_sqlite(), new_postgresql())]
    assert found[0] == found[1]
    assert len(found[0]["course"]) == 10
    assert 300 <= len(found[0]["purchase"]) < 400
    assert {name for name, of_table in found[0].items() if not of_table} == {"provider_event", "recorded_session"}


def _seeded_and_verified(url: str) -> dict[str, list[tuple[object, ...]]]:
    engine = writer_engine(url)
    with engine.connect() as connection:
        as_migrated = indexes(connection)
    seeded(url)
    with engine.connect() as connection:
        findings = [finding for step in verify(connection, lambda: NOW) for finding in step.findings]
        assert not any(finding.broken for finding in findings)
        empty = {finding.invariant.of for finding in findings if not finding.counted}
        assert empty == {"provider_event", "change", "recorded_session"}
        assert indexes(connection) == as_migrated
        found = rows(connection)
    engine.dispose()
    return found


def test_what_has_purchases_already_is_left_alone(new_sqlite: Callable[[], str]) -> None:
    url = new_sqlite()
    seeded(url, purchases=10)
    with pytest.raises(NotEmpty):
        seeded(url, purchases=10)
    engine = audit_engine(url)
    with engine.connect() as connection:
        assert len(connection.execute(select(PURCHASE.c.id)).all()) < 20
    engine.dispose()
