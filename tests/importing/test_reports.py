"""The report of an import, by row."""

import csv
import json
from pathlib import Path

import pytest

from gateway.importing.reports import Report, RowOutcome, written
from gateway.services.core.model.outcomes import FieldProblem

PROBLEMS = [FieldProblem(("metadata", "date"), "must be a day"), FieldProblem((), "=cmd|' /C calc'!A0")]


def told(path: Path) -> Report:
    with written(path) as tell:
        report = Report(tell)
        report.row(2, "1", RowOutcome.IMPORTED, purchase_id="pur_1")
        report.row(3, "\0" + "x" * 300, RowOutcome.FAULT, PROBLEMS)
        report.row(4, "3", RowOutcome.THERE, [FieldProblem(("status",), "was ACTIVE")])
    return report


def test_each_problem_of_a_row_has_a_line_and_no_spreadsheet_takes_one_for_a_formula(tmp_path: Path) -> None:
    report = told(tmp_path / "report.csv")
    text = (tmp_path / "report.csv").read_text(encoding="utf-8")
    header, first, second, third, last = csv.reader(text.splitlines())
    assert header == ["line", "oldId", "outcome", "field", "reason", "purchaseId"]
    assert first == ["2", "1", "imported", "", "", "pur_1"]
    assert second[2:5] == ["fault", "metadata.date", "must be a day"]
    assert len(second[1]) == 256
    assert third[4].startswith("'=cmd")
    assert last == ["4", "3", "already there", "status", "was ACTIVE", ""]
    assert (dict(report.counts), report.noted, report.has_faults) == (
        {RowOutcome.IMPORTED: 1, RowOutcome.FAULT: 1, RowOutcome.THERE: 1},
        1,
        True,
    )


@pytest.mark.parametrize("old_id", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "'=1", "-"])
def test_no_old_id_is_a_formula_and_one_quote_taken_away_gives_it(old_id: str, tmp_path: Path) -> None:
    with written(tmp_path / "report.csv") as tell:
        Report(tell).row(2, old_id, RowOutcome.IMPORTED)
    [_, row] = csv.reader((tmp_path / "report.csv").read_text(encoding="utf-8").splitlines())
    assert row[1] == f"'{old_id}"


def test_a_report_may_be_json_lines(tmp_path: Path) -> None:
    told(tmp_path / "report.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "report.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines[0] == {"line": 2, "oldId": "1", "outcome": "imported", "purchaseId": "pur_1"}
    assert [line["line"] for line in lines] == [2, 3, 3, 4]
