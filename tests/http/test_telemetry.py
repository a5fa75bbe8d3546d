"""What the log says, and what it never says."""

import json
import logging
from collections.abc import Iterator

import anyio
import httpx
import pytest
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gateway.execution.masking import report
from gateway.http.telemetry import RequestLog, configure_logging, identified, log
from gateway.settings.loading import load_settings
from gateway.settings.model import Settings

PRODUCTION = load_settings({"GATEWAY_ENV": "production", "GATEWAY_JWT_SECRET": "s" * 40})
DEVELOPMENT = load_settings({})


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def raise_beside_a_secret() -> None:
    token = "eyJ-the-token-of-a-student"
    raise ValueError(len(token))


@pytest.mark.parametrize("settings", [PRODUCTION, DEVELOPMENT], ids=["production", "development"])
def test_a_traceback_does_not_show_the_values_of_variables(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(settings)
    try:
        raise_beside_a_secret()
    except ValueError as error:
        error_id = report(error)
    logged = capsys.readouterr().err
    assert error_id in logged
    assert "raise_beside_a_secret" in logged
    assert "eyJ-the-token" not in logged


def test_in_production_each_line_is_a_json_object_with_the_requests_id(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(PRODUCTION)
    answer = ask("/hello", {"X-Request-Id": "from-the-caller"})
    assert answer.headers["X-Request-Id"] == "from-the-caller"
    [line] = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (line["request_id"], line["path"], line["status"]) == ("from-the-caller", "/hello", 200)


def test_a_requests_line_reads_as_the_loggers_own_would(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(PRODUCTION)
    ask("/hello%22%0A", {"X-Request-Id": "from-the-caller"})
    [written] = capsys.readouterr().err.splitlines()
    said = json.loads(written)
    with identified("from-the-caller"):
        known = {"status": 404, "took_ms": said["took_ms"], "address": "127.0.0.1"}
        log.info("request", method="GET", path="/hello%22%0A", **known)
    [logged] = capsys.readouterr().err.splitlines()
    assert written == logged.replace(json.loads(logged)["timestamp"], said["timestamp"])


@pytest.mark.parametrize("env", ["production", "development"])
@pytest.mark.parametrize(("level", "lines"), [("debug", 1), ("info", 1), ("warning", 0), ("error", 0)])
def test_a_requests_line_is_of_level_info(capsys: pytest.CaptureFixture[str], env: str, level: str, lines: int) -> None:
    configure_logging(load_settings({"GATEWAY_ENV": env, "GATEWAY_JWT_SECRET": "s" * 40, "GATEWAY_LOG_LEVEL": level}))
    ask("/hello")
    assert len(capsys.readouterr().err.splitlines()) == lines


def test_a_request_id_that_could_forge_a_line_is_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(PRODUCTION)
    assert ask("/hello", {"X-Request-Id": 'a" injected="yes'}).headers["X-Request-Id"].isalnum()


def test_a_line_break_in_a_path_stays_encoded(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(DEVELOPMENT)
    ask("/hello%0Aforged line")
    assert len(capsys.readouterr().err.splitlines()) == 1


def ask(path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    app = Starlette(routes=[Route("/hello", lambda _: PlainTextResponse("hello"))], middleware=[Middleware(RequestLog)])

    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
            return await client.get(path, headers=headers)

    return anyio.run(get)


@pytest.fixture
def servers_lines() -> Iterator[None]:
    """The server's logger as a process has it: a server that a test starts within its own sets its level."""
    logger = logging.getLogger("uvicorn.error")
    level = logger.level
    logger.setLevel(logging.NOTSET)
    yield
    logger.setLevel(level)


@pytest.mark.usefixtures("servers_lines")
def test_a_librarys_line_has_the_form_of_ours_and_is_bounded(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(PRODUCTION)
    with identified("an-id"):
        logging.getLogger("uvicorn.error").warning("Invalid request from %s", "a stranger\nforged" + "x" * 5_000)
        logging.getLogger("uvicorn.error").info("small talk")
    [line] = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (line["level"], line["logger"], line["request_id"]) == ("warning", "uvicorn.error", "an-id")
    assert line["event"].startswith("Invalid request from a stranger\\nforged")
    assert len(line["event"]) < 2_100
    capsys.readouterr()


@pytest.mark.parametrize(("env", "chosen", "is_json"), [("production", "text", False), ("development", "json", True)])
def test_the_form_of_lines_can_be_chosen(
    env: str, chosen: str, is_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(load_settings({"GATEWAY_ENV": env, "GATEWAY_JWT_SECRET": "s" * 40, "GATEWAY_LOG_FORMAT": chosen}))
    ask("/hello")
    assert capsys.readouterr().err.startswith("{") is is_json
