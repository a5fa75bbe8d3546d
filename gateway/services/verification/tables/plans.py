"""What must be true of who bought what, and when its sessions take place: of payments and purchases alike."""

from gateway.services.core.rules.inputs.metadata import (
    LATEST_YEAR,
    LONGEST_SESSION_MIN,
    MOST_LABELS,
    SHORTEST_SESSION_MIN,
)
from gateway.services.core.rules.inputs.subjects import LONGEST_SUBJECT
from gateway.services.core.rules.schedule.zones import every_name
from gateway.services.verification.model import Check, Invariant
from gateway.services.verification.words import SKEW_US, Words, not_among

PLAN = ("is_sunday_only", "session_duration_min", "slot_start_min", "time_zone", "first_day", "labels")
"""The columns of a plan, see `db.columns.SessionPlan`."""


def identity(table: str, w: Words) -> Invariant:
    """Whose a payment or purchase is, and of which course."""
    return Invariant(
        f"Every {table} is of somebody, and of a course that there is.",
        table,
        "Find the right value in the row's history and in the provider's dashboard, and correct it.",
        (
            Check(
                f"length({table}.student_id) NOT BETWEEN 1 AND {LONGEST_SUBJECT}"
                f" OR {table}.student_id <> trim({table}.student_id)",
                f"A student's id has 1 to {LONGEST_SUBJECT} characters and no blanks around it.",
                (f"{table}.student_id",),
            ),
            Check("course.id IS NULL", "There is no such course.", (f"{table}.course_id",)),
            Check(w.is_no_uuid7(f"{table}.id"), "An id is a UUIDv7."),
            Check(
                f"NOT {w.is_code(f'{table}.tier', '_-', 1, 32)} OR {table}.tier_rank NOT BETWEEN 0 AND 1000",
                "A tier's code has 1 to 32 letters, digits, - or _; its rank is 0 to 1000.",
                (f"{table}.tier", f"{table}.tier_rank"),
            ),
        ),
    )


def plan(table: str, w: Words) -> Invariant:
    """The plan of its sessions, in itself."""
    day = f"{table}.first_day"
    return Invariant(
        f"Every {table} says when its sessions take place, in words that the calendar knows.",
        table,
        "An admin corrects a purchase's plan by correctPurchaseMetadata. A payment's plan is what its purchase gets.",
        (
            Check(
                f"""{table}.session_duration_min NOT BETWEEN {SHORTEST_SESSION_MIN} AND {LONGEST_SESSION_MIN}
                    OR {table}.slot_start_min NOT BETWEEN 0 AND 1439
                    OR {not_among(f"{table}.time_zone", sorted(every_name()))}""",
                f"A session takes {SHORTEST_SESSION_MIN} to {LONGEST_SESSION_MIN} minutes, begins 0 to 1439 minutes"
                " after midnight, in a time zone of the IANA database.",
                tuple(f"{table}.{column}" for column in PLAN),
            ),
            Check(
                f"""{day} IS NOT NULL AND ({w.year(day)} NOT BETWEEN 2000 AND {LATEST_YEAR}
                    OR {w.year(day)} IS NULL OR {table}.is_sunday_only AND NOT {w.is_sunday(day)})""",
                f"A first day lies between 2000 and {LATEST_YEAR}, and is a Sunday where sessions are on Sundays only.",
                (day, f"{table}.is_sunday_only"),
            ),
            Check(w.is_no_truth(f"{table}.is_sunday_only"), "is_sunday_only is true or false."),
            Check(
                f"{w.is_some_array(f'{table}.labels')} AND ({w.is_not(f'{table}.labels', 'array')}"
                f" OR {w.length(f'{table}.labels')} > {MOST_LABELS})",
                f"Labels are a JSON array of at most {MOST_LABELS} pairs.",
                (f"{table}.labels",),
            ),
        ),
    )


def differing(one: str, other: str, w: Words, columns: tuple[str, ...] = PLAN) -> str:
    """Whether two rows differ in one of the columns."""
    nullable = ("first_day", "validity_days", "expires_at")
    return " OR ".join(
        w.differs(f"{one}.{name}", f"{other}.{name}") if name in nullable else f"{one}.{name} <> {other}.{name}"
        for name in columns
    )


def saved_before(course_id: str, w: Words) -> str:
    """From when on the catalogue certainly has been as it is now: since its course was last saved, and a while, for the
    clocks of several machines may differ."""
    last = f"""(SELECT saved.at FROM audit_entry AS saved WHERE saved.subject_id = {course_id}
        ORDER BY saved.id DESC LIMIT 1)"""
    return w.after(last, SKEW_US)
