"""No test depends on how fast the machine is, nor do those that draw their examples."""

import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@settings(max_examples=1, database=None)
@given(st.none())
def test_an_example_that_takes_longer_than_others_is_no_failure(nothing: None) -> None:
    assert nothing is None
    time.sleep(0.3)  # longer than Hypothesis allows by itself


def test_examples_that_are_drawn_slowly_are_no_failure() -> None:
    assert HealthCheck.too_slow in settings().suppress_health_check
