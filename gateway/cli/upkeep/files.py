"""The machine: files of an embedded database and who may write them, room on the disk, the socket of a writer."""

import os
import pwd
import shutil
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from db.files import index_of, log_of
from db.urls import file_of, is_embedded
from gateway.cli.upkeep.findings import Finding, fault, ok, warning
from gateway.settings.model import Settings

FILES, DISK, SOCKET = "files", "disk", "writer socket"

LEAST_FREE_BYTES = 256 * 2**20
"""Below that a commit may fail any minute: the log of a busy day is larger."""

LITTLE_FREE_BYTES = 2 * 2**30
"""Below that a backup beside a database of a million rows does not fit."""

ANSWERS_WITHIN_S = 2.0


def looked_at(settings: Settings) -> Iterator[Finding]:
    if is_embedded(settings.database_url):
        path = file_of(settings.database_url).absolute()
        if path.exists():
            yield _owners(path.resolve())
        if path.parent.is_dir():
            yield _disk(path)
    else:
        yield ok(DISK, "The database's is its server's: watch it there.")
    if settings.writer_socket is not None:
        yield _socket(settings.writer_socket)


def _owners(path: Path) -> Finding:
    """Who comes as another user makes files beside it that the gateway's own user may not write."""
    files = [each for each in (path, log_of(path), index_of(path)) if each.exists()]
    owners = {each: each.stat().st_uid for each in files}
    closed = [each for each in (*files, path.parent) if not os.access(each, os.W_OK)]
    if closed:
        return fault(
            FILES, f"{closed[0]} may not be written by {_name(os.geteuid())}: run it as {_name(owners[path])}."
        )
    strange = [each for each, owner in owners.items() if owner != owners[path]]
    if strange:
        owner, right = _name(owners[strange[0]]), _name(owners[path])
        return fault(FILES, f"{strange[0]} is {owner}'s, and {path.name} {right}'s: chown {right} {strange[0]}")
    if os.geteuid() != owners[path]:
        owner = _name(owners[path])
        return warning(FILES, f"{path} is {owner}'s, and this is {_name(os.geteuid())}: run commands as {owner}.")
    if readable := [each for each in files if each.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH)]:
        named = " ".join(map(str, readable))
        return warning(
            FILES, f"{readable[0]} may be read by everybody on this machine, students' ids in it: chmod 600 {named}"
        )
    return ok(FILES, f"{path} and what belongs to it are {_name(owners[path])}'s.")


def _disk(path: Path) -> Finding:
    free = shutil.disk_usage(path.parent).free
    shown = f"{free / 2**30:,.1f} GiB are free where {path} is"
    if free < LEAST_FREE_BYTES:
        return fault(DISK, f"{shown}: make room, or nothing can be written soon.")
    if free < max(LITTLE_FREE_BYTES, path.stat().st_size if path.exists() else 0):
        return warning(DISK, f"{shown}: a backup beside it may not fit; make room.")
    return ok(DISK, f"{shown}.")


def _socket(path: Path) -> Finding:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(ANSWERS_WITHIN_S)
        try:
            line.connect(str(path))
        except OSError as error:
            return fault(
                SOCKET, f"Nobody answers at {path} ({error.strerror or error}): start the writer, or unset it."
            )
    return ok(SOCKET, f"A writer answers at {path}.")


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
