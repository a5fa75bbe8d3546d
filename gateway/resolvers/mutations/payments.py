"""The first flow: a payment is opened, and confirmed once it is paid."""

from typing import Annotated

import strawberry

from gateway.resolvers.answers import mutation
from gateway.resolvers.inputs import GatewayInfo, InputReader, mutation_context
from gateway.resolvers.permissions import viewer_of
from gateway.schema.conventions import ids
from gateway.schema.conventions.directives import STUDENT_ONLY
from gateway.schema.conventions.enums import PaymentPurpose
from gateway.schema.mutations.payments import (
    ConfirmPaymentInput,
    ConfirmPaymentResult,
    CreatePaymentInput,
    CreatePaymentResult,
)
from gateway.services.core.commands.confirm_payment import ConfirmPayment
from gateway.services.core.commands.open_payment import OpenPayment
from gateway.services.core.model.outcomes import Outcome
from gateway.services.core.model.records import Door
from gateway.services.core.model.values import TierChoice


@strawberry.type
class PaymentMutations:
    @mutation(
        CreatePaymentResult,
        "Flow 1, first step. Starts a checkout: course, tier, price and metadata are checked before money "
        "moves, and that all sessions can take place before the access ends; then the provider's intent is opened.",
        STUDENT_ONLY,
    )
    async def create_payment(
        self,
        info: GatewayInfo,
        input: Annotated[CreatePaymentInput, strawberry.argument(description="What is to be paid for.")],  # noqa: A002
    ) -> Outcome:
        reader, context = InputReader(), mutation_context(info)
        command = OpenPayment(
            actor=viewer_of(context),
            payment_id=context.purchases.new_id(),
            course_id=reader.id(ids.COURSE, input.course_id, "courseId"),
            tier=TierChoice(input.tier, input.session_count),
            metadata=input.metadata.to_value(),
            provider=input.provider,
            purpose=input.purpose or PaymentPurpose.PURCHASE,
            key=input.idempotency_key,
        )
        return await context.purchases.open(command, reader.problems)

    @mutation(
        ConfirmPaymentResult,
        "Flow 1, second step. The provider says paid; the purchase and its access are created here, in the "
        "same transaction. Confirming again, at once or later, gives the same purchase.",
        STUDENT_ONLY,
    )
    async def confirm_payment(
        self,
        info: GatewayInfo,
        input: Annotated[ConfirmPaymentInput, strawberry.argument(description="Which payment.")],  # noqa: A002
    ) -> Outcome:
        reader, context = InputReader(), mutation_context(info)
        command = ConfirmPayment(
            actor=viewer_of(context),
            payment_id=reader.id(ids.PAYMENT, input.payment_id, "paymentId"),
            purchase_id=context.purchases.new_id(),
            verdict=None,
            metadata=input.metadata.to_value() if input.metadata else None,
            door=Door.CONFIRM_PAYMENT,
        )
        proof = input.proof.to_value() if input.proof else None
        return await context.purchases.confirm(command, proof, reader.problems)
