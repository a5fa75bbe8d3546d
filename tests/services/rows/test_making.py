"""Values of rows: made whole, and what many rows have alike made once."""

from gateway.services.core.model.values import Money
from gateway.services.rows.layouts import Layout
from gateway.services.rows.making import KEPT_VALUES, maker

COLUMNS = ("amount_minor", "currency")


def test_what_rows_have_alike_is_made_once_where_it_repeats() -> None:
    make, anew = maker(Layout(Money, repeats=True), COLUMNS, {}), maker(Layout(Money), COLUMNS, {})
    assert make((500, "INR")) is make((500, "INR"))
    assert make((500, "INR")) == anew((500, "INR")) == Money(500, "INR")
    assert anew((500, "INR")) is not anew((500, "INR"))


def test_of_what_repeats_each_is_as_its_own_row_has_it() -> None:
    make = maker(Layout(Money, repeats=True), COLUMNS, {})
    assert [make((minor, "INR")).amount_minor for minor in range(2 * KEPT_VALUES)] == [*range(2 * KEPT_VALUES)]
    assert [type(make((minor, "INR")).amount_minor) for minor in (1, 1.0, 1)] == [int, float, int]
