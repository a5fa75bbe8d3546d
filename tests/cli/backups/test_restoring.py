"""`gateway restore`: of a whole backup alone, and nothing of what was there before is lost."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.command import downgrade
from alembic.config import Config

from db.engine import writer_engine
from db.files import index_of, log_of
from db.guard import settle_file
from db.standing import HEAD
from db.urls import file_of
from tests.cli.backups.load import students_in
from tests.cli.terminal import gateway as command
from tests.served.gateway import served
from tests.served.server import environment, run


def _migrate_down(url: str, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", "db:migrations")
    engine = writer_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        downgrade(config, to)
    settle_file(file_of(url))
    engine.dispose()


def test_what_a_killed_gateway_left_is_kept_with_its_log_by_a_restore(url: str, tmp_path: Path) -> None:
    backup, env = tmp_path / "backup.db", environment(url)
    with served(url) as gateway:
        course = gateway.course()
        assert run("backup", str(backup), env=env).returncode == 0
        gateway.create(course, "student-after-the-backup")
        gateway.server.kill()
    assert log_of(file_of(url)).exists()
    assert run("restore", str(backup), env=env).returncode == 0
    assert not log_of(file_of(url)).exists()
    assert not index_of(file_of(url)).exists()
    [kept] = (path for path in tmp_path.glob("gateway.db.replaced-*") if path.suffix[-4:] not in ("-wal", "-shm"))
    assert (students_in(file_of(url)), students_in(kept)) == (set(), {"student-after-the-backup"})


def test_what_is_no_database_is_named_as_it_was_given(url: str, tmp_path: Path) -> None:
    letter = tmp_path / "letter.db"
    letter.write_bytes(b"a letter, long enough to be read as a database" * 100)
    said = command("restore", str(letter), env=environment(url))
    assert said.err == f"Nothing was restored from {letter}: it cannot be read: file is not a database.\n"


@pytest.mark.parametrize("spoil", [lambda _: b"a letter", lambda whole: whole[:-4096], lambda _: b""])
def test_what_is_no_whole_backup_is_not_restored(url: str, tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    backup = tmp_path / "backup.db"
    assert command("backup", str(backup), env=environment(url)).code == 0
    backup.write_bytes(spoil(backup.read_bytes()))
    before = file_of(url).read_bytes()
    said = command("restore", str(backup), env=environment(url))
    assert (said.code, said.err.startswith(f"Nothing was restored from {backup}: ")) == (2, True)
    assert file_of(url).read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.db", "gateway.db"]


def test_a_database_can_be_copied_before_an_upgrade_and_restored_after_it(url: str, tmp_path: Path) -> None:
    _migrate_down(url, "0008")
    backup = tmp_path / "backup.db"
    made = command("backup", str(backup), env=environment(url))
    assert (made.code, "migration 0008" in made.out) == (0, True), made.err
    assert command("migrate", env=environment(url)).code == 0
    restored = command("restore", str(backup), env=environment(url))
    assert (restored.code, f"migration {HEAD}" in restored.out) == (0, True), restored.err


def test_a_backup_of_a_newer_gateway_is_not_restored(url: str, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    assert command("backup", str(backup), env=environment(url)).code == 0
    with closing(sqlite3.connect(backup)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    said = command("restore", str(backup), env=environment(url))
    assert said.code == 2
    assert "made by a newer gateway" in said.err
