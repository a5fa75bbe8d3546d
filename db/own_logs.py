"""Which log, and which index of it, those have who opened an SQLite file first: the file says so itself.

SQLite finds both by their names. Where they were deleted under those who have them open, and made anew by a program of
others, a newcomer would find them complete, and take them for the ones that are in use.
"""

import sqlite3
from pathlib import Path
from zlib import crc32

from db.files import Inode, index_of, inode_of, log_of
from db.headers import Header, read_header

_GENERATIONS = 0x7FFF
_FILES = 0xFFFF

Beside = tuple[Inode | None, Inode | None]
"""The log and its index at their paths."""


def files_beside(real: Path) -> Beside:
    return inode_of(str(log_of(real))), inode_of(str(index_of(real)))


def stamp_of(generation: int, beside: Beside) -> int:
    """What a file says of its log from a generation on in which it is in use: by `PRAGMA application_id`, so that it
    costs nothing after that. It names the generation too, for a release that does not know of it leaves it as it is."""
    return _turn(generation) << 16 | _known_by(beside)


def mark_open(connection: sqlite3.Connection) -> None:
    """Have the file itself say that it is not whole without its log, until `db.opening.settle`: by an odd
    `user_version`, which each of the two makes greater by one; and which log that is. Raises sqlite3.Error."""
    if generation_of(connection) % 2:
        return
    [(_, _, path), *_] = connection.execute("PRAGMA database_list").fetchall()
    connection.execute("BEGIN IMMEDIATE")
    if (generation := generation_of(connection)) % 2 == 0:
        stamp = stamp_of(generation + 1, files_beside(Path(path)))
        for mark in (f"user_version = {generation + 1}", f"application_id = {stamp}"):
            connection.execute(f"PRAGMA {mark}")
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(FULL)").fetchall()  # which waits for reads under way


def generation_of(connection: sqlite3.Connection) -> int:
    """How often the file was marked and settled. Raises sqlite3.Error."""
    [(generation,)] = connection.execute("PRAGMA user_version").fetchall()
    return int(generation)


def is_anothers_log(real: Path, main: Inode) -> bool:
    """Whether a file in use names other files than the ones that lie beside it. So it does too where all were copied
    to another place: there is nobody then who has it open."""
    header = Header.parse(read_header(real, main))
    if header is None or not header.is_in_log_mode or header.generation % 2 == 0:
        return False
    turn, known_by = divmod(header.stamp, _FILES + 1)
    return turn == _turn(header.generation) and known_by != _known_by(files_beside(real))


def _turn(generation: int) -> int:
    return generation // 2 % _GENERATIONS + 1


def _known_by(beside: Beside) -> int:
    """By their numbers alone: a device may have another one after each start of the machine."""
    return crc32(repr([each and each[1] for each in beside]).encode()) & _FILES
