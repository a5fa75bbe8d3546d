"""What a database URL says by itself: which database it is, where, and how it may be shown."""

import re
from pathlib import Path

_URL = re.compile(
    r"(?P<scheme>\w+)(?P<driver>\+\w+)?://"
    r"((?P<user>[^:/]*)(?P<password>:[^@]*)?@)?"
    r"(?P<place>(\[[^/\]?]+\]|[^/:?\[]*)(:\d*)?)"
    r"(/(?P<database>[^?]*))?(\?.*)?",
    re.ASCII | re.DOTALL,
)


class UnclearPassword(ValueError):
    """A password with an @: the rest of it would be read, and shown, as the host."""


def backend_of(url: str) -> str:
    """`sqlite` or `postgresql`.

    Raises:
        ValueError: the URL is neither sqlite:// nor postgresql://, or names no SQLite file. It quotes nothing.
        UnclearPassword: where its password ends is unclear, so that nothing may be told of the rest either.
    """
    if _is_password_unclear(url):
        raise UnclearPassword("the password has an @ that is not written as %40")
    match = _URL.fullmatch(url)
    backend = _backend(match["scheme"]) if match else ""
    if match is None or backend not in ("sqlite", "postgresql"):
        raise ValueError("the database URL must begin with sqlite:/// or postgresql://")
    if backend == "sqlite" and (match["place"] or match["user"] or match["database"] in (None, "", ":memory:")):
        raise ValueError("the SQLite URL must name a file, such as sqlite:///gateway.db")
    return backend


def is_embedded(url: str) -> bool:
    """Whether the database is a file of ours."""
    return backend_of(url) == "sqlite"


def file_of(url: str) -> Path:
    """The file of an embedded database."""
    match = _URL.fullmatch(url)
    assert match is not None
    assert match["database"]
    return Path(match["database"])


def shown(url: str) -> str:
    """The URL without its password, and without its query, which may hold another."""
    match = _URL.fullmatch(url)
    if match is None or _is_password_unclear(url):
        return "***"
    user = f"{match['user']}{':***' if match['password'] else ''}@" if match["user"] is not None else ""
    database = "" if match["database"] is None else f"/{match['database']}"
    return f"{match['scheme']}{match['driver'] or ''}://{user}{match['place']}{database}"


def _is_password_unclear(url: str) -> bool:
    """Whether a second @ follows the one that ends the password, other than in the value of a query's parameter."""
    scheme, _, rest = url.partition("://")
    if _backend(scheme.partition("+")[0]) != "postgresql":
        return False
    after = rest.partition(":")[2].partition("@")[2]
    return "@" in after.partition("?")[0] or "@" in after.partition("=")[0]


def _backend(scheme: str) -> str:
    return "postgresql" if scheme == "postgres" else scheme
