"""`gateway seed`: the demo's catalogue in the database, and how it is printed."""

import asyncio
from collections.abc import Iterable, Iterator

from gateway.bootstrap import open_services
from gateway.cli.databases import May, make_ready
from gateway.pages import demo_catalogue
from gateway.schema.conventions import ids
from gateway.services.core.model.values import Course
from gateway.settings.model import Settings


def seed(settings: Settings) -> list[Course]:
    """The demo's courses, added where they are not there yet."""
    make_ready(settings, May.MAKE)
    return asyncio.run(_seed(settings))


def lines_of(courses: Iterable[Course]) -> Iterator[str]:
    return (f"{ids.to_text(ids.COURSE, course.id)}  {course.title}" for course in courses)


async def _seed(settings: Settings) -> list[Course]:
    async with open_services(settings) as services:
        return await demo_catalogue.seed(services.purchases)
