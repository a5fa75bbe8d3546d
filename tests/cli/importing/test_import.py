"""`gateway import purchases` at a terminal: once, resumed, rehearsed, from files of all kinds and from a database."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import make_url

from bench import old_system
from db.engine import writer_engine
from gateway.cli.importing.example import EXAMPLE_FILE, EXAMPLE_MAPPING
from gateway.importing.files import file_rows
from tests.beside import beside
from tests.cli.terminal import Said, gateway
from tests.served.server import environment

COURSE = "crs_01j0000000e008000000000001"
HEADER = "oldId,studentId,courseId,purchaseTier,createdAt,expiresAt,isSundayOnly,sessionDuration,timeSlot"


@pytest.fixture
def env(database_url: str) -> dict[str, str]:
    env = environment(database_url)
    assert gateway("seed", env=env).code in (0, None)
    return env


def bring(env: dict[str, str], path: Path | str, *options: str) -> Said:
    return gateway("import", "purchases", str(path), *options, env=env)


def rows_of(env: dict[str, str], sql: str) -> list[tuple[object, ...]]:
    with beside(env["GATEWAY_DATABASE_URL"]) as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


def count(env: dict[str, str], table: str = "purchase") -> object:
    return rows_of(env, f"SELECT count(*) FROM {table}")[0][0]


def reported(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tidy(*lines: str) -> str:
    return "\n".join((HEADER, *lines, ""))


def row(old_id: object, student: str = "", tier: str = "BASIC") -> str:
    return f"{old_id},{student or f'student-{old_id}'},{COURSE},{tier},2026-06-01T08:00:00Z,never,false,60,17:30"


def test_the_example_comes_over_with_its_mapping(env: dict[str, str], tmp_path: Path) -> None:
    said = gateway("import", "purchases", "--example", env=env)
    assert EXAMPLE_MAPPING in said.out
    (tmp_path / "mapping.toml").write_text(EXAMPLE_MAPPING, encoding="utf-8")
    (tmp_path / "old.csv").write_text(EXAMPLE_FILE, encoding="utf-8")
    options = ("--mapping", str(tmp_path / "mapping.toml"))
    rehearsed = bring(env, tmp_path / "old.csv", "--dry-run", *options)
    assert (rehearsed.code, rehearsed.out.splitlines()[-1], count(env)) == (0, "Nothing was written.", 0)
    assert rehearsed.out.startswith("3 would come over")
    assert bring(env, tmp_path / "old.csv", *options).code == 0
    assert rows_of(env, "SELECT student_id, tier, status FROM purchase WHERE student_id <> 'student-7' ORDER BY 1") == [
        ("student-8", "STANDARD", "REFUNDED"),
        ("student-9", "STANDARD", "REVOKED"),
    ]
    again = bring(env, tmp_path / "old.csv", *options)
    assert (again.code, again.out.split(",")[1]) == (0, " 3 were there already")
    assert gateway("verify", env=env).code in (0, None)


def test_a_file_with_every_fault_brings_the_good_rows_over_and_names_the_others(
    env: dict[str, str], tmp_path: Path
) -> None:
    old, report = tmp_path / "old.csv", tmp_path / "report.csv"
    old_system.write(old, 300, faults=1)
    options = ("--times-in", "UTC", "--report", str(report))
    said = bring(env, old, *options, "--dry-run")
    assert said.code == 1
    rehearsed = reported(report)
    assert count(env) == 0
    assert bring(env, old, *options).code == 1
    lines = reported(report)
    assert [(each["line"], each["outcome"], each["reason"]) for each in lines] == [
        (each["line"], each["outcome"], each["reason"]) for each in rehearsed
    ]
    assert Counter(each["outcome"] for each in lines)["imported"] == count(env) == 300
    faulty = {each["line"] for each in lines if each["outcome"] == "fault"}
    assert len(faulty) == len(old_system.FAULTS) + 1  # and the last line, which is cut
    assert all(each["reason"] for each in lines if each["outcome"] == "fault")
    before = rows_of(env, "SELECT count(*) FROM audit_entry")
    assert bring(env, old, *options).code == 1
    assert Counter(each["outcome"] for each in reported(report))["already there"] == 300
    assert rows_of(env, "SELECT count(*) FROM audit_entry") == before
    assert gateway("verify", env=env).code in (0, None)


def test_an_import_that_was_broken_off_goes_on_where_it_was(env: dict[str, str], tmp_path: Path) -> None:
    old = tmp_path / "old.csv"
    old_system.write(old, 600)

    def broken_off(*given: object) -> object:
        source = file_rows(*given)  # type: ignore[arg-type]  # as it was called

        def rows() -> Iterator[object]:
            for number, each in enumerate(source.rows):
                if number == 400:
                    raise KeyboardInterrupt
                yield each

        return type(source)(source.header, rows(), source.total)  # type: ignore[arg-type]  # rows, as before

    with patch("gateway.cli.importing.purchases.file_rows", broken_off):
        said = bring(env, old, "--times-in", "UTC")
    assert said.code == 130
    assert "run the same again" in said.out
    assert 0 < int(str(count(env))) < 600
    again = bring(env, old, "--times-in", "UTC")
    assert (again.code, count(env)) == (0, 600)
    assert gateway("verify", env=env).code in (0, None)


def test_rows_may_come_before_what_they_replaced(env: dict[str, str], tmp_path: Path) -> None:
    old = tmp_path / "old.csv"
    header = f"{HEADER},status,endedAt,supersedes"
    after = row(2, "s", "PREMIUM").replace("2026-06-01", "2026-07-01")
    old.write_text(f"{header}\n{after},,,1\n{row(1, 's')},SUPERSEDED,2026-07-01,\n{row(3)},,,9\n", encoding="utf-8")
    said = bring(env, old)
    assert (said.code, count(env)) == (1, 2)
    assert "line 4 (3): fault: supersedes: names 9, which did not come over" in said.err


def test_conflicts_with_the_books_are_told_apart_from_faults(env: dict[str, str], tmp_path: Path) -> None:
    old = tmp_path / "old.csv"
    old.write_text(tidy(row(1)), encoding="utf-8")
    assert bring(env, old).code == 0
    old.write_text(tidy(row(1, "somebody"), row(2, "student-1"), row(3), "4,x"), encoding="utf-8")
    said = bring(env, old)
    assert (said.code, said.out.split(";")[0]) == (
        1,
        "1 came over, 0 were there already, 1 have faults, 2 are in conflict with the books",
    )
    assert "line 2 (1): conflict: studentId: is not as it was when this old id came over" in said.err


def test_json_lines_come_over_from_standard_input(env: dict[str, str]) -> None:
    names = HEADER.split(",")
    lines = "\n".join(json.dumps(dict(zip(names, row(old_id).split(","), strict=True))) for old_id in (1, 2))

    class Input:
        buffer = io.BytesIO(lines.encode("utf-16"))

    with patch("sys.stdin", Input):
        said = bring(env, "-")
    assert (said.code, count(env)) == (0, 2)


def test_a_query_of_an_old_database_comes_over(env: dict[str, str], new_postgresql: Callable[[], str]) -> None:
    url = new_postgresql()
    with beside(url) as connection:
        connection.exec_driver_sql(
            "CREATE TABLE enrolment (id bigint, who text, plan text, at timestamptz, local timestamp,"
            " paid numeric(12, 4), until date, slot time, meta jsonb)"
        )
        connection.exec_driver_sql(
            """INSERT INTO enrolment SELECT n, 'student-' || n, 'BASIC', '2026-06-01 08:00:00+00',
            '2026-06-02 08:00:00', 1999, '2090-06-01', '17:30', '{"isSundayOnly": true, "sessionDuration": 60}'
            FROM generate_series(1, 3) AS n"""
        )
    query = f"""SELECT id AS old_id, who AS student_id, '{COURSE}' AS course_id, plan AS purchase_tier,
        meta AS metadata, at AS created_at, local AS starts_at, until AS expires_at, slot AS time_slot,
        paid AS amount, 'INR' AS currency, 'STRIPE' AS provider, 'pi_' || id AS payment_reference,
        NULL AS status FROM enrolment"""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    said = bring(env, plain, "--query", query, "--times-in", "UTC")
    assert (said.code, said.err) == (0, "")
    assert rows_of(env, "SELECT reference, amount_minor FROM payment ORDER BY reference") == [
        ("pi_1", 199_900),
        ("pi_2", 199_900),
        ("pi_3", 199_900),
    ]
    wrong = bring(env, plain, "--query", "DELETE FROM enrolment RETURNING id", "--times-in", "UTC")
    assert wrong.code == 2
    with beside(url) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM enrolment").scalar() == 3


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ((), "name a file"),
        (("nowhere.csv",), "nowhere.csv: No such file or directory"),
        (("https://example.org/x",), "name a file, - for standard input"),
        (("old.csv", "--query", "SELECT 1"), "--query is for a postgresql:// URL"),
        (("postgresql://nobody:hidden@127.0.0.1:1/none",), "Say by --query"),
        (("postgresql://nobody:hidden@127.0.0.1:1/none", "--query", "SELECT 1"), "postgresql://nobody:***@127.0.0.1:1"),
        (("old.csv", "--times-in", "IST"), "timesIn: must be an IANA time zone"),
        (("old.csv", "--mapping", "none.toml"), "none.toml: No such file or directory"),
        (("postgresql://u:hidden%ZZ@localhost/d", "--query", "SELECT 1"), "the address cannot be read"),
        (("postgres://u:hidden@[::1/d", "--query", "SELECT 1"), "***: the address cannot be read"),
        (("postgresql://u:a@hidden@localhost/d", "--query", "SELECT 1"), "***: the address cannot be read"),
        (("old.csv", "--report", "no/such/folder.csv"), "no/such/folder.csv: No such file or directory"),
    ],
)
def test_what_is_of_no_use_is_a_sentence_and_nothing_is_written(
    new_sqlite: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...], why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.csv").write_text(tidy(row(1)), encoding="utf-8")
    said = gateway("import", "purchases", *given, env=environment(new_sqlite()))
    assert said.code == 2
    assert why in " ".join(said.err.split())
    assert "hidden" not in said.err


def test_a_row_that_the_database_refuses_keeps_no_other_back(env: dict[str, str], tmp_path: Path) -> None:
    """Whatever the rules let through, such as a constraint that an operator added."""
    engine = writer_engine(env["GATEWAY_DATABASE_URL"])
    refusing = "CREATE UNIQUE INDEX odd ON purchase (tier_rank) WHERE student_id IN ('student-2', 'student-4')"
    with engine.begin() as connection:
        connection.exec_driver_sql(refusing)
    engine.dispose()
    old = tmp_path / "old.csv"
    old.write_text(tidy(*map(row, range(1, 7))), encoding="utf-8")
    said = bring(env, old)
    assert (said.code, count(env)) == (1, 5)
    assert "line 5 (4): fault: the database refuses it" in said.err
