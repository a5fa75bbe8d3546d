"""All subscribers, by the names that jobs know them by."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from urllib.parse import urlsplit

from gateway.services.subscribers.base import Subscriber
from gateway.services.subscribers.course_service import CourseServiceSubscriber
from gateway.services.subscribers.http_delivery import Clock
from gateway.services.subscribers.webhook import ToText, WebhookSubscriber

LONGEST_PLACE = 100
"""Characters of a name before its hash: enough to recognise the address in a list."""


def build_subscribers(
    webhooks: Iterable[tuple[str, Sequence[str]]],
    source: str,
    course_service_url: str | None,
    course_service_token: str | None,
    *,
    to_text: ToText,
    clock: Clock,
) -> dict[str, Subscriber]:
    """Each subscriber by its name.

    Args:
        webhooks: addresses, each once, with their signing secrets.
        source: where events come from, by CloudEvents.
        course_service_url: where the old course service is; None where there is none.
        to_text: the text form of an id.
        clock: the present instant.
    """
    subscribers: list[Subscriber] = [
        WebhookSubscriber(name_of(url), url, secrets, source, to_text, clock=clock) for url, secrets in webhooks
    ]
    if course_service_url is not None:
        subscribers.append(CourseServiceSubscriber(course_service_url, course_service_token, clock=clock))
    return {each.name: each for each in subscribers}


def name_of(url: str) -> str:
    """`hooks.example.com/gateway#1f2e3d4c`: host and path for people, and a hash that tells apart addresses that
    differ in their query alone, which may be a secret and is not shown."""
    parts = urlsplit(url)
    place = f"{parts.netloc.rpartition('@')[2]}{parts.path}"
    return f"{place[:LONGEST_PLACE]}#{sha256(url.encode()).hexdigest()[:8]}"
