"""What a provider says has changed: lost webhooks are found in its own lists, and heard as if they had come."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from gateway.services.core.model.events import ProviderEvent
from gateway.services.core.model.outcomes import Busy
from gateway.services.core.model.values import Provider
from gateway.services.jobs.provider_events import ProviderEvents
from gateway.services.providers.base import PaymentProvider, ProviderUnavailable, WebhookEvent, Window

LONGEST_WINDOW = timedelta(days=1)
"""Of one run: after a long time out of service the lists are gone through in steps, and each step is kept."""


class Reads(Protocol):
    async def known_events(self, provider: Provider, event_ids: Collection[str]) -> set[str]:
        """Those of the ids whose events are in our books."""
        ...

    async def known_captures(self, provider: Provider, captures: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of the pairs of an intent and an attempt that our books have as money that was taken."""
        ...


@dataclass(frozen=True, slots=True)
class Follower:
    """Each run covers one window of time, and stores what it finds there before it moves on."""

    events: ProviderEvents
    reads: Reads

    async def run(self, provider: PaymentProvider, since: datetime, now: datetime) -> datetime:
        """Store what changed since then; gives until when that is all.

        Raises:
            ProviderUnavailable: it could not be told, or not be stored; nothing is lost.
        """
        until = min(now, since + LONGEST_WINDOW)

        async def heard(event_ids: Collection[str]) -> set[str]:
            return await self.reads.known_events(provider.name, event_ids)

        notices = await provider.changes(Window(since, until, now), heard)
        await self._store(provider.name, await self._news(provider.name, notices), now)
        return until

    async def _news(self, provider: Provider, notices: Sequence[WebhookEvent]) -> Iterable[WebhookEvent]:
        """One for each of what they speak of, the last: whoever hears it asks for all that is true now."""
        told = {(reference, each.attempt) for each in notices if each.attempt for reference in each.references}
        known = await self.reads.known_captures(provider, told)
        news = [each for each in notices if not _is_known(each, known)]
        return {each.references or (each.event_id,): each for each in news}.values()

    async def _store(self, provider: Provider, notices: Iterable[WebhookEvent], now: datetime) -> None:
        purchases, commands = self.events.purchases, []
        for each in notices:
            event = ProviderEvent(purchases.new_id(), provider, each.event_id, each.type, each.references, now)
            commands.append(await self.events.storing(event, each.said, is_listed=True))
        outcomes = await purchases.submit_all(commands)
        for outcome in outcomes:
            if isinstance(outcome, Busy):
                raise ProviderUnavailable(outcome.retry_after_s)


def _is_known(notice: WebhookEvent, captures: Collection[tuple[str, str]]) -> bool:
    attempt = notice.attempt
    return attempt is not None and all((reference, attempt) in captures for reference in notice.references)
