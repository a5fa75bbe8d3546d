"""The old door over HTTP: old bodies in, the old envelope out, and behind it the purchase that GraphQL shows."""

import asyncio
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.types import Message
from uuid_utils.compat import uuid7

from gateway.auth.bearer import BearerBackend
from gateway.auth.minting import mint_token
from gateway.auth.tokens import TokenVerifier
from gateway.endpoints.errors import refuse
from gateway.endpoints.rest import PATH, purchases_route
from gateway.http.callers import Callers
from gateway.schema.conventions import ids
from gateway.services.core.commands.every import Command
from gateway.services.core.model.outcomes import Busy, Outcome
from gateway.services.core.model.values import Role
from gateway.services.providers.registry import ProviderRegistry
from gateway.services.purchases import Purchases
from gateway.settings.loading import load_settings
from gateway.settings.model import Settings, SettingsError
from tests.conftest import KINDS
from tests.served.old_door import LOOSE, Door, numbers, opened
from tests.served.operations import COURSE, METADATA, PURCHASE, SAVE_COURSE
from tests.served.server import Caller, serving

PURCHASE_BY_ID = PURCHASE + "query ($id: ID!) { purchase(id: $id) { ...PurchaseFields createdBy { id role } } }"
CREATE_PURCHASE = """
mutation ($input: CreatePurchaseInput!) {
  createPurchase(input: $input) {
    ... on CreatePurchaseSuccess { alreadyProcessed purchase { id } }
    ... on InvalidInput { fields { path } }
  }
}
"""


@pytest.fixture(scope="module", params=KINDS)
def door(request: pytest.FixtureRequest) -> Iterator[Door]:
    with opened(request) as door:
        yield door


def test_an_old_body_creates_the_purchase_that_graphql_shows(door: Door) -> None:
    body = door.body(expiryDate="2090-01-31", metadata={**LOOSE, "date": "2089-01-02", "source": "web", "seat": 7})
    answer = door.post(body)
    assert answer.status_code == 201
    assert answer.json()["message"] == "Purchase created successfully"
    data = answer.json()["data"]
    assert data == {
        "id": data["id"],
        "studentId": body["studentId"],
        "courseId": door.course,
        "purchaseTier": "BASIC",
        "status": "ACTIVE",
        "sessionsTotal": 4,
        "sessionsUsed": 0,
        "expiryDate": "2090-01-31T18:30:00Z",
        "metadata": {
            "isSundayOnly": True,
            "sessionDuration": 60,
            "timeSlot": "17:30-18:30",
            "timeZone": "Asia/Kolkata",
            "date": "2089-01-02",
            "seat": "7",
            "source": "web",
        },
        "createdAt": data["createdAt"],
    }
    assert door.audited(data["id"]) == [("service-1", "REST POST /api/v1/purchases")]
    shown = door.server.admin().data(PURCHASE_BY_ID, id=data["id"])["purchase"]
    assert (shown["origin"], shown["tier"], shown["student"]["id"]) == ("ADMIN", "BASIC", body["studentId"])
    assert shown["createdBy"] == {"id": "service-1", "role": "SERVICE"}
    assert shown["expiryDate"] == data["expiryDate"]
    assert shown["createdAt"] == data["createdAt"]
    assert shown["metadata"]["timeSlot"] == {"start": "17:30", "end": "18:30", "timeZone": "Asia/Kolkata"}
    assert shown["metadata"]["labels"] == [{"key": "seat", "value": "7"}, {"key": "source", "value": "web"}]


def test_the_same_again_however_written_is_the_one_that_stands(door: Door) -> None:
    body = door.body()
    first = door.post(body)
    again = {**body, "purchaseTier": "", "sessionCount": "4", "metadata": {**METADATA, "purchaseTier": "BASIC"}}
    repeated = [door.post(body), door.post(again, door.server.admin()), door.post({**body, **first.json()["data"]})]
    assert [answer.status_code for answer in (first, *repeated)] == [201, 200, 200, 200]
    assert [answer.json()["data"] for answer in repeated] == [first.json()["data"]] * 3
    arguments = {"studentId": body["studentId"], "courseId": door.course, "purchaseTier": "BASIC", "metadata": METADATA}
    by_graphql = door.server.admin().data(CREATE_PURCHASE, input={**arguments, "reason": "support"})["createPurchase"]
    assert (by_graphql["alreadyProcessed"], by_graphql["purchase"]["id"]) == (True, first.json()["data"]["id"])


def test_an_expiry_that_is_a_day_is_the_end_of_that_day_where_the_slot_is(door: Door) -> None:
    for zone, end in (("Asia/Kolkata", "2026-12-31T18:30:00Z"), ("America/New_York", "2027-01-01T05:00:00Z")):
        far = end.replace("2026", "2090").replace("2027", "2091")
        answer = door.post(door.body(expiryDate="2090-12-31", metadata={**LOOSE, "timeZone": zone}))
        assert (answer.status_code, answer.json()["data"]["expiryDate"]) == (201, far)


def test_values_are_compared_and_not_how_they_are_spelt(door: Door) -> None:
    """Said again beside, or later, or with a key: a zone by its other name, a course by its other id, a day by its end,
    a number as text."""
    key = ids.from_text(ids.COURSE, door.course)
    calcutta = {"isSundayOnly": True, "timeSlot": "17:30-18:30", "timeZone": "Asia/Calcutta", "sessionCount": "4"}
    body = door.body(sessionCount=4, purchaseTier="BASIC", expiryDate="2090-12-31", metadata=calcutta)
    twice = {"courseId": str(key), "expiryDate": "2090-12-31T18:30:00Z", "sessionCount": 4.0}
    kolkata = {**calcutta, "timeZone": "Asia/Kolkata", "timeSlot": {"start": "5:30 PM", "timeZone": "Asia/Calcutta"}}
    again = {**body, "metadata": {**kolkata, "sessionDuration": "60", **twice}}
    named = f"key-{next(numbers)}"
    first = door.post(body, Idempotency_Key=named)
    assert (first.status_code, first.json()["data"]["metadata"]["timeZone"]) == (201, "Asia/Calcutta")
    for repeated in (door.post(again), door.post(again, Idempotency_Key=named)):
        assert (repeated.status_code, repeated.json()["data"]) == (200, first.json()["data"])


def test_the_old_door_refuses_no_sale_whose_sessions_do_not_all_fit_for_its_money_may_have_moved(door: Door) -> None:
    short = {**COURSE["tiers"][0], "sessionCount": 24, "validityDays": 30}
    admin = door.server.admin()
    course = admin.data(SAVE_COURSE, input={"title": "Chess", "tiers": [short]})["saveCourse"]["course"]["id"]
    body = door.body(courseId=course)
    arguments = {"studentId": body["studentId"], "courseId": course, "purchaseTier": "BASIC", "metadata": METADATA}
    refused = admin.data(CREATE_PURCHASE, input={**arguments, "reason": "support"})["createPurchase"]
    assert [field["path"] for field in refused["fields"]] == [["input", "metadata", "isSundayOnly"]]
    assert door.post(body).json()["data"]["sessionsTotal"] == 24
    with_its_end = {**arguments, "studentId": f"{body['studentId']}-2", "expiryDate": "2090-01-01T00:00:00Z"}
    granted = admin.data(CREATE_PURCHASE, input={**with_its_end, "reason": "support"})["createPurchase"]
    assert granted["alreadyProcessed"] is False


def test_a_course_may_be_named_by_its_uuid(door: Door) -> None:
    key = ids.from_text(ids.COURSE, door.course)
    body = door.body()
    assert door.post({**body, "courseId": str(key).upper()}).json()["data"]["courseId"] == door.course
    assert door.post(body).status_code == 200
    for unknown in (ids.EXAMPLES[ids.COURSE], str(uuid7())):
        assert door.refused(404, door.body(courseId=unknown))["code"] == "NOT_FOUND"


def test_what_stands_otherwise_is_a_conflict_that_shows_what_stands(door: Door) -> None:
    body = door.body()
    stands = door.post(body).json()["data"]
    other = door.refused(409, {**body, "metadata": {**LOOSE, "timeSlot": "18:30-19:30"}, "expiryDate": "2090-01-31"})
    assert (other["code"], other["data"]) == ("METADATA_CONFLICT", stands)
    assert [error["path"] for error in other["errors"]] == ["metadata.timeSlot.start", "expiryDate"]
    assert other["errors"][0]["message"] == "stands as 17:30; given was 18:30"
    higher = door.refused(409, {**body, "purchaseTier": "PREMIUM"})
    assert (higher["code"], higher["data"]) == ("ACTIVE_PURCHASE_EXISTS", stands)


def test_a_key_stands_for_one_body_of_one_caller(door: Door) -> None:
    body, key = door.body(), f"key-{next(numbers)}"
    first = door.post(body, Idempotency_Key=key)
    assert (first.status_code, door.post(body, Idempotency_Key=key).status_code) == (201, 200)
    envelope = door.refused(422, door.body(), Idempotency_Key=key)
    assert (envelope["code"], "data" in envelope) == ("IDEMPOTENCY_KEY_REUSED", False)
    assert door.post(door.body(), door.server.service("service-2"), Idempotency_Key=key).status_code == 201
    assert [error["path"] for error in door.refused(400, body, Idempotency_Key="k" * 256)["errors"]] == [
        "Idempotency-Key"
    ]
    assert [error["path"] for error in door.refused(400, body, Idempotency_Key="")["errors"]] == ["Idempotency-Key"]


def test_only_services_and_admins_may_enter(door: Door) -> None:
    server, body = door.server, door.body()
    for caller, status, code in (
        (server.nobody(), 401, "UNAUTHENTICATED"),
        (Caller(server.url, "forged"), 401, "UNAUTHENTICATED"),
        (server.student(), 403, "FORBIDDEN"),
    ):
        answer = door.post(body, caller)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers.get("www-authenticate", "").startswith("Bearer") is (status == 401)
    assert door.post(body, server.admin()).status_code == 201


async def test_both_doors_at_once_open_to_one_purchase(door: Door, anyio_backend: str) -> None:
    arguments = {"purchaseTier": "BASIC", "courseId": door.course}
    for _ in range(3):
        student = f"student-{next(numbers)}"
        old = {**arguments, "studentId": student, "metadata": LOOSE}
        new = {**arguments, "studentId": student, "metadata": METADATA, "reason": "race"}
        query = {"query": CREATE_PURCHASE, "variables": {"input": new}}
        headers = door.server.admin().headers()
        async with httpx.AsyncClient(headers=headers, timeout=30, limits=httpx.Limits(max_connections=50)) as client:
            calls = [(door.url, old), (door.server.url, query)] * 25
            sent = await asyncio.gather(*(client.post(url, json=body) for url, body in calls))
            answers = [answer.json() for answer in sent]
        assert [each["errors"] for each in answers if "errors" in each] == []
        by_rest = [(each["data"]["id"], each["statusCode"] == 201) for each in answers if "statusCode" in each]
        created = [each["data"]["createPurchase"] for each in answers if "statusCode" not in each]
        by_graphql = [(each["purchase"]["id"], not each["alreadyProcessed"]) for each in created]
        assert (len(by_rest), len(by_graphql)) == (25, 25)
        assert len({purchase_id for purchase_id, _ in by_rest + by_graphql}) == 1
        assert sum(is_new for _, is_new in by_rest + by_graphql) == 1


def test_a_default_time_zone_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="GATEWAY_DEFAULT_TIME_ZONE must be an IANA time zone"):
        load_settings({"GATEWAY_DEFAULT_TIME_ZONE": "IST+5:30"})


def test_the_platforms_time_zone_is_the_operators_to_set(new_sqlite: Callable[[], str]) -> None:
    with serving(new_sqlite(), default_time_zone="Europe/Berlin") as server:
        door = Door(server)
        assert door.post(door.body()).json()["data"]["metadata"]["timeZone"] == "Europe/Berlin"


async def test_a_writer_that_is_busy_says_when_to_come_again(anyio_backend: str) -> None:
    body = {"studentId": "s", "courseId": str(uuid7()), "sessionCount": 4, "metadata": LOOSE}
    transport = httpx.ASGITransport(_door_of(Busy(retry_after_s=7)))
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
        answer = await client.post(PATH, json=body, headers=_authorized())
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["code"]) == (503, "7", "BUSY")


async def test_a_caller_that_hangs_up_within_its_body_gets_nothing_done(anyio_backend: str) -> None:
    heard: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    said: list[MutableMapping[str, Any]] = []

    async def receive() -> Message:
        return heard.pop(0)

    async def send(message: Message) -> None:
        said.append(message)

    headers = _authorized() | {"content-type": "application/json"}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": PATH, "headers": raw, "query_string": b""}
    await _door_of(None)(scope, receive, send)
    assert said[0]["status"] == 400


def _authorized() -> dict[str, str]:
    return {"Authorization": f"Bearer {mint_token(Settings(), role=Role.SERVICE, subject='service-1', ttl_s=60)}"}


def _door_of(outcome: Outcome | None) -> Starlette:
    """The route alone, before a writer that comes to this outcome, or must not be asked."""

    async def write(_: Command) -> Outcome:
        assert outcome is not None
        return outcome

    async def nothing(_: object) -> None:
        return None

    purchases = Purchases(write, nothing, nothing, ProviderRegistry({}, None, nothing), uuid7, nothing)  # type: ignore[arg-type]  # reads nothing
    backend = BearerBackend(TokenVerifier(Settings()))
    return Starlette(
        routes=[purchases_route(lambda _: purchases, Settings(), Callers(Settings()))],
        middleware=[Middleware(AuthenticationMiddleware, backend=backend)],
        exception_handlers={HTTPException: refuse},
    )
