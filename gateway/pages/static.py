"""What the gateway's pages have in common: a strict policy, and compressed files that may be installed later."""

from __future__ import annotations

import gzip
import hashlib
import re
from functools import lru_cache
from os import PathLike, stat_result
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

from gateway.pages.codings import IDENTITY, SUFFIXES, chosen

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
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

FOR_EVER = "public, max-age=31536000, immutable"
"""Of a file under a name that another content never has."""

AGAIN = "no-cache"
"""Kept, and asked about before each use."""

OF_VITE = re.compile(r"-[\w-]{8}\.(css|js|svg)")
"""What the names end in that hold the hash of a file's content, in a folder that Vite has built."""

VERSION = "v-{version}"
"""The folder under which files without a hash in their names are served, see `version_of`."""

SMALL = 64 * 1024
"""Bytes of a file that may be compressed when it is asked for: it takes a millisecond, once."""


def page_headers(policy: dict[str, str]) -> dict[str, str]:
    return {
        "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",  # it can hold tokens
    }


def index_page(request: Request, index: Path, policy: dict[str, str]) -> Response:
    """A built page, which holds no token: a browser keeps it, and asks at each visit whether it is still the one."""
    html = index.read_text(encoding="utf-8")
    etag = f'"{hashlib.sha256(html.encode()).hexdigest()[:32]}"'
    headers = {**page_headers(policy), "Cache-Control": AGAIN, "ETag": etag}
    asked = request.headers.get("If-None-Match", "")
    if asked.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in asked.split(",")]:
        return Response(status_code=304, headers=headers)
    return HTMLResponse(html, headers=headers)


def version_of(*folders: Path) -> str:
    """Names the content of all files in the folders: a page that loads them by it never mixes two versions."""
    files = [path for folder in folders if folder.is_dir() for path in sorted(folder.rglob("*")) if path.is_file()]
    return _digest(tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in files if not _is_form(path)))


class Files(StaticFiles):
    """Static files, compressed where a browser takes that, whose folder may be filled later.

    Args:
        directory: where they are; beside `NAME` may lie `NAME.br` and `NAME.gz`, which have no address of their own.
        names_of_content: what the names end in that are of one content for ever; a browser asks about all others.
        versioned: the folders whose `version_of` is that of these files, where they are served below `VERSION`.
    """

    def __init__(
        self,
        *,
        directory: Path,
        names_of_content: re.Pattern[str] | None = None,
        versioned: tuple[Path, ...] = (),
    ) -> None:
        super().__init__(directory=directory, check_dir=False)
        self._names_of_content = names_of_content
        self._versioned = versioned

    async def check_config(self) -> None:
        """Nothing to check: a file that is not installed yet answers 404, not 500."""

    def file_response(
        self,
        full_path: PathLike[str] | str,
        stat_result: stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        path, asked = Path(full_path), Headers(scope=scope)
        if _is_form(path):
            raise HTTPException(404)
        forms = _forms(path)
        is_small = path.suffix in MEDIA_TYPES and stat_result.st_size <= SMALL and not forms
        there = ["gzip"] if is_small else list(forms)
        coding = chosen(", ".join(asked.getlist("Accept-Encoding")) if "Accept-Encoding" in asked else None, there)
        if coding is None:
            raise HTTPException(406, "It is there in none of the codings that Accept-Encoding allows")
        response: Response
        if coding == IDENTITY:
            response = FileResponse(path, status_code, stat_result=stat_result)
        elif is_small:
            response = Response(_gzipped(path, stat_result.st_mtime_ns), status_code)
            if scope["method"] == "HEAD":
                response.body = b""
            response.headers["ETag"] = FileResponse(path, stat_result=stat_result).headers["ETag"]
        else:
            form = forms[coding]
            response = FileResponse(form, status_code, stat_result=form.stat())
        self._describe(response, path, coding, scope)
        if there:
            response.headers["Vary"] = "Accept-Encoding"
        if self.is_not_modified(response.headers, asked):
            return NotModifiedResponse(response.headers)
        return response

    def _describe(self, response: Response, path: Path, coding: str, scope: Scope) -> None:
        response.headers["Cache-Control"] = FOR_EVER if self._is_of_one_content(path, scope) else AGAIN
        response.headers["X-Content-Type-Options"] = "nosniff"
        # Set here: Python would ask the machine, and under nosniff an odd answer breaks the page.
        if path.suffix in MEDIA_TYPES:
            response.headers["Content-Type"] = MEDIA_TYPES[path.suffix]
        if coding != IDENTITY:
            response.headers["Content-Encoding"] = coding
            # Other bytes are another representation: a range of the one must not be joined to the other.
            response.headers["ETag"] = f'{response.headers["ETag"].removesuffix(chr(34))}-{coding}"'

    def _is_of_one_content(self, path: Path, scope: Scope) -> bool:
        if self._versioned:
            return bool(scope["path_params"].get("version") == version_of(*self._versioned))
        return self._names_of_content is not None and self._names_of_content.search(path.name) is not None


def _is_form(path: Path) -> bool:
    return path.suffix in SUFFIXES.values()


def _forms(path: Path) -> dict[str, Path]:
    """The compressed forms that were installed with the file."""
    beside = {coding: path.with_name(path.name + suffix) for coding, suffix in SUFFIXES.items()}
    return {coding: form for coding, form in beside.items() if form.is_file()}


@lru_cache(maxsize=64)
def _gzipped(path: Path, changed_ns: int) -> bytes:
    return gzip.compress(path.read_bytes(), mtime=0)


@lru_cache(maxsize=16)
def _digest(files: tuple[tuple[Path, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for path, _, _ in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest() + path.name.encode())
    return digest.hexdigest()[:16]
