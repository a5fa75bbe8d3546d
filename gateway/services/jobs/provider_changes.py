"""What a provider lists as changed: lost webhooks are found there, and stored as if they had come."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from gateway.services.core.model.events import ProviderEvent
from gateway.services.core.model.outcomes import Busy
from gateway.services.core.model.values import Provider
from gateway.services.jobs.locked_rows import submit_all_or_each
from gateway.services.jobs.provider_events import ProviderEvents
from gateway.services.outages import Unavailable
from gateway.services.providers.base import PaymentProvider, WebhookEvent, Window

LONGEST_WINDOW = timedelta(days=1)
"""Of one run: after a long outage the lists are read in steps, and each step is stored."""


class Reads(Protocol):
    async def known_events(self, provider: Provider, event_ids: Collection[str]) -> set[str]:
        """Those of the ids whose events are in our books."""
        ...

    async def known_captures(self, provider: Provider, captures: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of the pairs of an intent and an attempt that our books have as money that was taken."""
        ...


@dataclass(frozen=True, slots=True)
class ProviderChanges:
    """Each run covers one window of time, and stores what it finds there before it moves on."""

    events: ProviderEvents
    reads: Reads

    async def run(self, provider: PaymentProvider, since: datetime, now: datetime) -> datetime:
        """Store what changed since then; returns the time up to which that is all.

        Raises:
            ProviderUnavailable: the changes could not be read; nothing is lost.
            Unavailable: they could not be stored; likewise.
        """
        until = min(now, since + LONGEST_WINDOW)

        async def known_events(event_ids: Collection[str]) -> set[str]:
            return await self.reads.known_events(provider.name, event_ids)

        listed = await provider.changes(Window(since, until, now), known_events)
        await self._store(provider.name, await self._unknown(provider.name, listed), now)
        return until

    async def _unknown(self, provider: Provider, listed: Sequence[WebhookEvent]) -> Iterable[WebhookEvent]:
        """The last event for each payment: when it is handled, the provider is asked for all that is true by then."""
        captures = {(reference, each.attempt) for each in listed if each.attempt for reference in each.references}
        known = await self.reads.known_captures(provider, captures)
        unknown = [each for each in listed if not _is_known(each, known)]
        return {each.references or (each.event_id,): each for each in unknown}.values()

    async def _store(self, provider: Provider, listed: Iterable[WebhookEvent], now: datetime) -> None:
        purchases, commands = self.events.purchases, []
        for each in listed:
            event = ProviderEvent(purchases.new_id(), provider, each.event_id, each.type, each.references, now)
            commands.append(await self.events.store_command(event, each.metadata, is_listed=True))
        outcomes = await submit_all_or_each(purchases.submit_all, purchases.submit, commands)
        for outcome in outcomes:
            if isinstance(outcome, Busy):
                raise Unavailable("the writer is busy")


def _is_known(event: WebhookEvent, captures: Collection[tuple[str, str]]) -> bool:
    attempt = event.attempt
    return attempt is not None and all((reference, attempt) in captures for reference in event.references)
