"""The mutations: the two flows, what an admin may do about their ends, and the catalogue."""

from typing import Annotated, cast

import strawberry
from strawberry import field

from gateway.resolvers.answers import answer_to
from gateway.resolvers.inputs import GatewayInfo, InputReader, mutation_context
from gateway.resolvers.mutations.payments import Flows
from gateway.resolvers.permissions import viewer_of
from gateway.schema.conventions import ids
from gateway.schema.conventions.directives import ADMIN_ONLY
from gateway.schema.jobs import Job
from gateway.schema.mutations.courses import SaveCourseInput, SaveCourseResult
from gateway.schema.mutations.jobs import (
    CancelJobInput,
    CancelJobResult,
    CancelJobSuccess,
    RetryJobInput,
    RetryJobResult,
    RetryJobSuccess,
)
from gateway.schema.mutations.payments import RefundPaymentInput, RefundPaymentResult
from gateway.schema.mutations.purchases import (
    CorrectPurchaseMetadataInput,
    CorrectPurchaseMetadataResult,
    ExtendPurchaseInput,
    ExtendPurchaseResult,
    RevokePurchaseInput,
    RevokePurchaseResult,
)
from gateway.services.core.commands.every import (
    CancelJob,
    CorrectPurchaseMetadata,
    ExtendPurchase,
    RefundPayment,
    RetryJob,
    RevokePurchase,
    SaveCourse,
)
from gateway.services.core.model.outcomes import JobChanged


@strawberry.type(description="The two flows, what an admin may do about their ends, and the catalogue.")
class Mutation(Flows):
    @field(
        description="Lets a purchase end later. One that has EXPIRED is active again, with the sessions it had left, "
        "unless the student has another one of the course by now. Audited with both ends.",
        directives=ADMIN_ONLY,
    )
    async def extend_purchase(
        self,
        info: GatewayInfo,
        input: Annotated[ExtendPurchaseInput, strawberry.argument(description="Which purchase, and until when.")],  # noqa: A002
    ) -> ExtendPurchaseResult:
        fields, context = InputReader(), mutation_context(info)
        command = ExtendPurchase(
            actor=viewer_of(context),
            purchase_id=fields.id(ids.PURCHASE, input.purchase_id, "purchaseId"),
            expiry_date=input.expiry_date,
            reason=input.reason,
            key=input.idempotency_key,
        )
        return cast(ExtendPurchaseResult, answer_to(await context.purchases.submit(command, fields.problems)))

    @field(
        description="Puts right when and how the sessions of an active purchase take place. Sessions used stay, and so "
        "does the end; an access begins at a first day that is still to come. Audited with what stood and what stands.",
        directives=ADMIN_ONLY,
    )
    async def correct_purchase_metadata(
        self,
        info: GatewayInfo,
        input: Annotated[  # noqa: A002
            CorrectPurchaseMetadataInput,
            strawberry.argument(description="Which purchase, and its metadata as it shall be."),
        ],
    ) -> CorrectPurchaseMetadataResult:
        fields, context = InputReader(), mutation_context(info)
        command = CorrectPurchaseMetadata(
            actor=viewer_of(context),
            purchase_id=fields.id(ids.PURCHASE, input.purchase_id, "purchaseId"),
            metadata=input.metadata.to_value(),
            reason=input.reason,
            key=input.idempotency_key,
        )
        return cast(CorrectPurchaseMetadataResult, answer_to(await context.purchases.submit(command, fields.problems)))

    @field(
        description="Takes an active purchase and its access back. Sessions used are kept. A paid one stays paid: for "
        "its money there is `refundPayment`. The student may buy the course again. Audited.",
        directives=ADMIN_ONLY,
    )
    async def revoke_purchase(
        self,
        info: GatewayInfo,
        input: Annotated[RevokePurchaseInput, strawberry.argument(description="Which purchase, and why.")],  # noqa: A002
    ) -> RevokePurchaseResult:
        fields, context = InputReader(), mutation_context(info)
        command = RevokePurchase(
            actor=viewer_of(context),
            purchase_id=fields.id(ids.PURCHASE, input.purchase_id, "purchaseId"),
            reason=input.reason,
            key=input.idempotency_key,
        )
        return cast(RevokePurchaseResult, answer_to(await context.purchases.submit(command, fields.problems)))

    @field(description="Puts a course and its tiers into the catalogue, or changes one.", directives=ADMIN_ONLY)
    async def save_course(
        self,
        info: GatewayInfo,
        input: Annotated[SaveCourseInput, strawberry.argument(description="The course as it shall stand.")],  # noqa: A002
    ) -> SaveCourseResult:
        fields, context = InputReader(), mutation_context(info)
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
        fields, context = InputReader(), mutation_context(info)
        command = RefundPayment(
            actor=viewer_of(context),
            refund_id=context.purchases.new_id(),
            payment_id=fields.id(ids.PAYMENT, input.payment_id, "paymentId"),
            amount_minor=input.amount_minor,
            reason=input.reason,
            key=input.idempotency_key,
        )
        return cast(RefundPaymentResult, answer_to(await context.purchases.submit(command, fields.problems)))

    @field(
        description="Runs a job again that was given up or called off, from now. A case (CASE_REVIEW) has nothing "
        "to run.",
        directives=ADMIN_ONLY,
    )
    async def retry_job(
        self,
        info: GatewayInfo,
        input: Annotated[RetryJobInput, strawberry.argument(description="Which job, and why.")],  # noqa: A002
    ) -> RetryJobResult:
        fields, context = InputReader(), mutation_context(info)
        command = RetryJob(viewer_of(context), fields.id(ids.JOB, input.job_id, "jobId"), input.reason)
        outcome = await context.purchases.submit(command, fields.problems)
        if isinstance(outcome, JobChanged):
            return RetryJobSuccess(job=Job.of(outcome.job))
        return cast(RetryJobResult, answer_to(outcome))

    @field(
        description="Calls a job off, or takes one that FAILED off the list once it is dealt with; a case "
        "(CASE_REVIEW) ends so. A refund that is called off stays promised. Audited.",
        directives=ADMIN_ONLY,
    )
    async def cancel_job(
        self,
        info: GatewayInfo,
        input: Annotated[CancelJobInput, strawberry.argument(description="Which job, and why.")],  # noqa: A002
    ) -> CancelJobResult:
        fields, context = InputReader(), mutation_context(info)
        command = CancelJob(viewer_of(context), fields.id(ids.JOB, input.job_id, "jobId"), input.reason)
        outcome = await context.purchases.submit(command, fields.problems)
        if isinstance(outcome, JobChanged):
            return CancelJobSuccess(job=Job.of(outcome.job))
        return cast(CancelJobResult, answer_to(outcome))
