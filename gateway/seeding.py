"""`gateway seed`: the demo's catalogue in the database, and how it is printed."""

import asyncio
from collections.abc import Iterable, Iterator

from gateway import demo
from gateway.databases import May, make_ready
from gateway.schema import ids
from gateway.services.core.values import Course
from gateway.settings import Settings
from gateway.wiring import open_services


def seed(settings: Settings) -> list[Course]:
    """The demo's courses, added where they are not there yet."""
    make_ready(settings, May.MAKE)
    return asyncio.run(_seed(settings))


def lines_of(courses: Iterable[Course]) -> Iterator[str]:
    return (f"{ids.to_text(ids.COURSE, course.id)}  {course.title}" for course in courses)


async def _seed(settings: Settings) -> list[Course]:
    async with open_services(settings) as services:
        return await demo.seed(services.purchases)
