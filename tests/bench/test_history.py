"""What is kept of a release's run: its line, its row and its place in the chart."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench import history
from bench.chart import HEIGHT, TOP, Panel, draw, scale_of
from bench.figures import Cell, Figures, Subject
from bench.history import BEGIN, END, Release, line_of, panels, table, with_table
from bench.results import Results, read

SVG = "{http://www.w3.org/2000/svg}"


def cell(per_s: float) -> Cell:
    return Cell(per_s, 1.5, 20.25, cpu_us=777.0, own_cpu_us=20.0, answered=10, committed=10)


def results(ours: float = 300.0) -> Results:
    rates = {"gateway": ours, "gateway, 2 workers": 2 * ours, "mercurius": 200.0, "bare route": 3000.0}
    figures: Figures = {
        Subject(operation, peer, connections): cell(rate)
        for operation in ("confirmPayment", "page of 50")
        for peer, rate in rates.items()
        for connections in (1, 16, 64)
    }
    return Results("2026-11-26T10:00:00+00:00", "abc1234", "2 × a CPU, Python 3.11", 5.0, 3, figures)


def test_a_run_is_read_as_it_was_written() -> None:
    assert read(json.dumps(results().as_json())) == results()


def test_a_release_has_the_figures_of_the_summary_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\n{END}\nafter\n")
    for name, file in (("FILE", "history.jsonl"), ("README", "README.md"), ("CHART", "history.svg")):
        monkeypatch.setattr(history, name, tmp_path / file)
    history.record("0.1.0", results(100))
    history.record("0.2.0", results(400))
    history.record("0.1.0", results(300))
    kept = history.releases_of(tmp_path / "history.jsonl")
    assert [each.name for each in kept] == ["0.1.0", "0.2.0"]
    assert kept[0].results.machine == results().machine
    ours = {subject for subject in kept[0].results.figures if subject.peer == "gateway"}
    assert ours == {Subject("confirmPayment", "gateway", 64), Subject("page of 50", "gateway", 16)}
    assert readme.read_text() == f"before\n{BEGIN}\n{table(kept)}{END}\nafter\n"
    assert (tmp_path / "history.svg").read_text().startswith("<svg")


def test_a_row_has_rates_ratios_and_costs() -> None:
    _, _, row, *_ = table([Release("0.1.0", results())]).splitlines()
    assert row == "| 0.1.0 | 300 | 1.50 | – | 0.10 | 3.00 | 20 | 777 | 300 | 1.50 | 3.00 | 777 |"


def test_a_chart_has_a_point_for_each_release_that_was_measured() -> None:
    releases = [Release("0.1.0", results(50)), Release("0.2.0", results(400))]
    drawn = ET.fromstring(draw(["0.1.0", "0.2.0"], panels(releases)))
    groups = drawn.findall(f"{SVG}g")
    assert [group.findtext(f"{SVG}text") for group in groups] == ["confirmPayment", "page of 50"]
    assert [len(group.findall(f"{SVG}circle")) for group in groups] == [4, 4]
    assert "2.0×" in [each.text for each in groups[0].findall(f"{SVG}text")]


def test_what_was_not_measured_has_no_point_and_breaks_nothing() -> None:
    drawn = ET.fromstring(draw(["0.1.0"], [Panel("<page>", "16 connections", {"a & b": [None], "c": [0.5]})]))
    [group] = drawn.findall(f"{SVG}g")
    assert len(group.findall(f"{SVG}circle")) == 1


def test_a_scale_has_even_and_reaches_all_that_was_measured() -> None:
    scale = scale_of([Panel("x", "", {"a": [0.02, None], "b": [9.0, 3.0]})])
    assert (scale.lowest, scale.highest) == (-6, 4)
    assert scale.y(16) == TOP
    assert scale.y(16) < scale.y(1) < scale.y(1 / 64) < HEIGHT
    assert 0 in scale.ticks()
    assert (scale_of([]).lowest, scale_of([]).highest) == (-1, 1)


def test_a_readme_without_its_marks_is_not_written_over() -> None:
    with pytest.raises(AssertionError):
        with_table("no marks", [])


def test_a_line_is_one_line() -> None:
    assert "\n" not in line_of(Release("0.1.0", results()))
