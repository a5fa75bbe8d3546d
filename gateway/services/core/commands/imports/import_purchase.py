"""A purchase of an old system, taken into our books as it stood there."""

from dataclasses import dataclass
from uuid import UUID

from gateway.services.core.frozen import quick
from gateway.services.core.model.command import BaseCommand
from gateway.services.core.model.imports.old_purchase import OldPurchase
from gateway.services.core.model.outcomes import FieldProblem, ImportRefused, PurchaseImported
from gateway.services.core.model.records import IdempotencyKey, IdempotencyRecord
from gateway.services.core.model.state import NOTHING, Changes, Decision, Moment, RowKeys, State
from gateway.services.core.model.values import Actor, Purchase, PurchaseStatus, Tier
from gateway.services.core.rules import cases, granting, inheritance, tiers
from gateway.services.core.rules.imports.books import Arrival, entered
from gateway.services.core.rules.imports.ends import Standing, standing_of
from gateway.services.core.rules.imports.inputs import row_problems
from gateway.services.core.rules.imports.sameness import differences, fingerprint
from gateway.services.core.rules.inputs.fields import living_student_problems

ROW, SUCCESSOR = "importPurchase", "importSuccessor"
"""Operations of idempotency records: the purchase of an old id, and the one that replaced the purchase of an old id."""


@quick
@dataclass(frozen=True, slots=True)
class ImportPurchase(BaseCommand):
    """Take a purchase over from another system, once for its old id there: with its payment, what went back, and its
    end. Nobody is told, unless `is_told`.

    Args:
        source: the name of the old system, within which old ids are unique.
    """

    actor: Actor
    source: str
    old: OldPurchase
    purchase_id: UUID
    new_payment_id: UUID
    new_refund_id: UUID
    is_told: bool = False

    @property
    def is_silent(self) -> bool:
        return not self.is_told

    def problems(self) -> list[FieldProblem]:
        return row_problems(self.old)

    def keys(self) -> RowKeys:
        old, paid = self.old, self.old.payment
        records = {self._key(ROW, old.old_id)}
        if old.supersedes is not None:
            records |= {self._key(ROW, old.supersedes), self._key(SUCCESSOR, old.supersedes)}
        return RowKeys(
            pairs={(old.student_id, old.course_id)},
            whole_pairs=frozenset() if old.supersedes is None else {(old.student_id, old.course_id)},
            courses={old.course_id},
            idempotency_keys={(each.actor_id, each.operation, each.key) for each in records},
            references={(paid.provider.value, paid.reference)} if paid else frozenset(),
            cases={cases.of_intent(paid.provider, paid.reference)} if paid else frozenset(),
        )

    def decide(self, state: State, moment: Moment) -> Decision:
        """The purchase that its old id stands for; a new one where it stands for none, and nothing is in its way."""
        record = state.records.get(self._key(ROW, self.old.old_id))
        if record is not None:
            return self._known(record, state)
        course = state.courses.get(self.old.course_id)
        if course is None:
            return _refused(FieldProblem(("courseId",), "is no course of the catalogue here"))
        tier = tiers.choose(course, self.old.tier, "purchaseTier")
        if isinstance(tier, FieldProblem):
            return _refused(tier)
        standing = standing_of(self.old, tier, moment.now)
        if standing.status is PurchaseStatus.ACTIVE and (
            of_nobody := list(living_student_problems(self.old.student_id))
        ):
            return _refused(*of_nobody)
        below, of_below = self._below(state)
        if problems := (*standing.problems, *of_below):
            return _refused(*problems)
        lapsed = self._standing_in_the_way(standing, state, moment)
        if isinstance(lapsed, Decision):
            return lapsed
        return self._entered(tier, standing, below, lapsed, state, moment)

    def _key(self, operation: str, old_id: str) -> IdempotencyKey:
        return IdempotencyKey(f"import:{self.source}", operation, old_id)

    def _known(self, record: IdempotencyRecord, state: State) -> Decision:
        purchase = state.purchases[record.result_id]
        differing = differences(record.fingerprint, fingerprint(self.old))
        if not differing:
            payment = state.payments.get(purchase.payment_id) if purchase.payment_id else None
            return Decision(PurchaseImported(purchase, payment, is_new=purchase.id == self.purchase_id))
        why = "is not as it was when this old id came over; nothing was changed"
        problems = tuple(FieldProblem((name,), why) for name in differing)
        return Decision(ImportRefused(problems, is_conflict=True, existing=purchase))

    def _below(self, state: State) -> tuple[Purchase | None, list[FieldProblem]]:
        """The purchase that this one replaced, and what speaks against that."""
        old, path = self.old, ("supersedes",)
        if old.supersedes is None:
            return None, []
        record = state.records.get(self._key(ROW, old.supersedes))
        if record is None:
            return None, [FieldProblem(path, f"names {old.supersedes}, which did not come over")]
        below = state.purchases[record.result_id]
        if (below.student_id, below.course_id) != (old.student_id, old.course_id):
            return below, [FieldProblem(path, f"names {old.supersedes}, which is of another student or course")]
        if below.status not in (PurchaseStatus.SUPERSEDED, PurchaseStatus.REFUNDED):
            return below, [FieldProblem(path, f"names {old.supersedes}, which is {below.status}, and not SUPERSEDED")]
        if below.created_at > old.created_at:
            return below, [FieldProblem(path, f"names {old.supersedes}, which is younger than this one")]
        if self._key(SUCCESSOR, old.supersedes) in state.records:
            return below, [FieldProblem(path, f"names {old.supersedes}, which another row has replaced already")]
        if any(True for _ in inheritance.standing_above(below, state.purchases)):
            return below, [FieldProblem(path, f"names {old.supersedes}, which was replaced here since it came over")]
        return below, []

    def _standing_in_the_way(self, standing: Standing, state: State, moment: Moment) -> Changes | Decision:
        """The end of a lapsed purchase in its place; or the refusal, where one is active, or the payment is known."""
        old, paid = self.old, self.old.payment
        if paid and (payment := state.payment_by_reference(paid.provider, paid.reference)):
            problem = FieldProblem(("paymentReference",), "is that of a payment in the books already")
            return Decision(ImportRefused((problem,), is_conflict=True, existing=state.purchase_of(payment)))
        if standing.status is not PurchaseStatus.ACTIVE:
            return NOTHING
        held = granting.standing(state, old.student_id, old.course_id, self.actor, moment)
        if held.active is None:
            return held.changes
        problem = FieldProblem(("status",), "is ACTIVE, and the student has an active purchase of this course already")
        return Decision(ImportRefused((problem,), is_conflict=True, existing=held.active))

    def _entered(
        self, tier: Tier, standing: Standing, below: Purchase | None, lapsed: Changes, state: State, moment: Moment
    ) -> Decision:
        ids = (self.purchase_id, self.new_payment_id, self.new_refund_id)
        arrival = Arrival(self.old, self.source, tier, standing, below, self.actor, *ids)
        purchase, payment, changes = entered(arrival, moment)
        records = [IdempotencyRecord(self._key(ROW, self.old.old_id), fingerprint(self.old), purchase.id, moment.now)]
        if self.old.supersedes is not None:
            key = self._key(SUCCESSOR, self.old.supersedes)
            records.append(IdempotencyRecord(key, fingerprint(self.old), purchase.id, moment.now))
        changes += Changes(records=tuple(records))
        if payment is not None and payment.reference is not None:
            changes += cases.settled(cases.of_intent(payment.provider, payment.reference), state, moment)
        notes = (*standing.notes, *_notes_of_entries(self.old))
        return Decision(PurchaseImported(purchase, payment, is_new=True, notes=notes), lapsed + changes)


def _refused(*problems: FieldProblem) -> Decision:
    return Decision(ImportRefused(problems))


def _notes_of_entries(old: OldPurchase) -> tuple[FieldProblem, ...]:
    cleaned = (
        FieldProblem(("metadata", name), "could not be kept as it was written, and was cleaned") for name in old.cleaned
    )
    left_out = (FieldProblem(("metadata", name), "could not be kept, and was left out") for name in old.left_out)
    return (*cleaned, *left_out)
