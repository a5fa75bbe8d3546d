"""Pages of other sites: those that the operator lists may call, and a browser is told nothing for any other."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from tests.served.inside import Inside, inside

pytestmark = pytest.mark.anyio

SHOP = "https://shop.example"
ASKS = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}


@pytest.fixture
async def gateway(new_sqlite: Callable[[], str]) -> AsyncIterator[Inside]:
    async with inside(new_sqlite(), cors_origins=f"{SHOP}, http://localhost:3000") as started:
        yield started


async def preflight(gateway: Inside, origin: str, **changes: str) -> httpx.Response:
    return await gateway.client.options("/graphql", headers={"Origin": origin, **ASKS, **changes})


async def call(gateway: Inside, origin: str, token: str = "") -> httpx.Response:
    headers = {"Origin": origin} | ({"Authorization": token} if token else {})
    return await gateway.client.post("/graphql", json={"query": "{ __typename }"}, headers=headers)


@pytest.mark.parametrize("origin", [SHOP, "http://localhost:3000"])
async def test_a_listed_page_may_call_and_read_the_answer(gateway: Inside, origin: str) -> None:
    asked = await preflight(gateway, origin)
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (200, origin)
    assert {"GET", "POST"} == set(asked.headers["Access-Control-Allow-Methods"].split(", "))
    assert {"Authorization", "Content-Type", "Idempotency-Key"} <= set(
        asked.headers["Access-Control-Allow-Headers"].split(", ")
    )
    answer = await call(gateway, origin)
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
    assert set(answer.headers["Vary"].split(", ")) == {"Accept", "Origin"}


async def test_no_page_may_send_cookies(gateway: Inside) -> None:
    for answer in (await preflight(gateway, SHOP), await call(gateway, SHOP)):
        assert "Access-Control-Allow-Credentials" not in answer.headers


async def test_a_page_may_read_why_it_was_refused(gateway: Inside) -> None:
    refused = await call(gateway, SHOP, token="Bearer nonsense")
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, SHOP)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://shop.example", f"{SHOP}:8443", f"{SHOP}.evil.example", ""]
)
async def test_another_page_is_told_nothing(gateway: Inside, origin: str) -> None:
    asked, answer = await preflight(gateway, origin), await call(gateway, origin)
    assert (asked.status_code, asked.text) == (400, "Disallowed CORS origin")
    for response in (asked, answer):
        assert "Access-Control-Allow-Origin" not in response.headers


async def test_a_method_or_header_that_has_no_use_here_is_refused(gateway: Inside) -> None:
    for changes in ({"Access-Control-Request-Method": "PUT"}, {"Access-Control-Request-Headers": "x-other"}):
        assert (await preflight(gateway, SHOP, **changes)).status_code == 400


async def test_where_no_origin_is_listed_no_page_of_another_site_may_call(new_sqlite: Callable[[], str]) -> None:
    async with inside(new_sqlite()) as closed:
        asked, answer = await preflight(closed, SHOP), await call(closed, SHOP)
        assert asked.status_code == 405
        for response in (asked, answer):
            assert not any(name.startswith("access-control-") for name in response.headers)
