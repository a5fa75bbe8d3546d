"""A course put into the catalogue, or changed there, by an admin."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from gateway.services.core.model.command import KeyedCommand
from gateway.services.core.model.outcomes import CourseSaved, FieldProblem, IdempotencyKeyReused, NotFound
from gateway.services.core.model.state import Changes, Decision, Moment, RowKeys, State
from gateway.services.core.model.values import Course, Described, Tier
from gateway.services.core.rules import granting
from gateway.services.core.rules.idempotency import recorded, replay_of
from gateway.services.core.rules.inputs.courses import course_problems
from gateway.services.core.rules.inputs.fields import key_problems


@dataclass(frozen=True, slots=True)
class SaveCourse(KeyedCommand):
    """Put a course and its tiers into the catalogue; `is_new` tells a new course from a change of one.

    A call that says nothing of its description leaves it as it is, for its caller may know of none."""

    operation: ClassVar[str] = "saveCourse"

    course_id: UUID
    is_new: bool
    title: str
    tiers: tuple[Tier, ...]
    description: Described | None = None

    def compared_fields(self) -> dict[str, object]:
        """Without the id of a new course, which each call mints anew; with it where the caller named the course. A
        description counts where something is said of it, so that a call of before there were any is still the same."""
        compared = KeyedCommand.compared_fields(self)
        if self.description is None:
            del compared["description"]
        if self.is_new:
            del compared["course_id"]
        return compared

    def problems(self) -> list[FieldProblem]:
        return [*key_problems(self.key), *course_problems(self.title, self.tiers, self.description)]

    def own_keys(self) -> RowKeys:
        return RowKeys(courses={self.course_id})

    def decide(self, state: State, moment: Moment) -> Decision:
        """The course as given; saving the same again changes and audits nothing."""
        match replay_of(self, state):
            case IdempotencyKeyReused() as reused:
                return Decision(reused)
            case course_id if course_id is not None:
                is_own = self.is_new and course_id == self.course_id  # a turn that is run again
                return Decision(CourseSaved(state.courses[course_id], already_processed=not is_own))
        stored = state.courses.get(self.course_id)
        if stored is None and not self.is_new:
            return Decision(NotFound("course"))
        return _saved(self, stored, moment)


def _saved(command: SaveCourse, stored: Course | None, moment: Moment) -> Decision:
    before = stored.description if stored else None
    course = Course(
        command.course_id,
        command.title,
        tuple(sorted(command.tiers, key=lambda tier: tier.rank)),
        moment.now if stored is None else stored.created_at,
        before if command.description is None else command.description.text,
    )
    records = recorded(command, course.id, moment)
    if course == stored:
        return Decision(CourseSaved(course, already_processed=not command.is_new), Changes(records=records))
    change: dict[str, object] = {
        "title": [stored.title if stored else None, course.title],
        "tiers": [[tier.code for tier in stored.tiers] if stored else None, [t.code for t in course.tiers]],
    }
    if course.description != before:
        change["description"] = [before, course.description]
    entry = granting.audit(course.id, "course.saved", command.actor, moment, changes=change)
    return Decision(
        CourseSaved(course, already_processed=False),
        Changes(courses=(course,), records=records, audit=(entry,)),
    )
