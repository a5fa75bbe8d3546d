"""The figures of a day are what its rows sum up to, wherever days begin, on both databases."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, select

from db.engine import audit_engine
from db.spans import span_parameters
from db.statements import PAYMENT, PURCHASE, REFUND
from gateway.services.extracts import reconciliation
from gateway.services.extracts.reconciliation import Day, Group, Sum, reconciled
from tests.db.planner import Planner

KOLKATA, UTC_ZONE = ZoneInfo("Asia/Kolkata"), ZoneInfo("UTC")


@pytest.fixture
def connection(filled: str) -> Iterator[Connection]:
    engine = audit_engine(filled)
    with engine.connect() as connected:
        yield connected
    engine.dispose()


def days_of(first: date, count: int, zone: ZoneInfo) -> list[Day]:
    days = [first + timedelta(days=number) for number in range(count + 1)]
    begins = [datetime.combine(day, time(), zone).astimezone(UTC) for day in days]
    return list(zip(days[:-1], begins[:-1], begins[1:], strict=True))


Rows = list[dict[str, Any]]
Say = Callable[[dict[str, Any]], Any]


def summed(rows: Rows, at: str, zone: ZoneInfo, currency: Say, amount: Say) -> dict[Group, Sum]:
    """What the rows sum up to, reckoned here."""
    found: dict[Group, Sum] = {}
    for row in rows:
        group = (row[at].astimezone(zone).date(), row["provider"], currency(row))
        found[group] = found.get(group, Sum()) + Sum(1, amount(row))
    return found


@pytest.mark.parametrize("zone", [UTC_ZONE, KOLKATA], ids=str)
def test_each_figure_is_the_sum_of_its_rows(connection: Connection, zone: ZoneInfo) -> None:
    payments = [dict(row._mapping) for row in connection.execute(select(PAYMENT))]
    whose = {each["id"]: each["provider"] for each in payments}
    refunds = [{**row._mapping, "provider": whose[row.payment_id]} for row in connection.execute(select(REFUND))]
    purchases = [{**row._mapping, "provider": ""} for row in connection.execute(select(PURCHASE))]
    taken = [each for each in payments if each["confirmed_at"]]
    back = [each for each in refunds if each["status"] == "SUCCEEDED"]

    def of_taken(rows: Rows, amount: Say = lambda row: row["captured_minor"]) -> dict[Group, Sum]:
        return summed(rows, "confirmed_at", zone, lambda row: row["captured_currency"], amount)

    def of_refunds(rows: Rows, at: str) -> dict[Group, Sum]:
        return summed(rows, at, zone, lambda row: row["currency"], lambda row: row["amount_minor"])

    unfulfilled = [each for each in taken if each["fulfilment"] != "FULFILLED"]
    expected = {
        "opened": summed(
            [each for each in payments if each["extra_of"] is None],
            "created_at",
            zone,
            lambda row: row["currency"],
            lambda row: row["amount_minor"],
        ),
        "captured": of_taken(taken),
        "fulfilled": of_taken([each for each in taken if each["fulfilment"] == "FULFILLED"]),
        "unfulfilled": of_taken(unfulfilled),
        "extra": of_taken([each for each in taken if each["extra_of"]]),
        "openPromises": of_taken(
            [each for each in unfulfilled if each["refunded_minor"] < each["captured_minor"]],
            lambda row: row["captured_minor"] - row["refunded_minor"],
        ),
        "refunded": of_refunds([each for each in back if each["origin"] != "DISPUTE"], "settled_at"),
        "disputed": of_refunds([each for each in refunds if each["origin"] == "DISPUTE"], "created_at"),
        "disputesLost": of_refunds([each for each in back if each["origin"] == "DISPUTE"], "settled_at"),
        "granted": summed(
            [each for each in purchases if each["origin"] == "ADMIN"], "created_at", zone, lambda _: "", lambda _: 0
        ),
    }
    found = reconciled(connection, days_of(date(2023, 1, 1), 1_500, zone))
    for name, sums in expected.items():
        assert {group: each[name] for group, each in found.items() if name in each} == sums, name
    assert {name for name, sums in expected.items() if sums} >= {"opened", "captured", "unfulfilled", "refunded"}
    assert expected["granted"]


def test_a_day_is_of_its_zone(connection: Connection) -> None:
    whole = reconciled(connection, days_of(date(2023, 1, 1), 1_500, KOLKATA))
    [day, *_] = [day for day, provider, _ in whole if provider]
    alone = reconciled(connection, days_of(day, 1, KOLKATA))
    assert alone == {group: sums for group, sums in whole.items() if group[0] == day}


def test_no_figure_goes_through_a_table(connection: Connection) -> None:
    planner, backend = Planner(connection), connection.dialect.name
    if not planner.is_sqlite:  # of an index of a handful of rows, a bitmap of all is as good as a look into it
        connection.exec_driver_sql("SET enable_bitmapscan = off")
    days = [(begins, ends) for _, begins, ends in days_of(date(2026, 1, 1), 3, UTC_ZONE)]
    given = span_parameters(days, connection.dialect)
    scans = {}
    for figure in (each for each in reconciliation.FIGURES if not each.parts):
        sql = reconciliation.statement(figure, backend)
        for name in given:
            sql = sql.replace(f":{name}", "?" if planner.is_sqlite else "%s")
        scans[figure.name] = [
            each
            for each in planner.long_scans(sql, list(given.values()))
            if "json_each" not in each and "Function" not in each
        ]
    assert {name: found for name, found in scans.items() if found} == {}
