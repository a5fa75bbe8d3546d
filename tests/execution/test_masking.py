"""What nobody expected: the caller gets an id and nothing more, the log has that id and all the rest."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gateway.http.telemetry import configure_logging
from gateway.schema.conventions import ids
from gateway.services.core.model.values import Role
from gateway.services.rows.lookups import Viewed
from tests.served.gateway import connected, creating, served
from tests.served.inside import Inside, inside, logging_as_before
from tests.served.operations import CREATE_PURCHASE

pytestmark = pytest.mark.anyio

REASON = "the-reason-that-only-the-log-may-know"
LOCAL = "a-local-variable-that-nobody-may-know"


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    with logging_as_before():
        yield


def fail(*_: object, **__: object) -> Any:
    secret = LOCAL
    raise RuntimeError(f"{REASON} {len(secret)}")


async def courses(gateway: Inside) -> Any:
    return await gateway.ask("{ courses { nodes { id } } }", Role.STUDENT)


async def grant(gateway: Inside) -> Any:
    return await gateway.ask(CREATE_PURCHASE, Role.ADMIN, input=creating(ids.EXAMPLES[ids.COURSE], "student-1"))


async def page(gateway: Inside) -> Any:
    return await gateway.client.get("/graphql", headers={"Accept": "text/html"})


@pytest.mark.parametrize(
    ("broken", "request_", "status"),
    [
        ("gateway.services.reading.snapshot.Snapshot.page", courses, 200),
        ("gateway.services.core.commands.create_purchase.CreatePurchase.decide", grant, 200),
        ("gateway.pages.demo.page", page, 500),
        ("gateway.auth.tokens.TokenVerifier.verify", courses, 500),
    ],
    ids=["a read", "a decision", "the page", "the token"],
)
async def test_an_unexpected_error_is_an_id_that_the_log_has_too(
    new_sqlite: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    broken: str,
    request_: Callable[[Inside], Any],
    status: int,
) -> None:
    monkeypatch.setattr(broken, fail)
    async with inside(new_sqlite(), env="production", graphiql="true") as gateway:
        configure_logging(gateway.settings)
        response = await request_(gateway)
    assert response.status_code == status
    answer = response.json()
    [error] = answer["errors"]
    assert not answer.get("data")
    assert error["extensions"].keys() == {"code", "errorId"}
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["message"].endswith(error["extensions"]["errorId"])
    assert not any(word in response.text for word in (REASON, "RuntimeError", "Traceback", "fail"))

    logged = capsys.readouterr().err
    [line] = [line for line in map(json.loads, logged.splitlines()) if "error_id" in line]
    assert line["error_id"] == error["extensions"]["errorId"]
    assert line["request_id"] == response.headers["X-Request-Id"]
    assert REASON in json.dumps(line)
    assert LOCAL not in logged
    assert "eyJ" not in logged  # how every token begins


async def test_a_decision_that_raises_fails_alone(
    new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with inside(new_database()) as gateway:
        with monkeypatch.context() as broken:
            broken.setattr("gateway.services.core.commands.create_purchase.CreatePurchase.decide", fail)
            assert "INTERNAL" in (await grant(gateway)).text
        assert (await grant(gateway)).json()["data"]["createPurchase"]["__typename"] == "NotFound"


async def test_an_error_in_one_field_leaves_the_others(
    new_sqlite: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Viewed, "single", fail)
    async with inside(new_sqlite()) as gateway:
        query = "query($id: ID!) { viewer { id } course(id: $id) { id } }"
        answer = (await gateway.ask(query, Role.STUDENT, id=ids.EXAMPLES[ids.COURSE])).json()
    assert answer["data"] == {"viewer": {"id": "STUDENT-1"}, "course": None}
    assert [(error["path"], error["extensions"]["code"]) for error in answer["errors"]] == [(["course"], "INTERNAL")]


def test_a_database_that_breaks_is_never_quoted(new_database: Callable[[], str]) -> None:
    with served(new_database()) as gateway:
        course = gateway.course()
        with connected(gateway.database_url) as connection:
            connection.exec_driver_sql("ALTER TABLE tier RENAME TO tier_no_more")
        nobody = gateway.person(None, "")
        for response in (
            nobody.post("query($id: ID!) { course(id: $id) { id } }", {"id": course}),
            gateway.admin.post(CREATE_PURCHASE, {"input": creating(course, "student-1")}),
        ):
            assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["INTERNAL"]
            assert not any(word in response.text for word in ("SELECT", "FROM", "tier_", "no such", "sqlalche"))
        with connected(gateway.database_url) as connection:
            connection.exec_driver_sql("ALTER TABLE tier_no_more RENAME TO tier")
        assert gateway.create(course, "student-1")["__typename"] == "CreatePurchaseSuccess"
