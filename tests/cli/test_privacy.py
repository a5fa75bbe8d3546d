"""`gateway student erase` and `gateway prune`, through the same service as what serves."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert
from uuid_utils.compat import uuid7

from db.engine import writer_engine
from db.statements import JOB
from gateway.cli.privacy.pruning import IN_DOUBT
from gateway.services.core.model.jobs import NOBODY, Job, JobKind
from gateway.services.rows.jobs import job_columns
from tests.cli.terminal import gateway
from tests.cli.test_grant import create
from tests.served.gateway import connected
from tests.served.server import environment

YOGA = "Yoga for Beginners"


@pytest.fixture
def env(new_sqlite: object) -> dict[str, str]:
    assert callable(new_sqlite)
    return environment(new_sqlite())


@pytest.fixture
def purchase(env: dict[str, str]) -> str:
    """One that student-1 was granted."""
    [line] = [line for line in gateway("seed", env=env).out.splitlines() if YOGA in line]
    return create(env, line.split()[0]).out.strip()


def _rows(env: dict[str, str], sql: str) -> list[tuple[object, ...]]:
    engine = writer_engine(env["GATEWAY_DATABASE_URL"])
    with engine.begin() as connection:
        rows = [tuple(row) for row in connection.exec_driver_sql(sql)]
    engine.dispose()
    return rows


def test_a_student_is_erased_once_nothing_is_open(env: dict[str, str], purchase: str) -> None:
    asked = ("student", "erase", "student-1", "--reason", "by mail", "--yes")
    refused = gateway(*asked, env=env)
    assert (refused.code, refused.out) == (1, "")
    assert f"{purchase} (ACTIVE_PURCHASE): it is in force: `gateway revoke {purchase} --reason …`" in refused.err
    to_programs = gateway(*asked, "--json", env=env)
    assert (to_programs.code, json.loads(to_programs.out)["exitCode"]) == (1, 1)
    engine = writer_engine(env["GATEWAY_DATABASE_URL"])
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE student_access SET expires_at = starts_at + 1")
    engine.dispose()
    done = gateway(*asked, "--json", env=env)
    said = json.loads(done.out)
    assert (done.code, said["purchases"], said["alreadyProcessed"]) == (0, 1, False)
    assert _rows(env, "SELECT student_id FROM purchase") == [(said["pseudonym"],)]
    again = gateway(*asked, env=env)
    assert (again.code, again.out.startswith("Nothing here has this id")) == (0, True)


def test_nobody_is_erased_where_nobody_can_be_asked(env: dict[str, str], purchase: str) -> None:
    said = gateway("student", "erase", "student-1", "--reason", "by mail", env=env)
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "Erase student student-1 for good: there is no way back.\n"
        "Nothing was done: nobody can be asked here. Say --yes to have it done.\n"
    )
    assert _rows(env, "SELECT student_id FROM purchase") == [("student-1",)]


def test_what_is_wrong_is_said_by_its_option(env: dict[str, str], purchase: str) -> None:
    said = gateway("student", "erase", "student-1", "--reason", "student-1 asked", "--yes", env=env)
    assert (said.code, said.err.splitlines()[-1]) == (1, "--reason: must not name the student: it stays in the audit")


def test_what_would_go_is_counted_and_then_goes(env: dict[str, str], purchase: str) -> None:
    dry = gateway("prune", "--dry-run", env=env)
    assert (dry.code, dry.out.count("would go")) == (None if dry.code is None else 0, 4), dry.err
    assert "more than 30 days ago (GATEWAY_KEEP_DELIVERIES_DAYS)" in dry.out
    kept = gateway("prune", "--json", env={**env, "GATEWAY_KEEP_KEYS_DAYS": "0"})
    assert json.loads(kept.out) == {"dryRun": False, "deliveries": 0, "jobs": 0, "events": 0, "keys": 0}


def test_by_a_clock_that_is_in_doubt_nothing_goes(env: dict[str, str], purchase: str) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=400)
    with connected(env["GATEWAY_DATABASE_URL"]) as connection:
        connection.execute(
            insert(JOB).values(job_columns(Job(uuid7(), JobKind.SWEEP_LAPSED, NOBODY, long_ago, long_ago)))
        )
    said = gateway("prune", env=env)
    assert (said.code, said.out) == (2, "")
    assert IN_DOUBT in said.err
    for asked in (("prune", "--dry-run"), ("prune",)):
        is_right = "true" if asked == ("prune",) else "false"
        assert gateway(*asked, env={**env, "GATEWAY_CLOCK_IS_RIGHT": is_right}).code in (None, 0)


@pytest.mark.parametrize(("name", "days"), [("EVENTS", "30"), ("KEYS", "7"), ("JOBS", "-1")])
def test_what_is_needed_yet_cannot_be_set_to_go(env: dict[str, str], name: str, days: str) -> None:
    said = gateway("prune", env={**env, f"GATEWAY_KEEP_{name}_DAYS": days})
    assert said.code == 2
    assert f"GATEWAY_KEEP_{name}_DAYS" in said.err
