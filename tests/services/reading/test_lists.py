"""Pages of the lists: whatever is asked for, each is one statement and shows what the same of a plain list does."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from db.compiled import Statement
from db.tables import AuditEntryRow
from db.types import microseconds_of
from gateway.services.core.model.events import EventSubscriber
from gateway.services.core.model.jobs import Job, JobKind, JobState
from gateway.services.core.model.pages import Place, Places, Window
from gateway.services.core.model.values import (
    Fulfilment,
    OnExisting,
    Origin,
    PaymentStatus,
    Provider,
    PurchaseStatus,
    RefundOrigin,
    RefundStatus,
)
from gateway.services.reading.filters import Filter, JobFilter, PaymentFilter, PurchaseFilter, RefundFilter
from gateway.services.reading.lists import COURSES, JOBS, PAYMENTS, PURCHASES, REFUNDS, Listing, page
from gateway.services.reading.owned import ENTRIES_OF_SUBJECT, Owned
from tests.service import Service, reads_of, running, student, values_of
from tests.services.reading.plain import expected

pytestmark = pytest.mark.anyio

PAGES = 150
"""Of each list: drawn by a fixed seed, so that what fails fails again."""


async def stocked(service: Service) -> None:
    """A database with something for each condition of each filter, and much that is of one instant."""
    courses = [await service.save_course() for _ in range(5)]
    for number, course in enumerate(courses[:3] * 3):
        tier = ("BASIC", "STANDARD", "PREMIUM")[number // 3]
        payment, _ = await service.paid(student(f"student-{number % 3}"), course, tier)
        await service.open(student(f"student-{number % 2}"), course, tier)
        if number % 3 == 1:
            await service.refund(payment)
        if number % 2:
            service.clock.advance(hours=1)
    for number, course in enumerate(courses[3:]):
        await service.created(course, f"student-{number}")
        await service.created(course, f"student-{number}", "PREMIUM", on_existing=OnExisting.REPLACE)
    await service.runner().run_due()


async def everything(service: Service, listing: Listing[Any]) -> list[Any]:
    """All items of a list in its order, the oldest first, read as they lie."""
    kind = listing.kind
    found = values_of(kind, await service.source.rows(Statement(kind.select.order_by(*kind.order))))
    return sorted(found, key=lambda item: _order(listing.order.place(item)))


def drawn_filters(items: Sequence[Any]) -> Mapping[type[Filter], Mapping[str, Sequence[object]]]:
    """The values that each field of a filter may have; `items` are those of its list."""
    instants = [item.created_at for item in items]
    shared: dict[str, Sequence[object]] = {
        "student_id": ["student-0", "student-1", "nobody"],
        "course_id": [*(getattr(item, "course_id", None) for item in items[:3]), uuid7()],
        "tier": ["BASIC", "PREMIUM", "GOLD"],
        "created_from": instants,
        "created_before": instants,
    }
    subjects = [item.subject_id for item in items if isinstance(item, Job)]
    return {
        PurchaseFilter: {**shared, "status": list(PurchaseStatus), "origin": list(Origin)},
        PaymentFilter: {
            **shared,
            "provider": list(Provider),
            "status": list(PaymentStatus),
            "fulfilment": list(Fulfilment),
        },
        RefundFilter: {
            "status": list(RefundStatus),
            "origin": list(RefundOrigin),
            "created_from": instants,
            "created_before": instants,
        },
        JobFilter: {
            "state": [*(item.state for item in items if isinstance(item, Job)), JobState.CANCELED],
            "kind": [*(item.kind for item in items if isinstance(item, Job)), JobKind.SWEEP_LAPSED],
            "subject_ids": [frozenset(subjects[:number]) for number in (0, 1, 3, 9)] + [frozenset([uuid7()])],
        },
    }


def is_wanted(item: Any, wanted: Mapping[str, Any]) -> bool:
    """Whether an item meets each condition of a filter."""
    return all(_meets(item, name, value) for name, value in wanted.items())


def _meets(item: Any, name: str, value: Any) -> bool:
    match name:
        case "created_from":
            return bool(item.created_at >= value)
        case "created_before":
            return bool(item.created_at < value)
        case "subject_ids":
            return item.subject_id in value
        case "tier" if hasattr(item, "terms"):
            return bool(item.terms.tier == value)
        case _:
            return bool(getattr(item, name) == value)


def drawn_window(draw: random.Random, places: Sequence[Place]) -> Window:
    bounds = [*places, Place(uuid7(), places[0].at), Place(UUID(int=0), places[-1].at)]
    after, before = (draw.choice([None, draw.choice(bounds)]) for _ in range(2))
    return Window(draw.choice([0, 1, 2, 5, 50]), after, before, draw.random() < 0.5, draw.random() < 0.5)


def _order(place: Place) -> tuple[datetime | None, UUID]:
    return place.at, place.id


LISTS: Sequence[tuple[Listing[Any], type[Filter] | None]] = (
    (PURCHASES, PurchaseFilter),
    (PAYMENTS, PaymentFilter),
    (REFUNDS, RefundFilter),
    (JOBS, JobFilter),
    (COURSES, None),
)


async def test_a_page_is_one_statement_and_shows_what_it_should(database_url: str) -> None:
    draw = random.Random(9)
    async with running(database_url, subscribers=[EventSubscriber("somebody", ("purchase.created",))]) as service:
        await stocked(service)
        for listing, filter_type in LISTS:
            items, seen = await everything(service, listing), 0
            fields = drawn_filters(items)[filter_type] if filter_type else {}
            for _ in range(PAGES):
                names = draw.sample(sorted(fields), min(len(fields), draw.choice([0, 1, 1, 2, 3])))
                given: dict[str, Any] = {name: draw.choice(fields[name]) for name in names}
                window = drawn_window(draw, [listing.order.place(item) for item in items])
                with reads_of(service.source) as reads:
                    found = await page(service.source, listing, window, filter_type(**given) if filter_type else None)
                assert len(reads) == 1, (listing, given, window)
                left = {listing.order.place(item): item for item in items if is_wanted(item, given)}
                listed = list(left)[::-1] if window.is_newest_first else list(left)
                shown, has_previous, has_next = expected(listed, window, _order)
                assert found.items == [left[place] for place in shown], (listing, given, window)
                assert (found.places, found.has_previous, found.has_next) == (shown, has_previous, has_next)
                seen += bool(found.items)
            assert seen > PAGES / 4, "enough pages show something"


async def test_pages_of_many_histories_are_one_statement_and_show_what_they_should(service: Service) -> None:
    await stocked(service)
    draw = random.Random(9)
    entries = service.stored(AuditEntryRow)
    subjects = [*{entry.subject_id: None for entry in entries}][:9]
    for _ in range(PAGES):
        asked = [*draw.sample(subjects, draw.choice([1, 2, 5])), uuid7()]
        window = drawn_window(draw, [Place(entry.id) for entry in entries if entry.subject_id in asked])
        with reads_of(service.source) as reads:
            pages = await asyncio.gather(
                *(service.reader.find(Owned(ENTRIES_OF_SUBJECT, window), each) for each in asked)
            )
        assert len(reads) == 1
        for subject_id, shown in zip(asked, pages, strict=True):
            places = [Place(entry.id) for entry in entries if entry.subject_id == subject_id]
            listed = places[::-1] if window.is_newest_first else places
            assert (shown.places, shown.has_previous, shown.has_next) == expected(listed, window, _order), window
            assert [(entry.subject_id, entry.id) for entry in shown.items] == [
                (subject_id, place.id) for place in shown.places
            ]


async def test_a_text_is_compiled_once_for_what_is_asked_for(service: Service) -> None:
    await stocked(service)
    texts = set[int]()
    for student_id in ("student-0", "student-1"):
        for size in (1, 2, 50):
            with reads_of(service.source) as reads:
                wanted = PurchaseFilter(student_id=student_id, status=PurchaseStatus.ACTIVE)
                await page(service.source, PURCHASES, Window(size, Place(uuid7(), service.clock.now)), wanted)
            texts.update(id(sql) for sql, _ in reads)
    assert len(texts) == 1


async def test_only_a_page_without_a_filter_is_read_on_the_loop(service: Service) -> None:
    bought = await service.created(await service.save_course())
    at_hand = service.source.dialect.name == "sqlite"
    windows = (Window(1), Window(1, after=Place(UUID(int=0), bought.created_at)))
    for wanted, is_brief in ((None, True), (PurchaseFilter(), True), (PurchaseFilter(tier="BASIC"), False)):
        for window in windows:
            with patch.object(service.source, "fetch", wraps=service.source.fetch) as waited:
                assert (await page(service.source, PURCHASES, window, wanted)).items == [bought]
            assert waited.called == (not (at_hand and is_brief))


async def test_the_places_of_items_are_told_as_they_are_stored(service: Service) -> None:
    await stocked(service)
    listings: list[Listing[Any]] = [PAYMENTS, PURCHASES, JOBS]
    for listing in listings:
        places = (await page(service.source, listing, Window(3))).places
        assert isinstance(places, Places)
        assert len(places) == 3
        for number, place in enumerate(places):
            at = place.at and microseconds_of(place.at)
            is_file = service.source.dialect.name == "sqlite"
            assert places.stored(number) == ((at, place.id.bytes) if is_file else None)
    empty = (await page(service.source, PAYMENTS, Window(0))).places
    assert isinstance(empty, Places)
    assert not empty
