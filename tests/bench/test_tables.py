"""What the bench prints is what it measured."""

import pytest
from rich.console import Console, RenderableType

from bench.enduring import Sample, growth
from bench.figures import Cell, Figures, Subject
from bench.idling import Idle
from bench.tables import faults, growth_table, idle_lines, memory_table, milliseconds, summary, table_of, times

ROUTE = Subject("confirmPayment", "bare route", 64)


def cell(per_s: float, wrong: str = "") -> Cell:
    return Cell(per_s, 1.5, 20.25, cpu_us=777.0, own_cpu_us=20.0, answered=1234, committed=1234, wrong=wrong)


FIGURES: Figures = {
    Subject("confirmPayment", "gateway", 64): cell(2000),
    Subject("confirmPayment", "mercurius", 64): cell(1000),
    Subject("confirmPayment", "mercurius, batched", 64): cell(4000),
    ROUTE: cell(10_000),
    Subject("page of 50", "gateway", 16): cell(300),
    Subject("page of 50", "gateway", 64): cell(250),
    Subject("page of 50", "mercurius", 16): cell(600),
}


def lines(shown: RenderableType) -> list[list[str]]:
    """The words of each line, at the width of a file."""
    console = Console(width=120, color_system=None)
    with console.capture() as captured:
        console.print(shown)
    return [[each.strip() for each in line.strip("│┃ ").split("│")] for line in captured.get().splitlines()]


def test_an_operations_table_has_each_server_with_its_ratios() -> None:
    confirm = {subject: cell for subject, cell in FIGURES.items() if subject.operation == "confirmPayment"}
    shown = lines(table_of("confirmPayment", confirm, {ROUTE: FIGURES[ROUTE]}))
    assert ["64", "gateway", "2,000", "1.50", "20", "777", "2.00", "0.20", "1,234"] in shown
    assert ["", "bare route", "10,000", "1.50", "20", "777", "10", "–", "1,234"] in [["", *line] for line in shown]


def test_the_summary_has_ours_at_the_usual_number_of_connections() -> None:
    shown = lines(summary(FIGURES))
    assert ["confirmPayment", "gateway", "64", "2,000", "1.50", "20", "777", "2.00", "0.50", "0.20"] in shown
    assert ["page of 50", "gateway", "16", "300", "1.50", "20", "777", "0.50", "–", "–"] in shown
    assert not any("250" in line for line in shown)


def test_what_is_wrong_stands_in_the_table_and_below_the_summary() -> None:
    subject = Subject("webhook", "gateway", 1)
    wrong = {subject: cell(10, "7 committed, 8 answered")}
    assert faults(wrong) == [(subject, "7 committed, 8 answered")]
    assert ["webhook, gateway, 1 connections: 7 committed, 8 answered"] in lines(summary(wrong))
    assert any("WRONG" in line for line in lines(table_of("webhook", wrong, {})))


def test_growing_books_are_compared_with_the_first() -> None:
    grown = {Subject("page of 50", size, 16): cell(rate) for size, rate in (("10,000", 500), ("2,000,000", 450))}
    shown = lines(growth_table(grown))
    assert ["page of 50", "16", "10,000", "500", "1.50", "20", "777"] in shown
    assert any(line[-1] == "0.90" for line in shown)


def test_memory_is_judged_from_the_end_of_the_first_third_on() -> None:
    rss = [100.0, 150.0, 160.0, 160.5, 161.0, 161.5]
    samples = [Sample(float(minute), mib, minute * 1000, "") for minute, mib in enumerate(rss)]
    assert growth(samples) == pytest.approx((0.5, 0.5 * 2**20 / 1000))
    shown = lines(memory_table(samples))
    assert ["5.0", "5,000", "161.5", "+0.5"] in shown
    assert ["After the first third it grew by +0.50 MiB a minute, +524 bytes an answer."] in shown


def test_idle_subscribers_are_told_beside_none() -> None:
    told = idle_lines(Idle(2000, 20.0, cpu_without_s=0.1, cpu_with_s=0.5, mib_without=100.0, mib_with=200.0))
    assert "2,000 subscribers, nothing happening: 0.50 s of CPU in 20 s, 2.5% of a core" in told
    assert "without them 0.10 s. Each holds 51 KiB." in told


def test_figures_have_as_many_digits_as_they_mean() -> None:
    assert [times(each) for each in (None, 0.1234, 9.876, 12.34)] == ["–", "0.12", "9.88", "12"]
    assert [milliseconds(each) for each in (0.066, 9.994, 123.4)] == ["0.07", "9.99", "123"]
