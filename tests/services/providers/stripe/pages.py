"""How Stripe lists: the newest first, page by page, of an intent or of the whole account."""

from typing import Any

from starlette.datastructures import QueryParams

Thing = dict[str, Any]


def page_of(things: list[Thing], kind: str, query: QueryParams) -> Thing:
    """A page of what fits a request's conditions; without a time a thing was made at none."""
    found = [each for each in things if _fits(each, query)]
    after = [each["id"] for each in found].index(query["starting_after"]) + 1 if "starting_after" in query else 0
    page = found[after : after + int(query["limit"])]
    return {"object": "list", "url": f"/v1/{kind}", "data": page, "has_more": after + len(page) < len(found)}


def _fits(thing: Thing, query: QueryParams) -> bool:
    types = [text for name, text in query.multi_items() if name.startswith("types[")]
    assert len(types) <= 20, "as many as Stripe takes"
    if types and thing["type"] not in types:
        return False
    if "payment_intent" in query and thing["payment_intent"] != query["payment_intent"]:
        return False
    made = int(thing.get("created", 0))
    return int(query.get("created[gte]", "0")) <= made <= int(query.get("created[lte]", "99999999999"))
