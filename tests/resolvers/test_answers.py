"""Each thing that a command can come to has its answer, and each mutation's union has room for it."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, get_args
from uuid import UUID

import pytest
from graphql import GraphQLError, GraphQLNonNull, GraphQLObjectType, GraphQLUnionType
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.execution.schema import build_schema
from gateway.resolvers.answers import Answers, problem_of
from gateway.schema.conventions.errors import ErrorCode
from gateway.schema.mutations import courses, jobs, payments, purchases, refunds, sessions, students
from gateway.schema.problems import ProblemCode
from gateway.services.core.commands.adopt_payment import AdoptPayment
from gateway.services.core.commands.amend_purchase import CorrectPurchaseMetadata, ExtendPurchase, RevokePurchase
from gateway.services.core.commands.confirm_payment import ConfirmPayment
from gateway.services.core.commands.create_purchase import CreatePurchase
from gateway.services.core.commands.every import Command
from gateway.services.core.commands.imports.import_purchase import ImportPurchase
from gateway.services.core.commands.imports.rehearse_import import RehearseImport
from gateway.services.core.commands.jobs.asks import PlanAsk
from gateway.services.core.commands.jobs.claims import ClaimJobs, DeferJob, EndJob
from gateway.services.core.commands.jobs.renewals import RenewLeases
from gateway.services.core.commands.jobs.retries import CancelJob, RetryJob
from gateway.services.core.commands.jobs.sweeps import EndSweep, StartSweep
from gateway.services.core.commands.jobs.verifications import EndVerification
from gateway.services.core.commands.lapse_purchases import LapsePurchases
from gateway.services.core.commands.open_payment import OpenPayment, RecordIntent, RefusePrice
from gateway.services.core.commands.privacy.erase_student import EraseStudent
from gateway.services.core.commands.privacy.prune import Prune
from gateway.services.core.commands.provider_events import EndEvent, StoreEvent
from gateway.services.core.commands.reconcile import Reconcile
from gateway.services.core.commands.refund_payment import RefundPayment
from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.commands.sessions.record import RecordSession
from gateway.services.core.commands.sessions.withdraw import WithdrawSession
from gateway.services.core.commands.settle_refund import SettleRefund
from gateway.services.core.model import job_outcomes, outcomes
from gateway.services.core.model.outcomes import Difference, FieldProblem, Outcome
from gateway.services.core.model.privacy import outcomes as privacy_outcomes
from gateway.services.core.model.privacy.erasure import OpenBusiness, OpenKind
from gateway.services.core.model.sessions import outcomes as session_outcomes
from gateway.services.core.model.state import State
from gateway.services.core.model.values import Failure, Fulfilment, PaymentStatus, Refund, RefundStatus
from tests.draws import many
from tests.services.core.examples import CAPTURED, COURSE, EVENT, JOB, NOW, PAYMENT, PURCHASE, REFUND, SESSION, moment
from tests.services.core.states import COMMANDS, STATES

MUTATIONS = (
    CREATE_PAYMENT := "createPayment",
    CONFIRM_PAYMENT := "confirmPayment",
    CREATE_PURCHASE := "createPurchase",
    EXTEND_PURCHASE := "extendPurchase",
    CORRECT_METADATA := "correctPurchaseMetadata",
    REVOKE_PURCHASE := "revokePurchase",
    RECORD_SESSION := "recordSession",
    WITHDRAW_SESSION := "withdrawSession",
    SAVE_COURSE := "saveCourse",
    REFUND_PAYMENT := "refundPayment",
    RETRY_JOB := "retryJob",
    CANCEL_JOB := "cancelJob",
    ERASE_STUDENT := "eraseStudent",
)
KEYED = (
    CREATE_PAYMENT,
    CREATE_PURCHASE,
    EXTEND_PURCHASE,
    CORRECT_METADATA,
    REVOKE_PURCHASE,
    RECORD_SESSION,
    WITHDRAW_SESSION,
    SAVE_COURSE,
    REFUND_PAYMENT,
)
DECLINED = replace(PAYMENT, status=PaymentStatus.FAILED, failure=Failure("do_not_honor", "The bank said no."))
CANCELED = replace(PAYMENT, status=PaymentStatus.CANCELED, failure=Failure("canceled", "It was closed unpaid."))
REFUSED = replace(
    PAYMENT,
    status=PaymentStatus.SUCCEEDED,
    fulfilment=Fulfilment.UNFULFILLABLE,
    captured=CAPTURED.amount,
    failure=Failure("tier_gone", "The tier is gone."),
)
DUPLICATE = replace(REFUSED, fulfilment=Fulfilment.DUPLICATE, failure=None, duplicate_of=PURCHASE.id)

DIFFERENCE = Difference("date", "none", "2026-12-06")
SUCCESSES: list[tuple[Outcome, str]] = [
    (outcomes.Opened(PAYMENT, already_processed=False, client_secret="s"), "CreatePaymentSuccess"),
    (outcomes.Confirmed(PAYMENT, PURCHASE, already_processed=True), "ConfirmPaymentSuccess"),
    (outcomes.Created(PURCHASE, already_processed=False, replaced=PURCHASE), "CreatePurchaseSuccess"),
    (outcomes.Extended(PURCHASE, already_processed=False), "ExtendPurchaseSuccess"),
    (outcomes.Corrected(PURCHASE, already_processed=True), "CorrectPurchaseMetadataSuccess"),
    (outcomes.Revoked(PURCHASE, already_processed=False), "RevokePurchaseSuccess"),
    (session_outcomes.SessionRecorded(PURCHASE, SESSION, already_processed=False), "RecordSessionSuccess"),
    (session_outcomes.SessionWithdrawn(PURCHASE, SESSION, already_processed=True), "WithdrawSessionSuccess"),
    (outcomes.CourseSaved(COURSE, already_processed=False), "SaveCourseSuccess"),
    (outcomes.RefundRequested(REFUND, PAYMENT, already_processed=False), "RefundPaymentSuccess"),
    (privacy_outcomes.StudentErased("erased-1", 2, 1, already_processed=False), "EraseStudentSuccess"),
]
PROBLEMS: list[tuple[Outcome, str, str, bool]] = [
    (outcomes.PaymentPending(PAYMENT, 5), "PaymentPending", "PAYMENT_NOT_SETTLED", True),
    (outcomes.PaymentPending(PAYMENT, 5, is_unreachable=True), "PaymentPending", "PROVIDER_UNAVAILABLE", True),
    (outcomes.PaymentDeclined(DECLINED), "PaymentDeclined", "PAYMENT_DECLINED", True),
    (outcomes.Unfulfillable(REFUSED), "PaymentDeclined", "PAYMENT_MISMATCH", False),
    (outcomes.DuplicatePayment(DUPLICATE, PURCHASE), "DuplicatePayment", "DUPLICATE_PAYMENT", False),
    (outcomes.MetadataConflict((DIFFERENCE,), PURCHASE), "MetadataConflict", "METADATA_CONFLICT", False),
    (outcomes.MetadataConflict((DIFFERENCE,), None), "MetadataConflict", "METADATA_CONFLICT", False),
    (outcomes.ActivePurchaseExists(PURCHASE), "ActivePurchaseExists", "ACTIVE_PURCHASE_EXISTS", False),
    (
        outcomes.ActivePurchaseExists(PURCHASE, is_downgrade=True),
        "ActivePurchaseExists",
        "DOWNGRADE_NOT_ALLOWED",
        False,
    ),
    (session_outcomes.PurchaseEnded(PURCHASE, NOW, None), "PurchaseEnded", "PURCHASE_ENDED", False),
    (outcomes.IdempotencyKeyReused("k"), "IdempotencyKeyReused", "IDEMPOTENCY_KEY_REUSED", False),
    (outcomes.InvalidInput((FieldProblem(("reason",), "must not be empty"),)), "InvalidInput", "INVALID_INPUT", False),
    (outcomes.NotFound("course"), "NotFound", "NOT_FOUND", False),
    (
        privacy_outcomes.StudentHasOpenBusiness(tuple(OpenBusiness(kind, PURCHASE.id) for kind in OpenKind)),
        "StudentHasOpenBusiness",
        "STUDENT_HAS_OPEN_BUSINESS",
        False,
    ),
]
ERRORS: list[tuple[Outcome, ErrorCode]] = [
    (outcomes.Busy(retry_after_s=3), ErrorCode.BUSY),
    (outcomes.Busy(retry_after_s=3, may_be_done=True), ErrorCode.BUSY),
    (outcomes.ProviderAway(retry_after_s=3), ErrorCode.PROVIDER_UNAVAILABLE),
]
"""What is answered by a top-level error, which needs no place in a union."""
CHANGED_JOB = job_outcomes.JobChanged(JOB)
"""The one outcome that two mutations answer, each by its own success."""
ANSWERED: list[Outcome] = [
    *(example for example, *_ in SUCCESSES),
    *(example for example, *_ in PROBLEMS),
    CHANGED_JOB,
]

RUNNERS: list[Outcome] = [
    job_outcomes.Claimed((JOB,)),
    job_outcomes.LeasesRenewed(()),
    job_outcomes.RefundSettled(REFUND, PAYMENT),
    outcomes.Reconciled(PAYMENT, outcomes.PaymentPending(PAYMENT, 2)),
    job_outcomes.AskPlanned(PAYMENT),
    job_outcomes.Lapsed((PURCHASE,)),
    privacy_outcomes.Pruned(1, 2, 3, 4),
    job_outcomes.EventStored(EVENT, is_new=True),
    job_outcomes.EventEnded(EVENT),
    job_outcomes.Stale(),
    outcomes.PurchaseImported(PURCHASE, PAYMENT, is_new=True),
    outcomes.ImportRefused((FieldProblem(("courseId",), "is no course"),)),
    outcomes.ImportRehearsed(()),
]
"""What no caller over HTTP is ever answered: a runner, a webhook or an import hears it."""

COMES_FROM: dict[type[Any], tuple[str, ...]] = {
    outcomes.Opened: (CREATE_PAYMENT,),
    outcomes.Confirmed: (CONFIRM_PAYMENT,),
    outcomes.Created: (CREATE_PURCHASE,),
    outcomes.Extended: (EXTEND_PURCHASE,),
    outcomes.Corrected: (CORRECT_METADATA,),
    outcomes.Revoked: (REVOKE_PURCHASE,),
    session_outcomes.SessionRecorded: (RECORD_SESSION,),
    session_outcomes.SessionWithdrawn: (WITHDRAW_SESSION,),
    session_outcomes.PurchaseEnded: (RECORD_SESSION,),
    outcomes.CourseSaved: (SAVE_COURSE,),
    outcomes.PaymentPending: (CONFIRM_PAYMENT,),
    outcomes.PaymentDeclined: (CONFIRM_PAYMENT,),
    outcomes.Unfulfillable: (CONFIRM_PAYMENT,),
    outcomes.DuplicatePayment: (CONFIRM_PAYMENT,),
    outcomes.MetadataConflict: (CONFIRM_PAYMENT, CREATE_PURCHASE),
    outcomes.ActivePurchaseExists: (CREATE_PAYMENT, CREATE_PURCHASE, EXTEND_PURCHASE),
    outcomes.IdempotencyKeyReused: KEYED,
    outcomes.InvalidInput: MUTATIONS,
    outcomes.NotFound: tuple(name for name in MUTATIONS if name != ERASE_STUDENT),
    privacy_outcomes.StudentErased: (ERASE_STUDENT,),
    privacy_outcomes.StudentHasOpenBusiness: (ERASE_STUDENT,),
    outcomes.Busy: MUTATIONS,
    outcomes.ProviderAway: (CREATE_PAYMENT,),
    outcomes.RefundRequested: (REFUND_PAYMENT,),
    job_outcomes.JobChanged: (RETRY_JOB, CANCEL_JOB),
}
"""Which mutations an outcome can come from."""


ANSWERS = {
    CREATE_PAYMENT: Answers.in_union(payments.CreatePaymentResult),
    CONFIRM_PAYMENT: Answers.in_union(payments.ConfirmPaymentResult),
    CREATE_PURCHASE: Answers.in_union(purchases.CreatePurchaseResult),
    EXTEND_PURCHASE: Answers.in_union(purchases.ExtendPurchaseResult),
    CORRECT_METADATA: Answers.in_union(purchases.CorrectPurchaseMetadataResult),
    REVOKE_PURCHASE: Answers.in_union(purchases.RevokePurchaseResult),
    RECORD_SESSION: Answers.in_union(sessions.RecordSessionResult),
    WITHDRAW_SESSION: Answers.in_union(sessions.WithdrawSessionResult),
    SAVE_COURSE: Answers.in_union(courses.SaveCourseResult),
    REFUND_PAYMENT: Answers.in_union(refunds.RefundPaymentResult),
    RETRY_JOB: Answers.in_union(jobs.RetryJobResult),
    CANCEL_JOB: Answers.in_union(jobs.CancelJobResult),
    ERASE_STUDENT: Answers.in_union(students.EraseStudentResult),
}


def answer_to(outcome: Outcome) -> Any:
    """What the first of the mutations that it can come from answers."""
    return ANSWERS[COMES_FROM[type(outcome)][0]].to(outcome)


def name_of(answer: object) -> str:
    return str(answer.__strawberry_definition__.name)  # type: ignore[attr-defined]  # each answer is a Strawberry type


def members_of(mutation: str) -> set[str]:
    built = build_schema()._schema.mutation_type
    assert built is not None
    result = built.fields[mutation].type
    assert isinstance(result, GraphQLNonNull)
    assert isinstance(result.of_type, GraphQLUnionType)
    return {member.name for member in result.of_type.types}


def mutation_of(command: Command) -> str | None:
    """The mutation that a command comes from; None where a runner or a webhook gives it."""
    if getattr(command, "lease", None) is not None:
        return None
    match command:
        case OpenPayment() | RecordIntent() | RefusePrice():
            return CREATE_PAYMENT
        case ConfirmPayment():
            return CONFIRM_PAYMENT
        case CreatePurchase():
            return CREATE_PURCHASE
        case ExtendPurchase():
            return EXTEND_PURCHASE
        case CorrectPurchaseMetadata():
            return CORRECT_METADATA
        case RevokePurchase():
            return REVOKE_PURCHASE
        case RecordSession():
            return RECORD_SESSION
        case WithdrawSession():
            return WITHDRAW_SESSION
        case SaveCourse():
            return SAVE_COURSE
        case RefundPayment():
            return REFUND_PAYMENT
        case RetryJob():
            return RETRY_JOB
        case CancelJob():
            return CANCEL_JOB
        case EraseStudent():
            return ERASE_STUDENT
        case SettleRefund() | Reconcile() | StoreEvent() | EndEvent() | AdoptPayment():
            return None
        case ClaimJobs() | RenewLeases() | DeferJob() | EndJob() | StartSweep() | EndSweep():
            return None
        case PlanAsk() | LapsePurchases() | EndVerification() | ImportPurchase() | RehearseImport() | Prune():
            return None


def names_of(outcome: Outcome, mutation: str) -> str:
    """The type that a mutation answers an outcome with."""
    return name_of(ANSWERS[mutation].to(outcome))


def test_every_outcome_of_the_core_is_known_here() -> None:
    examples = [*ANSWERED, *(example for example, _ in ERRORS)]
    assert {type(example) for example in examples} == set(COMES_FROM)
    assert {type(example) for example in [*examples, *RUNNERS]} == set(get_args(Outcome))
    assert not set(COMES_FROM) & {type(example) for example in RUNNERS}


@pytest.mark.parametrize("outcome", RUNNERS, ids=lambda outcome: type(outcome).__name__)
def test_what_a_runner_hears_is_no_callers_answer(outcome: Outcome) -> None:
    for answers in ANSWERS.values():
        with pytest.raises(AssertionError, match="runner"):
            answers.to(outcome)


@pytest.mark.parametrize(("outcome", "name"), SUCCESSES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_success_is_answered_by_its_own_type(outcome: Outcome, name: str) -> None:
    answer: Any = answer_to(outcome)
    assert name_of(answer) == name
    assert answer.already_processed is getattr(outcome, "already_processed", None)


@pytest.mark.parametrize(("mutation", "name"), [(RETRY_JOB, "RetryJobSuccess"), (CANCEL_JOB, "CancelJobSuccess")])
def test_a_changed_job_is_answered_by_the_mutation_that_changed_it(mutation: str, name: str) -> None:
    assert names_of(CHANGED_JOB, mutation) == name


@pytest.mark.parametrize(
    ("outcome", "name", "code", "retryable"), PROBLEMS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_problem_is_answered_with_its_type_its_code_and_whether_to_try_again(
    outcome: Outcome, name: str, code: str, retryable: bool
) -> None:
    answer: Any = answer_to(outcome)
    assert (name_of(answer), answer.code, answer.retryable) == (name, ProblemCode[code], retryable)
    assert answer.message.endswith(".") or isinstance(outcome, outcomes.InvalidInput)


def test_a_problem_is_the_same_without_a_mutation() -> None:
    for outcome in (example for example, *_ in PROBLEMS):
        assert isinstance(outcome, outcomes.Refusal)
        assert name_of(problem_of(outcome)) == name_of(answer_to(outcome))


def test_two_answers_to_one_outcome_are_caught() -> None:
    with pytest.raises(AssertionError, match="one answer"):
        Answers([jobs.RetryJobSuccess, jobs.CancelJobSuccess])


@pytest.mark.parametrize(("outcome", "code"), ERRORS, ids=lambda value: value if isinstance(value, str) else "")
def test_what_could_not_be_done_now_is_an_error_that_says_when_to_come_again(outcome: Outcome, code: ErrorCode) -> None:
    with pytest.raises(GraphQLError) as raised:
        answer_to(outcome)
    assert raised.value.extensions == {"code": code.value, "retryable": True, "retryAfterSeconds": 3}


def test_every_problem_code_is_some_outcomes_but_busy_which_is_an_error() -> None:
    assert {code for _, _, code, _ in PROBLEMS} == {code.name for code in ProblemCode} - {"BUSY"}


def test_a_checkout_that_is_closed_for_good_is_not_to_be_tried_again() -> None:
    answer: Any = answer_to(outcomes.PaymentDeclined(CANCELED))
    assert answer.retryable is False


@pytest.mark.parametrize("outcome", ANSWERED, ids=lambda outcome: type(outcome).__name__)
def test_an_answer_has_its_place_in_the_union_of_each_mutation_it_comes_from(outcome: Outcome) -> None:
    assert all(names_of(outcome, mutation) in members_of(mutation) for mutation in COMES_FROM[type(outcome)])


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_union_has_no_member_that_nothing_comes_to(mutation: str) -> None:
    examples = [outcome for outcome in ANSWERED if mutation in COMES_FROM[type(outcome)]]
    answers = {names_of(outcome, mutation) for outcome in examples}
    assert members_of(mutation) == answers


@settings(derandomize=True, max_examples=many(200), deadline=None)
@given(st.sampled_from(COMMANDS), STATES)
def test_whatever_is_decided_comes_from_where_it_is_said_to(command: Command, state: State) -> None:
    outcome, mutation = command.decide(state, moment()).outcome, mutation_of(command)
    if mutation is None:
        return
    assert mutation in COMES_FROM[type(outcome)]
    assert names_of(outcome, mutation) in members_of(mutation)


def test_a_pending_payment_says_when_to_ask_again() -> None:
    answer: Any = answer_to(outcomes.PaymentPending(replace(PAYMENT, status=PaymentStatus.PROCESSING), 7))
    assert answer.retry_after_seconds == 7
    assert "Do not pay again" in answer.message


@pytest.mark.parametrize("status", [PaymentStatus.REQUIRES_PAYMENT, PaymentStatus.FAILED])
def test_whoever_has_not_paid_is_not_kept_from_paying(status: PaymentStatus) -> None:
    answer: Any = answer_to(outcomes.PaymentPending(replace(PAYMENT, status=status), 7))
    assert answer.message.startswith("The provider has seen no payment yet. If you have paid, do not pay again")


def test_a_decline_says_the_providers_reason_and_that_no_money_was_taken() -> None:
    answer: Any = answer_to(outcomes.PaymentDeclined(DECLINED))
    assert answer.message == "The bank said no. No money was taken."


@pytest.mark.anyio
async def test_money_that_goes_back_says_so_and_why() -> None:
    answer: Any = answer_to(outcomes.Unfulfillable(REFUSED))
    assert answer.message == "The payment cannot become a purchase and is refunded in full. The tier is gone."
    refund = await refund_told(REFUND)
    assert (refund.amount.amount_minor, refund.amount.currency, refund.status.name) == (199_900, "INR", "PENDING")


@pytest.mark.anyio
async def test_a_refund_that_arrived_is_told_as_such() -> None:
    arrived = await refund_told(replace(REFUND, status=RefundStatus.SUCCEEDED, settled_at=NOW))
    assert (arrived.status.name, arrived.settled_at) == ("SUCCEEDED", NOW)


async def refund_told(stored: Refund) -> Any:
    """The refund of a duplicate payment, where this one is stored for it."""

    async def find(_: object, payment_id: UUID) -> list[Refund]:
        assert payment_id == DUPLICATE.id
        return [stored]

    answer: Any = answer_to(outcomes.DuplicatePayment(DUPLICATE, PURCHASE))
    reads = SimpleNamespace(find=find)
    duplicate = build_schema()._schema.type_map["DuplicatePayment"]
    assert isinstance(duplicate, GraphQLObjectType)
    assert duplicate.fields["refund"].resolve is not None
    info: Any = SimpleNamespace(context=SimpleNamespace(reads=reads))
    return await duplicate.fields["refund"].resolve(answer, info)


def test_a_wrong_field_is_named_by_its_path_within_the_input() -> None:
    answer: Any = answer_to(outcomes.InvalidInput((FieldProblem(("metadata", "date"), "must be a Sunday"),)))
    assert [(each.path, each.message) for each in answer.fields] == [
        (["input", "metadata", "date"], "must be a Sunday")
    ]
    assert answer.message == "input.metadata.date must be a Sunday"


def test_a_conflict_names_each_difference_and_what_stands() -> None:
    answer: Any = answer_to(outcomes.MetadataConflict((DIFFERENCE,), PURCHASE))
    assert [(each.field, each.stored, each.given) for each in answer.fields] == [("date", "none", "2026-12-06")]
    assert answer.existing_purchase.value == PURCHASE
    alone: Any = answer_to(outcomes.MetadataConflict((DIFFERENCE,), None))
    assert alone.existing_purchase is None
