"""What a browser gets for GET /graphql: GraphiQL from our own origin, with flows and operations prepared as tabs."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Literal

from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount

from gateway.pages.demo import DemoTokens
from gateway.pages.static import STRICT, VERSION, Files, page_headers, version_of

OWN_FILES = Path(__file__).parent / "graphiql_assets"
THIRD_PARTY = Path(__file__).parent / "static_files" / "graphiql"  # filled by web/graphiql/install.py
THIRD_PARTY_NAMES = (
    "react.production.min.js",
    "react-dom.production.min.js",
    "graphiql.min.js",
    "graphiql.min.css",
)

_IN_THE_WHEEL = Path(__file__).parent / "operations"
# The wheel carries docs/operations within the package; a checkout has them where people read them.
OPERATIONS = _IN_THE_WHEEL if _IN_THE_WHEEL.is_dir() else Path(__file__).parents[2] / "docs" / "operations"

Caller = Literal["student", "admin"]

GROUPS: dict[str, tuple[tuple[str, Caller], ...]] = {
    "Start": (("start_here", "student"),),
    "Flow 1: a student pays": (("create_payment", "student"), ("confirm_payment", "student")),
    "Flow 2: an admin grants": (("create_purchase", "admin"), ("purchases", "admin")),
    "Find": (("search", "admin"), ("find_student", "admin"), ("find_payment", "admin")),
    "Grant": (("grant_course", "admin"), ("grant_many", "admin")),
    "Change a purchase": (("correct_slot", "admin"), ("extend_purchase", "admin"), ("revoke_purchase", "admin")),
    "Classes": (
        ("who_may_come_in", "admin"),
        ("record_session", "admin"),
        ("record_class", "admin"),
        ("withdraw_session", "admin"),
    ),
    "Give money back": (("refund_payment", "admin"),),
    "The catalogue": (("save_course", "admin"),),
    "Forget a student": (("erase_student", "admin"),),
    "What needs a person": (
        ("needs_attention", "admin"),
        ("stuck_jobs", "admin"),
        ("retry_job", "admin"),
        ("cancel_job", "admin"),
    ),
}
"""The prepared operations in their order, by what they are for: each a file of graphiql_assets/tabs or of
docs/operations, and whose token its tab carries."""

TABS = tuple(prepared for group in GROUPS.values() for prepared in group)

WORDS = {
    "studentToken": "PASTE_A_TOKEN",
    "adminToken": "PASTE_A_TOKEN",
    "courseId": "PASTE_A_COURSE_ID",
    "studentId": "PASTE_A_STUDENT_ID",
    "friendId": "PASTE_A_STUDENT_ID",
    "winnerId": "PASTE_A_STUDENT_ID",
    "firstPupilId": "PASTE_A_STUDENT_ID",
    "secondPupilId": "PASTE_ANOTHER_STUDENT_ID",
    "studentToErase": "PASTE_A_STUDENT_ID",
    "openPaymentId": "RUN_CREATE_PAYMENT_FIRST",
    "paidPaymentId": "PASTE_A_PAYMENT_ID",
    "paymentToRefund": "PASTE_A_PAYMENT_ID",
    "purchaseToCorrect": "PASTE_A_PURCHASE_ID",
    "purchaseToExtend": "PASTE_A_PURCHASE_ID",
    "purchaseToRevoke": "PASTE_A_PURCHASE_ID",
    "purchaseToRecord": "PASTE_A_PURCHASE_ID",
    "purchaseToWithdraw": "PASTE_A_PURCHASE_ID",
    "laterDate": "PASTE_A_TIME_LIKE_2030-12-31T18:30:00Z",
    "jobToRetry": "PASTE_A_JOB_ID",
    "jobToCancel": "PASTE_A_JOB_ID",
}
"""Every {{placeholder}} of the tabs, with what asks for a value where the page was given none."""

NOT_INSTALLED = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>GraphiQL is not installed</title></head>
<body><p>GraphiQL's browser files are not installed here: run <code>make install</code>, then reload this
page. The API itself answers at this address as ever.</p></body>
</html>
"""


def graphiql_routes() -> list[BaseRoute]:
    """What the page loads; it works from the moment the files are installed, without a restart."""
    loaded = [
        Mount("/third-party", Files(directory=THIRD_PARTY, versioned=(OWN_FILES, THIRD_PARTY))),
        Mount("/", Files(directory=OWN_FILES, versioned=(OWN_FILES, THIRD_PARTY))),
    ]
    return [Mount("/graphiql", routes=[Mount(f"/{VERSION}", routes=loaded), *loaded])]


def graphiql_page(tokens: DemoTokens | None, given: Mapping[str, str]) -> Response:
    """The page, or 503 with what to do where `make install` has not run; links are relative to /graphql.

    Args:
        given: what stands for placeholders, by their names in `WORDS`.
    """
    if not all((THIRD_PARTY / name).is_file() for name in THIRD_PARTY_NAMES):
        return HTMLResponse(NOT_INSTALLED, status_code=503, headers=_headers(style_nonce=None))
    style_nonce = secrets.token_urlsafe(16)
    tabs = [_tab(group, name, caller) for group, prepared in GROUPS.items() for name, caller in prepared]
    is_demo = tokens is not None
    config = {
        "tabs": tabs,
        "tabsVersion": hashlib.sha256(json.dumps([is_demo, tabs]).encode()).hexdigest()[:16],
        "values": {**WORDS, **_of_tokens(tokens), **given},
        "words": sorted(set(WORDS.values())),
        "isDemo": is_demo,
        "styleNonce": style_nonce,
    }
    template = Template((OWN_FILES / "index.html").read_text(encoding="utf-8"))
    html = template.substitute(config=_json_in_html(config), version=_version())
    return HTMLResponse(html, headers=_headers(style_nonce=style_nonce))


def _version() -> str:
    return VERSION.format(version=version_of(OWN_FILES, THIRD_PARTY))


def document_of(name: str) -> Path:
    """The file of a tab's operation; its variables, where it has any, lie beside it."""
    flow = OWN_FILES / "tabs" / f"{name}.graphql"
    return flow if flow.is_file() else OPERATIONS / flow.name


def _tab(group: str, name: str, caller: Caller) -> dict[str, str]:
    """A tab as GraphiQL wants it; the browser fills its {{placeholders}} and stores them unfilled."""
    document = document_of(name)
    variables = document.with_suffix(".variables.json")
    return {
        "group": group,
        "query": document.read_text(encoding="utf-8"),
        "variables": variables.read_text(encoding="utf-8") if variables.is_file() else "",
        "headers": json.dumps({"Authorization": f"Bearer {{{{{caller}Token}}}}"}, indent=2),
    }


def _of_tokens(tokens: DemoTokens | None) -> dict[str, str]:
    return {} if tokens is None else {"studentToken": tokens.student, "adminToken": tokens.admin}


def _json_in_html(value: object) -> str:
    """JSON that cannot end the <script> element it stands in, whatever a token or a tab holds."""
    return json.dumps(value).replace("<", "\\u003c")


def _headers(*, style_nonce: str | None) -> dict[str, str]:
    # Why three are more than 'self': GraphiQL's style sheet holds its fonts and icons as data: URLs, and its
    # dialogs insert one <style> element, with our nonce, which keeps the page behind from scrolling.
    # CodeMirror needs nothing more: it sets styles through the DOM, which this policy leaves alone.
    styles = f"'self' 'nonce-{style_nonce}'" if style_nonce else "'none'"
    policy = {**STRICT, "style-src": styles, "img-src": "'self' data:", "font-src": "'self' data:"}
    return {**page_headers(policy), "Vary": "Accept"}
