"""Settings to a writer, and to those who are told of what it writes."""

from collections.abc import Callable, Iterable, Sequence

from db.engine import writer_engine
from gateway.clock import CLOCK
from gateway.schema.conventions import ids
from gateway.services.changes.commits import Commit
from gateway.services.core.model.events import EVENT_TYPES, EventSubscriber
from gateway.services.core.model.jobs import Job
from gateway.services.subscribers.base import Subscriber
from gateway.services.writing.group_commit import GroupCommit
from gateway.settings.model import Settings

now = CLOCK.now
"""The clock of the product."""


def own_writer(
    settings: Settings,
    subscribers: Iterable[EventSubscriber],
    on_commit: Callable[[Commit], None],
    on_jobs: Callable[[Sequence[Job]], None],
    on_standing: Callable[[bool], None] | None = None,
) -> GroupCommit:
    """The writer of this process."""
    return GroupCommit(
        writer_engine(settings.database_url),
        clock=now,
        new_id=CLOCK.new_id,
        most_waiting=settings.writer_queue,
        most_in_turn=settings.writer_batch,
        subscribers=[*subscribers],
        on_commit=on_commit,
        on_jobs=on_jobs,
        watches_file=True,
        on_standing=on_standing,
    )


def subscribers_of(settings: Settings) -> dict[str, Subscriber]:
    """Who is told of events, by name, and how. Where nobody is, no client of theirs is imported."""
    url, token = settings.course_service_url, settings.course_service_token
    if not settings.subscribers and url is None:
        return {}
    from gateway.services.subscribers.roster import build_subscribers

    return build_subscribers(
        settings.subscribers,
        settings.event_source,
        str(url) if url else None,
        token.get_secret_value() if token else None,
        to_text=ids.to_text,
        clock=now,
    )


def event_subscribers(subscribers: Iterable[Subscriber]) -> list[EventSubscriber]:
    """The same as far as decisions know them."""
    return [EventSubscriber(each.name, tuple(filter(each.wants, EVENT_TYPES))) for each in subscribers]
