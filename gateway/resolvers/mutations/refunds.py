"""What an admin may do about captured money."""

from typing import Annotated

import strawberry

from gateway.resolvers.answers import mutation
from gateway.resolvers.inputs import GatewayInfo, InputReader, mutation_context
from gateway.resolvers.permissions import viewer_of
from gateway.schema.conventions import ids
from gateway.schema.conventions.directives import ADMIN_ONLY
from gateway.schema.mutations.refunds import RefundPaymentInput, RefundPaymentResult
from gateway.services.core.commands.refund_payment import RefundPayment
from gateway.services.core.model.outcomes import Outcome


@strawberry.type
class RefundMutations:
    @mutation(
        RefundPaymentResult,
        "Gives captured money back: all that is left of it, or a part. The refund is decided here and a "
        "job carries it out. The purchase ends once all of its money is back, by one refund or several; until then it "
        "stays as it is.",
        ADMIN_ONLY,
    )
    async def refund_payment(
        self,
        info: GatewayInfo,
        input: Annotated[RefundPaymentInput, strawberry.argument(description="What is to go back.")],  # noqa: A002
    ) -> Outcome:
        reader, context = InputReader(), mutation_context(info)
        command = RefundPayment(
            actor=viewer_of(context),
            refund_id=context.purchases.new_id(),
            payment_id=reader.id(ids.PAYMENT, input.payment_id, "paymentId"),
            amount_minor=input.amount_minor,
            reason=input.reason,
            key=input.idempotency_key,
        )
        return await context.purchases.submit(command, reader.problems)
