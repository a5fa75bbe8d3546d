"""Which other sites' pages may call from a browser: those that the operator lists (WHATWG Fetch, CORS)."""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from gateway.http.errors import refusal

SENT = ("Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id")
READ = ("Retry-After", "X-Request-Id")


def allowing(origins: Sequence[str]) -> list[Middleware]:
    """The middleware; none where no origin is listed. Tokens are sent by the page itself, so no cookie has to be."""
    if not origins:
        return []
    return [
        Middleware(
            _AnswersInJson,
            allow_origins=origins,
            allow_methods=("GET", "POST"),
            allow_headers=SENT,
            expose_headers=READ,
        )
    ]


class _AnswersInJson(CORSMiddleware):
    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code == 200:
            return Response(status_code=204, headers=_without_body(response))
        return refusal(403, bytes(response.body).decode(), headers=_without_body(response))


def _without_body(response: Response) -> dict[str, str]:
    """Its headers, those left out that speak of its text."""
    return {name: value for name, value in response.headers.items() if not name.startswith("content-")}
