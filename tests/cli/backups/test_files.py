"""Files that were copied by hand, or left by a gateway: what they lack, or have of another, is said."""

import shutil
from pathlib import Path

import pytest

from db.files import log_of
from db.urls import file_of
from tests.cli.backups.load import students_in
from tests.cli.terminal import gateway as command
from tests.served.gateway import served
from tests.served.server import environment, run


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


@pytest.mark.parametrize("is_there", [False, True])
def test_in_production_serving_makes_no_database(tmp_path: Path, is_there: bool, process: None) -> None:
    file = tmp_path / "gateway.db"
    if is_there:
        file.touch()
    said = command("serve", "--port", "0", env=environment(f"sqlite:///{file}", env="production"))
    assert said.code == 2
    assert "gateway migrate" in said.err
    assert (file.exists(), file.stat().st_size if is_there else 0) == (is_there, 0)
