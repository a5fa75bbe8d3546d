"""What the documents say of the house is so: each path that they name is there, and each room is as they draw it."""

import re
import subprocess
from pathlib import Path

import pytest

from gateway.http.cors import READ, SENT
from gateway.services.core.model.events import EVENT_TYPES
from tests.house import ROOMS, ROOT

TOPS = "gateway|db|tests|docs|examples|bench|web|deploy"
CODE = re.compile(r"`([\w/]+\.py)`")
FOLDERS = (ROOT, ROOT / "gateway", ROOT / "gateway" / "services")
PATH = re.compile(rf"(?<![\w./-])(?:{TOPS})/[\w./-]*\w")
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")
ROW = re.compile(r"\| (\w+) \| (`[^|]+`) \| ([^|]+) \| [^|]+ \|")


def documents() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", "*.md"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name and name != "CHANGELOG.md"]


def missing_in(document: Path, text: str) -> list[str]:
    """What a document names or links to, and is not there. A module may be named from within `gateway`."""
    named = {path for path in PATH.findall(text) if not (ROOT / path).exists()}
    named |= {
        path
        for path in CODE.findall(text)
        if not any((folder / path).exists() for folder in (*FOLDERS, document.parent))
    }
    return sorted(named | {link for link in LINK.findall(text) if not (document.parent / link).exists()})


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_what_a_document_names_is_there(document: Path) -> None:
    assert missing_in(document, document.read_text(encoding="utf-8")) == []


def test_a_path_that_is_not_there_is_caught() -> None:
    text = (
        "`gateway/app.py`, `app.py`, `gateway/nowhere.py`, `nobody.py`, https://docs.example/db/x, [x](docs/none.md)."
    )
    assert missing_in(ROOT / "README.md", text) == ["docs/none.md", "gateway/nowhere.py", "nobody.py"]


def test_each_page_is_in_the_table_of_contents() -> None:
    folder = ROOT / "docs"
    linked = LINK.findall((folder / "README.md").read_text(encoding="utf-8"))
    assert {page.name for page in folder.glob("*.md")} - {"README.md"} <= {*linked}


def test_the_readme_is_two_screens() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 100


def test_each_decision_is_in_the_index_under_its_title() -> None:
    folder = ROOT / "docs" / "decisions"
    pages = sorted(folder.glob("[0-9]*.md"))
    titles = [page.read_text(encoding="utf-8").splitlines()[0].removeprefix(f"# {page.name[:4]} ") for page in pages]
    listed = re.findall(r"^- \[(\d+)\]\((\S+)\) (.+)$", (folder / "README.md").read_text(encoding="utf-8"), re.M)
    assert listed == [(page.name[:4], page.name, title) for page, title in zip(pages, titles, strict=True)]


def test_each_event_is_told_of_to_those_who_follow() -> None:
    groups = re.findall(r"`(\w+)\.([\w|]+)`", (ROOT / "docs" / "events.md").read_text(encoding="utf-8"))
    assert sorted(f"{subject}.{each}" for subject, of_it in groups for each in of_it.split("|")) == sorted(EVENT_TYPES)


def test_each_header_of_another_sites_page_is_named() -> None:
    may = (
        (ROOT / "docs" / "limits.md")
        .read_text(encoding="utf-8")
        .split("A page of an origin in `GATEWAY_CORS_ORIGINS`")[1]
    )
    named = re.findall(r"`([A-Z][\w-]+)`", may.split("; a preflight")[0])
    assert named == [*SENT, *READ]


def test_each_room_is_drawn_as_the_rule_has_it() -> None:
    drawn = {name: (where, may) for name, where, may in ROW.findall((ROOT / "CONTRIBUTING.md").read_text())}
    assert list(drawn) == list(ROOMS)
    for name, room in ROOMS.items():
        where, may = drawn[name]
        assert {_module(path) for path in re.findall(r"`([^`]+)`", where)} == room.holds, name
        known = set() if may in ("the standard library", "nothing of ours") else set(may.replace("`", "").split(", "))
        assert known == room.may_import, name


def _module(path: str) -> str:
    return path.removesuffix(".py").rstrip("/").replace("/", ".")
