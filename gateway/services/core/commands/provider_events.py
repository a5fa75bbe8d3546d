"""What becomes of a provider's webhook: it is kept once, handled by a job, and its end is noted."""

from dataclasses import replace

from gateway.services.core.commands.every import EndEvent, StoreEvent
from gateway.services.core.model.events import EventState, ProviderEvent
from gateway.services.core.model.jobs import Job, JobKind
from gateway.services.core.model.outcomes import EventEnded, EventStored, NotFound
from gateway.services.core.model.state import Changes, Decision, Moment, State

SHOWN = "shown"
"""Where a job keeps which references its webhook showed to be for us: those are not given up for being unknown."""

LISTED = "isListed"
"""Where a job keeps that nobody sent its webhook: it was found in the provider's list of changes."""


def store_event(command: StoreEvent, state: State, moment: Moment) -> Decision:
    """The webhook in our books, with the job that handles it; one that is there already changes nothing.

    No job where it is about nothing of ours. What our books know is heard of, whatever the webhook shows.
    """
    event = command.event
    known = _known(event, state)
    if known is not None:
        return Decision(EventStored(known, is_new=False))
    if all(_is_foreign(reference, command, state) for reference in event.references):  # or it names none
        ignored = replace(event, state=EventState.IGNORED, handled_at=moment.now)
        return Decision(EventStored(ignored, is_new=True), Changes(events=(ignored,)))
    said: dict[str, object] = {SHOWN: list(command.shown)} if command.shown else {}
    if command.is_listed:
        said[LISTED] = True
    job = Job(moment.new_id(), JobKind.WEBHOOK_HANDLE, event.id, moment.now, moment.now, payload=said)
    return Decision(EventStored(event, is_new=True), Changes(events=(event,), jobs=(job,)))


def end_event(command: EndEvent, state: State, moment: Moment) -> Decision:
    event = state.events.get(command.event_id)
    if event is None:
        return Decision(NotFound("event"))
    handled = replace(event, state=command.state, handled_at=moment.now)
    return Decision(EventEnded(handled), Changes(events=(handled,)))


def _is_foreign(reference: str, command: StoreEvent, state: State) -> bool:
    name = (command.event.provider, reference)
    is_in_books = any((each.provider, each.reference) == name for each in state.payments.values())
    return reference in command.foreign and not is_in_books


def _known(event: ProviderEvent, state: State) -> ProviderEvent | None:
    name = (event.provider, event.event_id)
    return next((each for each in state.events.values() if (each.provider, each.event_id) == name), None)
