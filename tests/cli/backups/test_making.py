"""`gateway backup`: made under load, over nothing and of nothing that would be spoilt by it."""

import os
from pathlib import Path

import pytest

from db.files import log_of
from db.urls import file_of
from tests.cli.backups.load import load_on, students_in
from tests.cli.terminal import gateway as command
from tests.served.gateway import served
from tests.served.server import environment, run


def test_a_backup_under_load_has_all_that_was_answered_before_it_began_and_can_be_restored(
    url: str, tmp_path: Path
) -> None:
    backup, env = tmp_path / "backup.db", environment(url)
    with served(url) as gateway:
        with load_on(gateway) as more:
            before = more(50)
            made = run("backup", str(backup), env=env)
            assert (made.returncode, made.stderr) == (0, "")
            more(20)  # nobody was kept from writing
        latest = students_in(file_of(url))
        refused = run("restore", str(backup), env=env)
        assert refused.returncode == 2
        assert "Stop all of them first" in refused.stderr
        assert students_in(file_of(url)) == latest
    assert not log_of(backup).exists()
    assert before <= students_in(backup) < latest
    restored = run("restore", str(backup), env=env)
    assert (restored.returncode, restored.stderr) == (0, "")
    assert command("verify", env=env).code == 0
    assert before <= students_in(file_of(url)) == students_in(backup)
    [kept] = tmp_path.glob("gateway.db.replaced-*")
    assert students_in(kept) == latest
    with served(url) as gateway:
        gateway.course()


def test_a_backup_overwrites_nothing_unless_it_is_told_to_and_leaves_nothing_where_it_fails(
    url: str, tmp_path: Path
) -> None:
    env, target = environment(url), tmp_path / "backup.db"
    target.write_text("a letter")
    refused = command("backup", str(target), env=env)
    assert (refused.code, target.read_text()) == (2, "a letter")
    assert "--force" in refused.err
    assert command("backup", str(target), "--force", env=env).code == 0
    assert students_in(target) == set()
    for wrong in (file_of(url), tmp_path, tmp_path / "nowhere" / "backup.db"):
        assert command("backup", str(wrong), "--force", env=env).code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.db", "gateway.db"]


def test_a_backup_takes_the_place_of_no_device_and_no_part_of_the_database(url: str, tmp_path: Path) -> None:
    pipe, log = tmp_path / "pipe", tmp_path / "gateway.db-wal"
    os.mkfifo(pipe)
    for wrong, what in ((pipe, "no usual file"), (log, "a part of the database"), (tmp_path, "a folder")):
        said = command("backup", str(wrong), "--force", env=environment(url))
        assert (said.code, said.err.startswith(f"{wrong} is {what}")) == (2, True)
        said = command("restore", str(wrong), env=environment(url))
        assert (said.code, said.err.startswith(f"{wrong} is {what}")) == (2, True)
    assert pipe.is_fifo()
    assert not log.exists()


@pytest.mark.parametrize("word", ["backup", "restore"])
def test_no_other_way_to_a_part_of_the_database_leads_around_that(url: str, tmp_path: Path, word: str) -> None:
    log, link = tmp_path / "gateway.db-wal", tmp_path / "link"
    link.symlink_to(tmp_path)
    (tmp_path / "folder").mkdir()
    with served(url):
        (tmp_path / "hard").hardlink_to(log)
        before = log.stat()
        for way in (tmp_path / "folder" / ".." / log.name, link / log.name, tmp_path / "hard"):
            said = command(word, str(way), *(["--force"] if word == "backup" else []), env=environment(url))
            assert (said.code, said.err.startswith(f"{way} is a part of the database")) == (2, True)
        assert (log.stat().st_ino, log.stat().st_nlink) == (before.st_ino, before.st_nlink)


def test_a_servers_database_has_tools_of_its_own(tmp_path: Path, process: None) -> None:
    env = environment("postgresql://gateway:secret@db.example:6543/books")
    made = command("backup", "books.dump", env=env)
    assert made.err.endswith(
        "Run: pg_dump --format=custom --file=books.dump --dbname=books"
        " --host=db.example --port=6543 --username=gateway\n"
    )
    restored = command("restore", "books.dump", env=env)
    assert "pg_restore --clean --if-exists --single-transaction --dbname=books books.dump" in restored.err
    assert (made.code, restored.code, "secret" in made.err + restored.err) == (2, 2, False)


def test_whoever_may_not_read_the_database_may_not_read_a_copy(url: str, tmp_path: Path) -> None:
    database, copy, env = file_of(url), tmp_path / "copy.db", environment(url)
    database.chmod(0o600)
    assert command("backup", str(copy), env=env).code in (None, 0)
    assert copy.stat().st_mode & 0o777 == 0o600
    copy.chmod(0o644)
    assert command("restore", str(copy), env=env).code in (None, 0)
    assert database.stat().st_mode & 0o777 == 0o600
