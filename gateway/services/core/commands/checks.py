"""What is wrong with a command in itself, before anything is looked up for it."""

from collections.abc import Iterable

from gateway.services.core.commands.every import (
    AdoptPayment,
    CancelJob,
    ClaimJobs,
    Command,
    ConfirmPayment,
    CorrectPurchaseMetadata,
    CreatePurchase,
    DeferJob,
    EndEvent,
    EndJob,
    EndSweep,
    ExtendPurchase,
    LapsePurchases,
    OpenPayment,
    PlanAsk,
    RecordExtra,
    RecordIntent,
    RecordRefunds,
    RefundPayment,
    RefusePrice,
    RetryJob,
    RevokePurchase,
    SaveCourse,
    SettleRefund,
    StartSweep,
    StoreEvent,
)
from gateway.services.core.model.currencies import HIGHEST_AMOUNT_MINOR, is_currency
from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.outcomes import FieldProblem
from gateway.services.core.model.values import Money
from gateway.services.core.rules.inputs import metadata
from gateway.services.core.rules.inputs.courses import course_problems
from gateway.services.core.rules.inputs.subjects import subject_problem
from gateway.services.core.rules.inputs.texts import text_problem

LONGEST_KEY = 255
LONGEST_REASON = 500


def problems_of(command: Command) -> list[FieldProblem]:
    """Each field that cannot be meant, by its path in the API's input; empty where all can."""
    match command:
        case OpenPayment():
            return [
                *_text("idempotencyKey", command.key, LONGEST_KEY),
                *_metadata(command.metadata),
            ]
        case CreatePurchase():
            return [
                *_text("idempotencyKey", command.key, LONGEST_KEY),
                *_student(command.student_id),
                *_text("reason", command.reason, LONGEST_REASON),
                *_metadata(command.metadata),
            ]
        case ConfirmPayment():
            return [] if command.metadata is None else _metadata(command.metadata)
        case SaveCourse():
            return [
                *_text("idempotencyKey", command.key, LONGEST_KEY),
                *course_problems(command.title, command.tiers),
            ]
        case CorrectPurchaseMetadata():
            return [
                *_text("idempotencyKey", command.key, LONGEST_KEY),
                *_text("reason", command.reason, LONGEST_REASON),
                *_metadata(command.metadata),
            ]
        case RefundPayment():
            return [
                *_key_of_part(command),
                *_text("idempotencyKey", command.key, LONGEST_KEY),
                *_text("reason", command.reason, LONGEST_REASON),
            ]
        case ExtendPurchase() | RevokePurchase():
            return [
                *_text("idempotencyKey", command.key, LONGEST_KEY),
                *_text("reason", command.reason, LONGEST_REASON),
            ]
        case RetryJob() | CancelJob():
            return [*_text("reason", command.reason, LONGEST_REASON)]
        case AdoptPayment():
            return [*_student(command.student_id), *_amount(command.amount), *_metadata(command.metadata)]
        case (
            RecordIntent()
            | RefusePrice()
            | RecordExtra()
            | LapsePurchases()
            | EndJob()
            | SettleRefund()
            | RecordRefunds()
            | StoreEvent()
            | EndEvent()
            | ClaimJobs()
            | DeferJob()
            | StartSweep()
            | EndSweep()
            | PlanAsk()
        ):
            return []


def _amount(given: Money) -> Iterable[FieldProblem]:
    if not 1 <= given.amount_minor <= HIGHEST_AMOUNT_MINOR:
        yield FieldProblem(("amount",), f"must be 1 to {HIGHEST_AMOUNT_MINOR} minor units")
    if not is_currency(given.currency):
        yield FieldProblem(("currency",), f"must be the ISO 4217 code of a currency; this is {given.currency}")


def _key_of_part(command: RefundPayment) -> Iterable[FieldProblem]:
    """Of all that is left nothing is left a second time; of a part, there may be enough for another one."""
    if command.amount_minor is not None and command.key is None:
        why = "is needed for a part: the same call twice would give two parts back; take any text, a new one each time"
        yield FieldProblem(("idempotencyKey",), why)


def _text(name: str, text: str | None, longest: int) -> Iterable[FieldProblem]:
    if text is not None and (problem := text_problem(text, longest)):
        yield FieldProblem((name,), problem)


def _student(student_id: str) -> Iterable[FieldProblem]:
    if problem := subject_problem(student_id):
        yield FieldProblem(("studentId",), problem)


def _metadata(given: Metadata) -> list[FieldProblem]:
    return [FieldProblem(("metadata", *problem.path), problem.message) for problem in metadata.problems(given)]
