"""The unix socket between a process and its writer's: where it lies, and who may be at its other end."""

import os
import socket
import struct
import tempfile
from pathlib import Path

LONGEST_PATH = 103
"""Bytes of a socket's path: the least that a system takes is 104, with the zero at its end."""

BACKLOG = 128
"""Processes that wait to be taken on, while a writer starts again: more than there are workers."""

_CREDENTIALS = struct.Struct("3i")
"""Process, user and group, as Linux has them."""


def private_folder() -> Path:
    """A new folder that only this user may look into, with a name that nobody can foresee."""
    folder = Path(tempfile.mkdtemp(prefix="gateway-"))
    if len(os.fsencode(socket_in(folder))) > LONGEST_PATH:  # as under a long TMPDIR
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix="gateway-", dir="/tmp"))
    return folder


def socket_in(folder: Path) -> Path:
    return folder / "writer"


def listen_at(path: Path) -> socket.socket:
    """A socket that takes connections, in place of one that a dead process has left there."""
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(path))
    listening.listen(BACKLOG)
    return listening


def is_of_this_user(connection: socket.socket) -> bool:
    """Whether the process at the other end runs as the user of this one; True where the system does not tell, for
    there the folder alone keeps others out."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True
    _, user, _ = _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, option, _CREDENTIALS.size))
    return bool(user == os.getuid())
