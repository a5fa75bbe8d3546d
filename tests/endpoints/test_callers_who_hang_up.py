"""A caller that hangs up before its request is whole: nothing is done, and nothing went wrong on our side."""

from collections.abc import Callable, Iterator

import pytest
from starlette.types import Message

from gateway.http.telemetry import configure_logging
from tests.served.inside import inside, logging_as_before

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    with logging_as_before():
        yield


@pytest.mark.parametrize("path", ["/graphql", "/api/v1/purchases"])
async def test_a_body_that_breaks_off_is_no_error_of_ours(
    new_sqlite: Callable[[], str], capsys: pytest.CaptureFixture[str], path: str
) -> None:
    heard: list[Message] = [
        {"type": "http.request", "body": b'{"query": "mutation', "more_body": True},
        {"type": "http.disconnect"},
    ]
    said: list[Message] = []

    async def receive() -> Message:
        return heard.pop(0)

    async def send(message: Message) -> None:
        said.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"content-type", b"application/json")],
    }
    async with inside(new_sqlite(), env="production") as gateway:
        configure_logging(gateway.settings)
        await gateway.app(scope, receive, send)
    assert 400 <= said[0]["status"] < 500
    assert '"level": "error"' not in capsys.readouterr().err
