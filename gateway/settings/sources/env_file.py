"""Settings out of a file of NAME=value lines, as `.env` files have them: read once, by the command that was started.

What it holds becomes part of the process's environment, where that does not say otherwise, and so is handed on to the
processes that this one starts.
"""

import re
from collections.abc import Collection, Iterator, Mapping, MutableMapping
from pathlib import Path

from gateway.settings.model import SettingsError
from gateway.settings.parsing import PREFIX
from gateway.settings.sources.secret_files import SUFFIX

ENV_FILE = f"{PREFIX}ENV_FILE"
DEFAULT = Path(".env")
"""In the working folder, if it is there."""

MOST_BYTES = 1024 * 1024

_OTHERS = 0o006
"""Of a file's mode: that everybody on the machine may read or write it."""

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_SINGLE = re.compile(r"'([^']*)'\s*(?:#.*)?")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(?:#.*)?')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$", "`": "`"}
_COMMENT = re.compile(r"(?:^|\s)#.*")
_FILLED_IN = re.compile(r"\$[A-Za-z_{(]|`")
"""What a shell puts something else in the place of. Some programs that read such files do so too, and some do not: a
secret that is these very letters (`$(openssl rand …)`) would be none."""


class _Unclear(Exception):
    """A line that cannot be read in one way alone. The text says why, and quotes nothing of it."""


def add_env_file(environ: MutableMapping[str, str], secrets: Collection[str]) -> None:
    """Add what the file holds, named by `GATEWAY_ENV_FILE` or else `.env` in the working folder, to the environment.

    What is there already stays, empty variables too. A secret that is there as a value makes way for no file of it, nor
    the other way round.

    Args:
        secrets: the variables that may be given as files.

    Raises: SettingsError, where there is no such file, or a line of it is unclear.
    """
    if (path := _path(environ)) is None:
        return
    values = read_lines(path)
    others = {name: name + SUFFIX for name in secrets} | {name + SUFFIX: name for name in secrets}
    said = {name for name, value in environ.items() if value}
    for name, value in values.items():
        if name not in environ and others.get(name) not in said:
            environ[name] = value
    environ[ENV_FILE] = str(path.absolute())  # so that others know of it


def is_open_to_others(path: Path) -> bool:
    """Whether everybody on the machine may read or change the file."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False  # what it held is known already
    return bool(mode & _OTHERS) and path.is_file()


def read_lines(path: Path) -> dict[str, str]:
    """The variables in the file.

    Raises: SettingsError.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise SettingsError(f"{ENV_FILE}: there is no file {path}.") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from None
    if len(content) > MOST_BYTES:
        raise SettingsError(f"{path} has more than {MOST_BYTES} bytes, so it is no file of settings.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = None
    if text is None:  # raised out here, where the error and the content in it are no context
        raise SettingsError(f"{path} is no UTF-8: save it so.")
    return _read(path, text)


def _path(environ: Mapping[str, str]) -> Path | None:
    if given := environ.get(ENV_FILE):
        return Path(given)
    return DEFAULT if DEFAULT.is_file() else None


def _read(path: Path, text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    problems: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            found.update(_variables_in(line, found))
        except _Unclear as why:
            problems.append(f"{path}, line {number}: {why}.")
    if problems:
        raise SettingsError(*problems)
    return found


def _variables_in(line: str, before: Collection[str]) -> Iterator[tuple[str, str]]:
    """
    Args:
        before: the names on earlier lines.

    Raises: _Unclear.
    """
    line = line.strip()
    if not line or line.startswith("#"):
        return
    if "\0" in line:
        raise _Unclear("it holds a zero byte")
    if (parts := _LINE.fullmatch(line)) is None:
        raise _Unclear("it is neither NAME=value nor a comment, which begins with #")
    name = parts[1]
    if name in before:
        raise _Unclear(f"{name} is there a second time")
    if name == ENV_FILE:
        raise _Unclear(f"{name} names this file, and stands in none")
    yield name, _value(parts[2])


def _value(text: str) -> str:
    """As it stands within single quotes; within double ones with \\n, \\" and such; or bare, up to a comment."""
    if text.startswith("'"):
        return _quoted(_SINGLE.fullmatch(text))
    is_double = text.startswith('"')
    value = _quoted(_DOUBLE.fullmatch(text)) if is_double else _COMMENT.sub("", text, count=1).rstrip()
    if _FILLED_IN.search(_ESCAPE.sub("", value) if is_double else value):
        raise _Unclear("nothing is put in the place of $ or `: write the value itself, and one that has them in '…'")
    return _ESCAPE.sub(lambda each: _ESCAPED.get(each[1], each[0]), value) if is_double else value


def _quoted(found: re.Match[str] | None) -> str:
    if found is None:
        raise _Unclear("its quote does not end on this line, or something follows it")
    return found[1]
