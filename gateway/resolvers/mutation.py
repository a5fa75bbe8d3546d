"""The mutations: the two flows, and the catalogue."""

from typing import Annotated, cast

import strawberry
from strawberry import Info, field

from gateway.context import Context
from gateway.resolvers.answers import answer_to
from gateway.resolvers.arguments import Fields
from gateway.resolvers.permissions import viewer_of
from gateway.schema import ids
from gateway.schema.directives import ADMIN_ONLY, STUDENT_ONLY
from gateway.schema.enums import PaymentPurpose
from gateway.schema.inputs import (
    CancelJobInput,
    ConfirmPaymentInput,
    CreatePaymentInput,
    CreatePurchaseInput,
    RefundPaymentInput,
    RetryJobInput,
    SaveCourseInput,
)
from gateway.schema.jobs import Job
from gateway.schema.results import (
    CancelJobResult,
    CancelJobSuccess,
    ConfirmPaymentResult,
    CreatePaymentResult,
    CreatePurchaseResult,
    RefundPaymentResult,
    RetryJobResult,
    RetryJobSuccess,
    SaveCourseResult,
)
from gateway.services.core.commands import (
    CancelJob,
    ConfirmPayment,
    CreatePurchase,
    OpenPayment,
    RefundPayment,
    RetryJob,
    SaveCourse,
    TierChoice,
)
from gateway.services.core.outcomes import JobChanged

GatewayInfo = Info[Context, None]


@strawberry.type(description="The two flows, and the catalogue.")
class Mutation:
    @field(
        description="Flow 1, first step. Starts a checkout: course, tier, price and metadata are checked before money "
        "moves, and the provider's intent is opened.",
        directives=STUDENT_ONLY,
    )
    async def create_payment(
        self,
        info: GatewayInfo,
        input: Annotated[CreatePaymentInput, strawberry.argument(description="What shall be paid for.")],  # noqa: A002
    ) -> CreatePaymentResult:
        fields, context = Fields(), begun(info)
        command = OpenPayment(
            actor=viewer_of(context),
            payment_id=context.purchases.new_id(),
            course_id=fields.id(ids.COURSE, input.course_id, "courseId"),
            tier=TierChoice(input.tier, input.session_count),
            metadata=input.metadata.to_value(),
            provider=input.provider,
            purpose=input.purpose or PaymentPurpose.PURCHASE,
            key=input.idempotency_key,
        )
        return cast(CreatePaymentResult, answer_to(await context.purchases.open(command, fields.problems)))

    @field(
        description="Flow 1, second step. The provider says paid; the purchase and its access are created here, in the "
        "same transaction. Confirming again, at once or later, gives the same purchase.",
        directives=STUDENT_ONLY,
    )
    async def confirm_payment(
        self,
        info: GatewayInfo,
        input: Annotated[ConfirmPaymentInput, strawberry.argument(description="Which payment.")],  # noqa: A002
    ) -> ConfirmPaymentResult:
        fields, context = Fields(), begun(info)
        command = ConfirmPayment(
            actor=viewer_of(context),
            payment_id=fields.id(ids.PAYMENT, input.payment_id, "paymentId"),
            purchase_id=context.purchases.new_id(),
            verdict=None,
            metadata=input.metadata.to_value() if input.metadata else None,
        )
        proof = input.proof.to_value() if input.proof else None
        outcome = await context.purchases.confirm(command, proof, fields.problems)
        return cast(ConfirmPaymentResult, answer_to(outcome))

    @field(
        description="Flow 2. Grants a course without a payment: for manual corrections, support and tests. Asked again "
        "with the same tier and metadata, it gives the purchase that stands.",
        directives=ADMIN_ONLY,
    )
    async def create_purchase(
        self,
        info: GatewayInfo,
        input: Annotated[CreatePurchaseInput, strawberry.argument(description="What shall be granted.")],  # noqa: A002
    ) -> CreatePurchaseResult:
        fields, context = Fields(), begun(info)
        command = CreatePurchase(
            actor=viewer_of(context),
            purchase_id=context.purchases.new_id(),
            student_id=str(input.student_id),
            course_id=fields.id(ids.COURSE, input.course_id, "courseId"),
            tier=TierChoice(input.purchase_tier, input.session_count),
            metadata=input.metadata.to_value(),
            reason=input.reason,
            expiry_date=input.expiry_date,
            on_existing=input.on_existing,
            key=input.idempotency_key,
        )
        return cast(CreatePurchaseResult, answer_to(await context.purchases.submit(command, fields.problems)))

    @field(description="Puts a course and its tiers into the catalogue, or changes one.", directives=ADMIN_ONLY)
    async def save_course(
        self,
        info: GatewayInfo,
        input: Annotated[SaveCourseInput, strawberry.argument(description="The course as it shall stand.")],  # noqa: A002
    ) -> SaveCourseResult:
        fields, context = Fields(), begun(info)
        command = SaveCourse(
            actor=viewer_of(context),
            course_id=context.purchases.new_id() if input.id is None else fields.id(ids.COURSE, input.id, "id"),
            is_new=input.id is None,
            title=input.title,
            tiers=tuple(tier.to_value() for tier in input.tiers),
            key=input.idempotency_key,
        )
        return cast(SaveCourseResult, answer_to(await context.purchases.submit(command, fields.problems)))

    @field(
        description="Gives captured money back: all that is left of it, or a part. The refund is decided here and a "
        "job carries it out. A full refund ends the purchase; a part of the money does not.",
        directives=ADMIN_ONLY,
    )
    async def refund_payment(
        self,
        info: GatewayInfo,
        input: Annotated[RefundPaymentInput, strawberry.argument(description="What shall go back.")],  # noqa: A002
    ) -> RefundPaymentResult:
        fields, context = Fields(), begun(info)
        command = RefundPayment(
            actor=viewer_of(context),
            refund_id=context.purchases.new_id(),
            payment_id=fields.id(ids.PAYMENT, input.payment_id, "paymentId"),
            amount_minor=input.amount_minor,
            reason=input.reason,
            key=input.idempotency_key,
        )
        return cast(RefundPaymentResult, answer_to(await context.purchases.submit(command, fields.problems)))

    @field(description="Runs a job again that was given up or called off, from now.", directives=ADMIN_ONLY)
    async def retry_job(
        self,
        info: GatewayInfo,
        input: Annotated[RetryJobInput, strawberry.argument(description="Which job, and why.")],  # noqa: A002
    ) -> RetryJobResult:
        fields, context = Fields(), begun(info)
        command = RetryJob(viewer_of(context), fields.id(ids.JOB, input.job_id, "jobId"), input.reason)
        outcome = await context.purchases.submit(command, fields.problems)
        if isinstance(outcome, JobChanged):
            return RetryJobSuccess(job=Job.of(outcome.job))
        return cast(RetryJobResult, answer_to(outcome))

    @field(description="Calls a job off. A refund that is called off stays promised.", directives=ADMIN_ONLY)
    async def cancel_job(
        self,
        info: GatewayInfo,
        input: Annotated[CancelJobInput, strawberry.argument(description="Which job, and why.")],  # noqa: A002
    ) -> CancelJobResult:
        fields, context = Fields(), begun(info)
        command = CancelJob(viewer_of(context), fields.id(ids.JOB, input.job_id, "jobId"), input.reason)
        outcome = await context.purchases.submit(command, fields.problems)
        if isinstance(outcome, JobChanged):
            return CancelJobSuccess(job=Job.of(outcome.job))
        return cast(CancelJobResult, answer_to(outcome))


def begun(info: GatewayInfo) -> Context:
    """The request's context for one more mutation: what an earlier one made it read may have changed."""
    info.context.loads.forget()
    return info.context
