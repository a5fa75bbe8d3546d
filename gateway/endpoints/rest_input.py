"""The old JSON body of POST /api/v1/purchases becomes the command that it asks for."""

from collections.abc import Mapping
from datetime import time
from typing import TypeVar
from uuid import UUID

from gateway.schema.conventions import ids
from gateway.services.core.commands.create_purchase import CreatePurchase
from gateway.services.core.legacy.body import BESIDE, read_expiry, read_metadata, read_tier, zone_of
from gateway.services.core.legacy.values import is_blank
from gateway.services.core.model.metadata import Metadata, TimeSlot
from gateway.services.core.model.outcomes import FieldProblem
from gateway.services.core.model.values import Actor, TierChoice

REASON = "REST POST /api/v1/purchases"
"""The reason in the audit: the old body has none."""

_TIER_STAND_IN = TierChoice("-", None)
_METADATA_STAND_IN = Metadata(is_sunday_only=False, session_duration=60, slot=TimeSlot(time(), "UTC"))

Body = Mapping[str, object]
Value = TypeVar("Value")


class BodyReader:
    """Reads a body and notes each problem, so that one answer names them all."""

    def __init__(self, body: Body, default_time_zone: str) -> None:
        self.problems: list[FieldProblem] = []
        given = body.get("metadata")
        self._metadata: Body = given if isinstance(given, dict) else {}
        self._read: Metadata | list[FieldProblem] = [FieldProblem((), "must be an object")]
        if given is None or isinstance(given, dict):
            self._read = read_metadata(self._metadata, default_time_zone)
        self._time_zone = zone_of(self._read, default_time_zone)
        self._body = {**body, **self._repeated_in_metadata(body)}

    def command(self, actor: Actor, purchase_id: UUID, key: str | None) -> CreatePurchase:
        """The command that was asked for. Where a problem was noted, a valid value stands in."""
        return CreatePurchase(
            actor=actor,
            purchase_id=purchase_id,
            student_id=self._student_id(),
            course_id=self._course_id(),
            tier=self._or(_TIER_STAND_IN, read_tier(self._body)),
            metadata=self._or(_METADATA_STAND_IN, self._read, "metadata"),
            reason=REASON,
            expiry_date=self._or(None, read_expiry(self._body, self._time_zone)),
            key=key,
            may_fall_short=True,
        )

    def note(self, message: str, *path: str) -> None:
        self.problems.append(FieldProblem(path, message))

    def _repeated_in_metadata(self, body: Body) -> Body:
        """Entries that the old payment service put into the metadata as well, or only there; both must agree."""
        repeated = {name: self._metadata[name] for name in BESIDE & self._metadata.keys()}
        for name in sorted(repeated):
            given = body.get(name)
            if not (is_blank(given) or is_blank(repeated[name]) or self._is_same(name, given, repeated[name])):
                self.note(f"differs from {name} beside the metadata; give one of the two", "metadata", name)
        return {name: value for name, value in repeated.items() if is_blank(body.get(name))}

    def _is_same(self, name: str, one: object, other: object) -> bool:
        """Whether two spellings mean the same: 12 and "12" do, and a course's id in both its forms."""
        meant, meant_too = self._meaning(name, one), self._meaning(name, other)
        return meant is not None and meant == meant_too

    def _meaning(self, name: str, given: object) -> object:
        """The value that a text or number means; the text itself where it means none."""
        if not isinstance(given, str | int | float):
            return None
        text = str(given).strip()
        match name:
            case "courseId":
                return _course_key(text) or text
            case "sessionCount":
                read: object = read_tier({name: given})
            case "expiryDate":
                read = read_expiry({name: given}, self._time_zone)
            case _:
                return text
        return text if isinstance(read, list) else read

    def _student_id(self) -> str:
        student_id = self._body.get("studentId")
        if isinstance(student_id, str):
            return student_id
        self.note("must be text: the platform's id of the student", "studentId")
        return "-"

    def _course_id(self) -> UUID:
        text = self._body.get("courseId")
        course_id = _course_key(text) if isinstance(text, str) else None
        if course_id is None:
            self.note(f"must be an id such as {ids.EXAMPLES[ids.COURSE]}, or its UUID", "courseId")
        return course_id or UUID(int=0)

    def _or(self, stand_in: Value, read: Value | list[FieldProblem], *within: str) -> Value:
        if not isinstance(read, list):
            return read
        self.problems += [FieldProblem((*within, *problem.path), problem.message) for problem in read]
        return stand_in


def _course_key(text: str) -> UUID | None:
    """The course that either form of its id names."""
    return ids.from_text(ids.COURSE, text.strip())
