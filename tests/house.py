"""The house: its rooms from the inside out, who may know whom, and what each room never does."""

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MOST_LINES = 300
P95_LINES = 250
MOST_FILES = 14


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


WEB = "starlette strawberry graphql uvicorn httptools cross_web typer rich"
SQL = "sqlalchemy sqlmodel alembic aiosqlite psycopg sqlite3"
VENDORS = "httpx stripe razorpay"
PUBLISHED = frozenset({"iso4217"})
"""Data that others publish, the same for everybody: the core may know it, as it knows the time zones."""


@dataclass(frozen=True, slots=True)
class Room:
    """A part of the house: the modules it holds, whom of ours it may import, and the packages that it never sees.

    What it may import are rooms that stand above it in `ROOMS`, or single modules of them by their dotted names.
    """

    holds: frozenset[str]
    may_import: frozenset[str]
    never: frozenset[str]


def _room(holds: str, may_import: str = "", never: str = "") -> Room:
    return Room(_words(holds), _words(may_import), _words(never))


ROOMS = {
    "model": _room("gateway.services.core.model gateway.services.core.frozen"),
    "rules": _room("gateway.services.core.rules", "model"),
    "commands": _room("gateway.services.core.commands", "rules model"),
    "legacy": _room("gateway.services.core.legacy", "rules model"),
    "db": _room("db", "", f"{WEB} {VENDORS}"),
    "clock": _room("gateway.clock gateway.steady", "rules model db.last_sweep db.types", f"{WEB} {SQL} {VENDORS}"),
    "settings": _room("gateway.settings", "legacy rules model db.urls", f"{WEB} {SQL}"),
    "startup": _room("gateway.startup", "settings db.urls", f"{WEB} {SQL} {VENDORS}"),
    "measures": _room("gateway.services.measures", "", f"{WEB} {SQL} {VENDORS}"),
    "tracing": _room("gateway.services.tracing", "", f"{WEB} {SQL} {VENDORS}"),
    "providers": _room("gateway.services.providers", "measures tracing rules model", f"{WEB} {SQL}"),
    "subscribers": _room("gateway.services.subscribers", "tracing legacy rules model", f"{WEB} {SQL}"),
    "rows": _room("gateway.services.rows", "model db", f"{WEB} {VENDORS}"),
    "verification": _room("gateway.services.verification", "rules model db", f"{WEB} {VENDORS}"),
    "ends": _room("gateway.services.ends", "", f"{WEB} {SQL} {VENDORS}"),
    "outages": _room("gateway.services.outages", "", f"{WEB} {SQL} {VENDORS}"),
    "background": _room("gateway.services.background", "", f"{WEB} {SQL} {VENDORS}"),
    "changes": _room("gateway.services.changes", "outages model db", f"{WEB} {VENDORS}"),
    "reading": _room("gateway.services.reading", "measures background ends outages rows model db", f"{WEB} {VENDORS}"),
    "writing": _room(
        "gateway.services.writing",
        "changes measures tracing background ends outages rows commands rules model db",
        f"{WEB} {VENDORS}",
    ),
    "writer_process": _room(
        "gateway.services.writer_process",
        "writing changes background ends outages commands model",
        f"{WEB} {SQL} {VENDORS}",
    ),
    "purchases": _room(
        "gateway.services.purchases",
        "providers outages commands rules model",
        f"{WEB} {SQL} {VENDORS}",
    ),
    "jobs": _room(
        "gateway.services.jobs",
        "purchases providers subscribers measures tracing outages commands legacy rules model",
        f"{WEB} {SQL} {VENDORS}",
    ),
    "schema": _room("gateway.schema", "rules model", f"{SQL} {VENDORS} starlette uvicorn"),
    "context": _room("gateway.context", "purchases reading changes model", f"{SQL} {VENDORS} starlette"),
    "resolvers": _room(
        "gateway.resolvers",
        "context schema reading changes commands rules model",
        f"{SQL} {VENDORS} starlette uvicorn",
    ),
    "importing": _room("gateway.importing", "legacy rules model", f"{WEB} {SQL} {VENDORS}"),
    "auth": _room("gateway.auth", "settings rules model", f"{SQL} strawberry"),
    "http": _room(
        "gateway.http",
        "measures tracing settings model gateway.schema.conventions.errors",
        f"{SQL} {VENDORS} strawberry",
    ),
    "execution": _room(
        "gateway.execution",
        "resolvers context schema settings measures tracing outages",
        f"{SQL} {VENDORS} starlette uvicorn",
    ),
    "streaming": _room(
        "gateway.streaming",
        "execution context http auth model gateway.schema.conventions.errors",
        f"{SQL} {VENDORS} uvicorn",
    ),
    "monitoring": _room("gateway.monitoring", "settings measures tracing background model db", f"{WEB} {VENDORS}"),
    "extracts": _room(
        "gateway.services.extracts", "model db gateway.schema.conventions.ids gateway.schema.audit", f"{WEB} {VENDORS}"
    ),
    "writer": _room(
        "gateway.writer gateway.writer_of_all",
        "clock settings monitoring writer_process writing changes ends subscribers model db"
        " gateway.schema.conventions.ids",
        f"{WEB} {VENDORS}",
    ),
    "bootstrap": _room(
        "gateway.bootstrap gateway.running_jobs gateway.verifying",
        "clock settings writer writer_process jobs writing reading changes background ends outages purchases"
        " providers subscribers rows measures tracing model db gateway.schema.conventions.ids",
        f"{WEB} {VENDORS}",
    ),
    "endpoints": _room(
        "gateway.endpoints",
        "bootstrap monitoring streaming execution resolvers context schema http auth settings jobs purchases tracing"
        " outages providers commands legacy model",
        f"{SQL} {VENDORS} uvicorn",
    ),
    "pages": _room(
        "gateway.pages",
        "clock bootstrap schema auth settings purchases reading providers commands model",
        f"{SQL} {VENDORS} strawberry uvicorn",
    ),
    "app": _room(
        "gateway.app",
        "clock startup pages endpoints bootstrap monitoring streaming execution context http auth settings jobs"
        " purchases model",
        f"{SQL} {VENDORS} uvicorn",
    ),
    "cli": _room(
        "gateway.cli gateway.__main__",
        "startup app pages bootstrap monitoring streaming execution resolvers context schema importing http auth"
        " settings writer writer_process providers extracts verification measures ends outages commands legacy model"
        " db",
        f"{VENDORS} strawberry",
    ),
}
"""From the inside out: a room knows only rooms that are written above it, so nothing is imported upward."""

CORE = _words("model rules commands legacy")
NEVER_WAIT = CORE | _words("rows settings startup schema")

IMPURE = _words(
    "asyncio concurrent http importlib io logging multiprocessing os pathlib random secrets select socket sqlite3 ssl "
    "subprocess sys tempfile threading time urllib warnings"
)
READS_WHAT_NEVER_CHANGES = {"gateway.services.core.rules.schedule.zones": _words("importlib")}
"""The database of time zones comes with a package, as the code does; zoneinfo reads it as well."""
WRITES_ITS_OWN_CODE = {"gateway.services.core.frozen": _words("exec")}
"""As the standard library's dataclasses do: out of the names of fields, while modules are imported."""
CLOCKS_AND_CHANCE = _words("now utcnow today monotonic perf_counter time_ns uuid1 uuid4 uuid7")
IO_CALLS = _words("open print input exec eval __import__")

WRITERS = (
    "gateway.services.writing.turn",
    "gateway.services.writing.loading",
    "gateway.services.writing.saving",
    "gateway.services.writing.privacy",
    "db.writer",
    "db.migrate",
    "db.migrations",
)
TRANSACTION_CALLS = _words("begin begin_nested begin_twophase begin_transaction commit")
SAVING = _words("Saves Bulk")
CHANGING = _words("insert update delete")


@dataclass(frozen=True, slots=True)
class Fault:
    """A breach of the rule: where it is, and what is wrong there."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


Check = Callable[[str, str], Iterator[Fault]]
"""What is wrong with a module, by its name and its text."""


def _is_in(module: str, holder: str) -> bool:
    return module == holder or module.startswith(f"{holder}.")


def room_of(name: str) -> str | None:
    """The room of one of our modules, or of what it holds; None for anybody else's, and for the folders of rooms."""
    return next((room for room, each in ROOMS.items() if any(_is_in(name, holder) for holder in each.holds)), None)


@cache
def _parsed(source: str) -> ast.Module:
    return ast.parse(source)


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


def import_faults(module: str, source: str) -> Iterator[Fault]:
    """Each import that the module's room may not make."""
    name = room_of(module)
    if name is None:
        return
    room = ROOMS[name]
    for line, target in imported(module, _parsed(source)):
        top, theirs = target.partition(".")[0], room_of(target)
        if top in ("gateway", "db"):
            is_allowed = theirs in room.may_import | {name} or any(_is_in(target, each) for each in room.may_import)
        else:
            is_allowed = top not in room.never and (name not in CORE or top in sys.stdlib_module_names | PUBLISHED)
        if not is_allowed:
            yield Fault(f"{module}:{line} {target}", f"{name} imports {theirs or top}")


def purity_faults(module: str, source: str) -> Iterator[Fault]:
    """What keeps a module of the core from being a function of its arguments: waiting, clocks, chance and I/O."""
    name = room_of(module)
    if name not in NEVER_WAIT:
        return
    tree = _parsed(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith | ast.Await):
            yield Fault(f"{module}:{node.lineno}", f"{name} waits")
    if name not in CORE:
        return
    for line, target in imported(module, tree):
        impure = IMPURE - READS_WHAT_NEVER_CHANGES.get(module, frozenset())
        if target.partition(".")[0] in impure or target.rpartition(".")[2] in CLOCKS_AND_CHANCE:
            yield Fault(f"{module}:{line}", f"{name} imports {target}")
    for node in ast.walk(tree):
        forbidden = CLOCKS_AND_CHANCE | IO_CALLS - WRITES_ITS_OWN_CODE.get(module, frozenset())
        if isinstance(node, ast.Call) and _called(node) in forbidden:
            yield Fault(f"{module}:{node.lineno}", f"{name} calls {_called(node)}")
        elif isinstance(node, ast.Global | ast.Nonlocal):
            yield Fault(f"{module}:{node.lineno}", f"{name} keeps state")


def writing_faults(module: str, source: str) -> Iterator[Fault]:
    """Each place outside the writer that begins or commits, or that takes up what the writer saves with."""
    if any(_is_in(module, writer) for writer in WRITERS) or room_of(module) in CORE:
        return
    tree, name = _parsed(source), room_of(module)
    for line, target in imported(module, tree):
        package, _, what = target.rpartition(".")
        is_change = what in CHANGING and package.partition(".")[0] in _words(SQL)
        if module != "db.saves" and (is_change or (package == "db.saves" and what in SAVING)):
            yield Fault(f"{module}:{line}", f"{name} imports {target}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in SAVING:
            yield Fault(f"{module}:{node.lineno}", f"{name} takes {node.attr}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TRANSACTION_CALLS:
            yield Fault(f"{module}:{node.lineno}", f"{name} calls {node.func.attr}")


def except_faults(module: str, source: str) -> Iterator[Fault]:
    """Each handler of everything that neither raises it again nor says why beside it."""
    lines = source.splitlines()
    for node in ast.walk(_parsed(source)):
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
            yield Fault(f"{module}:{node.lineno}", "catches everything and does not say why")


def shape_faults(module: str, source: str) -> Iterator[Fault]:
    """What a file owes its reader: an opening sentence, an end within sight, and a place in a room."""
    tree = _parsed(source)
    if not re.match(r"\S.*[.:]$", (ast.get_docstring(tree) or "").partition("\n")[0]):
        yield Fault(module, "does not open with a sentence of what it knows")
    if (lines := source.count("\n")) > MOST_LINES:
        yield Fault(module, f"has {lines} lines, more than {MOST_LINES}")
    if room_of(module) is None and len(tree.body) > 1:
        yield Fault(module, "is in no room")


def circles(sources: Mapping[str, str]) -> list[Fault]:
    """Modules that import one another, directly or around corners, be it for type checkers only."""
    ahead = {
        module: {found for _, target in imported(module, _parsed(source)) if (found := _module_of(target, sources))}
        for module, source in sources.items()
    }
    while leaves := {module for module, targets in ahead.items() if not targets & ahead.keys() - {module}}:
        ahead = {module: targets for module, targets in ahead.items() if module not in leaves}
    while roots := ahead.keys() - {each for module, targets in ahead.items() for each in targets - {module}}:
        ahead = {module: targets for module, targets in ahead.items() if module not in roots}
    return [Fault(module, "is imported by what it imports") for module in ahead]


def _module_of(target: str, known: Iterable[str]) -> str | None:
    """The module that an imported name is, or lies in."""
    return next((name for name in (target, target.rpartition(".")[0]) if name in known), None)


def length_at(share: float, lengths: Iterable[int]) -> int:
    """The length that this share of files does not exceed."""
    ordered = sorted(lengths)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def crowded(paths: Iterable[Path]) -> list[Fault]:
    """Folders with more files than one looks through."""
    folders = [path.parent for path in paths]
    counted = {folder: folders.count(folder) for folder in folders}
    return [
        Fault(f"{count} files, more than {MOST_FILES}", f"{folder} is crowded")
        for folder, count in counted.items()
        if count > MOST_FILES
    ]


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _names_all(node: ast.expr) -> bool:
    return any(isinstance(each, ast.Name) and each.id in ("Exception", "BaseException") for each in ast.walk(node))
