"""The command line: what each command prints, what it refuses, and that no refusal shows a secret or a traceback."""

import json
import re
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer.main
from uvicorn.config import STARTUP_FAILURE

from db.standing import Standing
from db.urls import shown
from gateway.cli import main
from gateway.settings.auth import DEVELOPMENT_SECRET
from tests.cli.terminal import Said, empty_beside, gateway, on_sqlite
from tests.served.operations import COURSE, CREATE_PAYMENT, METADATA, SAVE_COURSE
from tests.served.server import Caller, environment, run, serving

VIEWER = "{ viewer { id role } }"
COURSES = "{ courses(first: 100) { nodes { id title tiers { code } } } }"


@pytest.fixture(scope="module")
def in_demo(new_sqlite: Callable[[], str]) -> Iterator[tuple[dict[str, str], str, Caller]]:
    """The environment of a demo, what its server printed, and somebody who has no token there."""
    url = new_sqlite()
    with serving(url, "--demo", jwt_secret="") as first:
        course = first.nobody().data(COURSES)["courses"]["nodes"][0]["id"]
        first.admin().data(SAVE_COURSE, input={**COURSE, "id": course, "title": "Renamed by an admin"})
        first.process.send_signal(signal.SIGTERM)
        first.process.wait(timeout=40)
        assert first.process.stdout is not None
        printed = first.process.stdout.read()
    with serving(url, "--demo", jwt_secret="") as second:
        yield environment(url, jwt_secret=""), printed, second.nobody()


def test_a_token_is_printed_alone_and_the_server_accepts_it(in_demo: tuple[dict[str, str], str, Caller]) -> None:
    env, _, nobody = in_demo
    process = run("token", "--role", "STUDENT", "--subject", "somebody", env=env)
    assert (process.returncode, process.stderr) == (0, "")
    printed = {"STUDENT": process.stdout}
    for role in ("admin", "Service"):
        printed[role.upper()] = gateway("token", "--role", role, "--subject", "somebody", env=env).out
    for role, out in printed.items():
        [token] = out.splitlines()
        assert Caller(nobody.url, token).data(VIEWER)["viewer"] == {"id": "somebody", "role": role}
    spent = gateway("token", "--role", "STUDENT", "--subject", "x", "--ttl", "0", env=env)
    assert (spent.code, spent.out) == (2, "")


def test_the_demo_prints_its_address_its_courses_and_a_token_of_each_role(
    in_demo: tuple[dict[str, str], str, Caller],
) -> None:
    _, printed, nobody = in_demo
    courses = nobody.data(COURSES)["courses"]["nodes"]
    assert len(courses) >= 3
    assert all(course["id"] in printed for course in courses)
    tokens = [line for line in printed.splitlines() if line.startswith("eyJ")]
    viewers = [Caller(nobody.url, token).data(VIEWER)["viewer"] for token in tokens]
    assert viewers == [{"id": "demo-student", "role": "STUDENT"}, {"id": "demo-admin", "role": "ADMIN"}]
    assert "http://127.0.0.1:" in printed


def test_a_demo_of_several_courses_of_three_tiers_is_seeded_once_and_an_admins_changes_stay(
    in_demo: tuple[dict[str, str], str, Caller],
) -> None:
    """The server was started twice on its database."""
    _, _, nobody = in_demo
    courses = nobody.data(COURSES)["courses"]["nodes"]
    assert len({course["title"] for course in courses}) == len(courses) >= 3
    assert {len(course["tiers"]) for course in courses} == {3}
    assert "Renamed by an admin" in {course["title"] for course in courses}


def test_the_schema_that_is_kept_is_the_one_of_the_code(tmp_path: Path) -> None:
    said = gateway("schema", env=on_sqlite(tmp_path))
    assert said.out == (Path(__file__).parents[2] / "schema.graphql").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_migrating_and_seeding_again_change_nothing(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    env = environment(_unmigrated(kind, tmp_path, request))
    first, again = (gateway("migrate", env=env) for _ in range(2))
    database = shown(env["GATEWAY_DATABASE_URL"])
    assert first == Said(0, f"The database was created, at {Standing(None).code}: {database}\n", "")
    assert again == Said(0, f"The database is up to date: {database}\n", "")
    seeded, anew = (gateway("seed", env=env) for _ in range(2))
    assert seeded == anew
    assert (seeded.code, len(seeded.out.splitlines()) >= 3) == (0, True)


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        ("", "is required"),
        (DEVELOPMENT_SECRET, "everybody knows"),
        ("short-but-secret", "under 32 bytes"),
        ("x" * 31, "under 32 bytes"),
    ],
    ids=["none", "the known one", "short", "31 bytes"],
)
@pytest.mark.parametrize("command", ["serve", "migrate", "seed"])
def test_production_wants_a_secret(tmp_path: Path, command: str, secret: str, reason: str) -> None:
    said = gateway(command, env=on_sqlite(tmp_path, env="production", jwt_secret=secret))
    assert (said.code, said.out) == (2, "")
    assert reason in said.err
    assert len(said.err.splitlines()) == 1
    assert not secret or secret not in said.err
    assert not list(tmp_path.iterdir())


def test_a_refusal_of_the_real_process_is_one_sentence(tmp_path: Path) -> None:
    said = run("serve", "--port", "0", env=on_sqlite(tmp_path, env="production", jwt_secret="short-but-secret"))
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == "GATEWAY_JWT_SECRET is under 32 bytes: use `openssl rand -base64 48`.\n"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "gateway.example"])
def test_with_the_development_secret_only_this_machine_is_served(tmp_path: Path, host: str) -> None:
    said = gateway("serve", "--host", host, "--port", "0", env=on_sqlite(tmp_path, jwt_secret=""))
    assert (said.code, said.out) == (2, "")
    assert "GATEWAY_JWT_SECRET" in said.err
    assert DEVELOPMENT_SECRET not in said.err


def test_there_is_no_demo_in_production(tmp_path: Path) -> None:
    said = gateway("serve", "--demo", "--port", "0", env=on_sqlite(tmp_path, env="production"))
    assert (said.code, said.out) == (2, "")
    assert "--demo is for development" in said.err
    assert not list(tmp_path.iterdir())


def test_in_production_the_page_holds_no_token_and_the_sandbox_is_off(new_sqlite: Callable[[], str]) -> None:
    with serving(new_sqlite(), env="production", graphiql="true") as server:
        page = httpx.get(server.url, headers={"Accept": "text/html"})
        assert (page.status_code, "eyJ" in page.text) == (200, False)
        course = server.admin().data(SAVE_COURSE, input=COURSE)["saveCourse"]["course"]["id"]
        arguments = {"courseId": course, "tier": "BASIC", "metadata": METADATA}
        answer = server.student().data(CREATE_PAYMENT, input=arguments)["createPayment"]
        assert [field["path"] for field in answer["fields"]] == [["input", "provider"]]


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////proc/nowhere/gateway.db",
        "sqlite:////",
        "postgresql://gateway:the-password@127.0.0.1:1/gateway",
        "mysql://gateway:the-password@127.0.0.1/gateway",
        "nonsense",
    ],
)
@pytest.mark.parametrize("command", ["migrate", "serve"])
def test_a_database_that_cannot_be_used_is_one_sentence(command: str, url: str) -> None:
    said = gateway(command, env=environment(url))
    assert (said.code, said.out) == (2, "")
    assert said.err.strip()
    assert "Traceback" not in said.err
    assert "the-password" not in said.err


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = run("serve", "--port", str(port), env=on_sqlite(tmp_path))
    assert (said.returncode, said.stdout) == (STARTUP_FAILURE, "")
    assert said.stderr == (
        f"Cannot listen on 127.0.0.1, port {port}: Address already in use. Choose another with --host and --port; "
        "port 0 takes a free one.\n"
    )


def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    said = gateway("migrate", env=on_sqlite(tmp_path, jwt_secrets="x"))
    assert said == Said(2, "", "GATEWAY_JWT_SECRETS is not a setting: did you mean GATEWAY_JWT_SECRET?\n")


def test_a_setting_like_no_other_is_told_where_they_are_listed(tmp_path: Path) -> None:
    said = gateway("migrate", env=on_sqlite(tmp_path, qqqq="x"))
    assert said.code == 2
    assert "GATEWAY_QQQQ is not a setting; of those that `gateway settings` lists, GATEWAY_" in said.err


@pytest.mark.parametrize("subject", ["", " ", "x" * 129, "a\nb"])
def test_a_token_for_nobody_is_refused(tmp_path: Path, subject: str) -> None:
    said = gateway("token", "--role", "STUDENT", "--subject", subject, env=on_sqlite(tmp_path))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("--subject: ")


def test_a_token_that_no_gateway_would_take_is_not_printed(tmp_path: Path) -> None:
    said = gateway("token", "--role", "STUDENT", "--subject", "x", "--ttl", "999999999999", env=on_sqlite(tmp_path))
    assert (said.code, said.out) == (2, "")


def test_an_issuers_gateway_prints_no_tokens(tmp_path: Path) -> None:
    env = on_sqlite(tmp_path, jwt_secret="", jwks_url="https://id.example/keys")
    said = gateway("token", "--role", "STUDENT", "--subject", "x", env=env)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("GATEWAY_JWKS_URL is set")


HEAVY = {"strawberry", "graphql", "sqlalchemy", "sqlmodel", "alembic", "stripe", "httpx", "uvicorn", "starlette"}


@pytest.mark.parametrize(
    "words",
    [
        *(
            "--help",
            "--version",
            "token --role ADMIN --subject a",
            "settings",
            "serve --help",
            "purchase create --help",
        ),
        *("settings --json", "payment show --help", "refund --help", "doctor --help", "export payments --help"),
    ],
)
def test_a_command_that_needs_no_server_imports_none(words: str, tmp_path: Path) -> None:
    script = f"""
import sys
from gateway.cli.main import main
sys.argv = ["gateway", *{words.split()!r}]
try:
    main()
finally:
    print(sorted({HEAVY!r} & sys.modules.keys()))
"""
    said = subprocess.run(
        [sys.executable, "-c", script], env=on_sqlite(tmp_path), capture_output=True, text=True, timeout=60, check=True
    )
    assert said.stdout.splitlines()[-1] == "[]"


UNNEEDED = {"alembic", "httpx", "psycopg", "requests", "stripe", "gateway.services.writer_process.frames"}
"""By a lone process on SQLite that tells nobody and signs its tokens itself."""


def test_an_embedded_gateway_starts_without_what_servers_and_vendors_need(tmp_path: Path) -> None:
    env = on_sqlite(tmp_path)
    script = f"""
import asyncio, gc, sys
from gateway.app import from_environment
from gateway.cli import serve
from gateway.cli.databases import May, make_ready
from gateway.settings.loading import load_settings

async def start(app):
    async with app.router.lifespan_context(app):
        print(sorted({UNNEEDED!r} & sys.modules.keys()), gc.isenabled(), gc.get_freeze_count() > 100_000)

gc.disable()
make_ready(load_settings(), May.MAKE)
asyncio.run(start(from_environment()))
"""
    assert gateway("migrate", env=env).code == 0
    said = subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True, timeout=60, check=True
    )
    assert said.stdout.splitlines()[-1] == "[] True True"


def test_a_program_gets_json_of_what_was_seeded_and_granted(new_sqlite: Callable[[], str]) -> None:
    env = environment(new_sqlite())
    [course, *_] = json.loads(gateway("seed", "--json", env=env).out)
    assert course["tiers"][0].keys() == {"code", "amountMinor", "currency"}
    words = ("--student", "s", "--course", course["id"], "--tier", "BASIC", "--slot", "17:30", "--json")
    more = ("--time-zone", "Asia/Kolkata", "--reason", "x")
    said = gateway("purchase", "create", *words, *more, env=env)
    assert (said.code, json.loads(said.out)["message"]) == (0, "created: BASIC for s")
    refused = gateway("purchase", "create", *words, "--time-zone", "Mars", "--reason", "x", env=env)
    assert (refused.code, json.loads(refused.out)["purchaseId"]) == (1, None)


def test_it_completes_what_is_typed(tmp_path: Path) -> None:
    typed = {"_GATEWAY_COMPLETE": "complete_bash", "COMP_WORDS": "gateway re", "COMP_CWORD": "1"}
    said = gateway(env={**on_sqlite(tmp_path), **typed})
    assert {*said.out.split()} == {"refund", "report", "restore", "retry", "revoke"}


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    pyproject = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert gateway("--version", env=on_sqlite(tmp_path)) == Said(0, f"gateway {pyproject['project']['version']}\n", "")


def test_each_command_and_option_says_what_it_is_for() -> None:
    commands = dict(_commands("gateway", typer.main.get_command(main.app)))
    expected = ("serve", "migrate", "seed", "token", "schema", "purchase", "purchase create")
    assert {f"gateway {name}" for name in expected} <= commands.keys()
    options = [(name, option) for name, command in commands.items() for option in command.params]
    assert len(options) > len(expected)
    assert [name for name, command in commands.items() if not command.help] == []
    assert [(name, option.name) for name, option in options if not option.help] == []


@pytest.mark.parametrize(
    ("command", "codes"),
    [
        *(
            ("serve", "023"),
            ("worker", "02"),
            ("verify", "012"),
            ("migrate", "012"),
            ("backup", "02"),
            ("restore", "02"),
        ),
        *(("seed", "02"), ("token", "02"), ("purchase create", "012")),
        *((f"{kind} show", "012") for kind in ("payment", "purchase", "student", "refund", "job")),
        *((name, "012") for name in ("refund make", "revoke", "extend", "retry", "cancel", "attention")),
        *(("export", "02"), ("report reconciliation", "02"), ("doctor", "01")),
    ],
)
def test_each_command_that_may_fail_lists_its_exit_codes(command: str, codes: str, tmp_path: Path) -> None:
    said = gateway(*command.split(), "--help", env={**on_sqlite(tmp_path), "COLUMNS": "80"})
    assert re.findall(r"Exit code (\d): \w", said.out) == list(codes)


def test_help_breaks_its_lines_for_the_terminal_and_not_as_the_code_does() -> None:
    for command in dict(_commands("gateway", typer.main.get_command(main.app))).values():
        assert all("\n" not in paragraph for paragraph in command.help.split("\n\n"))
        assert "\n" not in (command.short_help or "")


def _commands(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Each command by its words, the groups too."""
    yield name, command
    for part, inner in getattr(command, "commands", {}).items():
        yield from _commands(f"{name} {part}", inner)


def _unmigrated(kind: str, folder: Path, request: pytest.FixtureRequest) -> str:
    if kind == "sqlite":
        return f"sqlite:///{folder / 'gateway.db'}"
    return empty_beside(request.getfixturevalue("new_postgresql")())
