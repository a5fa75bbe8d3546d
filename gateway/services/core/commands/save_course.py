"""What becomes of an admin's wish to put a course into the catalogue or to change it."""

from gateway.services.core.commands.every import SaveCourse
from gateway.services.core.model.outcomes import CourseSaved, IdempotencyKeyReused, NotFound
from gateway.services.core.model.state import Changes, Decision, Moment, State
from gateway.services.core.model.values import Course
from gateway.services.core.rules import granting
from gateway.services.core.rules.idempotency import recorded, replay_of


def save_course(command: SaveCourse, state: State, moment: Moment) -> Decision:
    """The course as given; saving the same again changes and audits nothing."""
    match replay_of(command, state):
        case IdempotencyKeyReused() as reused:
            return Decision(reused)
        case course_id if course_id is not None:
            is_own = command.is_new and course_id == command.course_id  # in a turn that is run again
            return Decision(CourseSaved(state.courses[course_id], already_processed=not is_own))
    stored = state.courses.get(command.course_id)
    if stored is None and not command.is_new:
        return Decision(NotFound("course"))
    return _saved(command, stored, moment)


def _saved(command: SaveCourse, stored: Course | None, moment: Moment) -> Decision:
    course = Course(
        command.course_id,
        command.title,
        tuple(sorted(command.tiers, key=lambda tier: tier.rank)),
        moment.now if stored is None else stored.created_at,
    )
    records = recorded(command, course.id, moment)
    if course == stored:
        return Decision(CourseSaved(course, already_processed=not command.is_new), Changes(records=records))
    change: dict[str, object] = {
        "title": [stored.title if stored else None, course.title],
        "tiers": [[tier.code for tier in stored.tiers] if stored else None, [t.code for t in course.tiers]],
    }
    entry = granting.audit(course.id, "course.saved", command.actor, moment, changes=change)
    return Decision(
        CourseSaved(course, already_processed=False),
        Changes(courses=(course,), records=records, audit=(entry,)),
    )
