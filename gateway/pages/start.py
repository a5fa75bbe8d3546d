"""The page at / in development: what this is, where everything is found, and the demo's tokens."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from gateway.pages import checkout, console
from gateway.pages.demo import DemoTokens, demo_tokens
from gateway.pages.demo_catalogue import ADMIN, STUDENT
from gateway.pages.graphiql import OPERATIONS
from gateway.pages.static import STRICT, VERSION, Files, page_headers, version_of
from gateway.settings.model import Settings

OWN_FILES = Path(__file__).parent / "start_assets"
DOCS = Path(__file__).parents[2] / "docs"
"""As they lie beside the package in a checkout; an installed wheel has none, whatever lies beside it there."""

NOT_BUILT = " It is not built here yet: the page says how."
OWN_TOKENS = """    <h2>Tokens</h2>
    <p class="hint"><code>gateway token --role ADMIN --subject me</code> prints one, where the gateway signs
      them itself; <code>gateway serve --demo</code> comes with courses to buy and tokens to buy them with.</p>"""


def start_routes(settings: Settings) -> list[BaseRoute]:
    """In development; in production `/` is no page."""
    if settings.env != "development":
        return []

    async def page(_: Request) -> Response:
        html = Template((OWN_FILES / "index.html").read_text(encoding="utf-8")).substitute(
            version=VERSION.format(version=version_of(OWN_FILES)),
            doors="\n".join(_doors(settings)),
            tokens=_tokens(demo_tokens(settings) if settings.demo else None),
            docs=_docs(),
        )
        return HTMLResponse(html, headers=page_headers(STRICT))

    files = Mount(f"/{VERSION}", Files(directory=OWN_FILES, versioned=(OWN_FILES,)))
    docs = [Mount("/docs", Files(directory=DOCS))] if _has_docs() else []
    return [Route("/", page, methods=["GET"]), Mount("/start", routes=[files, *docs])]


def _doors(settings: Settings) -> Iterator[str]:
    if settings.is_graphiql_on:
        yield _door(
            "graphql", "GraphiQL", "Try the API: both flows and an admin's daily work are prepared, press play."
        )
    if settings.demo:
        text = "Buy a course as a student would, with test cards. No money moves."
        yield _door("demo/", "Checkout", text, is_built=(checkout.BUILT / "index.html").is_file())
    if settings.is_console_on:
        text = "Work as support and finance people do: paste an admin's token."
        yield _door("console/", "Console", text, is_built=(console.BUILT / "index.html").is_file())


def _door(address: str, name: str, text: str, *, is_built: bool = True) -> str:
    return f'      <li><a href="{address}"><strong>{name}</strong> {text}{"" if is_built else NOT_BUILT}</a></li>'


def _tokens(tokens: DemoTokens | None) -> str:
    if tokens is None:
        return OWN_TOKENS
    shown = "\n".join(
        f'    <div class="token"><span>{role} <span class="hint">({subject}, 12 hours)</span></span>'
        f'<button type="button" data-copies="{role.lower()}" hidden>Copy</button>'
        f'<code id="{role.lower()}">{escape(token)}</code></div>'
        for role, subject, token in (("STUDENT", STUDENT, tokens.student), ("ADMIN", ADMIN, tokens.admin))
    )
    return f"    <h2>The demo's tokens</h2>\n{shown}"


def _has_docs() -> bool:
    return OPERATIONS.parent == DOCS


def _docs() -> str:
    if not _has_docs():
        return ""
    pages = (
        ("README", "Contents"),
        ("paying", "Flow 1: a student pays"),
        ("granting", "Flow 2: an admin grants"),
        ("tokens", "Tokens"),
        ("settings", "Settings"),
    )
    links = "".join(f'<li><a href="start/docs/{name}.md">{title}</a></li>' for name, title in pages)
    return f"    <h2>Documentation</h2>\n    <ul>{links}</ul>"
