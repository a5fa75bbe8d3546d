"""`gateway report reconciliation`: the figures as a table, CSV and JSON, and which days may be asked for."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from gateway.cli.exporting.reconciliation import Form, Row, _csv, _json, _table, described
from gateway.services.extracts.reconciliation import FIGURES, Sum
from tests.cli.terminal import gateway, on_sqlite
from tests.cli.test_grant import course as course
from tests.cli.test_grant import create
from tests.cli.test_grant import env as env
from tests.served.server import environment

DAY = date(2026, 11, 1)
SOLD = Row(
    DAY,
    "STRIPE",
    "INR",
    {
        "opened": Sum(3, 600_000),
        "captured": Sum(2, 399_950),
        "refunded": Sum(1, 199_900),
        "disputesLost": Sum(1, 100),
    },
)
IN_YEN = Row(DAY, "STRIPE", "JPY", {"captured": Sum(1, 1_500), "refunded": Sum(1, 2_000)})
GIVEN = Row(DAY, "", "", {"granted": Sum(4)})
ROWS = [GIVEN, SOLD, IN_YEN]
BETWEEN = (DAY, DAY, "UTC")


def test_what_is_granted_today_is_in_todays_row(env: dict[str, str], course: str) -> None:
    create(env, course)
    today = datetime.now(UTC).date()
    said = gateway("report", "reconciliation", "--from", str(today), "--json", env=env)
    found = json.loads(said.out)
    assert (said.code, said.err, found["zone"]) == (0, "", "UTC")
    given = {"provider": None, "currency": None, "granted": {"count": 1}}
    assert (found["days"], found["totals"]) == ([{"day": str(today), **given}], [given])
    table = gateway("report", "reconciliation", "--from", str(today), env=env).out.splitlines()
    assert table[0] == f"Money by day, {today} to {today} (UTC)"
    assert table[2].split() == [str(today), "none", "1"]


def test_a_table_has_whole_units_each_with_what_it_sums() -> None:
    lines = [" ".join(line.split()) for line in _table(ROWS, [replace(SOLD, day=None)], *BETWEEN).splitlines()]
    assert lines[1] == "day provider currency opened captured refunded disputesLost granted net"
    assert lines[3] == "2026-11-01 STRIPE INR 3 · 6,000.00 2 · 3,999.50 1 · 1,999.00 1 · 1.00 1,999.50"
    assert lines[4] == "2026-11-01 STRIPE JPY 1 · 1,500 1 · 2,000 -500"
    assert lines[-1].startswith("all days STRIPE INR 3 · 6,000.00")
    assert _table([], [], *BETWEEN) == "Nothing happened, 2026-11-01 to 2026-11-01 (UTC).\n"


def test_csv_has_every_column_in_minor_units() -> None:
    given, sold, yen = csv.DictReader(io.StringIO(_csv(ROWS), newline=""))
    assert (sold["day"], sold["provider"], sold["currency"]) == ("2026-11-01", "STRIPE", "INR")
    assert (sold["capturedCount"], sold["capturedMinor"], sold["extraMinor"]) == ("2", "399950", "0")
    assert (sold["netMinor"], yen["netMinor"]) == ("199950", "-500")
    assert (given["provider"], given["grantedCount"]) == ("", "4")
    assert len(sold) == 3 + 2 * (len(FIGURES) - 1) + 2


def test_json_has_every_figure_of_every_row() -> None:
    found = json.loads(_json(ROWS, [SOLD], *BETWEEN))
    assert (found["from"], found["to"], found["zone"]) == ("2026-11-01", "2026-11-01", "UTC")
    _, sold, _ = found["days"]
    assert sold["captured"] == {"count": 2, "amountMinor": 399_950}
    assert sold["extra"] == {"count": 0, "amountMinor": 0}
    assert sold["netMinor"] == found["totals"][0]["netMinor"] == 199_950


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "2026-11-02", "--to", "2026-11-01"], "nothing lies between them"),
        (["--from", "2020-01-01", "--to", "2026-11-01"], "ask for 366 at most"),
        (["--from", "yesterday"], "--from: yesterday must be a day"),
        (["--from", "2026-11-01T00:00:00Z"], "must be a day"),
        (["--from", "2026-11-01", "--to", "2026-13-01"], "--to: 2026-13-01 must be a day"),
        (["--from", "9999-12-31"], "--from: 9999-12-31 must be a day"),
        (["--from", "0001-01-01", "--zone", "Asia/Kolkata"], "--from: 0001-01-01 must be a day"),
        (["--from", "2026-11-01", "--zone", "Mars"], "--zone: Mars is no time zone"),
        ([], "--from"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_for_is_said(words: list[str], said: str, new_sqlite: Callable[[], str]) -> None:
    found = gateway("report", "reconciliation", *words, env=environment(new_sqlite()))
    assert (found.code, found.out) == (2, "")
    assert said in found.err


def test_there_is_no_report_of_no_database(tmp_path: Path) -> None:
    said = gateway("report", "reconciliation", "--from", "2026-11-01", env=on_sqlite(tmp_path))
    assert (said.code, said.out, said.err.startswith("There is no database at ")) == (2, "", True)


def test_every_figure_is_documented_as_it_is_printed() -> None:
    table = "\n".join(described())
    docs = Path(__file__).parents[3] / "docs" / "exporting.md"
    assert table in docs.read_text(encoding="utf-8")
    assert gateway("report", "reconciliation", "--figures", env={}).out == f"{table}\n"


def test_the_forms_of_the_command_are_those_that_there_are() -> None:
    from gateway.cli.commands.exporting import ReportForm

    assert [each.value for each in ReportForm] == [each.value for each in Form]
