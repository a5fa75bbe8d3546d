"""The pages at /demo/: the checkout example, in which every visitor is a student."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from gateway.pages.demo import DemoTokens
from gateway.pages.demo_catalogue import STUDENT
from gateway.pages.static import OF_VITE, STRICT, Files, index_page, page_headers

BUILT = Path(__file__).parent / "static_files" / "checkout"  # filled by examples/checkout/build.py

_OF_THE_DEMO = re.compile(rf"{STUDENT}(-[0-9a-f]{{8}})?")

PLAIN = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title></head>
<body><p>{text}</p></body>
</html>
"""
NOT_BUILT = PLAIN.format(
    title="The checkout example is not built",
    text="The checkout example is not built here: put Node.js 20.19 or newer with npm on PATH, run <code>make "
    "checkout</code>, then reload this page. GraphiQL works without it, at <a href='../graphql'>/graphql</a>.",
)
NO_TOKENS = PLAIN.format(
    title="The checkout example has no token",
    text="Tokens are your issuer's here (<code>GATEWAY_JWKS_URL</code>), so the checkout example has none to give.",
)


def checkout_routes(make_tokens: Callable[[str], DemoTokens | None]) -> list[BaseRoute]:
    """The page, its session and its files; it works from the moment it is built, without a restart.

    Args:
        make_tokens: new tokens of the demo's people, of whom the student is named; None where an issuer makes the
            tokens.
    """

    async def page(request: Request) -> Response:
        if make_tokens(STUDENT) is None:
            return _plain(NO_TOKENS)
        index = BUILT / "index.html"
        if not index.is_file():
            return _plain(NOT_BUILT)
        return index_page(request, index, STRICT)

    async def session(request: Request) -> Response:
        """Where a real page would sign its student in. A new token each time, so one that expired is replaced.

        Whoever wants to be somebody who has bought nothing yet names a student of the demo that nobody is.
        """
        student = request.query_params.get("student", STUDENT)
        if not _OF_THE_DEMO.fullmatch(student):
            told = {"message": "student must be demo-student, or that with a hyphen and 8 hexadecimal digits."}
            return JSONResponse(told, status_code=400, headers=page_headers(STRICT))
        tokens = make_tokens(student)
        if tokens is None:
            return Response(status_code=404, headers=page_headers(STRICT))
        return JSONResponse({"token": tokens.student}, headers=page_headers(STRICT))

    return [
        Mount(
            "/demo",
            routes=[
                Route("/", page, methods=["GET"]),
                Route("/session.json", session, methods=["GET"]),
                Mount("/assets", Files(directory=BUILT / "assets", names_of_content=OF_VITE)),
            ],
        )
    ]


def _plain(html: str) -> Response:
    return HTMLResponse(html, status_code=503, headers=page_headers({**STRICT, "script-src": "'none'"}))
