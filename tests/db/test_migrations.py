"""The migrations make just the tables that the code has, and each says truly what it means for older code."""

import ast
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

import db.migrations.versions
from db.compatibility import CONTRACT, EXPAND
from db.engine import writer_engine
from db.migrate import upgrade
from db.standing import HEAD, Standing, standing
from db.tables import Row

[FOLDER] = map(Path, db.migrations.versions.__path__)
MIGRATIONS = sorted(FOLDER.glob("[0-9]*.py"))

ADDING = {"create_table", "create_index", "add_column", "bulk_insert", "f", "get_bind", "get_context"}
"""What a migration that expands may do: code that does not know of it runs on as before."""


def test_migrations_make_exactly_the_tables_of_the_code(database_url: str) -> None:
    engine = writer_engine(database_url)
    with engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Row.metadata) == []
    engine.dispose()


def test_migrating_again_changes_nothing(database_url: str) -> None:
    upgrade(database_url)
    engine = writer_engine(database_url)
    with engine.begin() as connection:
        assert standing(connection) == Standing(HEAD)
    engine.dispose()


def test_migrations_are_numbered_without_a_gap_and_the_newest_is_known_without_alembic() -> None:
    numbers = [path.name.partition("_")[0] for path in MIGRATIONS]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    assert ScriptDirectory(str(FOLDER.parent)).get_heads() == [HEAD]


def faults(source: str, revision: str) -> list[str]:
    """What a migration does not say, or does against its word."""
    tree = ast.parse(source)
    said = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    if said.get("change") == CONTRACT:
        oldest = said.get("oldest_code")
        is_right = isinstance(oldest, str) and len(oldest) == 4 and oldest <= revision
        return [] if is_right else ["a contract names the oldest code that may run on: oldest_code"]
    if said.get("change") != EXPAND:
        return [f"it says neither change = {EXPAND!r} nor {CONTRACT!r}"]
    [body] = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade"]
    calls = [node for node in ast.walk(body) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    ours = [call for call in calls if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "op"]
    made = {ast.unparse(call.args[0]) for call in ours if ast.unparse(call.func) == "op.create_table"}
    return [fault for call in ours if (fault := _expands(call, made))]


def _expands(call: ast.Call, made: set[str]) -> str | None:
    """Args: made: the tables that are new as a whole, as the migration writes their names."""
    assert isinstance(call.func, ast.Attribute)
    name, text = call.func.attr, ast.unparse(call)
    if name not in ADDING:
        return f"{name} is not known to expand"
    if name == "add_column" and "nullable=True" not in text and "server_default=" not in text:
        return "older code writes rows without the new column: it is nullable, or has a default in the database"
    if name == "create_index" and "unique=True" in text and ast.unparse(call.args[1]) not in made:
        return "a unique index refuses what older code may write"
    return None


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.stem)
def test_each_migration_says_what_it_means_for_older_code_and_keeps_its_word(path: Path) -> None:
    found = faults(path.read_text(encoding="utf-8"), path.name.partition("_")[0])
    if path.name < "0007":  # in no released database; what they make is new as a whole
        found = [fault for fault in found if "it says neither" in fault or "oldest_code" in fault]
    assert found == []


UNIQUE = 'op.create_index("i", "t", ["c"], unique=True)'


@pytest.mark.parametrize(
    ("source", "is_right"),
    [
        ('change = "expand"\ndef upgrade():\n    op.add_column("t", Column("c", Text(), nullable=True))', True),
        ('change = "expand"\ndef upgrade():\n    op.add_column("t", Column("c", Text(), nullable=False))', False),
        ('change = "expand"\ndef upgrade():\n    op.drop_column("t", "c")', False),
        ('change = "expand"\ndef upgrade():\n    op.alter_column("t", "c", nullable=False)', False),
        ('change = "expand"\ndef upgrade():\n    op.execute("DROP TABLE t")', False),
        ('change = "expand"\ndef upgrade():\n    op.create_index("i", "t", ["c"], unique=True)', False),
        (f'change = "expand"\ndef upgrade():\n    op.create_table("t")\n    {UNIQUE}', True),
        (f'change = "expand"\ndef upgrade():\n    op.create_table("u")\n    {UNIQUE}', False),
        ('change = "contract"\noldest_code = "0008"\ndef upgrade():\n    op.drop_column("t", "c")', True),
        ('change = "contract"\noldest_code = "0010"\ndef upgrade():\n    op.drop_column("t", "c")', False),
        ('change = "contract"\ndef upgrade():\n    op.drop_column("t", "c")', False),
        ("def upgrade():\n    pass", False),
    ],
)
def test_a_migration_that_does_not_keep_its_word_is_caught(source: str, is_right: bool) -> None:
    assert (faults(source, "0009") == []) is is_right
