"""Which other sites' pages may call from a browser: those that the operator lists (WHATWG Fetch, CORS)."""

from collections.abc import Sequence

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

SENT = ("Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id")
READ = ("Retry-After", "X-Request-Id")


def cors_middleware(origins: Sequence[str]) -> list[Middleware]:
    """The middleware; none where no origin is listed. Tokens are sent by the page itself, so no cookie has to be."""
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=("GET", "POST"),
            allow_headers=SENT,
            expose_headers=READ,
        )
    ]
