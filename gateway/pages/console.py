"""The pages at /console/: what support and finance people see and do, with a token of their own."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from gateway.pages.static import OF_VITE, STRICT, Files, index_page, page_headers
from gateway.services.core.model.currencies import exponents
from gateway.settings.console import ConsoleSettings
from gateway.settings.model import Settings

BUILT = Path(__file__).parent / "static_files" / "console"  # filled by web/console/build.py
DOCUMENTS = BUILT / "trusted-documents.json"

NOT_BUILT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>The console is not built</title></head>
<body><p>The console is not built here: put Node.js 20.19 or newer with npm on PATH, run <code>make console</code>, then
reload this page. The API works without it, and so does the command line.</p></body>
</html>
"""
HUNDREDTHS = 2
"""The decimal digits of most currencies."""


def console_routes(settings: ConsoleSettings) -> list[BaseRoute]:
    """The page, what it has to know of this gateway, and its files; it works from the moment it is built.

    The page holds no token and no secret, so that anybody may load it: what it shows, it asks the API for, with the
    token of whoever logged in.
    """
    policy = {**STRICT, "connect-src": " ".join(("'self'", *settings.console_connects_to))}
    config = console_config(settings)

    async def page(request: Request) -> Response:
        index = BUILT / "index.html"
        if not index.is_file():
            headers = page_headers({**STRICT, "script-src": "'none'"})
            return HTMLResponse(NOT_BUILT, status_code=503, headers=headers)
        return index_page(request, index, policy)

    async def told(_: Request) -> Response:
        return JSONResponse(config, headers=page_headers(STRICT))

    return [
        Mount(
            "/console",
            routes=[
                Route("/", page, methods=["GET"]),
                Route("/config.json", told, methods=["GET"]),
                Mount("/assets", Files(directory=BUILT / "assets", names_of_content=OF_VITE)),
            ],
        )
    ]


def console_documents(settings: Settings) -> tuple[str, ...]:
    """The file of what the page asks, where registered documents alone are run: they are registered by themselves."""
    is_wanted = settings.is_console_on and settings.only_trusted_documents
    return (str(DOCUMENTS),) if is_wanted and DOCUMENTS.is_file() else ()


def console_config(settings: ConsoleSettings) -> dict[str, object]:
    """What the page is told: how people log in, and which currencies' minor unit is no hundredth."""
    oidc = {
        "issuer": settings.console_oidc_issuer,
        "clientId": settings.console_oidc_client_id,
        "scopes": settings.console_oidc_scopes,
        "resource": settings.console_oidc_resource,
    }
    return {
        "oidc": oidc if settings.console_oidc_issuer else None,
        "isDevelopment": settings.env == "development",
        "digits": {code: digits for code, digits in sorted(exponents().items()) if digits != HUNDREDTHS},
    }
