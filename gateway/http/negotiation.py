"""Which media type an answer has: what the request accepts, by GraphQL over HTTP and RFC 9110 §12.5.1."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache, wraps
from typing import TypeVar

from starlette.datastructures import Headers

Header = TypeVar("Header", str, bytes)
Said = TypeVar("Said")

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
"""Answers whose status speaks of the GraphQL request: 4xx where it was not executed."""

_RANGE = re.compile(r"\s*([\w!#$%&'*+.^`|~-]+/[\w!#$%&'*+.^`|~-]+)\s*((?:;[^,]*)?)", re.ASCII)
_QUALITY = re.compile(r";\s*q=([01](?:\.\d{0,3})?)\s*(?:;|$)", re.ASCII | re.IGNORECASE)


LONGEST_REMEMBERED = 1_000
"""Characters of a header that is remembered: many times a browser's."""

LONGEST_ACCEPT = 4_096
"""Characters of what a request accepts that are read. Sixty thousand took 45 ms before anything could be refused."""


def remembered(reads: Callable[[Header], Said]) -> Callable[[Header], Said]:
    """What a header says, read once for each text: clients send the same few over and over."""
    known = lru_cache(1_024)(reads)

    @wraps(reads)
    def read(header: Header) -> Said:
        return known(header) if len(header) <= LONGEST_REMEMBERED else reads(header)

    return read


def accept_of(headers: Headers) -> str:
    """What a request accepts: the Accept headers as one (RFC 9110 §5.3), the ranges of its first `LONGEST_ACCEPT`."""
    return _within(",".join(headers.getlist("accept")))


@remembered
def accepted(accept: str) -> str | None:
    """The type to answer with; None where the request accepts neither of ours.

    The one of more quality. Of equal ones the GraphQL type, but only where it is asked for by name: whoever accepts
    anything, or says nothing, gets the JSON that clients have always had.
    """
    ranges = dict(_ranges(accept))
    if not ranges:
        return JSON
    qualities = {each: _quality(each, ranges) for each in (GRAPHQL_JSON, JSON)}
    best = max(qualities.values())
    if best == 0:
        return None
    if qualities[GRAPHQL_JSON] == best and (GRAPHQL_JSON in ranges or qualities[JSON] < best):
        return GRAPHQL_JSON
    return JSON


def _within(accept: str) -> str:
    """Without what is too far behind, and the range that this cuts in two."""
    return accept if len(accept) <= LONGEST_ACCEPT else accept[:LONGEST_ACCEPT].rpartition(",")[0] or "*/*;q=0"


def content_type(media_type: str) -> str:
    """The header's value: every answer is in UTF-8, and says so."""
    return f"{media_type}; charset=utf-8"


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    """Each media range with its quality, 0 to 1. What is none is passed over."""
    for given in accept.split(","):
        if match := _RANGE.fullmatch(given):
            quality = _QUALITY.search(match[2])
            yield match[1].lower(), min(float(quality[1]), 1.0) if quality else 1.0


def _quality(media_type: str, ranges: dict[str, float]) -> float:
    """That of the range which names the type most closely."""
    return next((ranges[each] for each in (media_type, "application/*", "*/*") if each in ranges), 0.0)
