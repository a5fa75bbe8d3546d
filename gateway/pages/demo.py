"""Tokens for the pages of a demo."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.auth.minting import mint_token
from gateway.pages import demo_catalogue
from gateway.services.core.model.values import Role
from gateway.settings.model import Settings


def demo_tokens(settings: Settings, student: str = demo_catalogue.STUDENT) -> DemoTokens | None:
    """Tokens for the page's prepared tabs: in development only, and only where we sign tokens ourselves."""
    if settings.env != "development" or settings.signing_key is None:
        return None
    return DemoTokens(
        student=mint_token(settings, role=Role.STUDENT, subject=student, ttl_s=demo_catalogue.TOKEN_TTL_S),
        admin=mint_token(settings, role=Role.ADMIN, subject=demo_catalogue.ADMIN, ttl_s=demo_catalogue.TOKEN_TTL_S),
    )


@dataclass(frozen=True, slots=True)
class DemoTokens:
    """Bearer tokens that the prepared tabs carry in development; never given in production."""

    student: str
    admin: str
