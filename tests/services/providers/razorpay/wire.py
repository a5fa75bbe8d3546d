"""How Razorpay writes lists and refusals, and how it reads what it is sent."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

Json = dict[str, object]


class Refusal(Exception):
    """A 400 of Razorpay's, and the field of the request that it names, if any."""

    def __init__(self, description: str, field: str | None = None) -> None:
        super().__init__(description)
        self.field = field


def body_of(request: httpx.Request, allowed: set[str]) -> dict[str, Any]:
    body = json.loads(request.content)
    if extra := set(body) - allowed:
        raise Refusal(f"{', '.join(sorted(extra))} is/are not required and should not be sent")
    assert isinstance(body, dict)
    return body


def collection(items: list[Json], request: httpx.Request | None = None) -> Json:
    """The newest first, and no more than asked for, from where it was asked for, as Razorpay lists."""
    query = request.url.params if request else httpx.QueryParams(count=len(items))
    most, skipped = int(query.get("count", "10")), int(query.get("skip", "0"))
    shown = items[::-1][skipped : skipped + most]
    return {"entity": "collection", "count": len(shown), "items": shown}


def error(status: int, description: str, field: str | None = None) -> httpx.Response:
    said = {"code": "BAD_REQUEST_ERROR", "description": description, "source": "business"}
    return httpx.Response(status, json={"error": said | ({"field": field} if field else {})})


def made(things: Mapping[str, Json], request: httpx.Request) -> Json:
    """Of the whole account, by when they were made: Razorpay has no other filter."""
    query = request.url.params
    if unknown := set(query) - {"count", "skip", "from", "to"}:
        raise Refusal(f"{', '.join(sorted(unknown))} is/are not required and should not be sent")
    since_s, until_s = int(query.get("from", "0")), int(query.get("to", "99999999999"))
    found = [each for each in things.values() if since_s <= int(str(each["created_at"])) <= until_s]
    return collection(found, request)
