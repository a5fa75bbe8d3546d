"""What must be true of a provider's event: it is handled, or something will handle it."""

from gateway.services.core.model.events import EventState
from gateway.services.core.model.values import Provider
from gateway.services.verification.model import Check, Gathered, Invariant, Table
from gateway.services.verification.tables.uniques import EVENTS
from gateway.services.verification.words import DAY, SKEW_US, Words, among, n, not_among

EVENT = (
    "provider_event.provider",
    "provider_event.event_id",
    "provider_event.type",
    "provider_event.state",
    "provider_event.received_at",
    "provider_event.handled_at",
    "provider_event.refs",
)
WORK = Gathered(
    "work",
    "job",
    "subject_id",
    {
        "jobs": "count(*)",
        "unfinished": "sum(CASE WHEN work.state <> 'COMPLETED' THEN 1 ELSE 0 END)",
        "finished_at": "max(work.finished_at)",
        "created_at": "min(work.created_at)",
    },
    "work.kind = 'webhook.handle'",
)


def provider_events(w: Words) -> Table:
    def named(is_same: str) -> str:
        """How many payments of this provider, or of another, have a reference that the event names."""
        refs = f"CASE WHEN {w.is_not('provider_event.refs', 'array')} THEN '[]' ELSE provider_event.refs END"
        return f"""(SELECT count(*) FROM {w.elements(refs)}, payment AS named
            WHERE {among("named.provider", Provider)} AND named.provider {is_same} provider_event.provider
            AND named.reference = each.value)"""

    return Table(
        "provider_event",
        ("id",),
        (WORK,),
        (
            Invariant(
                "Every stored event is a provider's, and names what it is about.",
                "provider_event",
                "Have the provider send it again from its dashboard: an event is stored once, by its event_id.",
                (
                    Check(
                        f"""{not_among("provider_event.provider", Provider)}
                            OR {not_among("provider_event.state", EventState)}
                            OR length(provider_event.event_id) = 0 OR length(provider_event.type) = 0
                            OR {w.is_not("provider_event.refs", "array")} OR {w.is_no_uuid7("provider_event.id")}""",
                        "It has a UUIDv7, a known provider and state, an event_id and a type, and refs in JSON.",
                        EVENT,
                    ),
                ),
            ),
            Invariant(
                "A handled event is of the provider whose payments it names.",
                "provider_event",
                "Have the provider send it again from its dashboard.",
                (
                    Check(
                        f"""provider_event.state = 'HANDLED' AND {named("<>")} > 0 AND {named("=")} = 0""",
                        "What it names are payments of another provider only.",
                        EVENT,
                    ),
                ),
            ),
            Invariant(
                "Every stored event was handled, or has a job that will, or that says why not.",
                "provider_event",
                "confirmPayment, as an admin, asks the provider about the payment; retryJob, where a job FAILED.",
                (
                    Check(
                        f"""provider_event.state = 'PENDING' AND {n("work.unfinished")} = 0
                            OR provider_event.state = 'HANDLED' AND {n("work.jobs")} = 0""",
                        "It is PENDING, and no webhook.handle job is there that will handle it; or HANDLED by none.",
                        (*EVENT, "work.jobs", "work.unfinished"),
                    ),
                    Check(
                        f"""(provider_event.state = 'PENDING') <> (provider_event.handled_at IS NULL)
                            OR provider_event.received_at > :latest OR provider_event.handled_at > :latest
                            OR provider_event.handled_at < {w.after("provider_event.received_at", -SKEW_US)}""",
                        "handled_at is set just where it is not PENDING; both times lie before now, in their order.",
                        EVENT,
                    ),
                    Check(
                        f"""provider_event.handled_at <> work.finished_at
                            OR provider_event.received_at > {w.after("work.created_at", SKEW_US)}
                            OR provider_event.received_at < {w.after("work.created_at", -DAY)}
                            OR {n("work.jobs")} > 1""",
                        "It was handled when its one job ended, which was created when it was received.",
                        (*EVENT, "work.created_at", "work.finished_at"),
                    ),
                ),
            ),
            EVENTS,
        ),
    )
