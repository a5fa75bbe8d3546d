"""The GATEWAY_* environment read into settings, and each setting described."""

import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from gateway.settings.model import Settings, SettingsError
from gateway.settings.parsing import PREFIX
from gateway.settings.sources.env_file import add_env_file
from gateway.settings.sources.secret_files import SUFFIX, may_be_file, read_given

_PLAINLY = {
    "bool_parsing": "must be true or false",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
}
"""What pydantic says of these is for programmers."""

_KUBERNETES = re.compile(r"\w+_(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)")


def load_own_settings() -> Settings:
    """The settings of this process, once those of its `.env` file are added to its environment.

    Raises: SettingsError, naming every problem found.
    """
    add_env_file(os.environ, secret_names())
    return load_settings()


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings in `environ` (None: the process's), and in the files that it names. An empty variable counts as
    unset.

    Raises: SettingsError, naming every problem found.
    """
    given = {name: value for name, value in (os.environ if environ is None else environ).items() if value}
    from_files, unread = read_given(secret_names(), given)
    settings, problems = None, [*_unknown_names(given), *unread]
    values = given | from_files
    try:
        settings = Settings.model_validate({f: values[name] for f, name in _names().items() if name in values})
    except ValidationError as error:
        problems += _sentences(error, are_all_there=not unread)
    if settings is None or problems:  # raised out here, where pydantic's error and its input are no context
        raise SettingsError(*problems)
    return settings


def describe() -> list[tuple[str, str, str]]:
    """Each setting as (variable, default, meaning), in order: the table in docs/settings.md is made of it."""
    return [_described(name, Settings.model_fields[field]) for field, name in _names().items()]


def secret_names() -> frozenset[str]:
    """The variables that hold secrets: each may be given as a file, named by the same with `_FILE` behind it."""
    return frozenset(name for field, name in _names().items() if may_be_file(Settings.model_fields[field]))


def _names() -> dict[str, str]:
    """Each field's variable, group by group."""
    return {field: PREFIX + field.upper() for group in Settings.groups() for field in group.model_fields}


def _described(name: str, field: FieldInfo) -> tuple[str, str, str]:
    as_file = f" Or `{name}{SUFFIX}`: a file with it." if may_be_file(field) else ""
    return name, _shown(field.default), (field.description or "") + as_file


def _shown(default: object) -> str:
    if default is None or default == ():
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default)


def _unknown_names(given: Mapping[str, str]) -> Iterator[str]:
    every = (*_names().values(), *(name + SUFFIX for name in secret_names()))
    known = {name.removeprefix(PREFIX): name for name in every}
    for name, value in given.items():
        prefix, rest = name[: len(PREFIX)].upper(), name[len(PREFIX) :].upper()
        if prefix != PREFIX or name in known.values() or _is_from_kubernetes(name, value):
            continue
        if (itself := name.removesuffix(SUFFIX)) != name and itself in known.values():
            yield f"{name} is not a setting: only secrets are read from files. Set {itself}."
        elif near := get_close_matches(rest, known, n=1):
            yield f"{name} is not a setting: did you mean {known[near[0]]}?"
        else:
            [nearest] = get_close_matches(rest, known, n=1, cutoff=0)
            yield f"{name} is not a setting; of those that `gateway settings` lists, {known[nearest]} is the nearest."


def _is_from_kubernetes(name: str, value: str) -> bool:
    """Whether the variable is what every pod gets for a Service called `gateway…`, so nobody's typo.

    Of GATEWAY_PORT=8080 and GATEWAY_PORT=tcp://10.0.0.1:80, the second.
    """
    return bool(_KUBERNETES.fullmatch(name)) and ("://" in value or not name.endswith(f"{PREFIX}PORT"))


def _sentences(error: ValidationError, *, are_all_there: bool) -> Iterator[str]:
    """
    Args:
        are_all_there: else the rules between settings are left out, which would miss what could not be read.
    """
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        if problem["loc"]:
            yield f"{PREFIX}{str(problem['loc'][0]).upper()}: {_PLAINLY.get(problem['type'], problem['msg'])}."
        elif are_all_there:
            yield from problem["msg"].splitlines()
