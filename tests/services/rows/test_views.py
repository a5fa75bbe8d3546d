"""Views of rows: whatever a row holds, its view shows what its value has, and a value is what its row says."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from db.compiled import Statement
from gateway.services.core import frozen
from gateway.services.core.model.jobs import Job, JobKind
from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.values import Actor, Failure, Money, Refund, RefundStatus, Role
from gateway.services.reading.source import Source
from gateway.services.rows.jobs import JOB
from gateway.services.rows.kinds import COURSES, ENTRIES, EVENTS, JOBS, PAYMENTS, PURCHASES, RECORDS, REFUNDS, Kind
from gateway.services.rows.layouts import Column, From, Layout
from gateway.services.rows.making import maker
from gateway.services.rows.metadata import METADATA
from gateway.services.rows.payments import REFUND
from gateway.services.rows.views import Lying, view_of, whole
from tests.service import values_of

KINDS: tuple[Kind[Any], ...] = (PAYMENTS, PURCHASES, COURSES, REFUNDS, JOBS, EVENTS, RECORDS, ENTRIES)


@pytest.fixture
async def source(extreme_url: str) -> AsyncIterator[Source]:
    opened = Source(extreme_url)
    yield opened
    await opened.close()


@pytest.mark.anyio
async def test_a_view_shows_all_that_its_value_has_however_extreme(source: Source) -> None:
    for kind in KINDS:
        statement = Statement(kind.select.order_by(*kind.order))
        rows = await source.raw(statement, {})
        form = kind.on(source.dialect)
        values, views = form.values(rows), form.views(rows)
        assert values == values_of(kind, await source.rows(statement))
        for value, view in zip(values, views, strict=True):
            assert list(differing(view, value)) == []
            assert (view, value) == (value, view)
            assert whole(view) == value
            assert (repr(view), str(view)) == (repr(value), str(value))


def differing(view: object, value: object, path: str = "") -> Iterator[str]:
    """Where what a view shows is not what a value has, part by part."""
    if isinstance(value, tuple):
        assert isinstance(view, tuple)
        for place, (shown, had) in enumerate(zip(view, value, strict=True)):
            yield from differing(shown, had, f"{path}.{place}")
    elif is_dataclass(value):
        for name in [*(each.name for each in fields(value)), *properties_of(type(value))]:
            yield from differing(getattr(view, name), getattr(value, name), f"{path}.{name}")
    elif (type(view), view) != (type(value), value):
        yield f"{path}: {view!r} and {value!r}"


@pytest.mark.anyio
async def test_how_attributes_lie_leads_from_a_row_to_what_its_view_shows(source: Source) -> None:
    for kind in KINDS:
        rows = await source.raw(Statement(kind.select.order_by(*kind.order)), {})
        views = kind.on(source.dialect).views(rows)
        if kind is COURSES:  # each lies in several rows
            assert [type(view).lying for view in views] == [None] * len(views)
            continue
        for row, view in zip(rows, views, strict=True):
            lying = type(view).lying
            assert {*lying} == {name for name, each in kind.layout.attributes.items() if lies(each)}  # type: ignore[union-attr]
            assert {name: told(row, each) for name, each in lying.items()} == {
                name: shown(getattr(view, name), each) for name, each in lying.items()
            }


def lies(attribute: Column | Layout[Any]) -> bool:
    """Whether it is no function of its own that makes an attribute."""
    return isinstance(attribute, Layout) or attribute.make is None


def told(row: Sequence[Any], lying: Lying) -> object:
    """What the row has of an attribute."""
    if lying.parts is not None:
        if lying.place is not None and row[lying.place] is None:
            return None
        return {name: told(row, each) for name, each in lying.parts.items()}
    stored = row[lying.place or 0]
    return stored if lying.read is None or (stored is None and lying.may_be_null) else lying.read(stored)


def shown(value: object, lying: Lying) -> object:
    if lying.parts is None or value is None:
        return value
    return {name: shown(getattr(value, name), each) for name, each in lying.parts.items()}


def test_a_view_that_tells_what_is_read_of_it_does_not_say_how_it_lies() -> None:
    columns = REFUND.columns()
    assert view_of(REFUND, columns, {}, lambda column: None).lying is None  # type: ignore[attr-defined]  # it is a view
    narrow = view_of(REFUND, columns[:1], {}, lambda column: None)
    lying = narrow.lying  # type: ignore[attr-defined]  # likewise
    assert [name for name, each in lying.items() if each.parts is None] == ["id"]


def properties_of(of: type) -> list[str]:
    return [name for name, each in vars(of).items() if isinstance(each, property)]


KEY, AT = UUID(int=7), datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
REFUND_ROW = (KEY, KEY, 100, "INR", "why", "admin-1", "ADMIN", AT, "FAILED", None, "code", None, None, "GATEWAY")
A_REFUND = Refund(
    id=KEY,
    payment_id=KEY,
    amount=Money(100, "INR"),
    reason="why",
    requested_by=Actor("admin-1", Role.ADMIN),
    created_at=AT,
    status=RefundStatus.FAILED,
    failure=Failure("code", ""),
)


def test_a_value_is_made_of_its_columns_by_their_names_and_in_any_order() -> None:
    names = REFUND.columns()
    assert maker(REFUND, names, {})(REFUND_ROW) == A_REFUND
    assert maker(REFUND, names[::-1], {})(REFUND_ROW[::-1]) == A_REFUND
    assert maker(REFUND, names, {})((*REFUND_ROW, "more")) == A_REFUND


def test_a_value_and_its_view_are_equal_and_hash_alike_and_differ_from_others() -> None:
    view = view_of(REFUND, REFUND.columns(), {})
    assert view(REFUND_ROW) == view(REFUND_ROW) == A_REFUND == view(REFUND_ROW)
    assert len({view(REFUND_ROW), view(REFUND_ROW), A_REFUND}) == 1
    assert view(REFUND_ROW) != replace(A_REFUND, reason="another")
    assert view(REFUND_ROW) not in [REFUND_ROW, A_REFUND.id]
    assert whole(A_REFUND) is A_REFUND


def test_a_view_that_is_changed_is_the_value_that_is_changed() -> None:
    view = view_of(REFUND, REFUND.columns(), {})(REFUND_ROW)
    changed = frozen.replace(view, amount=frozen.replace(view.amount, amount_minor=5))
    assert (type(changed), changed) == (Refund, replace(A_REFUND, amount=Money(5, "INR")))


def test_what_a_hand_has_spoilt_fails_where_it_is_read_and_nowhere_else() -> None:
    names = REFUND.columns()
    row = ["GONE" if name == "status" else stored for name, stored in zip(names, REFUND_ROW, strict=True)]
    view = view_of(REFUND, names, {})(row)
    assert (view.id, view.amount, view.requested_by.role) == (KEY, Money(100, "INR"), Role.ADMIN)
    for read in (lambda: view.status, lambda: maker(REFUND, names, {})(row)):
        with pytest.raises(ValueError, match="'GONE' is not a valid RefundStatus"):
            read()


def test_a_word_that_an_enum_has_a_member_for_when_it_knows_none_is_that_member() -> None:
    job = Job(KEY, JobKind.UNKNOWN, KEY, AT, AT)
    row = [getattr(job, name) if name != "kind" else "of a newer release" for name in JOB.columns()]
    assert maker(JOB, JOB.columns(), {})(row) == view_of(JOB, JOB.columns(), {})(row) == job


def test_what_is_stored_otherwise_is_converted_unless_it_is_null() -> None:
    @dataclass(frozen=True, slots=True)
    class Thing:
        number: int
        other: int | None
        text: str

    layout = Layout(Thing, text=From("name", lambda name: name or "none"))
    converters = dict.fromkeys(("number", "other", "name"), lambda stored: stored * 2)
    for row, thing in (((1, 2, "a"), Thing(2, 4, "aa")), ((1, None, None), Thing(2, None, "none"))):
        assert maker(layout, layout.columns(), converters)(row) == thing
        assert list(differing(view_of(layout, layout.columns(), converters)(row), thing)) == []


def test_a_layout_names_only_attributes_that_there_are() -> None:
    with pytest.raises(AssertionError, match="Money has no such attribute"):
        Layout(Money, cents="amount_minor")


def test_labels_are_shown_however_they_were_stored() -> None:
    view = view_of(METADATA, METADATA.columns(), {})
    shown = view((True, 60, 1_050, "Asia/Kolkata", None, [["a", "b"], "odd"]))
    assert isinstance(whole(shown), Metadata)
    assert [(label.key, label.value) for label in shown.labels] == [("a", "b"), ("", '"odd"')]
