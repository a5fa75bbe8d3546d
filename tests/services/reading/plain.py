"""Windows over a plain list, told without SQL: what those of a database are held against."""

from collections.abc import Callable, Sequence

from gateway.services.core.model.pages import Place, Window

Shown = tuple[list[Place], bool, bool]
"""The places of a page, and whether its list has anything before it and after it."""


def expected(listed: Sequence[Place], window: Window, order: Callable[[Place], object]) -> Shown:
    """What a window over a list shows, told without SQL: the list goes on wherever it does, beyond a bound as well."""

    def is_before(one: Place, other: Place) -> bool:
        return bool(order(one) > order(other) if window.is_newest_first else order(one) < order(other))  # type: ignore[operator]

    begin = 0 if window.after is None else sum(not is_before(window.after, each) for each in listed)
    end = len(listed) if window.before is None else sum(is_before(each, window.before) for each in listed)
    inside = list(listed[begin:end])
    inside_it = inside[max(0, len(inside) - window.size) :] if window.from_end else inside[: window.size]
    has_more = len(inside) > window.size
    before, after = window.after is not None and begin > 0, window.before is not None and end < len(listed)
    if window.from_end:
        return inside_it, has_more or before, after
    return inside_it, before, has_more or after
