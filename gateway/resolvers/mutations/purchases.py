"""The second flow, an admin's grant, and what an admin may change about a purchase."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.context import Context
from gateway.resolvers.answers import mutation
from gateway.resolvers.inputs import GatewayInfo, InputReader, mutation_context, of_item, too_many
from gateway.resolvers.permissions import viewer_of
from gateway.schema.conventions import ids
from gateway.schema.conventions.directives import ADMIN_ONLY
from gateway.schema.mutations.purchases import (
    CorrectPurchaseMetadataInput,
    CorrectPurchaseMetadataResult,
    CreatePurchaseInput,
    CreatePurchaseResult,
    ExtendPurchaseInput,
    ExtendPurchaseResult,
    RevokePurchaseInput,
    RevokePurchaseResult,
)
from gateway.services.core.commands.amend_purchase import CorrectPurchaseMetadata, ExtendPurchase, RevokePurchase
from gateway.services.core.commands.create_purchase import CreatePurchase
from gateway.services.core.model.outcomes import FieldProblem, Outcome
from gateway.services.core.model.values import TierChoice

MOST_AT_ONCE = 100
"""Purchases of one `createPurchases`: a list that a person can check, and a commit that others can wait for."""


@strawberry.type
class PurchaseMutations:
    @mutation(
        CreatePurchaseResult,
        "Flow 2. Grants a course without a payment: for manual corrections, support and tests. Asked again "
        "with the same tier and metadata, it returns the existing purchase.",
        ADMIN_ONLY,
    )
    async def create_purchase(
        self,
        info: GatewayInfo,
        input: Annotated[CreatePurchaseInput, strawberry.argument(description="What is to be granted.")],  # noqa: A002
    ) -> Outcome:
        context = mutation_context(info)
        command, input_problems = _grant(context, input)
        return await context.purchases.submit(command, input_problems)

    @mutation(
        list[CreatePurchaseResult],
        "`createPurchase` for up to 100 at once: each item has its own result, in the order given, and all "
        "are made in one commit. An item that is refused holds up no other; items are decided one after the other, so "
        "a student and course given twice come to what two calls would. More than 100: each item is `InvalidInput`, "
        "and nothing is done.",
        ADMIN_ONLY,
    )
    async def create_purchases(
        self,
        info: GatewayInfo,
        input: Annotated[  # noqa: A002
            list[CreatePurchaseInput], strawberry.argument(description="What is to be granted, 100 at most.")
        ],
    ) -> Sequence[Outcome]:
        context = mutation_context(info)
        if refused := too_many(input, MOST_AT_ONCE):
            return refused
        read = [_grant(context, each) for each in input]
        outcomes = await context.purchases.submit_all([each for each, _ in read], [wrong for _, wrong in read])
        return [of_item(index, outcome) for index, outcome in enumerate(outcomes)]

    @mutation(
        ExtendPurchaseResult,
        "Lets a purchase end later. One that has EXPIRED is active again, with the sessions it had left, "
        "unless the student has another one of the course by now. Audited with both ends.",
        ADMIN_ONLY,
    )
    async def extend_purchase(
        self,
        info: GatewayInfo,
        input: Annotated[ExtendPurchaseInput, strawberry.argument(description="Which purchase, and until when.")],  # noqa: A002
    ) -> Outcome:
        reader, context = InputReader(), mutation_context(info)
        command = ExtendPurchase(
            actor=viewer_of(context),
            purchase_id=reader.id(ids.PURCHASE, input.purchase_id, "purchaseId"),
            expiry_date=input.expiry_date,
            reason=input.reason,
            key=input.idempotency_key,
        )
        return await context.purchases.submit(command, reader.problems)

    @mutation(
        CorrectPurchaseMetadataResult,
        "Puts right when and how the sessions of an active purchase take place. Sessions used stay, and so "
        "does the end; an access begins at a first day that is still to come. Audited with the old and the new values.",
        ADMIN_ONLY,
    )
    async def correct_purchase_metadata(
        self,
        info: GatewayInfo,
        input: Annotated[  # noqa: A002
            CorrectPurchaseMetadataInput,
            strawberry.argument(description="Which purchase, and its metadata as it is to be."),
        ],
    ) -> Outcome:
        reader, context = InputReader(), mutation_context(info)
        command = CorrectPurchaseMetadata(
            actor=viewer_of(context),
            purchase_id=reader.id(ids.PURCHASE, input.purchase_id, "purchaseId"),
            metadata=input.metadata.to_value(),
            reason=input.reason,
            key=input.idempotency_key,
        )
        return await context.purchases.submit(command, reader.problems)

    @mutation(
        RevokePurchaseResult,
        "Takes an active purchase and its access back. Sessions used are kept. A paid one stays paid: for "
        "its money there is `refundPayment`. The student may buy the course again. Audited.",
        ADMIN_ONLY,
    )
    async def revoke_purchase(
        self,
        info: GatewayInfo,
        input: Annotated[RevokePurchaseInput, strawberry.argument(description="Which purchase, and why.")],  # noqa: A002
    ) -> Outcome:
        reader, context = InputReader(), mutation_context(info)
        command = RevokePurchase(
            actor=viewer_of(context),
            purchase_id=reader.id(ids.PURCHASE, input.purchase_id, "purchaseId"),
            reason=input.reason,
            key=input.idempotency_key,
        )
        return await context.purchases.submit(command, reader.problems)


def _grant(context: Context, input: CreatePurchaseInput) -> tuple[CreatePurchase, list[FieldProblem]]:  # noqa: A002
    """The command that an input means, and what is wrong with its ids."""
    reader = InputReader()
    command = CreatePurchase(
        actor=viewer_of(context),
        purchase_id=context.purchases.new_id(),
        student_id=str(input.student_id),
        course_id=reader.id(ids.COURSE, input.course_id, "courseId"),
        tier=TierChoice(input.purchase_tier, input.session_count),
        metadata=input.metadata.to_value(),
        reason=input.reason,
        expiry_date=input.expiry_date,
        on_existing=input.on_existing,
        key=input.idempotency_key,
    )
    return command, reader.problems
