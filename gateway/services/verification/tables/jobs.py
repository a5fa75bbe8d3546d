"""What must be true of a job in itself: its state, and what a state goes with."""

from gateway.services.core.model.events import EVENT_TYPES
from gateway.services.core.model.jobs import BROKEN_OFF, LONGEST_LEASE_S, LONGEST_WAIT_S, JobKind, JobState
from gateway.services.core.rules.jobs import MOST_ATTEMPTS
from gateway.services.verification.model import Check, Invariant, Table
from gateway.services.verification.tables.job_subjects import JOINED, subjects
from gateway.services.verification.tables.sweeps import sweeps
from gateway.services.verification.tables.uniques import LIVE_JOBS
from gateway.services.verification.words import SECOND, Words, any_of, not_among

STATE = (
    "job.kind",
    "job.state",
    "job.attempts",
    "job.fence",
    "job.claim_id",
    "job.lease_until",
    "job.finished_at",
    "job.last_error",
)
TIMES = ("job.kind", "job.state", "job.created_at", "job.run_at", "job.lease_until", "job.finished_at")
KINDS = tuple(kind for kind in JobKind if kind is not JobKind.UNKNOWN)
SWEEPS = "('sweep.open', 'sweep.settled', 'sweep.lapsed', 'sweep.verify', 'sweep.outdated')"
IS_LIVE = "job.state IN ('PENDING', 'RUNNING', 'RETRYING')"

LONGEST_WAIT_US, LONGEST_LEASE_US = LONGEST_WAIT_S * SECOND, LONGEST_LEASE_S * SECOND
_INSTANT = "2___-__-__T__:__:%"
_REMEDY = "cancelJob ends it, retryJob has it run again from the beginning; both are audited."


def jobs(w: Words) -> Table:
    return Table(
        "job", ("id",), JOINED, (_words(w), _state(), _given_up(), _times(w), *subjects(w), LIVE_JOBS, sweeps(w))
    )


def _words(w: Words) -> Invariant:
    def entry(*path: str) -> str:
        return w.entry("job.payload", *path)

    return Invariant(
        "Every job is of a kind that the gateway runs, and has what its kind needs.",
        "job",
        _REMEDY,
        (
            Check(
                f"{not_among('job.kind', KINDS)} OR {not_among('job.state', JobState)}",
                f"The kind is one of {', '.join(KINDS)}, the state one of {', '.join(JobState)}.",
                STATE,
            ),
            Check(
                f"""(job.kind = 'event.deliver') <> (job.target IS NOT NULL) OR length(job.target) = 0
                    OR {w.is_not("job.payload", "object")}""",
                "A delivery names its subscriber, and nothing else does; a payload is a JSON object.",
                ("job.kind", "job.target", "job.payload"),
            ),
            Check(
                f"""job.kind = 'event.deliver' AND {IS_LIVE} AND (
                    {entry("type")} IS NULL OR {not_among(entry("type"), EVENT_TYPES)}
                    OR {entry("id")} IS NULL OR {entry("subjectId")} IS NULL OR coalesce(
                    {entry("data", "purchase", "id")}, {entry("data", "payment", "id")},
                    {entry("data", "erasure", "id")}, '') <> {entry("subjectId")}
                    OR NOT {w.is_id(entry("subjectId"), "job.subject_id")} AND ({entry("type")} NOT LIKE 'payment.%'
                    OR NOT coalesce({w.is_id(entry("data", "payment", "purchaseId"), "job.subject_id")}, FALSE)))""",
                "A delivery's event is of the purchase or payment that the job is about, and of a known type.",
                ("job.subject_id", "job.payload"),
            ),
            Check(
                f"""job.kind NOT IN ('event.deliver', 'webhook.handle', 'sweep.settled', 'sweep.lapsed', 'sweep.verify',
                    'sweep.outdated') AND CAST(job.payload AS TEXT) <> '{{}}'
                    OR job.kind = 'sweep.settled' AND coalesce({entry("after")}, '{_INSTANT}') NOT LIKE '{_INSTANT}'
                    OR job.kind = 'sweep.lapsed' AND length({entry("after")}) <> 32
                    OR job.kind = 'sweep.outdated' AND length({entry("after")}) NOT IN (36, 38)
                    OR {w.is_no_uuid7("job.id")}""",
                "An id is a UUIDv7. Jobs of this kind have an empty payload; a sweep's has only how far it is: an"
                " instant (sweep.settled) or an id (sweep.lapsed; of what, too: sweep.outdated).",
                ("job.kind", "job.payload"),
            ),
        ),
    )


def _state() -> Invariant:
    return Invariant(
        "A job's state goes with its lease, its runs and its end.",
        "job",
        _REMEDY,
        (
            Check(
                """(job.state = 'RUNNING') <> (job.lease_until IS NOT NULL)
                    OR job.state = 'RUNNING' AND (job.claim_id IS NULL OR job.attempts < 1 OR job.fence < 1)""",
                "A RUNNING job has a lease and the claim that took it; no other job has a lease.",
                STATE,
            ),
            Check(
                f"({IS_LIVE}) <> (job.finished_at IS NULL)",
                "A job that is COMPLETED, FAILED or CANCELED has a finished_at, and no other.",
                STATE,
            ),
            Check(
                """(job.fence > 0) <> (job.claim_id IS NOT NULL) OR job.attempts > job.fence OR job.attempts < 0""",
                "Each run was claimed: attempts is at most fence, and with one there is a claim.",
                STATE,
            ),
            Check(
                f"""CASE job.state WHEN 'PENDING' THEN job.attempts <> 0
                    WHEN 'RETRYING' THEN job.fence = 0
                    OR CASE WHEN job.kind IN {SWEEPS} AND job.attempts = 0
                    THEN {not_among("job.last_error", BROKEN_OFF)}
                    ELSE job.last_error IS NULL END
                    WHEN 'COMPLETED' THEN job.kind <> 'case.review'
                    AND (job.last_error IS NOT NULL OR job.attempts = 0)
                    WHEN 'FAILED' THEN job.last_error IS NULL
                    WHEN 'CANCELED' THEN job.last_error IS NULL
                    ELSE FALSE END OR length(job.last_error) = 0""",
                "What failed, was called off or waits for another try has a last_error; what is done was run, and has"
                " none; what is PENDING was not run yet.",
                STATE,
            ),
            Check(
                f"""job.kind = 'case.review' AND ({IS_LIVE} OR job.attempts <> 0 OR job.fence <> 0
                    OR job.last_error IS NULL)""",
                "A case is for a person: it is FAILED until somebody ends it, is never run, and says what happened.",
                STATE,
            ),
        ),
    )


def _given_up() -> Invariant:
    given_up = " ".join(f"WHEN '{kind}' THEN {most}" for kind, most in MOST_ATTEMPTS.items() if kind in KINDS)
    most = f"CASE job.kind {given_up} END"
    return Invariant(
        "A job was given up only after all of its runs, or because its refund failed.",
        "job",
        "retryJob has it run again.",
        (
            Check(
                f"job.attempts > {most}",
                "It was run more often than a job of its kind is.",
                STATE,
            ),
            Check(
                f"""job.state = 'FAILED' AND job.kind <> 'case.review' AND job.attempts < {most}
                    AND NOT (job.kind = 'payment.refund' AND coalesce(owed.status, 'PENDING') <> 'PENDING')""",
                "It is FAILED, and was not run as often as a job of its kind is before that.",
                (*STATE, "owed.status"),
            ),
        ),
    )


def _times(w: Words) -> Invariant:
    return Invariant(
        "A job runs at a time that its waits can lead to.",
        "job",
        "retryJob has it run now; a sweep that waits too long is run again by setting its run_at to now.",
        (
            Check(
                any_of(
                    "job.created_at > :latest",
                    "job.finished_at > :latest",
                    w.is_before("job.finished_at", "job.created_at"),
                    w.is_before("job.run_at", "job.created_at"),
                ),
                "It was created, and finished, before now, and runs after it was created.",
                TIMES,
            ),
            Check(
                any_of(
                    f"{IS_LIVE} AND job.run_at > {w.after(':latest', LONGEST_WAIT_US)}",
                    "job.state = 'PENDING' AND job.kind NOT IN ('payment.check') AND job.run_at > :latest",
                    f"job.lease_until > {w.after(':latest', LONGEST_LEASE_US)}",
                    w.is_before("job.lease_until", "job.created_at"),
                ),
                "It waits longer than any job does, or its lease is longer than any.",
                TIMES,
            ),
        ),
    )
