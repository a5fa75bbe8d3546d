"""The house keeps its own rules: who may import whom, who may write, and what every file owes its reader."""

import subprocess
from pathlib import Path

import pytest

from tests.house import (
    MOST_FILES,
    MOST_LINES,
    P95_LINES,
    ROOMS,
    ROOT,
    Check,
    circles,
    crowded,
    except_faults,
    import_faults,
    length_at,
    modules,
    purity_faults,
    room_of,
    shape_faults,
    writing_faults,
)


def sources() -> dict[str, str]:
    return {module: path.read_text() for module, path in modules().items()}


def files() -> list[Path]:
    return [path.relative_to(ROOT) for module, path in modules().items() if module.startswith("gateway")]


CHECKS = (import_faults, purity_faults, writing_faults, except_faults, shape_faults)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_module_keeps_the_rules_of_its_room(check: Check) -> None:
    assert [str(fault) for module, source in sources().items() for fault in check(module, source)] == []


def test_nothing_is_imported_upward() -> None:
    rooms = list(ROOMS)
    for position, (name, room) in enumerate(ROOMS.items()):
        known = {each if each in ROOMS else room_of(each) for each in room.may_import}
        assert known <= set(rooms[:position]), name


def test_no_module_is_imported_by_what_it_imports() -> None:
    assert list(map(str, circles(sources()))) == []


def test_every_room_is_lived_in() -> None:
    assert {room for module in modules() if (room := room_of(module))} == set(ROOMS)


def test_no_folder_holds_more_files_than_one_looks_through() -> None:
    assert list(map(str, crowded(files()))) == []


def test_files_end_within_sight() -> None:
    lengths = [source.count("\n") for module, source in sources().items() if not modules()[module].match("__init__.py")]
    assert length_at(0.95, lengths) < P95_LINES


CAUGHT = [
    (import_faults, "gateway.services.core.rules.x", "import sqlalchemy"),
    (import_faults, "gateway.services.core.rules.x", "def f():\n    from gateway.services import records"),
    (import_faults, "gateway.services.core.rules.x", "if TYPE_CHECKING:\n    from db.tables import Row"),
    (import_faults, "gateway.services.core.rules.x", "from ..turn import Turn"),
    (import_faults, "gateway.services.providers.x", "from db import engine"),
    (import_faults, "gateway.services.purchases", "import gateway.execution.schema as g"),
    (import_faults, "gateway.services.jobs.x", "from gateway.settings.model import Settings"),
    (import_faults, "gateway.services.jobs.x", "from starlette.requests import Request"),
    (import_faults, "gateway.schema.x", "Annotated['T', strawberry.lazy('gateway.services.rows')]"),
    (import_faults, "gateway.schema.x", "from gateway.services.purchases import Purchases"),
    (import_faults, "gateway.resolvers.x", "from gateway import app"),
    (import_faults, "gateway.resolvers.x", "from sqlalchemy import select"),
    (import_faults, "gateway.context", "from gateway.resolvers import relations"),
    (import_faults, "gateway.http.x", "from gateway.schema.courses import Course"),
    (import_faults, "gateway.cli.x", "from gateway.services.core.rules.access import may_touch"),
    (import_faults, "db.x", "from gateway.services.core.model.values import Payment"),
    (purity_faults, "gateway.services.core.rules.x", "async def f(): ..."),
    (purity_faults, "gateway.services.core.rules.x", "from time import time"),
    (purity_faults, "gateway.services.core.rules.x", "import datetime\nthen = datetime.datetime.now(datetime.UTC)"),
    (purity_faults, "gateway.services.core.rules.x", "from uuid import uuid4"),
    (purity_faults, "gateway.services.core.rules.x", "open('x')"),
    (purity_faults, "gateway.services.core.rules.x", "from importlib import resources"),
    (purity_faults, "gateway.services.core.rules.schedule.zones", "import os"),
    (purity_faults, "gateway.schema.x", "async def f(): ..."),
    (writing_faults, "gateway.services.x", "with engine.begin(): ..."),
    (writing_faults, "gateway.app", "await session.commit()"),
    (writing_faults, "gateway.services.x", "from db.saves import Saves"),
    (writing_faults, "gateway.services.x", "from db import saves\nsaves.Saves(dialect)"),
    (writing_faults, "gateway.services.x", "from sqlmodel import delete"),
    (except_faults, "gateway.x", "try: ...\nexcept Exception: ..."),
    (except_faults, "gateway.x", "try: ...\nexcept (ValueError, BaseException):  # noqa: BLE001\n    ..."),
    (except_faults, "gateway.x", "try: ...\nexcept: ..."),
    (except_faults, "gateway.x", "with suppress(Exception): ..."),
    (shape_faults, "gateway.app", "import json"),
    (shape_faults, "gateway.x", '"""What it knows."""\nimport json'),
    (shape_faults, "gateway.app", '"""What it knows."""\n' + "x = 1\n" * MOST_LINES),
]


@pytest.mark.parametrize(("check", "module", "source"), CAUGHT)
def test_a_breach_is_caught(check: Check, module: str, source: str) -> None:
    assert len(list(check(module, source))) == 1


def test_a_circle_is_caught() -> None:
    assert [
        fault.where for fault in circles({"a.b": "from a import c", "a.c": "import a.d", "a.d": "from a.b import X"})
    ] == ["a.b", "a.c", "a.d"]
    assert circles({"a.b": "from a import c", "a.c": "import a.d", "a.d": "import a.d"}) == []


def test_a_crowded_folder_is_caught() -> None:
    room = [ROOT / "gateway" / f"{number}.py" for number in range(MOST_FILES)]
    assert crowded(room) == []
    assert len(crowded([*room, ROOT / "gateway" / "x.py"])) == 1


def test_the_length_of_most_files_is_that_of_the_ninety_fifth_of_a_hundred() -> None:
    assert length_at(0.95, range(1, 101)) == 95
    assert length_at(0.95, [7]) == 7


HOSTS = (
    *("npmjs org", "npmjs com", "yarnpkg com", "npmmirror com", "unpkg com", "jsdelivr net", "esm sh"),
    *("pypi org", "pypi python org", "pythonhosted org", "anaconda org", "debian org", "ubuntu com"),
    *("crates io", "golang org", "rubygems org", "maven org", "ghcr io", "docker io", "quay io"),
    *("azureedge net", "codeload github com", "githubusercontent com", "cdnjs cloudflare com"),
)
"""Where packages and files are fetched from; their dots are missing, so that this file does not name them."""


def hosts_in(content: bytes) -> list[str]:
    addresses = (*(host.replace(" ", ".") for host in HOSTS), "/".join(("releases", "download")))
    return [address for address in addresses if address.encode() in content.lower()]


def test_no_file_names_a_registry_or_a_download_address() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    paths = [ROOT / name.decode() for name in listed.split(b"\0") if name]
    assert ROOT / "pyproject.toml" in paths
    assert {path: found for path in paths if path.is_file() and (found := hosts_in(path.read_bytes()))} == {}


def test_a_registry_is_caught() -> None:
    assert [len(hosts_in(f"https://Files.{host.replace(' ', '.')}/x".encode())) for host in HOSTS] == [1] * len(HOSTS)
