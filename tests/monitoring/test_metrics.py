"""What Prometheus reads: of one process, and of all that serve together; for whom; and never a stranger's word."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.services.core.model.values import Role
from gateway.services.measures import recording
from tests.served.gateway import Served, served
from tests.served.inside import inside
from tests.served.operations import COURSE, SAVE_COURSE
from tests.served.ports import reserved_port

pytestmark = pytest.mark.anyio

TOKEN = "a-monitor-with-a-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}

PATIENCE_S = 20

Numbers = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def numbers_in(text: str) -> Numbers:
    """Each sample by its name and its labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(numbers: Numbers, name: str, **labels: str) -> float:
    """The sum of the samples with that name, and those labels among others."""
    wanted = set(labels.items())
    return sum(value for (named, given), value in numbers.items() if named == name and wanted <= set(given))


def until(is_so: Callable[[], bool]) -> None:
    latest = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < latest, "it does not come to that"
        time.sleep(0.05)


async def test_what_one_process_did_is_told_to_whoever_has_the_token(sqlite_url: str) -> None:
    async with inside(sqlite_url, metrics_token=TOKEN) as gateway:
        saved = await gateway.ask(SAVE_COURSE, Role.ADMIN, input=COURSE)
        assert saved.json()["data"]["saveCourse"]["__typename"] == "SaveCourseSuccess"
        refused = await gateway.ask(SAVE_COURSE, Role.ADMIN, input={**COURSE, "title": ""})
        assert refused.json()["data"]["saveCourse"]["__typename"] == "InvalidInput"
        assert "errors" in (await gateway.ask("query strangers_word { nothing }")).json()
        answer = await gateway.client.get("/metrics", headers=BEARER)
    numbers = numbers_in(answer.text)
    outcome = "gateway_mutation_outcomes_total"
    assert of(numbers, outcome, operation="saveCourse", type="SaveCourseSuccess") == 1
    assert of(numbers, outcome, operation="saveCourse", type="InvalidInput") == 1
    assert of(numbers, "gateway_problems_total", operation="saveCourse", code="INVALID_INPUT") == 1
    assert of(numbers, "gateway_operation_duration_seconds_count", kind="mutation", result="ok") == 2
    assert of(numbers, "gateway_operation_duration_seconds_count", result="refused") == 1
    assert of(numbers, "http_server_request_duration_seconds_count", http_route="/graphql") == 3
    assert of(numbers, "gateway_writer_turn_duration_seconds_count") >= 1
    assert of(numbers, "gateway_writer_turn_commands_sum") >= 1
    assert of(numbers, "gateway_writer_wait_seconds_count") >= 1
    assert of(numbers, "gateway_writer_is_writing") == 1
    assert of(numbers, "gateway_database_up") == 1
    assert of(numbers, "gateway_payments_without_end") == 0
    assert of(numbers, "gateway_process_resident_memory_bytes", process="serve") > 1_000_000
    assert "strangers_word" not in answer.text


@pytest.mark.parametrize(
    "given", [{}, {"Authorization": "Bearer another-token-of-some-sort"}, {"Authorization": TOKEN}]
)
async def test_nobody_else_is_told(sqlite_url: str, given: dict[str, str]) -> None:
    async with inside(sqlite_url, metrics_token=TOKEN) as gateway:
        answer = await gateway.client.get("/metrics", headers=given)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_without_a_setting_there_are_no_metrics_and_nothing_is_counted(sqlite_url: str) -> None:
    async with inside(sqlite_url) as gateway:
        await gateway.ask("{ viewer { __typename } }")
        assert recording.measures is None
        assert (await gateway.client.get("/metrics")).status_code == 404


async def test_a_strangers_path_and_method_are_no_labels(sqlite_url: str) -> None:
    async with inside(sqlite_url, metrics_token=TOKEN) as gateway:
        for path in ("/a-strangers-path", "/webhooks/a-strangers-bank", "/webhooks/other/"):
            await gateway.client.request("STRANGE", path)
        text = (await gateway.client.get("/metrics", headers=BEARER)).text
    requests = [
        dict(labels) for name, labels in numbers_in(text) if name == "http_server_request_duration_seconds_count"
    ]
    assert {each["http_route"] for each in requests} == {"other", "/webhooks/{provider}"}
    assert {each["http_request_method"] for each in requests} == {"_OTHER"}


@pytest.fixture
def sqlite_url(new_sqlite: Callable[[], str]) -> str:
    return new_sqlite()


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, int]]:
    """Two processes that serve, one that writes for them, and the port of their metrics."""
    url = f"sqlite:///{Path(tmp_path_factory.mktemp('several')) / 'gateway.db'}"
    with reserved_port() as port:
        settings = {"metrics_port": str(port), "metrics_token": TOKEN, "worker": "true"}
        with served(url, "--workers", "2", **settings) as gateway:
            yield gateway, port


def test_several_processes_are_told_of_together_at_their_own_port(several: tuple[Served, int]) -> None:
    gateway, port = several
    course_id = gateway.course()
    for _ in range(6):
        student = gateway.student()
        gateway.confirm(student, gateway.opened(student, course_id))
    url = f"http://127.0.0.1:{port}/metrics"

    def told() -> Numbers:
        return numbers_in(httpx.get(url, headers=BEARER).text)

    until(lambda: of(told(), "gateway_mutation_outcomes_total", operation="confirmPayment") == 6)
    until(lambda: of(told(), "gateway_writer_turn_commands_sum") >= 13)
    numbers = told()
    assert of(numbers, "gateway_processes", process="serve") == 2
    assert of(numbers, "gateway_processes", process="writer") == 1
    assert of(numbers, "gateway_provider_call_duration_seconds_count", provider="SANDBOX", call="settle") == 6
    assert of(numbers, "gateway_provider_call_duration_seconds_count", result="answered") >= 12
    assert of(numbers, "gateway_reads_total") >= 6
    assert of(numbers, "gateway_job_run_duration_seconds_count", kind="sweep.lapsed") >= 1
    assert of(numbers, "gateway_jobs", kind="sweep.lapsed") == 1
    assert httpx.get(url).status_code == 401
    assert httpx.get(f"http://127.0.0.1:{port}/").status_code == 404
    at_the_api = httpx.get(gateway.server.url.replace("/graphql", "/metrics"), headers=BEARER)
    assert of(numbers_in(at_the_api.text), "gateway_mutation_outcomes_total", operation="confirmPayment") == 6
