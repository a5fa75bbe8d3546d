"""`gateway backup` and `gateway restore`: whole copies of an SQLite database."""

import shlex
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url

from db import backups
from db.backups import (
    BadCopy,
    Contents,
    InUse,
    alone_with,
    contents,
    make_as_private_as,
    put_in_place,
    sync,
    why_incomplete,
)
from db.files import index_of, log_of
from db.guard import settle_file
from db.migrate import upgrade
from db.standing import Standing
from db.urls import file_of, is_embedded, shown
from gateway.cli.databases import check_is_ours
from gateway.settings.model import Settings, SettingsError
from gateway.writer import now

TELLING = ("payment", "purchase", "job")
"""Tables whose number of rows says most about which state a copy is of."""


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy that is whole and on disk."""

    file: Path
    found: Contents

    def __str__(self) -> str:
        return f"{self.file}: {_told(self.found)}. It is whole in this one file."

    def as_object(self) -> Mapping[str, object]:
        return {"file": str(self.file.absolute()), **_object_of(self.found)}


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that is the database now. `kept`: where the database of before is, if there was one."""

    database: Path
    backup: Path
    found: Contents
    kept: Path | None

    def __str__(self) -> str:
        before = f" What was there before is kept as {self.kept}." if self.kept else ""
        restored = f"{self.database} was restored from {self.backup}: {_told(self.found)}.{before}"
        return f"{restored} Check it with `gateway verify`, then start the gateway."

    def as_object(self) -> Mapping[str, object]:
        kept = None if self.kept is None else str(self.kept)
        return {
            "database": str(self.database),
            "backup": str(self.backup.absolute()),
            "keptAs": kept,
            **_object_of(self.found),
        }


def back_up(settings: Settings, target: Path, *, replace: bool) -> Copied:
    """Make a copy; gives what is in it.

    Raises: SettingsError, where it cannot be made. Then there is none.
    """
    source = _file(settings, "pg_dump --format=custom --file={file} --dbname={database}", target)
    if (what := _what_else(target, source)) is not None:
        raise SettingsError(f"{target} is {what}: name a new file.")
    if target.exists() and not replace:
        raise SettingsError(f"{target} exists already: choose another name, or replace it with --force.")
    if not target.absolute().parent.is_dir():
        raise SettingsError(f"There is no folder {target.absolute().parent}: make it first, or name a file elsewhere.")
    check_is_ours(settings)  # of an older release too: it is before an upgrade that a copy is wanted most
    try:
        found = backups.back_up(source, target)
    except BadCopy as error:
        raise SettingsError(f"No backup was made of {source}: {error}.") from None
    except sqlite3.Error as error:
        raise SettingsError(f"No backup was made: {error}.") from None
    return Copied(target, found)


def restore(settings: Settings, backup: Path) -> Restored:
    """Put a copy in the database's place; gives what is there then.

    Raises: SettingsError, where that cannot be. Then nothing has changed.
    """
    path = _file(
        settings, "pg_restore --clean --if-exists --single-transaction --dbname={database} {file}", backup
    ).resolve()
    if (what := _what_else(backup, path)) is not None:
        raise SettingsError(f"{backup} is {what}: name the file that `gateway backup` made.")
    if not backup.exists():
        raise SettingsError(f"There is no file {backup}.")
    if not path.parent.is_dir():
        raise SettingsError(
            f"There is no folder {path.parent}: correct GATEWAY_DATABASE_URL, or make the folder first."
        )
    unfinished = path.with_name(f".{path.name}.restoring")
    try:
        found = _brought_beside(backup, unfinished, path if path.exists() else backup)
        with alone_with(path):
            kept = put_in_place(unfinished, path, now())
    except BadCopy as error:
        raise SettingsError(f"Nothing was restored from {backup}: {error}.") from None
    except InUse:
        raise SettingsError(
            f"Nothing was restored: a gateway, or another program, has {path} open. Stop all of them first."
        ) from None
    finally:
        for each in unfinished.parent.glob(f"{unfinished.name}*"):
            each.unlink()
    return Restored(path, backup, found, kept)


def _what_else(file: Path, database: Path) -> str | None:
    """What a path names that may be no backup; None where it may."""
    if file.is_dir():
        return "a folder"
    if file.exists() and not file.is_file():
        return "no usual file"
    real = database.resolve()  # beside which SQLite has the others
    if _are_one(file, real):
        return "the database itself"
    if any(_are_one(file, each) for each in (log_of(real), index_of(real))):
        return f"a part of the database {database}"
    return None


def _are_one(file: Path, other: Path) -> bool:
    """Whether two paths are of one file, by whichever way and name each leads there, and also before it is there."""
    return file.resolve() == other or (file.exists() and other.exists() and file.samefile(other))


def _brought_beside(backup: Path, beside: Path, known: Path) -> Contents:
    """A copy of the backup, with its log where it has one, up to date and on disk, as private as another file."""
    if reason := why_incomplete(backup):
        raise BadCopy(reason)
    for suffix in ("", "-wal"):
        if Path(f"{backup}{suffix}").exists():
            make_as_private_as(known, Path(f"{beside}{suffix}"))
            shutil.copyfile(f"{backup}{suffix}", f"{beside}{suffix}")
    found = contents(beside)
    standing = Standing(found.migration)
    if standing.is_behind:
        upgrade(f"sqlite:///{beside}")
        found = contents(beside)
    elif not standing.is_usable:
        raise BadCopy(f"it is at {standing.database}, made by a newer gateway than this one at {standing.code}")
    settle_file(beside)
    sync(beside)
    return found


def _file(settings: Settings, command: str, file: Path) -> Path:
    """The database's file.

    Raises: SettingsError, where it is a server's, with the command that does it there.
    """
    url = settings.database_url
    if is_embedded(url):
        return file_of(url).absolute()
    words = command.format(file=shlex.quote(str(file)), database=shlex.quote(make_url(url).database or ""))
    options = "".join(f" --{name}={shlex.quote(value)}" for name, value in _where(make_url(url)))
    raise SettingsError(f"{shown(url)} is a server's database, which has a tool of its own. Run: {words}{options}")


def _where(url: URL) -> Iterator[tuple[str, str]]:
    """How a server is reached, as its tools name it: for a socket, the folder that it lies in."""
    for name, value in (("host", url.host or url.query.get("host")), ("port", url.port or url.query.get("port"))):
        if value:
            yield name, str(value)
    if url.username:
        yield "username", url.username


def _told(found: Contents) -> str:
    counts = ", ".join(f"{found.rows.get(table, 0):,} {table}s" for table in TELLING)
    return f"{counts}, migration {found.migration}"


def _object_of(found: Contents) -> Mapping[str, object]:
    return {"revision": found.migration, "rows": dict(found.rows)}
