"""What becomes of a provider's events: each is stored once, and then handled by asking what is true now."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

import structlog

from gateway.services.core.commands.provider_events import EndEvent, StoreEvent
from gateway.services.core.model.events import EventState, ProviderEvent
from gateway.services.core.model.jobs import Ticket
from gateway.services.core.model.outcomes import Outcome
from gateway.services.core.model.records import Door
from gateway.services.jobs.foreign_checkouts import UnknownPayment
from gateway.services.jobs.foreign_intents import ForeignIntent, Intents
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

    async def store(self, event: ProviderEvent, said: Mapping[str, Mapping[str, str]]) -> Outcome:
        """Store a verified webhook, once. What it shows to be none of ours, and our books do not know, ends there.

        Args:
            said: the metadata of those of its references whose metadata it shows.
        """
        return await self.purchases.submit(await self.storing(event, said))

    async def storing(
        self, event: ProviderEvent, said: Mapping[str, Mapping[str, str]], is_listed: bool = False
    ) -> StoreEvent:
        """The command that stores an event, whoever brought it."""
        foreign = [each for each in event.references if each in said and await self.intents.is_foreign(said[each])]
        shown = [each for each in event.references if each in said and each not in foreign]
        return StoreEvent(event, tuple(foreign), tuple(shown), is_listed)

    async def handle(self, event_id: UUID, ticket: Ticket, shown: object = (), door: Door = Door.WEBHOOK) -> Outcome:
        """Handle a stored event: whatever it said, the provider is asked for what is true now of the payments that
        it names. So events may come twice, late, or in any order, and the end is the same.

        Args:
            shown: the references that the event itself showed to be for us.

        Raises:
            UnknownPayment: it names a payment that is for us, and cannot be taken into our books as it is.
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
            except UnknownPayment as error:  # which holds up no other payment of the event
                unknown = error
                continue
            if command is None:
                continue
            if reference == event.references[-1] and unknown is None:  # which ends the event, and its job
                return await self.purchases.submit_or_raise(replace(command, event_id=event_id, ticket=ticket))
            await self.purchases.submit_or_raise(command)
            state = EventState.HANDLED
        if unknown is not None:
            raise unknown
        return await self.purchases.submit(EndEvent(event_id, state, ticket=ticket))
