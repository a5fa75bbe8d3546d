"""A purchase that stands, extended, corrected or revoked by an admin."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

from gateway.services.core.frozen import replace
from gateway.services.core.model.command import KeyedCommand
from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.outcomes import (
    ActivePurchaseExists,
    Corrected,
    Extended,
    FieldProblem,
    IdempotencyKeyReused,
    InvalidInput,
    NotFound,
    Revoked,
)
from gateway.services.core.model.state import NOTHING, Changes, Decision, Moment, RowKeys, State
from gateway.services.core.model.values import Access, AccessStatus, PaymentStatus, Purchase, PurchaseStatus
from gateway.services.core.rules import access, granting
from gateway.services.core.rules.idempotency import recorded, replay_of
from gateway.services.core.rules.inputs import metadata
from gateway.services.core.rules.inputs.fields import (
    key_problems,
    metadata_problems,
    reason_problems,
)


@dataclass(frozen=True, slots=True)
class ExtendPurchase(KeyedCommand):
    """Let a purchase's access end later, at `expiry_date`. `reason` is audited.

    The end is a date and not a number of days, so that asking twice extends once.
    """

    operation: ClassVar[str] = "extendPurchase"

    purchase_id: UUID
    expiry_date: datetime
    reason: str

    def problems(self) -> list[FieldProblem]:
        return [*key_problems(self.key), *reason_problems(self.reason)]

    def own_keys(self) -> RowKeys:
        return RowKeys(purchases_with_pair={self.purchase_id})

    def decide(self, state: State, moment: Moment) -> Decision:
        """The purchase with a later end. One that has EXPIRED becomes active again, unless the pair has another one by
        now: a student whose time ran out is whom extensions are for."""
        named = _named(self, state)
        if not isinstance(named, tuple):
            return Decision(named)
        purchase, is_replay = named
        if is_replay:
            return Decision(Extended(purchase, already_processed=True))
        if problem := _not_extendable(purchase, state) or _no_later_end(purchase, self, moment):
            return Decision(InvalidInput((problem,)))
        if purchase.status is PurchaseStatus.ACTIVE:
            return _extended(purchase, self, NOTHING, moment)
        standing = granting.standing(state, purchase.student_id, purchase.course_id, self.actor, moment)
        if standing.active is not None:
            return Decision(ActivePurchaseExists(standing.active))
        return _extended(purchase, self, standing.changes, moment)


@dataclass(frozen=True, slots=True)
class CorrectPurchaseMetadata(KeyedCommand):
    """Replace the metadata of an active purchase. `reason` is audited."""

    operation: ClassVar[str] = "correctPurchaseMetadata"

    purchase_id: UUID
    metadata: Metadata
    reason: str

    def problems(self) -> list[FieldProblem]:
        return [*key_problems(self.key), *reason_problems(self.reason), *metadata_problems(self.metadata)]

    def own_keys(self) -> RowKeys:
        return RowKeys(purchases={self.purchase_id})

    def decide(self, state: State, moment: Moment) -> Decision:
        """The purchase with the metadata given. The sessions used and the end stay; a new first day moves the start."""
        named = _named(self, state)
        if not isinstance(named, tuple):
            return Decision(named)
        purchase, is_replay = named
        if is_replay:
            return Decision(Corrected(purchase, already_processed=True))
        if problem := _not_active(purchase, "corrected", moment):
            return Decision(InvalidInput((problem,)))
        differing = metadata.differences(purchase.metadata, self.metadata)
        if not differing:
            records = recorded(self, purchase.id, moment)
            return Decision(Corrected(purchase, already_processed=True), Changes(records=records))
        moved = access.corrected(purchase.access, self.metadata, moment.now)
        if problem := _begins_too_late(moved):
            return Decision(InvalidInput((problem,)))
        change: dict[str, object] = {each.field: [each.stored, each.given] for each in differing}
        if moved.starts_at != purchase.access.starts_at:
            change["startsAt"] = [_instant(purchase.access.starts_at), _instant(moved.starts_at)]
        corrected = replace(purchase, metadata=self.metadata, access=moved)
        changes = _changes(corrected, "purchase.corrected", change, self, moment)
        return Decision(Corrected(corrected, already_processed=False), changes)


@dataclass(frozen=True, slots=True)
class RevokePurchase(KeyedCommand):
    """Take a purchase back, whoever paid for it; no money moves. `reason` is audited."""

    operation: ClassVar[str] = "revokePurchase"

    purchase_id: UUID
    reason: str

    def problems(self) -> list[FieldProblem]:
        return [*key_problems(self.key), *reason_problems(self.reason)]

    def own_keys(self) -> RowKeys:
        return RowKeys(purchases={self.purchase_id})

    def decide(self, state: State, moment: Moment) -> Decision:
        """The purchase and its access, taken back. The sessions used stay, and so does the money of a paid one."""
        named = _named(self, state)
        if not isinstance(named, tuple):
            return Decision(named)
        purchase, is_replay = named
        if is_replay:
            return Decision(Revoked(purchase, already_processed=True))
        if purchase.status is PurchaseStatus.REVOKED:
            records = recorded(self, purchase.id, moment)
            return Decision(Revoked(purchase, already_processed=True), Changes(records=records))
        if problem := _not_active(purchase, "revoked", moment):
            return Decision(InvalidInput((problem,)))
        revoked = granting.end(purchase, PurchaseStatus.REVOKED, AccessStatus.REVOKED, moment.now)
        change: dict[str, object] = {"status": [purchase.status.value, revoked.status.value]}
        changes = _changes(revoked, "purchase.revoked", change, self, moment)
        return Decision(Revoked(revoked, already_processed=False), changes)


AmendPurchase = ExtendPurchase | CorrectPurchaseMetadata | RevokePurchase


def _named(command: AmendPurchase, state: State) -> tuple[Purchase, bool] | IdempotencyKeyReused | NotFound:
    """The purchase that the command names, and whether this is a replay of an earlier call with the same key."""
    replayed = replay_of(command, state)
    if isinstance(replayed, IdempotencyKeyReused):
        return replayed
    purchase = state.purchases.get(command.purchase_id)
    return NotFound("purchase") if purchase is None else (purchase, replayed is not None)


def _not_extendable(purchase: Purchase, state: State) -> FieldProblem | None:
    """Why a purchase cannot be extended at all."""
    if purchase.status not in (PurchaseStatus.ACTIVE, PurchaseStatus.EXPIRED):
        return FieldProblem(("purchaseId",), f"is {purchase.status}; only what is ACTIVE or EXPIRED is extended")
    if purchase.access.expires_at is None:
        return FieldProblem(("purchaseId",), "never ends, so there is nothing to extend")
    payment = state.payments.get(purchase.payment_id) if purchase.payment_id else None
    # A purchase that expired before its money went back stays EXPIRED: extended, it would be a course for nothing.
    if payment is not None and payment.status is PaymentStatus.REFUNDED:
        return FieldProblem(("purchaseId",), "was refunded in full; grant the course anew with createPurchase")
    return None


def _no_later_end(purchase: Purchase, command: ExtendPurchase, moment: Moment) -> FieldProblem | None:
    """Why the purchase cannot be given this end. The end that it has already is no problem: the call was repeated."""
    if problem := access.end_problem(command.expiry_date, moment.now):
        return FieldProblem(("expiryDate",), problem)
    stored = purchase.access.expires_at
    assert stored is not None, "what never ends was refused before"
    if command.expiry_date < stored:
        return FieldProblem(("expiryDate",), f"must be later than {_instant(stored)}, when it ends as things stand")
    return None


def _extended(purchase: Purchase, command: ExtendPurchase, before: Changes, moment: Moment) -> Decision:
    old = purchase.access.expires_at
    assert old is not None, "what never ends was refused before"
    if old == command.expiry_date:
        records = recorded(command, purchase.id, moment)
        return Decision(Extended(purchase, already_processed=True), Changes(records=records))
    new_access = access.extended(purchase.access, command.expiry_date)
    extended = replace(purchase, status=PurchaseStatus.ACTIVE, ended_at=None, access=new_access)
    change: dict[str, object] = {"expiryDate": [_instant(old), _instant(command.expiry_date)]}
    if purchase.status is not extended.status:
        change["status"] = [purchase.status.value, extended.status.value]
    changes = before + _changes(extended, "purchase.extended", change, command, moment)
    return Decision(Extended(extended, already_processed=False), changes)


def _not_active(purchase: Purchase, done: str, moment: Moment) -> FieldProblem | None:
    """Why a purchase can no longer be changed; one whose expiry has passed has ended, even if its row is still
    ACTIVE."""
    status = purchase.status
    if status is PurchaseStatus.ACTIVE and access.has_lapsed(purchase.access, moment.now):
        status = PurchaseStatus.EXPIRED
    if status is PurchaseStatus.ACTIVE:
        return None
    return FieldProblem(("purchaseId",), f"is {status}; only an ACTIVE purchase is {done}")


def _begins_too_late(moved: Access) -> FieldProblem | None:
    if moved.expires_at is None or moved.starts_at < moved.expires_at:
        return None
    ends = _instant(moved.expires_at)
    return FieldProblem(("metadata", "date"), f"must be before the access ends, {ends}; extend the purchase first")


def _changes(
    purchase: Purchase, action: str, change: dict[str, object], command: AmendPurchase, moment: Moment
) -> Changes:
    entry = granting.audit(purchase.id, action, command.actor, moment, command.reason, change)
    return Changes(purchases=(purchase,), audit=(entry,), records=recorded(command, purchase.id, moment))


def _instant(instant: datetime) -> str:
    """In UTC, as the audit keeps instants."""
    return instant.astimezone(UTC).isoformat()
