"""Who is told of events: addresses and secrets, and what is wrong with them."""

import base64
import re
from collections.abc import Iterable, Iterator
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AnyHttpUrl, BeforeValidator, Field, SecretStr, ValidationError

from gateway.settings.group import Group, is_protected
from gateway.settings.parsing import comma_separated

SECRET_BYTES = range(24, 65)
"""What a key may have by Standard Webhooks."""

_SUBSCRIBERS = "GATEWAY_EVENT_SUBSCRIBERS"
_PREFIX = "whsec_"
_URI_REFERENCE = re.compile(r"(%[0-9A-F]{2}|[\w.~:/?#\[\]@!$&'()*+,;=-])+", re.ASCII | re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)

SubscriberConfig = tuple[str, tuple[str, ...]]


class EventSettings(Group):
    """Who is told of events, and how."""

    event_subscribers: Annotated[tuple[SecretStr, ...], BeforeValidator(comma_separated)] = Field(
        default=(),
        description="Who is told of events, comma-separated: each a URL, a space, and the secret that deliveries are"
        " signed with (Standard Webhooks), `https://host/path whsec_…`; two secrets while one replaces the other."
        " In production https, except on loopback. Lists of jobs show host and path, never the query.",
    )
    event_source: str = Field(
        default="gateway", description="The `source` of every event (CloudEvents): a URI-reference."
    )
    course_service_url: AnyHttpUrl | None = Field(
        default=None,
        description="Where the old course service is: it is told of each purchase by `POST /api/v1/purchases`;"
        " in production https where it has a token, except on loopback.",
    )
    course_service_token: SecretStr | None = Field(
        default=None, description="The bearer token that the course service asks for, if it does."
    )

    @property
    def subscribers(self) -> tuple[SubscriberConfig, ...]:
        """Who is told of events: each one's address, and the secrets that its deliveries are signed with."""
        return tuple(map(read_entry, self.event_subscribers))

    def problems(self) -> Iterator[str]:
        yield from _entry_problems(self.event_subscribers, is_production=self.env == "production")
        if not _is_uri_reference(self.event_source):
            yield "GATEWAY_EVENT_SOURCE must be a URI-reference (RFC 3986), such as https://pay.example or gateway."
        yield from self._course_service_problems()

    def _course_service_problems(self) -> Iterator[str]:
        url, token = self.course_service_url, self.course_service_token
        if token and url is None:
            yield "GATEWAY_COURSE_SERVICE_TOKEN is set, but GATEWAY_COURSE_SERVICE_URL is not."
        if token and not _TOKEN.fullmatch(token.get_secret_value()):
            yield "GATEWAY_COURSE_SERVICE_TOKEN must be a bearer token, of the characters that RFC 6750 §2.1 has."
        if url is None:
            return
        if problem := _url_problem(url) or ("must have no query" if url.query is not None else None):
            yield f"GATEWAY_COURSE_SERVICE_URL {problem}."
        if self.env == "production" and token and not is_protected(url):
            yield "GATEWAY_COURSE_SERVICE_URL must be https: the token goes with every request."


class Unreadable(Exception):
    """An entry that names nobody who can be told, or not safely. The text says why, and quotes nothing."""


def read_entry(entry: SecretStr) -> SubscriberConfig:
    """The address and the secrets in `https://host/path whsec_… whsec_…`.

    Raises: Unreadable.
    """
    given, *secrets = entry.get_secret_value().split() or [""]
    try:
        url = AnyHttpUrl(given)
    except ValidationError:
        url = None
    if url is None:  # raised out here, where pydantic's error and its input are no context
        raise Unreadable("must begin with an http or https URL, in which a comma is written %2C")
    if problem := _url_problem(url):
        raise Unreadable(problem)
    if not secrets:
        raise Unreadable("has no secret: write https://host/path whsec_…")
    if not all(map(_is_secret, secrets)):
        raise Unreadable(
            f"has a secret that is not {_PREFIX} and the base64 of {SECRET_BYTES[0]} to {SECRET_BYTES[-1]} bytes"
        )
    return str(url), tuple(secrets)


def _entry_problems(entries: Iterable[SecretStr], *, is_production: bool) -> Iterator[str]:
    urls: set[str] = set()
    for number, entry in enumerate(entries, 1):
        try:
            url, _ = read_entry(entry)
        except Unreadable as problem:
            yield f"{_SUBSCRIBERS}: entry {number} {problem}."
            continue
        if is_production and not is_protected(AnyHttpUrl(url)):
            yield f"{_SUBSCRIBERS}: entry {number} must be https: events tell who bought what."
        if url in urls:
            yield f"{_SUBSCRIBERS}: entry {number} repeats a URL; give its secrets side by side."
        urls.add(url)


def _url_problem(url: AnyHttpUrl) -> str | None:
    """Why events cannot be sent there."""
    if url.username or url.password:
        return "must hold no user name or password"
    if url.fragment is not None:
        return "must have no #fragment, which is never sent"
    if not _is_sendable(str(url)):
        return "must name a host that there can be, in a URL that is not too long"
    return None


def _is_sendable(url: str) -> bool:
    """Whether httpx and the resolver take it, which are stricter with hosts than a browser is."""
    import httpx  # when there is something to ask it: commands that send nothing start faster without

    try:
        spoken = httpx.URL(url)
        return bool(spoken.host and spoken.raw_host.decode().encode("idna"))
    except (httpx.InvalidURL, UnicodeError):
        return False


def _is_secret(text: str) -> bool:
    """Whether it is a key as Standard Webhooks writes one; its padding may be left out."""
    encoded = text.removeprefix(_PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        return False
    return text.startswith(_PREFIX) and len(key) in SECRET_BYTES


def _is_uri_reference(text: str) -> bool:
    try:
        urlsplit(text)
    except ValueError:
        return False
    return bool(_URI_REFERENCE.fullmatch(text))
