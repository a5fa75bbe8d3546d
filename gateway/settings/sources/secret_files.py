"""Secrets out of files: `NAME_FILE` says where the value of `NAME` is, for each setting that holds a secret."""

import stat
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

SUFFIX = "_FILE"
"""As in the images that people know, of PostgreSQL and others: Docker, Kubernetes and systemd hand secrets over so."""

MOST_BYTES = 64 * 1024
"""Of such a file: beyond any list of secrets, and below what a device gives without end."""

_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


class _HoldsSecret:
    """What a field says, by its annotation, whose text holds a secret among other things."""


HOLDS_SECRET: Final = _HoldsSecret()


class Unreadable(Exception):
    """A file that gives no secret. The text names it and says why, and nothing of what is in it."""


def may_be_file(field: FieldInfo) -> bool:
    """Whether a setting holds a secret, so that it may be given as a file."""
    return HOLDS_SECRET in field.metadata or _is_secret(field.annotation)


def read_given(names: Collection[str], given: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The values of settings that are given as files, by the settings' own names; and what is wrong with them.

    Args:
        names: of the settings that may be.
        given: the variables that are set.
    """
    read: dict[str, str] = {}
    problems: list[str] = []
    for name in names:
        if (path := given.get(name + SUFFIX)) is None:
            continue
        if name in given:
            problems.append(f"{name} and {name}{SUFFIX} are both set: choose one.")
            continue
        try:
            read[name] = secret_in(Path(path))
        except Unreadable as why:
            problems.append(f"{name}{SUFFIX}: {why}.")
    return read, problems


def secret_in(path: Path) -> str:
    """What the file holds, without the line break at its end. Bytes that are no UTF-8 stay as they are, as those of a
    variable do.

    Raises: Unreadable.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):  # each process reads it, at each start: a pipe gives its content once
            raise Unreadable(f"{path} is {'a folder' if stat.S_ISDIR(mode) else 'no usual file'}")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise Unreadable(f"there is no file {path}") from None
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > MOST_BYTES:
        raise Unreadable(f"{path} has more than {MOST_BYTES} bytes, so it is no secret")
    if content.startswith(_MARKS):
        raise Unreadable(f"{path} begins with a byte order mark: save it as UTF-8 without one")
    if not (value := _without_last_break(content)):
        raise Unreadable(f"{path} is empty")
    return value.decode("utf-8", "surrogateescape")


def _without_last_break(content: bytes) -> bytes:
    return content.removesuffix(b"\n").removesuffix(b"\r")


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(map(_is_secret, get_args(annotation)))
