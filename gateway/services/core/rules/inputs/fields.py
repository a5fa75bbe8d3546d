"""The problems of fields that several commands have, by their paths in the API's input."""

from collections.abc import Iterable

from gateway.services.core.model.currencies import HIGHEST_AMOUNT_MINOR, is_currency
from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.outcomes import FieldProblem
from gateway.services.core.model.values import Money
from gateway.services.core.rules.inputs import metadata
from gateway.services.core.rules.inputs.subjects import is_pseudonym, subject_problem
from gateway.services.core.rules.inputs.texts import text_problem

LONGEST_KEY = 255
LONGEST_REASON = 500


def key_problems(key: str | None) -> Iterable[FieldProblem]:
    if key is not None and (problem := text_problem(key, LONGEST_KEY)):
        yield FieldProblem(("idempotencyKey",), problem)


def reason_problems(reason: str) -> Iterable[FieldProblem]:
    if problem := text_problem(reason, LONGEST_REASON):
        yield FieldProblem(("reason",), problem)


def student_problems(student_id: str) -> Iterable[FieldProblem]:
    if problem := subject_problem(student_id):
        yield FieldProblem(("studentId",), problem)


def living_student_problems(student_id: str) -> Iterable[FieldProblem]:
    """The same for what somebody is to get, or to lose: nobody stands behind a pseudonym any more."""
    yield from student_problems(student_id)
    if is_pseudonym(student_id):
        yield FieldProblem(("studentId",), "stands for a student who was erased")


def metadata_problems(given: Metadata) -> Iterable[FieldProblem]:
    return (FieldProblem(("metadata", *problem.path), problem.message) for problem in metadata.problems(given))


def amount_problems(given: Money) -> Iterable[FieldProblem]:
    if not 1 <= given.amount_minor <= HIGHEST_AMOUNT_MINOR:
        yield FieldProblem(("amount",), f"must be 1 to {HIGHEST_AMOUNT_MINOR} minor units")
    if not is_currency(given.currency):
        yield FieldProblem(("currency",), f"must be the ISO 4217 code of a currency; this is {given.currency}")
