"""The GATEWAY_* environment read into settings, and each setting described."""

import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from pydantic import ValidationError

from gateway.settings.model import Settings, SettingsError
from gateway.settings.parsing import PREFIX

_PLAINLY = {
    "bool_parsing": "must be true or false",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
}
"""What pydantic says of these is for programmers."""

_KUBERNETES = re.compile(r"\w+_(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)")


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings in `environ` (None: the process's). An empty variable counts as unset.

    Raises: SettingsError, naming every problem found.
    """
    given = {name: value for name, value in (os.environ if environ is None else environ).items() if value}
    settings, problems = None, list(_unknown_names(given))
    try:
        settings = Settings.model_validate({f: given[name] for f, name in _names().items() if name in given})
    except ValidationError as error:
        problems += _sentences(error)
    if settings is None or problems:  # raised out here, where pydantic's error and its input are no context
        raise SettingsError(*problems)
    return settings


def describe() -> list[tuple[str, str, str]]:
    """Each setting as (variable, default, meaning), in order: the README's table is made of it."""
    fields = Settings.model_fields
    return [(name, _shown(fields[f].default), fields[f].description or "") for f, name in _names().items()]


def _names() -> dict[str, str]:
    """Each field's variable, group by group."""
    return {field: PREFIX + field.upper() for group in Settings.groups() for field in group.model_fields}


def _shown(default: object) -> str:
    if default is None or default == ():
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default)


def _unknown_names(given: Mapping[str, str]) -> Iterator[str]:
    known = {name.removeprefix(PREFIX): name for name in _names().values()}
    for name, value in given.items():
        prefix, rest = name[: len(PREFIX)].upper(), name[len(PREFIX) :].upper()
        if prefix != PREFIX or name in known.values() or _is_from_kubernetes(name, value):
            continue
        if near := get_close_matches(rest, known, n=1):
            yield f"{name} is not a setting: did you mean {known[near[0]]}?"
        else:
            [nearest] = get_close_matches(rest, known, n=1, cutoff=0)
            yield f"{name} is not a setting; of those that `gateway settings` lists, {known[nearest]} is the nearest."


def _is_from_kubernetes(name: str, value: str) -> bool:
    """Whether the variable is what every pod gets for a Service called `gateway…`, so nobody's typo.

    Of GATEWAY_PORT=8080 and GATEWAY_PORT=tcp://10.0.0.1:80, the second.
    """
    return bool(_KUBERNETES.fullmatch(name)) and ("://" in value or not name.endswith(f"{PREFIX}PORT"))


def _sentences(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        if problem["loc"]:
            yield f"{PREFIX}{str(problem['loc'][0]).upper()}: {_PLAINLY.get(problem['type'], problem['msg'])}."
        else:
            yield from problem["msg"].splitlines()
