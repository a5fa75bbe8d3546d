"""How courses lie in their columns, and their tiers in rows of their own: rows to values and back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

from gateway.services.core.model.values import Course, Money, Tier
from gateway.services.rows.columns import Columns
from gateway.services.rows.layouts import From, Layout
from gateway.services.rows.making import Converter, Row, maker
from gateway.services.rows.views import Note, View, noting, view_of

TIER = Layout(Tier, price=Layout(Money, amount_minor="price_minor"))
COURSE = Layout(Course, tiers=From("code", lambda code: ()))
"""Of its own row, which has no tiers."""

Rows = Sequence[Row]
"""Of one course: its own columns, and each of its tiers', lowest rank first; one without tiers has one row without a
code."""


def rows_of_each(rows: Iterable[Row], id_at: int) -> Iterable[Rows]:
    """The rows of each course from those of many."""
    found: dict[object, list[Row]] = {}
    for row in rows:
        found.setdefault(row[id_at], []).append(row)
    return found.values()


def course_maker(columns: Sequence[str], converters: Mapping[str, Converter]) -> Callable[[Rows], Course]:
    """A function that makes a course of its rows, see `gateway.services.rows.making.maker`."""
    make, make_tier, code_at = (
        maker(COURSE, columns, converters),
        maker(TIER, columns, converters),
        columns.index("code"),
    )

    def course(rows: Rows) -> Course:
        own = make(rows[0])
        return Course(own.id, own.title, _tiers(rows, code_at, make_tier), own.created_at, own.description)

    return course


def course_view(
    columns: Sequence[str], converters: Mapping[str, Converter], note: Note | None = None
) -> Callable[[Rows], Course]:
    """The class of the views of a course's rows, see `gateway.services.rows.views.view_of`."""
    tier, code_at, id_at, title_at = view_of(TIER, columns, converters), *map(columns.index, ("code", "id", "title"))
    own, id_from = view_of(COURSE, columns, converters), converters.get("id")
    reads: Mapping[str, tuple[str, Callable[[Rows], object]]] = {
        "id": ("id", (lambda rows: id_from(rows[0][id_at])) if id_from else (lambda rows: rows[0][id_at])),
        "id_bytes": ("id", (lambda rows: rows[0][id_at]) if id_from else (lambda rows: rows[0][id_at].bytes)),
        "title": ("title", lambda rows: rows[0][title_at]),
        "created_at": ("created_at", lambda rows: own(rows[0]).created_at),
        "description": ("description", lambda rows: own(rows[0]).description),
        "tiers": ("code", lambda rows: _tiers(rows, code_at, tier)),
    }
    make: Callable[[Rows], object] = course_maker(columns, converters)
    attributes: dict[str, object] = {name: property(noting(note, *each)) for name, each in reads.items()}
    for column, _ in reads.values():
        make = noting(note, column, make)
    attributes["_whole"] = make
    return cast(Callable[[Rows], Course], type("CourseView", (View,), {"__slots__": (), **attributes}))


def _tiers(rows: Rows, code_at: int, tier: Callable[[Row], Tier]) -> tuple[Tier, ...]:
    return tuple(tier(row) for row in rows if row[code_at] is not None)


def course_columns(course: Course) -> Columns:
    return {
        "id": course.id,
        "title": course.title,
        "created_at": course.created_at,
        "description": course.description,
    }


def tier_columns(course: Course) -> list[Columns]:
    return [
        {
            "course_id": course.id,
            "code": tier.code,
            "session_count": tier.session_count,
            "price_minor": tier.price.amount_minor,
            "currency": tier.price.currency,
            "validity_days": tier.validity_days,
            "rank": tier.rank,
        }
        for tier in course.tiers
    ]
