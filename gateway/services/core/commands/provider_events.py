"""A provider's webhook: stored once, and ended once its job has handled it."""

from dataclasses import dataclass, field
from uuid import UUID

from gateway.services.core.commands.jobs.run import JobRun
from gateway.services.core.frozen import replace
from gateway.services.core.model.command import BaseCommand
from gateway.services.core.model.events import EventState, ProviderEvent
from gateway.services.core.model.job_outcomes import EventEnded, EventStored
from gateway.services.core.model.jobs import Job, JobKind, Lease
from gateway.services.core.model.outcomes import FieldProblem, NotFound
from gateway.services.core.model.state import Changes, Decision, Moment, RowKeys, State

SHOWN = "shown"
"""The payload key for the references that the webhook showed to be ours: those are not ignored for being unknown."""

LISTED = "isListed"
"""The payload key that says that the event was found in the provider's list of changes, and not sent."""


@dataclass(frozen=True, slots=True)
class StoreEvent(BaseCommand):
    """Store a verified webhook, once, with the job that handles it.

    Of its references, `foreign` are those whose metadata in the webhook shows that they are somebody else's, and
    `shown` those that it shows to be ours; of the others it shows nothing. `is_listed`: it was found in the provider's
    own list of changes."""

    event: ProviderEvent
    foreign: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    is_listed: bool = False

    def problems(self) -> list[FieldProblem]:
        return []

    def keys(self) -> RowKeys:
        provider = self.event.provider.value
        references = {(provider, reference) for reference in self.foreign}
        return RowKeys(event_names={(provider, self.event.event_id)}, references=references)

    def decide(self, state: State, moment: Moment) -> Decision:
        """The stored webhook, with the job that handles it; one that is stored already changes nothing.

        There is no job where nothing in it is ours. A payment in our books is ours, whatever the webhook shows.
        """
        event = self.event
        known = _known(event, state)
        if known is not None:
            return Decision(EventStored(known, is_new=False))
        if all(_is_foreign(reference, self, state) for reference in event.references):  # or it names none
            ignored = replace(event, state=EventState.IGNORED, handled_at=moment.now)
            return Decision(EventStored(ignored, is_new=True), Changes(events=(ignored,)))
        payload: dict[str, object] = {SHOWN: list(self.shown)} if self.shown else {}
        if self.is_listed:
            payload[LISTED] = True
        job = Job(moment.new_id(), JobKind.WEBHOOK_HANDLE, event.id, moment.now, moment.now, payload=payload)
        return Decision(EventStored(event, is_new=True), Changes(events=(event,), jobs=(job,)))


@dataclass(frozen=True, slots=True)
class EndEvent(JobRun):
    """End a webhook: HANDLED, or IGNORED where nothing in it is ours."""

    event_id: UUID
    lease: Lease = field(kw_only=True)
    state: EventState = EventState.HANDLED

    def problems(self) -> list[FieldProblem]:
        return []

    def own_keys(self) -> RowKeys:
        return RowKeys(events={self.event_id})

    def own_decision(self, state: State, moment: Moment) -> Decision:
        """The event in its final state."""
        event = state.events.get(self.event_id)
        if event is None:
            return Decision(NotFound("event"))
        handled = replace(event, state=self.state, handled_at=moment.now)
        return Decision(EventEnded(handled), Changes(events=(handled,)))


def _is_foreign(reference: str, command: StoreEvent, state: State) -> bool:
    name = (command.event.provider, reference)
    is_in_books = any((each.provider, each.reference) == name for each in state.payments.values())
    return reference in command.foreign and not is_in_books


def _known(event: ProviderEvent, state: State) -> ProviderEvent | None:
    name = (event.provider, event.event_id)
    return next((each for each in state.events.values() if (each.provider, each.event_id) == name), None)
