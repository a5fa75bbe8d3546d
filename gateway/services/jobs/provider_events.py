"""A provider's events: each is stored once, and then handled by asking the provider what is true now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import structlog

from gateway.services.core.commands.provider_events import EndEvent, StoreEvent
from gateway.services.core.frozen import replace
from gateway.services.core.model.events import EventState, ProviderEvent
from gateway.services.core.model.jobs import Lease
from gateway.services.core.model.outcomes import Outcome
from gateway.services.core.model.records import Door
from gateway.services.jobs.foreign.checkouts import UnknownPayment
from gateway.services.jobs.foreign.intents import ForeignIntent, Intents
from gateway.services.jobs.reconciliation import Reconciler
from gateway.services.purchases import Purchases

log = structlog.get_logger(__name__)


class Reads(Protocol):
    """What is read of our books, as it was last committed."""

    async def event(self, event_id: UUID) -> ProviderEvent | None: ...


@dataclass(frozen=True, slots=True)
class ProviderEvents:
    """Verified events, whether a webhook brought them or the provider's own list."""

    purchases: Purchases
    intents: Intents
    reconciler: Reconciler
    reads: Reads

    async def store(self, event: ProviderEvent, metadata: Mapping[str, Mapping[str, str]]) -> Outcome:
        """Store a verified webhook, once. One that is about nothing of ours ends there.

        Args:
            metadata: that of each reference whose metadata the event shows.
        """
        return await self.purchases.submit(await self.store_command(event, metadata))

    async def store_command(
        self, event: ProviderEvent, metadata: Mapping[str, Mapping[str, str]], is_listed: bool = False
    ) -> StoreEvent:
        """The command that stores an event, whether a webhook brought it or the provider's list."""
        shown = [each for each in event.references if each in metadata]
        foreign = [each for each in shown if await self.intents.is_foreign(metadata[each])]
        return StoreEvent(event, tuple(foreign), tuple(each for each in shown if each not in foreign), is_listed)

    async def handle(self, event_id: UUID, lease: Lease, shown: object = (), door: Door = Door.WEBHOOK) -> Outcome:
        """Handle a stored event: whatever it says, the provider is asked what is true now of the payments it names. So
        events may come twice, late, or in any order, and the end is the same.

        Args:
            shown: the references whose metadata in the event shows that they are ours.

        Raises:
            UnknownPayment: it names a payment that is ours, but cannot be taken into our books as it is.
        """
        event = await self.reads.event(event_id)
        assert event is not None, "a job's event is never deleted"
        state, unknown = EventState.IGNORED, None
        for reference in event.references:
            is_shown = isinstance(shown, list) and reference in shown
            try:
                payment = await self.intents.payment_of(event.provider, reference, door, is_shown)
                command = await self.reconciler.inspect(payment, door)
            except ForeignIntent as error:
                log.info("webhook of somebody else's intent", event_id=event.event_id, reason=str(error))
                continue
            except UnknownPayment as error:  # the other payments of the event are handled all the same
                unknown = error
                continue
            if command is None:
                continue
            if reference == event.references[-1] and unknown is None:  # this commit ends the event, and its job
                return await self.purchases.submit_or_raise(replace(command, event_id=event_id, lease=lease))
            await self.purchases.submit_or_raise(command)
            state = EventState.HANDLED
        if unknown is not None:
            raise unknown
        return await self.purchases.submit(EndEvent(event_id, state, lease=lease))
