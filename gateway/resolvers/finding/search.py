"""Whatever a text names: ids of ours and of providers, students by how their ids begin, courses by their titles."""

import asyncio
import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from gateway.context import Context
from gateway.resolvers.finding.references import payments_named, refunds_named
from gateway.schema.conventions import ids
from gateway.schema.conventions.errors import bad_input
from gateway.schema.courses import Course
from gateway.schema.jobs import Job
from gateway.schema.purchases import Payment, Purchase, Refund, Student
from gateway.schema.relations import Wraps
from gateway.services.core.model.pages import Window
from gateway.services.core.model.values import Provider
from gateway.services.core.rules.inputs.subjects import subject_problem
from gateway.services.core.rules.inputs.texts import text_problem
from gateway.services.reading.filters import JobFilter
from gateway.services.reading.finding.courses import courses_titled
from gateway.services.reading.finding.students import students_beginning
from gateway.services.reading.lists import JOBS
from gateway.services.reading.lookups import (
    COURSE_BY_ID,
    EVENT_BY_NAME,
    JOB_BY_ID,
    PAYMENT_BY_ID,
    PURCHASE_BY_ID,
    REFUND_BY_ID,
)
from gateway.services.reading.reader import Finder

LONGEST = 255
"""As long as a provider's id can be."""

BY_ID: dict[str, tuple[Finder[UUID, Any], type[Wraps[Any]]]] = {
    ids.PAYMENT: (PAYMENT_BY_ID, Payment),
    ids.PURCHASE: (PURCHASE_BY_ID, Purchase),
    ids.REFUND: (REFUND_BY_ID, Refund),
    ids.JOB: (JOB_BY_ID, Job),
    ids.COURSE: (COURSE_BY_ID, Course),
}
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


async def search(context: Context, text: str, most: int) -> list[Any]:
    """What a text names, what it names exactly first: at most so many.

    Raises:
        GraphQLError: BAD_USER_INPUT, where it can be nobody's name.
    """
    text = text.strip()
    if problem := text_problem(text, LONGEST):
        raise bad_input(f"text {problem}")
    if most == 0:
        return []
    *exact, students, courses = await asyncio.gather(
        _by_id(context, text),
        _by_reference(context, text),
        _by_event(context, text, most),
        _students(context, text, most),
        _courses(context, text, most),
    )
    named = list(_once(hit for part in exact for hit in part))[:most]
    return list(_once([*named, *_shared(students, courses, most - len(named))]))


async def _by_id(context: Context, text: str) -> list[Wraps[Any]]:
    prefix = ids.prefix_of(text.lower())
    if prefix is not None:
        key, asked = ids.from_text(prefix, text.lower()), [BY_ID[prefix]]
    else:
        key, asked = UUID(text) if _UUID.fullmatch(text) else None, list(BY_ID.values())
    if key is None:
        return []
    found = await asyncio.gather(*(context.reads.find(finder, key) for finder, _ in asked))
    return [kind.of(value) for (_, kind), value in zip(asked, found, strict=True) if value is not None]


async def _by_reference(context: Context, text: str) -> list[Wraps[Any]]:
    payments, refunds = await asyncio.gather(payments_named(context, text), refunds_named(context, text))
    return [*map(Payment.of, payments), *map(Refund.of, refunds)]


async def _by_event(context: Context, text: str, most: int) -> list[Wraps[Any]]:
    """The jobs that a provider's event led to, by the provider's id of it."""
    events = await asyncio.gather(*(context.reads.find(EVENT_BY_NAME, (provider.value, text)) for provider in Provider))
    subjects = frozenset(event.id for event in events if event)
    if not subjects:
        return []
    page = await context.reads.page(JOBS, Window(most, is_newest_first=True), JobFilter(subject_ids=subjects))
    return [*map(Job.of, page.items)]


async def _students(context: Context, text: str, most: int) -> list[Wraps[Any]]:
    if subject_problem(text):
        return []
    return [*map(Student.of, await students_beginning(context.reads.reader.source, text, most))]


async def _courses(context: Context, text: str, most: int) -> list[Wraps[Any]]:
    found = await courses_titled(context.reads.reader.source, text, most)
    courses = await asyncio.gather(*(context.reads.find(COURSE_BY_ID, course_id) for course_id in found))
    return [Course.of(course) for course in courses if course is not None]


def _shared(students: list[Wraps[Any]], courses: list[Wraps[Any]], room: int) -> list[Wraps[Any]]:
    """Students, then courses; where there is no room for all, half of it is for courses."""
    shown = courses[: max(room - len(students), room // 2)]
    return students[: room - len(shown)] + shown


def _once(hits: Iterable[Wraps[Any]]) -> Iterable[Wraps[Any]]:
    """Each once: a payment may be named in two ways."""
    return {(type(hit), getattr(hit.value, "id", hit.value)): hit for hit in hits}.values()
