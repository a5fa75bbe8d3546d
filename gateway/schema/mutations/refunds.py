"""What an admin may ask about refunds: input, what it answers, and what it may come to."""

from typing import Annotated

import strawberry
from strawberry import ID, field
from strawberry import type as graphql_type

from gateway.schema.conventions.scalars import MinorUnits
from gateway.schema.mutations.descriptions import ALREADY, KEY, WHY
from gateway.schema.problems import IdempotencyKeyReused, InvalidInput, NotFound
from gateway.schema.purchases import Payment, Refund
from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.core.model import outcomes

_requested = FieldsOf[outcomes.RefundRequested]()


@strawberry.input(description="Captured money to be given back.")
class RefundPaymentInput:
    payment_id: ID = field(description="The payment.")
    amount_minor: MinorUnits | None = field(
        default=None,
        description="How much, in the minor unit of what was captured; left out, all that is left. A part needs an "
        "`idempotencyKey`.",
    )
    reason: str = field(description=WHY)
    idempotency_key: str | None = field(
        default=None,
        description=KEY + " Needed with `amountMinor`: the same call twice would give two parts back. Without one, all "
        "that is left goes back once.",
    )


@graphql_type(description="The refund is decided; a job carries it out.")
class RefundPaymentSuccess(Wraps[outcomes.RefundRequested]):
    refund: Refund = _requested.wrapped("The refund.", lambda requested: requested.refund)
    payment: Payment = _requested.wrapped("The payment.", lambda requested: requested.payment)
    already_processed: bool = _requested.field(ALREADY, lambda requested: requested.already_processed)


RefundPaymentResult = Annotated[
    RefundPaymentSuccess | InvalidInput | NotFound | IdempotencyKeyReused,
    strawberry.union("RefundPaymentResult", description="What `refundPayment` answers."),
]
