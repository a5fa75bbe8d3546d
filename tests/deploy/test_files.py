"""What deploy/ says is so: each setting and command in it is one, and its bounds go together with the gateway's own."""

import re
import shlex
import shutil
import subprocess
import tomllib
from configparser import ConfigParser
from pathlib import Path

import pytest
import typer

from deploy.docker import requirements
from gateway.cli.main import app
from gateway.endpoints.webhooks import MOST_BYTES
from gateway.services.core.model.values import Role
from gateway.settings.loading import describe, load_settings, secret_names
from gateway.settings.sources.env_file import read_lines
from gateway.settings.sources.secret_files import SUFFIX
from tests.deploy.files import DEPLOY

ROOT = DEPLOY.parent
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file() and path.suffix != ".pyc")
UNITS = sorted(DEPLOY.glob("systemd/*.service"))
DOCKERFILE = (DEPLOY / "docker" / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (DEPLOY / "docker" / "compose.yaml").read_text(encoding="utf-8")
NGINX = (DEPLOY / "nginx" / "gateway.conf").read_text(encoding="utf-8")
CADDY = (DEPLOY / "caddy" / "Caddyfile").read_text(encoding="utf-8")
SETTINGS = load_settings({})
KILLED_AFTER_S = SETTINGS.stop_s + 10
"""As the setting itself says: ten seconds more than requests have."""

INSTALLED = "/opt/gateway/bin/gateway"


def unit(path: Path) -> ConfigParser:
    read = ConfigParser(strict=False, interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    read.optionxform = str  # type: ignore[assignment, method-assign]  # as its documentation has it
    read.read(path, encoding="utf-8")
    return read


def seconds(text: str, pattern: str) -> list[float]:
    found = [float(each) for each in re.findall(pattern, text)]
    assert found, pattern
    return found


def assert_is_command(words: list[str]) -> None:
    """Whether the gateway takes this command line, without running it."""
    commands = typer.main.get_command(app)
    with commands.make_context("gateway", [*words], resilient_parsing=False) as context:
        name, command, rest = commands.resolve_command(context, words)  # type: ignore[attr-defined]  # a group's
        assert command is not None, words
        command.make_context(name, rest, parent=context)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_setting_that_a_file_names_is_one(path: Path) -> None:
    known = {name for name, _, _ in describe()} | {name + SUFFIX for name in secret_names()}
    assert set(re.findall(r"GATEWAY_[A-Z0-9_]*[A-Z0-9]", path.read_text(encoding="utf-8"))) <= known


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_each_unit_starts_what_the_gateway_has(path: Path) -> None:
    started = unit(path)["Service"]["ExecStart"].replace("%%", "%")
    [command] = re.findall(rf"{INSTALLED} ([^']+)", started)
    assert_is_command(shlex.split(command))


def test_each_container_starts_what_the_gateway_has() -> None:
    commands = [re.findall(r"[^\s,\"]+", each) for each in re.findall(r"(?m)^ +command: \[(.*)\]$", COMPOSE)]
    commands += [re.findall(r"[^\s,\"]+", each) for each in re.findall(r"(?m)^CMD \[(.*)\]$", DOCKERFILE)]
    assert [each[0] for each in commands] == ["migrate", "serve", "worker", "serve"]
    for each in commands:
        assert_is_command(each)
    token = re.findall(r"run --rm serve (token .*)", COMPOSE)
    assert [shlex.split(each)[:3] for each in token] == [["token", "--role", Role.ADMIN.lower()]]


def test_whoever_stops_it_waits_for_as_long_as_it_takes() -> None:
    assert min(seconds(COMPOSE, r"x-gateway[\s\S]*?stop_grace_period: (\d+)s")) > KILLED_AFTER_S
    running = [each for each in UNITS if each.stem in ("gateway-serve", "gateway-worker")]
    assert len(running) == 2
    for each in running:
        assert float(unit(each)["Service"]["TimeoutStopSec"]) > KILLED_AFTER_S


def test_each_proxy_gives_an_idle_connection_up_before_the_gateway_does() -> None:
    assert max(seconds(NGINX, r"keepalive_timeout (\d+)s;")) < SETTINGS.keep_alive_s
    assert max(seconds(CADDY, r"(?m)^\s+keepalive (\d+)s$")) < SETTINGS.keep_alive_s


def test_each_proxy_waits_for_longer_than_an_operation_may_take_and_takes_what_the_gateway_takes() -> None:
    assert min(seconds(NGINX, r"proxy_read_timeout (\d+)s;")) > SETTINGS.limit_operation_s
    largest = max(MOST_BYTES, SETTINGS.limit_body_bytes)
    assert min(seconds(NGINX, r"client_max_body_size (\d+)m;")) * 2**20 > largest
    assert min(seconds(CADDY, r"max_size (\d+)MB")) * 10**6 > largest


def test_the_units_are_hardened_alike() -> None:
    hardened = [each.read_text(encoding="utf-8").split("NoNewPrivileges=")[1].split("\n\n")[0] for each in UNITS]
    assert len(hardened) == 4
    assert len({each.strip() for each in hardened}) == 1


def test_a_command_by_hand_has_the_settings_and_secrets_of_the_units() -> None:
    script = (DEPLOY / "systemd" / "gateway").read_text(encoding="utf-8")
    serving = (DEPLOY / "systemd" / "gateway-serve.service").read_text(encoding="utf-8")
    for pattern in (r"(?<!# )\b(?:EnvironmentFile|LoadCredential)=\S+", r"GATEWAY_\w+_FILE=\S+/(\w+)", INSTALLED):
        found = re.findall(pattern, script)
        assert found
        assert sorted({*found}) == sorted({*re.findall(pattern, serving)})


def test_the_image_is_built_of_all_that_make_builds_for_browsers() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    builders = set(re.findall(r"(?:web|examples)/\w+/\w+\.py", makefile.split("# The files that say")[1]))
    assert builders
    assert {each for each in builders if each not in DOCKERFILE} == {
        each for each in builders if not (ROOT / each).is_file()
    }


def test_whatever_the_image_copies_is_let_in() -> None:
    copied = [each for line in re.findall(r"(?m)^COPY (?!--from)(.*) \S+$", DOCKERFILE) for each in line.split()]
    let_in = {
        each[1:] for each in (DEPLOY / "docker" / "Dockerfile.dockerignore").read_text().split() if each[0] == "!"
    }
    assert let_in == set(copied)
    assert [each for each in copied if not (ROOT / each).exists()] == []


def test_the_image_asks_for_what_the_project_does(capsys: pytest.CaptureFixture[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    asked = {}
    for extras in ([], ["browser"], ["dev"]):
        requirements.main(extras)
        asked[tuple(extras)] = capsys.readouterr().out.splitlines()
    assert asked[()] == project["dependencies"]
    assert asked[("browser",)] == [*project["dependencies"], *optional["browser"]]
    assert {*optional["metrics"], *optional["traces"]} < {*asked["dev",]}
    assert [each for each in asked["dev",] if each.startswith(project["name"])] == []
    [extras] = re.findall(r'(?m)^ARG EXTRAS="(.*)"$', DOCKERFILE)
    assert {*extras.split()} <= {*optional}


def test_the_secrets_of_a_first_start_are_made_once_and_for_no_other_user(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not here, which makes them")
    script = shutil.copy(DEPLOY / "docker" / "make_secrets.sh", tmp_path)
    subprocess.run([script], check=True, capture_output=True)
    folder = tmp_path / "secrets"
    made = {path.name: path.read_text() for path in folder.iterdir()}
    assert set(re.findall(r"\{file: secrets/(\w+)\}", COMPOSE)) == set(made)
    assert folder.stat().st_mode & 0o777 == 0o700
    settings = load_settings(
        {
            "GATEWAY_ENV": "production",
            "GATEWAY_DATABASE_URL_FILE": str(folder / "database_url"),
            "GATEWAY_JWT_SECRET_FILE": str(folder / "jwt_secret"),
        }
    )
    assert settings.database_url == f"postgresql://gateway:{made['database_password'].strip()}@database/gateway"
    subprocess.run([script], check=True, capture_output=True)
    assert {path.name: path.read_text() for path in folder.iterdir()} == made


def test_the_file_of_settings_is_read_as_it_stands() -> None:
    values = read_lines(DEPLOY / "systemd" / "gateway.env")
    assert values["GATEWAY_ENV"] == "production"
