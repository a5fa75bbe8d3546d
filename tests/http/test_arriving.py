"""Bodies that are on their way hold so much together, and those that began first give way."""

import asyncio
from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.types import Message

from gateway.http import bodies
from gateway.http.arriving import Arriving
from gateway.http.errors import Refused

pytestmark = pytest.mark.anyio

PART = b"x" * 400


@pytest.fixture
def most_1000(monkeypatch: pytest.MonkeyPatch) -> Iterator[Arriving]:
    arriving = Arriving(1_000)
    monkeypatch.setattr(bodies, "arriving", arriving)
    yield arriving
    assert arriving.held == 0


class Sent:
    """A request whose client sends its body part by part."""

    def __init__(self) -> None:
        self._parts = asyncio.Queue[Message]()
        request = Request({"type": "http", "method": "POST", "headers": []}, self._parts.get)
        self.read = asyncio.create_task(bodies.read_body(request, 10_000, 30))

    async def send(self, part: bytes, *, more: bool = True) -> None:
        self._parts.put_nowait({"type": "http.request", "body": part, "more_body": more})
        for _ in range(5):
            await asyncio.sleep(0)


async def test_the_first_of_too_many_gives_way(most_1000: Arriving) -> None:
    first, second, third = Sent(), Sent(), Sent()
    for each in (first, second, third):
        await each.send(PART)
    with pytest.raises(Refused) as refused:
        await first.read
    assert (refused.value.status_code, refused.value.headers) == (503, {"Connection": "close", "Retry-After": "1"})
    assert most_1000.held == 2 * len(PART)
    for each in (second, third):
        await each.send(b"", more=False)
        assert await each.read == PART


async def test_what_is_whole_or_given_up_makes_room(most_1000: Arriving) -> None:
    for _ in range(10):
        whole, gone = Sent(), Sent()
        await whole.send(PART)
        await gone.send(PART)
        gone.read.cancel()
        await whole.send(b"", more=False)
        assert await whole.read == PART
        await asyncio.gather(gone.read, return_exceptions=True)
        assert most_1000.held == 0


async def test_one_that_is_alone_too_much_gives_way_to_nobody_and_is_refused(most_1000: Arriving) -> None:
    alone = Sent()
    for _ in range(3):
        await alone.send(PART)
    with pytest.raises(Refused) as refused:
        await alone.read
    assert refused.value.status_code == 503
    assert most_1000.held == 0
