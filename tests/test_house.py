"""The house keeps its own rules: who may import whom, who may write, and what every file owes its reader."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MOST_LINES = 300


@dataclass(frozen=True, slots=True)
class Room:
    """A part of the house: which modules it holds, whom of ours it may import, and which packages it never sees."""

    holds: str
    may_import: frozenset[str]
    never: frozenset[str]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _room(holds: str, may_import: str, never: str = "") -> Room:
    return Room(holds, _words(may_import), _words(never))


WEB = "starlette strawberry graphql uvicorn httptools cross_web typer rich"
SQL = "sqlalchemy sqlmodel alembic aiosqlite psycopg sqlite3"
VENDORS = "httpx stripe razorpay"
PUBLISHED = frozenset({"iso4217"})
"""Data that others publish, the same for everybody: the core may know it, as it knows the time zones."""
ROOMS = {
    "core": _room("gateway.services.core", "core"),
    "providers": _room("gateway.services.providers", "providers core", f"{WEB} {SQL}"),
    "subscribers": _room("gateway.services.subscribers", "subscribers core", f"{WEB} {SQL}"),
    "services": _room("gateway.services", "services core providers subscribers db", f"{WEB} {VENDORS}"),
    "schema": _room("gateway.schema", "schema core", f"{SQL} {VENDORS} starlette uvicorn"),
    "resolvers": _room("gateway.resolvers", "resolvers schema services core context", f"{SQL} {VENDORS} starlette"),
    "context": _room("gateway.context", "context schema services core", f"{SQL} {VENDORS} starlette"),
    "db": _room("db", "db", f"{WEB} {VENDORS}"),
    "edges": _room("gateway", "edges core providers subscribers services schema resolvers context db"),
}
"""From the inside out: a module belongs to the first room that holds it. Edges are whatever is in no room."""

IMPURE = _words(
    "asyncio concurrent http importlib io logging multiprocessing os pathlib random secrets select socket sqlite3 ssl "
    "subprocess sys tempfile threading time urllib warnings"
)
READS_WHAT_NEVER_CHANGES = {"gateway.services.core.rules.schedule.zones": _words("importlib")}
"""The database of time zones comes with a package, as the code does; zoneinfo reads it as well."""
CLOCKS_AND_CHANCE = _words("now utcnow today monotonic perf_counter time_ns uuid1 uuid4 uuid7")
IO_CALLS = _words("open print input exec eval __import__")

WRITERS = (
    "gateway.services.writing.turn",
    "gateway.services.writing.loading",
    "gateway.services.writing.saving",
    "db.migrate",
    "db.migrations",
)
TRANSACTION_CALLS = _words("begin begin_nested begin_twophase begin_transaction commit")
SAVING = _words("Saves Bulk")
CHANGING = _words("insert update delete")


def _is_in(module: str, holder: str) -> bool:
    return module == holder or module.startswith(f"{holder}.")


def room_of(module: str) -> str | None:
    """The room of one of our modules; None for anybody else's."""
    return next((name for name, room in ROOMS.items() if _is_in(module, room.holds)), None)


@cache
def modules() -> dict[str, Path]:
    """Every module of ours by its dotted name."""
    found = {}
    for top in ("gateway", "db"):
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(module: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full name of all that a module imports, wherever it does so: within functions, for type checkers
    only, or by a name in a string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join(filter(None, [*module.split(".")[: -node.level], base]))
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Constant) and "." in str(node.value) and node.value in modules():
            yield node.lineno, str(node.value)


def import_faults(module: str, source: str) -> list[str]:
    """Each import that the module's room may not make."""
    name = room_of(module)
    assert name is not None, module
    room, found = ROOMS[name], []
    for line, target in imported(module, ast.parse(source)):
        top, theirs = target.partition(".")[0], room_of(target)
        if theirs is not None and theirs not in room.may_import:
            found.append(f"{module}:{line} {name} imports {target} of {theirs}")
        if theirs is None and (
            top in room.never or (name == "core" and top not in sys.stdlib_module_names | PUBLISHED)
        ):
            found.append(f"{module}:{line} {name} imports {target}")
    return found


def purity_faults(module: str, source: str) -> list[str]:
    """What keeps a module of the core from being a function of its arguments: waiting, clocks, chance and I/O."""
    tree, found = ast.parse(source), []
    for line, target in imported(module, tree):
        impure = IMPURE - READS_WHAT_NEVER_CHANGES.get(module, frozenset())
        if target.partition(".")[0] in impure or target.rpartition(".")[2] in CLOCKS_AND_CHANCE:
            found.append(f"{module}:{line} imports {target}")
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith | ast.Await):
            found.append(f"{module}:{node.lineno} waits")
        elif isinstance(node, ast.Call) and _called(node) in CLOCKS_AND_CHANCE | IO_CALLS:
            found.append(f"{module}:{node.lineno} calls {_called(node)}")
        elif isinstance(node, ast.Global | ast.Nonlocal):
            found.append(f"{module}:{node.lineno} keeps state")
    return found


def writing_faults(module: str, source: str) -> list[str]:
    """Each place outside the writer that begins or commits, or that takes up what the writer saves with."""
    if any(_is_in(module, writer) for writer in WRITERS) or room_of(module) == "core":
        return []
    tree, found = ast.parse(source), []
    for line, target in imported(module, tree):
        package, _, name = target.rpartition(".")
        is_change = name in CHANGING and package.partition(".")[0] in _words(SQL)
        if module != "db.saves" and (is_change or (package == "db.saves" and name in SAVING)):
            found.append(f"{module}:{line} imports {target}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in SAVING:
            found.append(f"{module}:{node.lineno} takes {node.attr}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TRANSACTION_CALLS:
            found.append(f"{module}:{node.lineno} calls {node.func.attr}")
    return found


def except_faults(module: str, source: str) -> list[str]:
    """Each handler of everything that neither raises it again nor says why beside it."""
    lines, found = source.splitlines(), []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ExceptHandler(type=kind) if kind is None or _names_all(kind):
                is_raised = any(isinstance(each, ast.Raise) and each.exc is None for each in ast.walk(node))
                is_right = is_raised or bool(
                    re.search(r"# (noqa: BLE001\W+|(?!noqa))(\w\S* ){3}", lines[node.lineno - 1])
                )
            case ast.Call(args=given) if _called(node) == "suppress":
                is_right = not any(map(_names_all, given))
            case _:
                continue
        if not is_right:
            found.append(f"{module}:{node.lineno} catches everything and does not say why")
    return found


def shape_faults(module: str, source: str) -> list[str]:
    """What a file owes its reader: an opening sentence, and an end within sight."""
    found = []
    if not re.match(r"\S.*[.:]$", (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]):
        found.append(f"{module} does not open with a sentence of what it knows")
    if (lines := source.count("\n")) > MOST_LINES:
        found.append(f"{module} has {lines} lines, more than {MOST_LINES}")
    return found


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _names_all(node: ast.expr) -> bool:
    return any(isinstance(each, ast.Name) and each.id in ("Exception", "BaseException") for each in ast.walk(node))


def every(room: str | None = None) -> list[str]:
    return [module for module in modules() if room in (None, room_of(module))]


@pytest.mark.parametrize("module", every())
def test_a_module_imports_only_what_its_room_may(module: str) -> None:
    assert import_faults(module, modules()[module].read_text()) == []


@pytest.mark.parametrize("module", every("core"))
def test_the_core_knows_no_clock_no_chance_and_no_waiting(module: str) -> None:
    assert purity_faults(module, modules()[module].read_text()) == []


@pytest.mark.parametrize("module", every())
def test_only_the_writer_begins_commits_and_saves(module: str) -> None:
    assert writing_faults(module, modules()[module].read_text()) == []


@pytest.mark.parametrize("module", every())
def test_whoever_catches_everything_says_why(module: str) -> None:
    assert except_faults(module, modules()[module].read_text()) == []


@pytest.mark.parametrize("module", every())
def test_a_file_opens_with_what_it_knows_and_ends_within_sight(module: str) -> None:
    assert shape_faults(module, modules()[module].read_text()) == []


def test_every_room_is_lived_in() -> None:
    assert {room_of(module) for module in modules()} == set(ROOMS)


CAUGHT = [
    (import_faults, "gateway.services.core.x", "import sqlalchemy"),
    (import_faults, "gateway.services.core.x", "def f():\n    from gateway.services import records"),
    (import_faults, "gateway.services.core.x", "if TYPE_CHECKING:\n    from db.tables import Row"),
    (import_faults, "gateway.services.core.x", "from ..turn import Turn"),
    (import_faults, "gateway.services.providers.x", "from db import engine"),
    (import_faults, "gateway.services.x", "import gateway.execution.schema as g"),
    (import_faults, "gateway.services.x", "from gateway.settings.model import Settings"),
    (import_faults, "gateway.services.x", "from starlette.requests import Request"),
    (import_faults, "gateway.schema.x", "Annotated['T', strawberry.lazy('gateway.services.rows')]"),
    (import_faults, "gateway.schema.x", "from gateway.services.purchases import Purchases"),
    (import_faults, "gateway.resolvers.x", "from gateway import app"),
    (import_faults, "gateway.resolvers.x", "from sqlalchemy import select"),
    (import_faults, "gateway.context", "from gateway.resolvers import loaders"),
    (import_faults, "db.x", "from gateway.services.core.model.values import Payment"),
    (purity_faults, "gateway.services.core.x", "async def f(): ..."),
    (purity_faults, "gateway.services.core.x", "from time import time"),
    (purity_faults, "gateway.services.core.x", "import datetime\nthen = datetime.datetime.now(datetime.UTC)"),
    (purity_faults, "gateway.services.core.x", "from uuid import uuid4"),
    (purity_faults, "gateway.services.core.x", "open('x')"),
    (purity_faults, "gateway.services.core.x", "from importlib import resources"),
    (purity_faults, "gateway.services.core.rules.schedule.zones", "import os"),
    (writing_faults, "gateway.services.x", "with engine.begin(): ..."),
    (writing_faults, "gateway.app", "await session.commit()"),
    (writing_faults, "gateway.services.x", "from db.saves import Saves"),
    (writing_faults, "gateway.services.x", "from db import saves\nsaves.Saves(dialect)"),
    (writing_faults, "gateway.services.x", "from sqlmodel import delete"),
    (except_faults, "gateway.x", "try: ...\nexcept Exception: ..."),
    (except_faults, "gateway.x", "try: ...\nexcept (ValueError, BaseException):  # noqa: BLE001\n    ..."),
    (except_faults, "gateway.x", "try: ...\nexcept: ..."),
    (except_faults, "gateway.x", "with suppress(Exception): ..."),
    (shape_faults, "gateway.x", "import json"),
    (shape_faults, "gateway.x", '"""What it knows."""\n' + "x = 1\n" * MOST_LINES),
]


@pytest.mark.parametrize(("check", "module", "source"), CAUGHT)
def test_a_breach_is_caught(check: object, module: str, source: str) -> None:
    assert callable(check)
    assert len(check(module, source)) == 1


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
