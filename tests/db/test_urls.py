"""What a database URL is taken for, and that nothing secret is left where it is shown; SQLAlchemy reads it likewise."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from db.urls import UnclearPassword, backend_of, file_of, is_embedded, shown

URLS = {
    "sqlite:///gateway.db": "sqlite:///gateway.db",
    "sqlite:////var/lib/gateway.db": "sqlite:////var/lib/gateway.db",
    "sqlite+aiosqlite:///a/b c@d:e.db?timeout=3": "sqlite+aiosqlite:///a/b c@d:e.db",
    "postgresql://": "postgresql://",
    "postgres://db/gateway": "postgres://db/gateway",
    "postgresql://app:hunter2@db:5432/gateway": "postgresql://app:***@db:5432/gateway",
    "postgresql://app:hun/ter2@db/gateway": "postgresql://app:***@db/gateway",
    "postgresql://app:hunter%402@db/gateway": "postgresql://app:***@db/gateway",
    "postgresql://app@db/gateway": "postgresql://app@db/gateway",
    "postgresql://app@tenant:hunter2@db/gateway": "postgresql://app@tenant:***@db/gateway",
    "postgresql://app:hunter2@db/gateway?user=a@tenant": "postgresql://app:***@db/gateway",
    "postgresql+psycopg://app:hunter2@[::1]:1/gateway?password=hunter2": "postgresql+psycopg://app:***@[::1]:1/gateway",
    "postgresql:///gateway?host=/run/postgresql&password=hunter2": "postgresql:///gateway",
}


@pytest.mark.parametrize(("url", "expected"), URLS.items())
def test_a_url_is_shown_without_its_secrets_and_read_as_sqlalchemy_reads_it(url: str, expected: str) -> None:
    read = make_url(url)
    assert (shown(url), "hunter2" in shown(url)) == (expected, False)
    assert backend_of(url).startswith(read.get_backend_name().removesuffix("ql"))
    assert is_embedded(url) is url.startswith("sqlite")
    assert not is_embedded(url) or file_of(url) == Path(str(read.database))


@pytest.mark.parametrize(
    "url",
    [
        *("", "nonsense", "mysql://h/d", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite://host/file"),
        *("sqlite://user@/file", "postgresql://db:port/gateway", "postgresql:/db", "post gres://x"),
    ],
)
def test_what_names_no_database_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(ValueError, match=r"^the (database|SQLite) URL must"):
        backend_of(url)


@pytest.mark.parametrize(
    "password", ["p@hunter2", "p@hunter2/", "p@hunter2?", "p@hunter2:1", "p=@hunter2", "@hunter2@"]
)
def test_a_password_with_an_at_sign_is_refused_as_the_rest_of_it_would_be_shown_as_the_host(password: str) -> None:
    url = f"postgresql://app:{password}@db/gateway"
    with pytest.raises(UnclearPassword, match="%40"):
        backend_of(url)
    assert shown(url) == "***"
