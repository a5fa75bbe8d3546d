"""`gateway purchase create`: an admin's grant at the terminal, through the same service as over HTTP."""

import getpass

import pytest

from db.engine import writer_engine
from gateway.schema.conventions import ids
from tests.cli.terminal import Said, gateway
from tests.served.server import environment

YOGA = "Yoga for Beginners"


def granting(course_id: str, /, **options: str) -> list[str]:
    """The options of a grant that is right, unless changed."""
    right = {
        "student": "student-1",
        "course": course_id,
        "tier": "BASIC",
        "slot": "17:30",
        "time-zone": "Asia/Kolkata",
        "reason": "a test",
    }
    return [word for name, value in {**right, **options}.items() for word in (f"--{name}", value)]


@pytest.fixture
def env(database_url: str) -> dict[str, str]:
    return environment(database_url)


@pytest.fixture
def course(env: dict[str, str]) -> str:
    """A course of the demo."""
    [line] = [line for line in gateway("seed", env=env).out.splitlines() if YOGA in line]
    return line.split()[0]


def create(env: dict[str, str], course_id: str, /, *flags: str, **options: str) -> Said:
    return gateway("purchase", "create", *granting(course_id, **options), *flags, env=env)


def test_a_grant_prints_its_id_alone_and_is_audited(env: dict[str, str], course: str) -> None:
    said = create(env, course, "--sunday-only", date="2090-01-01", duration="90")
    assert (said.code, said.err) == (0, "created: BASIC for student-1\n")
    [purchase] = said.out.splitlines()
    assert ids.from_text(ids.PURCHASE, purchase)
    assert _rows(env, "SELECT student_id, tier, status, session_duration_min, created_by_role FROM purchase") == [
        ("student-1", "BASIC", "ACTIVE", 90, "ADMIN")
    ]
    entries = _rows(env, "SELECT actor_id, reason FROM audit_entry WHERE action = 'purchase.created'")
    assert entries == [(f"cli:{getpass.getuser()}", "a test")]


def test_an_expiry_may_be_a_day_and_counts_to_its_end_where_the_slot_is(env: dict[str, str], course: str) -> None:
    said = create(env, course, expiry="2090-01-31")
    assert said.code == 0
    again = create(env, course, **{"expiry": "2090-01-31T18:30:00Z", "time-zone": "Asia/Calcutta"})
    assert (again.code, again.out, again.err) == (0, said.out, "stood already: BASIC for student-1\n")


def test_the_same_grant_again_is_the_purchase_that_stands(env: dict[str, str], course: str) -> None:
    first, again = create(env, course), create(env, course, reason="another reason")
    assert (again.code, again.out, again.err) == (0, first.out, "stood already: BASIC for student-1\n")
    assert _rows(env, "SELECT count(*) FROM purchase") == [(1,)]


def test_a_key_gives_the_same_purchase_and_stands_for_no_other(env: dict[str, str], course: str) -> None:
    first, again = (create(env, course, key="ticket-7") for _ in range(2))
    assert first.out == again.out
    other = create(env, course, key="ticket-7", student="student-2")
    assert (other.code, other.out) == (1, "")
    assert "'ticket-7'" in other.err


def test_another_tier_is_refused_unless_it_shall_replace(env: dict[str, str], course: str) -> None:
    first = create(env, course)
    refused = create(env, course, tier="PREMIUM")
    how = "--replace has the new one take its place."
    assert refused == Said(1, "", f"The student has an active purchase of this course (BASIC). {how}\n")
    replaced = create(env, course, "--replace", tier="PREMIUM")
    assert replaced.code == 0
    assert replaced.out != first.out
    assert sorted(_rows(env, "SELECT tier, status FROM purchase")) == [("BASIC", "SUPERSEDED"), ("PREMIUM", "ACTIVE")]


def test_a_tier_may_be_named_by_its_sessions(env: dict[str, str], course: str) -> None:
    by_sessions = granting(course, sessions="12")
    del by_sessions[by_sessions.index("--tier") : by_sessions.index("--tier") + 2]
    said = gateway("purchase", "create", *by_sessions, env=env)
    assert (said.code, said.err) == (0, "created: STANDARD for student-1\n")


def test_other_metadata_than_what_stands_is_refused(env: dict[str, str], course: str) -> None:
    create(env, course)
    said = create(env, course, "--sunday-only", slot="18:00", date="2090-01-01", expiry="2090-02-01T00:00:00Z")
    assert (said.code, said.out) == (1, "")
    sentence, *options, expiry = said.err.splitlines()
    assert sentence == "The student has an active purchase of this course and tier, with other terms. Nothing was done."
    assert options == [
        "--sunday-only: it has false, not true.",
        "--slot: it has 17:30, not 18:00.",
        "--date: it has none, not 2090-01-01.",
    ]
    assert expiry.startswith("--expiry: it has ")
    assert expiry.endswith(", not 2090-02-01T00:00:00+00:00.")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"course": "yoga"}, ["--course:"]),
        ({"slot": "25:00", "date": "tomorrow", "expiry": "2090-01-32"}, ["--slot:", "--date:", "--expiry:"]),
        ({"time-zone": "Mars/Olympus"}, ["--time-zone:"]),
        ({"duration": "5", "student": "", "reason": " "}, ["--student:", "--reason:", "--duration:"]),
        ({"tier": "GOLD"}, ["--tier:"]),
        ({"student": "s2\u200b"}, ["--student:"]),
        ({"student": " s2"}, ["--student:"]),
        ({"expiry": "2020-01-01T00:00:00Z"}, ["--expiry:"]),
    ],
    ids=str,
)
def test_each_wrong_option_is_named_and_nothing_is_granted(
    env: dict[str, str], course: str, options: dict[str, str], named: list[str]
) -> None:
    said = create(env, course, **options)
    assert (said.code, said.out) == (1, "")
    assert [line.split()[0] for line in said.err.splitlines()] == named
    assert _rows(env, "SELECT count(*) FROM purchase") == [(0,)]


def test_a_tier_whose_sessions_do_not_fit_before_its_end_is_refused_unless_the_end_is_named(
    env: dict[str, str], course: str
) -> None:
    engine = writer_engine(env["GATEWAY_DATABASE_URL"])
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE tier SET validity_days = 14 WHERE code = 'BASIC'")
    engine.dispose()
    said = create(env, course, "--sunday-only")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("--sunday-only: only 2 of 4 sessions can take place before the access ends, ")
    assert create(env, course, "--sunday-only", expiry="2090-01-31").code == 0


def test_an_unknown_course_is_refused(env: dict[str, str]) -> None:
    assert create(env, ids.EXAMPLES[ids.COURSE]) == Said(1, "", "--course: There is no such course.\n")


def _rows(env: dict[str, str], sql: str) -> list[tuple[object, ...]]:
    engine = writer_engine(env["GATEWAY_DATABASE_URL"])
    with engine.begin() as connection:
        found = [tuple(row) for row in connection.exec_driver_sql(sql)]
    engine.dispose()
    return found
