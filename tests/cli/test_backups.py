"""Backups and restores of an SQLite database, by real processes: made under load, refused where something would be
lost, and copies that lack something known for what they are."""

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic.command import downgrade
from alembic.config import Config

from db.engine import writer_engine
from db.files import index_of, log_of
from db.guard import settle_file
from db.migrate import upgrade
from db.standing import HEAD
from db.urls import file_of
from tests.cli.terminal import gateway as command
from tests.served.gateway import Served, creating, served
from tests.served.operations import CREATE_PURCHASE
from tests.served.server import environment, run


@pytest.fixture
def url(tmp_path: Path, process: None) -> str:
    upgrade(url := f"sqlite:///{tmp_path / 'gateway.db'}")
    return url


def _migrate_down(url: str, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", "db:migrations")
    engine = writer_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        downgrade(config, to)
    settle_file(file_of(url))
    engine.dispose()


def students_in(path: Path) -> set[str]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return {student for (student,) in connection.execute("SELECT student_id FROM purchase")}


@contextmanager
def load_on(gateway: Served) -> Iterator[Callable[[int], set[str]]]:
    """One grant after the other; gives a way to wait for so many more, and to have all that were answered by then."""
    answered: set[str] = set()
    course, more, is_over = gateway.course(), threading.Condition(), threading.Event()

    def grant() -> None:
        for number in range(100_000):
            if is_over.is_set():
                return
            answer = gateway.admin.post(CREATE_PURCHASE, {"input": creating(course, f"student-{number}")}).json()
            assert answer["data"]["createPurchase"]["__typename"] == "CreatePurchaseSuccess", answer
            with more:
                answered.add(f"student-{number}")
                more.notify()

    def waited_for(number: int) -> set[str]:
        with more:
            least = len(answered) + number
            assert more.wait_for(lambda: len(answered) >= least, timeout=30)
            return {*answered}

    caller = threading.Thread(target=grant)
    caller.start()
    try:
        yield waited_for
    finally:
        is_over.set()
        caller.join()


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


def test_a_copy_of_the_file_alone_is_known_for_what_it_lacks_and_one_with_its_log_is_whole(
    url: str, tmp_path: Path
) -> None:
    alone, whole = tmp_path / "alone.db", tmp_path / "whole.db"
    with served(url) as gateway:
        gateway.create(gateway.course(), "student-in-the-log")
        shutil.copy(file_of(url), alone)
        shutil.copy(file_of(url), whole)
        shutil.copy(log_of(file_of(url)), log_of(whole))
    for words in (("verify",), ("seed",), ("serve", "--port", "0"), ("backup", str(tmp_path / "never.db"))):
        said = command(*words, env=environment(f"sqlite:///{alone}"))
        assert said.code == 2, words
        assert said.err.startswith(f"{log_of(alone)} is missing: without it, what was committed last is not in {alone}")
    assert not (tmp_path / "never.db").exists()
    refused = command("restore", str(alone), env=environment(url))
    assert refused.code == 2
    assert f"{log_of(alone)} is missing" in refused.err
    assert command("verify", env=environment(f"sqlite:///{whole}")).code == 0
    assert students_in(whole) == students_in(file_of(url)) == {"student-in-the-log"}
    assert command("restore", str(whole), env=environment(url)).code == 0
    assert students_in(file_of(url)) == {"student-in-the-log"}
    said = command("migrate", "--incomplete", env=environment(f"sqlite:///{alone}"))
    assert (said.code, "taken as it is, without the log that is missing" in said.out + said.err) == (0, True)
    again = command("migrate", "--incomplete", env=environment(f"sqlite:///{alone}"))
    assert (again.code, "taken as it is" in again.out + again.err) == (0, False)
    assert command("verify", env=environment(f"sqlite:///{alone}")).code == 0


def test_a_gateway_that_stopped_leaves_one_whole_file_and_one_that_was_killed_can_be_started_again(
    url: str, tmp_path: Path
) -> None:
    with served(url) as gateway:
        gateway.create(course := gateway.course(), "student-1")
        gateway.server.kill()
    with served(url) as gateway:
        gateway.create(course, "student-2")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gateway.db"]
    copy = Path(shutil.copy(file_of(url), tmp_path / "copy.db"))
    assert command("verify", env=environment(f"sqlite:///{copy}")).code == 0
    assert students_in(copy) == {"student-1", "student-2"}


def test_a_log_of_another_file_is_not_read_into_a_backup_that_was_copied_by_hand(url: str, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    assert command("backup", str(backup), env=environment(url)).code == 0
    with served(url) as gateway:
        gateway.create(gateway.course(), "student-of-the-log")
        gateway.server.kill()
    shutil.copy(backup, file_of(url))
    before = file_of(url).read_bytes()
    said = command("serve", "--port", "0", env=environment(url))
    assert said.code == 2
    assert said.err.startswith(f"{log_of(file_of(url))} does not belong to {file_of(url)}")
    assert file_of(url).read_bytes() == before


def test_a_file_that_is_served_is_not_opened_by_another_of_its_names(url: str, tmp_path: Path) -> None:
    with served(url) as gateway:
        gateway.course()
        other = tmp_path / "other.db"
        other.hardlink_to(file_of(url))
        said = run("serve", "--port", "0", "--workers", "1", env=environment(f"sqlite:///{other}"))
        assert said.returncode == 2
        assert said.stderr.startswith(f"{other} is in use under another of its names")


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


@pytest.mark.parametrize("is_there", [False, True])
def test_in_production_serving_makes_no_database(tmp_path: Path, is_there: bool, process: None) -> None:
    file = tmp_path / "gateway.db"
    if is_there:
        file.touch()
    said = command("serve", "--port", "0", env=environment(f"sqlite:///{file}", env="production"))
    assert said.code == 2
    assert "gateway migrate" in said.err
    assert (file.exists(), file.stat().st_size if is_there else 0) == (is_there, 0)


def test_whoever_may_not_read_the_database_may_not_read_a_copy(url: str, tmp_path: Path) -> None:
    database, copy, env = file_of(url), tmp_path / "copy.db", environment(url)
    database.chmod(0o600)
    assert command("backup", str(copy), env=env).code in (None, 0)
    assert copy.stat().st_mode & 0o777 == 0o600
    copy.chmod(0o644)
    assert command("restore", str(copy), env=env).code in (None, 0)
    assert database.stat().st_mode & 0o777 == 0o600
