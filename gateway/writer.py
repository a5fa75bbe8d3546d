"""Settings to the one writer: of this process, or of a process of its own for all others of this machine."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from db.engine import writer_engine
from gateway.clock import CLOCK, start_clock
from gateway.schema.conventions import ids
from gateway.services.changes.commits import Commit
from gateway.services.core.model.events import EVENT_TYPES, EventSubscriber
from gateway.services.core.model.jobs import Job
from gateway.services.subscribers.base import Subscriber
from gateway.services.subscribers.roster import build_subscribers
from gateway.services.writer_process.serving import Lines
from gateway.services.writing.group_commit import GroupCommit
from gateway.settings.model import Settings

LEAVE_S = 20
"""How long a writer that is told to stop goes on for those who are still connected, beyond the time that a server has
to answer its last requests."""

HANG_UP_S = 5
"""How long those who are connected then may take to read their answers."""


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
    """Who is told of events, by name, and how."""
    url, token = settings.course_service_url, settings.course_service_token
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


async def serve_writer(
    settings: Settings,
    subscribers: Iterable[EventSubscriber],
    listening: socket.socket,
    is_orphaned: Callable[[], bool],
) -> int:
    """Be the writer of all processes that connect, until told to stop by SIGTERM. Returns the exit code.

    Those who are connected then are served until they leave; where the one who keeps this process is gone, another
    writer is on its way, and they are sent to that at once.
    """
    await start_clock(settings.database_url)
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    lines = Lines()
    writer = own_writer(settings, subscribers, lines.tell_commit, lines.tell_due, lines.tell_standing)
    writer.start()
    server = await lines.serve(writer, listening)
    ends = [asyncio.create_task(each.wait()) for each in (told, lines.has_writer_stopped)]
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    server.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(0 if is_orphaned() or not told.is_set() else settings.stop_s + LEAVE_S):
            await lines.all_closed()
    await writer.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(HANG_UP_S):
            await lines.hang_up()
    return 0 if told.is_set() else 1
