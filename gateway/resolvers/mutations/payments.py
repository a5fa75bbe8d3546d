"""The two flows by which a student comes to a course: a payment that is confirmed, or an admin's grant."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, cast

import strawberry
from strawberry import field

from gateway.context import Context
from gateway.resolvers.answers import answer_to
from gateway.resolvers.inputs import GatewayInfo, InputReader, mutation_context
from gateway.resolvers.permissions import viewer_of
from gateway.schema.conventions import ids
from gateway.schema.conventions.directives import ADMIN_ONLY, STUDENT_ONLY
from gateway.schema.conventions.enums import PaymentPurpose
from gateway.schema.mutations.payments import (
    ConfirmPaymentInput,
    ConfirmPaymentResult,
    CreatePaymentInput,
    CreatePaymentResult,
)
from gateway.schema.mutations.purchases import CreatePurchaseInput, CreatePurchaseResult
from gateway.services.core.commands.every import ConfirmPayment, CreatePurchase, OpenPayment
from gateway.services.core.model.outcomes import FieldProblem, InvalidInput, Outcome
from gateway.services.core.model.records import Door
from gateway.services.core.model.values import TierChoice

MOST_AT_ONCE = 100
"""Purchases of one `createPurchases`: a list that a person can check, and a commit that others can wait for."""


@strawberry.type(description="The two flows.")
class Flows:
    @field(
        description="Flow 1, first step. Starts a checkout: course, tier, price and metadata are checked before money "
        "moves, and that all sessions can take place before the access ends; then the provider's intent is opened.",
        directives=STUDENT_ONLY,
    )
    async def create_payment(
        self,
        info: GatewayInfo,
        input: Annotated[CreatePaymentInput, strawberry.argument(description="What shall be paid for.")],  # noqa: A002
    ) -> CreatePaymentResult:
        fields, context = InputReader(), mutation_context(info)
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
        fields, context = InputReader(), mutation_context(info)
        command = ConfirmPayment(
            actor=viewer_of(context),
            payment_id=fields.id(ids.PAYMENT, input.payment_id, "paymentId"),
            purchase_id=context.purchases.new_id(),
            verdict=None,
            metadata=input.metadata.to_value() if input.metadata else None,
            door=Door.CONFIRM_PAYMENT,
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
        context = mutation_context(info)
        command, input_problems = _grant(context, input)
        return cast(CreatePurchaseResult, answer_to(await context.purchases.submit(command, input_problems)))

    @field(
        description="`createPurchase` for up to 100 at once: each item has its own result, in the order given, and all "
        "are made in one commit. An item that is refused holds up no other; items are decided one after the other, so "
        "a student and course given twice come to what two calls would. More than 100: each item is `InvalidInput`, "
        "and nothing is done.",
        directives=ADMIN_ONLY,
    )
    async def create_purchases(
        self,
        info: GatewayInfo,
        input: Annotated[  # noqa: A002
            list[CreatePurchaseInput], strawberry.argument(description="What shall be granted, 100 at most.")
        ],
    ) -> list[CreatePurchaseResult]:
        context = mutation_context(info)
        if len(input) > MOST_AT_ONCE:
            problem = FieldProblem((), f"must be {MOST_AT_ONCE} at most; these are {len(input)}")
            outcomes: Sequence[Outcome] = [InvalidInput((problem,))] * len(input)
        else:
            read = [_grant(context, each) for each in input]
            outcomes = await context.purchases.submit_all([each for each, _ in read], [seen for _, seen in read])
            outcomes = [_of_item(index, outcome) for index, outcome in enumerate(outcomes)]
        return [cast(CreatePurchaseResult, answer_to(outcome)) for outcome in outcomes]


def _grant(context: Context, wish: CreatePurchaseInput) -> tuple[CreatePurchase, list[FieldProblem]]:
    """The command that an input means, and what is wrong with its ids."""
    fields = InputReader()
    command = CreatePurchase(
        actor=viewer_of(context),
        purchase_id=context.purchases.new_id(),
        student_id=str(wish.student_id),
        course_id=fields.id(ids.COURSE, wish.course_id, "courseId"),
        tier=TierChoice(wish.purchase_tier, wish.session_count),
        metadata=wish.metadata.to_value(),
        reason=wish.reason,
        expiry_date=wish.expiry_date,
        on_existing=wish.on_existing,
        key=wish.idempotency_key,
    )
    return command, fields.problems


def _of_item(index: int, outcome: Outcome) -> Outcome:
    """The outcome with its item's place on the way to each wrong field."""
    if not isinstance(outcome, InvalidInput):
        return outcome
    return InvalidInput(tuple(replace(each, path=(str(index), *each.path)) for each in outcome.fields))
