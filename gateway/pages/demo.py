"""Tokens and ids for the pages of a demo."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.auth.minting import mint_token
from gateway.bootstrap import Services
from gateway.clock import CLOCK
from gateway.pages import demo_catalogue, demo_visit
from gateway.schema.conventions import ids
from gateway.services.core.model.pages import Window
from gateway.services.core.model.values import Role
from gateway.services.reading.lists import COURSES, page
from gateway.services.reading.source import Source
from gateway.settings.model import Settings


@dataclass(frozen=True, slots=True)
class DemoTokens:
    """Bearer tokens that the prepared tabs carry in development; never given in production."""

    student: str
    admin: str


def demo_tokens(settings: Settings, student: str = demo_catalogue.STUDENT) -> DemoTokens | None:
    """Tokens for the page's prepared tabs: in development only, and only where we sign tokens ourselves."""
    if settings.env != "development" or settings.signing_key is None:
        return None
    ttl_s, now = demo_catalogue.TOKEN_TTL_S, CLOCK.unix
    return DemoTokens(
        student=mint_token(settings, role=Role.STUDENT, subject=student, ttl_s=ttl_s, now=now),
        admin=mint_token(settings, role=Role.ADMIN, subject=demo_catalogue.ADMIN, ttl_s=ttl_s, now=now),
    )


async def prepared(settings: Settings, services: Services) -> tuple[DemoTokens | None, dict[str, str]]:
    """Tokens and ids for GraphiQL's tabs; in a demo, of what was made for this visit."""
    visitor = demo_visit.new_student()
    if settings.demo and (tokens := demo_tokens(settings, visitor)):
        return tokens, await demo_visit.prepared(services, visitor)
    return demo_tokens(settings), await _first_course(services.reader.source)


async def _first_course(source: Source) -> dict[str, str]:
    found = await page(source, COURSES, Window(size=1))
    return {"courseId": ids.to_text(ids.COURSE, found.items[0].id)} if found.items else {}
