"""What the gateway's pages have in common: a strict policy, and files that may be installed later."""

from __future__ import annotations

from os import PathLike, stat_result
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}

STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "img-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
"""A content security policy by which a page loads only our own files and connects only to us."""


def page_headers(policy: dict[str, str]) -> dict[str, str]:
    return {
        "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",  # it can hold tokens
    }


class Files(StaticFiles):
    """Static files that a browser asks about again at every load, and whose folder may be filled later."""

    async def check_config(self) -> None:
        """Nothing to check: a file that is not installed yet answers 404, not 500."""

    def file_response(
        self,
        full_path: PathLike[str] | str,
        stat_result: stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        # Set here: Python would ask the machine, and under nosniff an odd answer breaks the page.
        suffix = Path(full_path).suffix
        if response.status_code == status_code and suffix in MEDIA_TYPES:
            response.headers["Content-Type"] = MEDIA_TYPES[suffix]
        return response
