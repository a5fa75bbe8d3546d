"""What a measurement comes to."""

import pytest

from bench.figures import Cell, Subject, middle, percentile, ratio, slope
from bench.load import Seen
from bench.measuring import cell_of


def cell(per_s: float = 100.0, wrong: str = "", committed: int | None = None) -> Cell:
    return Cell(per_s, 1.0, 2.0, cpu_us=500.0, own_cpu_us=20.0, answered=10, committed=committed, wrong=wrong)


@pytest.mark.parametrize(
    ("values", "share", "wanted"),
    [([7], 0.5, 7), ([7], 0.99, 7), ([1, 2], 0.5, 1), (range(1, 101), 0.99, 99), (range(1, 1001), 0.99, 990)],
)
def test_a_percentile_is_the_value_that_so_many_do_not_exceed(values: list[int], share: float, wanted: int) -> None:
    assert percentile(values, share) == wanted


def test_the_middle_of_rounds_is_their_median_and_keeps_what_was_wrong() -> None:
    found = middle([cell(100, committed=10), cell(900, "late", committed=10), cell(200, committed=10)])
    assert (found.per_s, found.wrong, found.answered, found.committed) == (200, "late", 30, 30)
    assert middle([cell()]).committed is None


def test_a_ratio_is_of_rates_and_is_none_where_one_was_not_measured() -> None:
    ours, theirs, nobodys = (Subject("confirmPayment", peer, 64) for peer in ("gateway", "mercurius", "nobody"))
    figures = {ours: cell(300), theirs: cell(200), nobodys: cell(0)}
    assert ratio(figures, ours, theirs) == 1.5
    assert ratio(figures, ours, nobodys) is None
    assert ratio(figures, ours, Subject("confirmPayment", "mercurius", 1)) is None


def test_a_slope_is_what_is_gained_a_step() -> None:
    assert slope([(0, 10), (1, 12), (2, 14)]) == pytest.approx(2)
    assert slope([(0, 5), (1, 5)]) == 0
    assert slope([(3, 5)]) == 0


def seen(**changes: object) -> Seen:
    fields = {"answered": 12, "measured": 10, "elapsed_s": 2.0, "cpu_s": 0.02, "own_cpu_s": 0.001, **changes}
    return Seen(**fields)  # type: ignore[arg-type]  # fields of several types


def test_rate_and_cpu_are_those_of_the_measured_window() -> None:
    found = cell_of(seen(), committed=12)
    assert (found.per_s, found.wrong) == (5, "")
    assert found.cpu_us == pytest.approx(2000)
    assert found.own_cpu_us == pytest.approx(100)


@pytest.mark.parametrize(
    ("given", "committed", "says"),
    [
        (seen(), 11, "11 committed, 12 answered"),
        (seen(), 13, "13 committed, 12 answered"),
        (seen(wrong=2, first_wrong="HTTP/1.1 500"), 12, "2 wrong answers, such as HTTP/1.1 500"),
        (seen(measured=0), 12, "no answer came in the measured time"),
    ],
)
def test_what_is_wrong_with_a_measurement_is_said(given: Seen, committed: int, says: str) -> None:
    assert cell_of(given, committed).wrong == says
