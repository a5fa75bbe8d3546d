"""A course granted by an admin, without a payment."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from gateway.services.core.model.command import NOT_COMPARED, KeyedCommand
from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.outcomes import (
    ActivePurchaseExists,
    Created,
    Difference,
    FieldProblem,
    IdempotencyKeyReused,
    InvalidInput,
    MetadataConflict,
    NotFound,
)
from gateway.services.core.model.state import Changes, Decision, Moment, RowKeys, State
from gateway.services.core.model.values import Access, Course, OnExisting, Origin, Purchase, Terms, Tier, TierChoice
from gateway.services.core.rules import access, granting, tiers
from gateway.services.core.rules.idempotency import recorded, replay_of
from gateway.services.core.rules.inputs import metadata
from gateway.services.core.rules.inputs.fields import (
    key_problems,
    living_student_problems,
    metadata_problems,
    reason_problems,
)
from gateway.services.core.rules.schedule.fitting import Offer, room_problem


@dataclass(frozen=True, slots=True)
class CreatePurchase(KeyedCommand):
    """Grant a course without a payment. `reason` is audited.

    `may_fall_short` is the endpoint's choice: sessions may be left without a day before the access ends, where its
    callers may have taken the money already.
    """

    operation: ClassVar[str] = "createPurchase"

    purchase_id: UUID = field(metadata=NOT_COMPARED)
    student_id: str
    course_id: UUID
    tier: TierChoice
    metadata: Metadata
    reason: str
    expiry_date: datetime | None = None
    on_existing: OnExisting = OnExisting.RETURN
    may_fall_short: bool = field(default=False, metadata=NOT_COMPARED)

    def problems(self) -> list[FieldProblem]:
        return [
            *key_problems(self.key),
            *living_student_problems(self.student_id),
            *reason_problems(self.reason),
            *metadata_problems(self.metadata),
        ]

    def own_keys(self) -> RowKeys:
        return RowKeys(pairs={(self.student_id, self.course_id)}, courses={self.course_id})

    def decide(self, state: State, moment: Moment) -> Decision:
        """A purchase without a payment: the active one where it is the same, a new one where there is none."""
        match replay_of(self, state):
            case IdempotencyKeyReused() as reused:
                return Decision(reused)
            case purchase_id if purchase_id is not None:
                purchase = state.purchases[purchase_id]
                course = state.courses.get(purchase.course_id)
                return Decision(Created(purchase, purchase.id != self.purchase_id, course=course))

        course = state.courses.get(self.course_id)
        if course is None:
            return Decision(NotFound("course"))
        tier = tiers.choose(course, self.tier, "purchaseTier")
        found = _problems(self, tier, moment)
        if found or isinstance(tier, FieldProblem):
            return Decision(InvalidInput(tuple(found)))

        standing = granting.standing(state, self.student_id, course.id, self.actor, moment)
        if (refusal := _beside(self, course, tier, standing.active, moment)) is not None:
            return refusal
        if problem := _without_room(self, course, tier, standing.active, moment):
            return Decision(InvalidInput((problem,)))
        if standing.active is None:
            return _begin(self, course, tier, standing.changes, moment)
        return _replace(self, course, tier, standing.active, moment)


def _problems(command: CreatePurchase, tier: Tier | FieldProblem, moment: Moment) -> list[FieldProblem]:
    found = [tier] if isinstance(tier, FieldProblem) else []
    if command.expiry_date is not None:
        found += _expiry_problems(command, moment)
    return found


def _expiry_problems(command: CreatePurchase, moment: Moment) -> list[FieldProblem]:
    expiry = command.expiry_date
    assert expiry is not None
    if problem := access.end_problem(expiry, moment.now):
        return [FieldProblem(("expiryDate",), problem)]
    if expiry <= access.start(command.metadata, moment.now):
        return [FieldProblem(("expiryDate",), "must be after the first session, see metadata.date")]
    return []


def _begin(command: CreatePurchase, course: Course, tier: Tier, lapsed: Changes, moment: Moment) -> Decision:
    new_access = access.granted(tiers.terms_of(tier), command.metadata, moment.now, command.expiry_date)
    purchase, changes = granting.begin(_grant(command, tier), new_access, moment)
    return Decision(
        Created(purchase, already_processed=False, course=course),
        lapsed + changes + Changes(records=recorded(command, purchase.id, moment)),
    )


def _beside(
    command: CreatePurchase, course: Course, tier: Tier, existing: Purchase | None, moment: Moment
) -> Decision | None:
    """The decision where the pair has an active purchase; None where a new purchase is to begin."""
    if existing is None:
        return None
    if existing.tier == tier.code:
        if differing := _differences(command, existing):
            return Decision(MetadataConflict(differing, existing))
        return Decision(
            Created(existing, already_processed=existing.id != command.purchase_id, course=course),
            Changes(records=recorded(command, existing.id, moment)),
        )
    if command.on_existing is OnExisting.RETURN:
        return Decision(ActivePurchaseExists(existing))
    return None


def _without_room(
    command: CreatePurchase, course: Course, tier: Tier, existing: Purchase | None, moment: Moment
) -> FieldProblem | None:
    """The problem where not all sessions can take place. Nothing is refused where the admin gave an end on purpose, or
    where the endpoint says that money may have moved already."""
    if command.expiry_date is not None or command.may_fall_short:
        return None

    def begin(terms: Terms, given: Metadata) -> Access:
        if existing is None:
            return access.granted(terms, given, moment.now)
        return access.replacing(existing.access, terms, given, moment.now)

    return room_problem(Offer(course, tier, command.metadata, moment.now, begin), command.tier, "purchaseTier")


def _replace(command: CreatePurchase, course: Course, tier: Tier, existing: Purchase, moment: Moment) -> Decision:
    new_access: Access = access.replacing(
        existing.access, tiers.terms_of(tier), command.metadata, moment.now, command.expiry_date
    )
    purchase, ended, changes = granting.supersede(existing, _grant(command, tier), new_access, moment)
    return Decision(
        Created(purchase, already_processed=False, replaced=ended, course=course),
        changes + Changes(records=recorded(command, purchase.id, moment)),
    )


def _differences(command: CreatePurchase, existing: Purchase) -> tuple[Difference, ...]:
    """An expiry that was given is compared as well: a purchase with another expiry is not the same."""
    differing = metadata.differences(existing.metadata, command.metadata)
    stored = existing.access.expires_at
    if command.expiry_date is None or command.expiry_date == stored:
        return differing
    shown = "none" if stored is None else stored.isoformat()
    return (*differing, Difference("expiryDate", shown, command.expiry_date.isoformat()))


def _grant(command: CreatePurchase, tier: Tier) -> granting.Grant:
    return granting.Grant(
        purchase_id=command.purchase_id,
        student_id=command.student_id,
        course_id=command.course_id,
        terms=tiers.terms_of(tier),
        metadata=command.metadata,
        origin=Origin.ADMIN,
        actor=command.actor,
        reason=command.reason,
    )
