"""What is wrong with an old purchase in itself, by the names of its fields in an import."""

from collections.abc import Iterator

from gateway.services.core.model.currencies import HIGHEST_AMOUNT_MINOR, is_currency
from gateway.services.core.model.imports.old_purchase import OldPayment, OldPurchase
from gateway.services.core.model.outcomes import FieldProblem
from gateway.services.core.model.values import Money
from gateway.services.core.rules.inputs import metadata
from gateway.services.core.rules.inputs.fields import LONGEST_KEY, student_problems
from gateway.services.core.rules.inputs.texts import text_problem

LONGEST_REFERENCE = 255


def row_problems(old: OldPurchase) -> list[FieldProblem]:
    """Each field that is wrong in itself."""
    found = [*_id("oldId", old.old_id), *student_problems(old.student_id), *_own_id(old)]
    found += metadata.problems(old.metadata)
    if old.payment is not None:
        found += _of_payment(old, old.payment)
    return found


def _own_id(old: OldPurchase) -> Iterator[FieldProblem]:
    if old.supersedes is not None:
        yield from _id("supersedes", old.supersedes)
    if old.supersedes == old.old_id:
        yield FieldProblem(("supersedes",), "is its own oldId")


def _id(name: str, text: str, longest: int = LONGEST_KEY) -> Iterator[FieldProblem]:
    if problem := text_problem(text, longest):
        yield FieldProblem((name,), problem)


def _of_payment(old: OldPurchase, paid: OldPayment) -> Iterator[FieldProblem]:
    amount, back = paid.amount.amount_minor, paid.refunded_minor
    if not 1 <= amount <= HIGHEST_AMOUNT_MINOR:
        yield FieldProblem(("amount",), f"must be 1 to {HIGHEST_AMOUNT_MINOR} minor units; this is {amount}")
    if not is_currency(paid.amount.currency):
        yield FieldProblem(("currency",), "must be the ISO 4217 code of a currency, such as INR")
    if back is not None and not 0 <= back <= amount:
        given = Money(back, paid.amount.currency)
        yield FieldProblem(("refundedAmount",), f"must be 0 to the amount, {paid.amount}; this is {given}")
    named = (
        ("paymentReference", paid.reference),
        ("paymentAttempt", paid.attempt),
        ("refundReference", paid.refund_reference),
    )
    for name, text in named:
        if text is not None:
            yield from _id(name, text, LONGEST_REFERENCE)
    if paid.refunded_at is not None and paid.refunded_at < old.created_at:
        yield FieldProblem(("refundedAt",), "must be after createdAt")
