"""The demo at a terminal: its courses, addresses and tokens."""

import asyncio
from collections.abc import Iterable, Iterator

from gateway.auth.minting import mint_token
from gateway.bootstrap import open_services
from gateway.cli.databases import May, make_ready
from gateway.pages import demo_catalogue
from gateway.pages.demo_catalogue import ADMIN, STUDENT, TOKEN_TTL_S
from gateway.schema.conventions import ids
from gateway.services.core.model.values import Course, Role
from gateway.services.outages import Unavailable
from gateway.settings.model import Settings


def seed(settings: Settings) -> list[Course]:
    """The demo's courses, added where they are not there yet."""
    make_ready(settings, May.MAKE)
    return asyncio.run(_seed(settings))


def lines_of(courses: Iterable[Course]) -> Iterator[str]:
    """Each course's id and title."""
    return (f"{ids.to_text(ids.COURSE, course.id)}  {course.title}" for course in courses)


def objects_of(courses: Iterable[Course]) -> list[dict[str, object]]:
    """The same for programs, with the tiers."""
    return [
        {
            "id": ids.to_text(ids.COURSE, course.id),
            "title": course.title,
            "tiers": [
                {"code": tier.code, "amountMinor": tier.price.amount_minor, "currency": tier.price.currency}
                for tier in course.tiers
            ],
        }
        for course in courses
    ]


def print_invitation(settings: Settings, courses: Iterable[Course], url: str) -> None:
    """Where to open the demo, what there is to buy, and tokens of a student and an admin where we sign tokens."""
    root = url.removesuffix("graphql")
    print(f"\nOpen {url} in a browser: the operations are prepared, press play.")
    print(f"Open {root}demo/ to buy a course as a student would.")
    if settings.is_console_on:
        print(f"Open {root}console/ to work as support does: paste the admin's token.")
    print(f"Open {root} to find all of that, and the documents, from one page.")
    print()
    for line in lines_of(courses):
        print(f"  {line}")
    if settings.signing_key is not None:
        for role, subject in ((Role.STUDENT, STUDENT), (Role.ADMIN, ADMIN)):
            bearer = mint_token(settings, role=role, subject=subject, ttl_s=TOKEN_TTL_S)
            print(f"\n{role} token ({subject}, 12 hours):\n{bearer}")
    print(flush=True)


async def _seed(settings: Settings) -> list[Course]:
    """Raises: Unavailable, with the reason."""
    async with open_services(settings) as services:
        try:
            return await demo_catalogue.seed(services.purchases)
        except Unavailable as error:
            raise Unavailable(services.trouble or str(error)) from None
