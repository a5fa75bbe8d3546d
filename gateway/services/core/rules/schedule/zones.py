"""Time zones: their names, and which names mean the same zone."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from zoneinfo import available_timezones


def is_time_zone(name: str) -> bool:
    """Whether it is a name of the IANA time zone database that means the same zone on every machine."""
    return name in every_name()


def canonical(name: str) -> str:
    """The name that the IANA time zone database itself has for the zone: Asia/Kolkata for Asia/Calcutta.

    From the installed `tzdata`, not the machine's own copy, which may be older. A name that it does not know is
    returned as it is.
    """
    return _canonical_names().get(name, name)


def is_same(one: str, other: str) -> bool:
    return canonical(one) == canonical(other)


@cache
def every_name() -> frozenset[str]:
    """The names for which `is_time_zone` holds."""
    # "localtime" is whatever the machine is set to, "Factory" a machine that is not set.
    return frozenset(available_timezones() - {"localtime", "Factory"})


@cache
def _canonical_names() -> Mapping[str, str]:
    """Each name that is a link, and where it leads in the end. A line of tzdata.zi for it reads `L TARGET NAME`."""
    rules = resources.files("tzdata").joinpath("zoneinfo", "tzdata.zi").read_text(encoding="utf-8")
    links = {name: target for kind, target, name in _words(rules) if kind == "L"}
    return {name: _end_of(name, links) for name in links}


def _words(rules: str) -> list[list[str]]:
    return [words for line in rules.splitlines() if len(words := line.split()) == 3]


def _end_of(name: str, links: Mapping[str, str]) -> str:
    while name in links:
        name = links[name]
    return name
