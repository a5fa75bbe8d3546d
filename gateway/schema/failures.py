"""Why money did not do what it was to do."""

from strawberry import type as graphql_type

from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.core.model import values

_failure = FieldsOf[values.Failure]()


@graphql_type(description="Why a payment did not lead to a purchase.")
class PaymentFailure(Wraps[values.Failure]):
    code: str = _failure.field(
        "For programs; a decline has the provider's own code, `price_refused` a price it does not take.",
        lambda failure: failure.code,
    )
    message: str = _failure.field("For people.", lambda failure: failure.message)


@graphql_type(description="Why a refund was not made.")
class RefundFailure(Wraps[values.Failure]):
    code: str = _failure.field("For programs; the provider's own code.", lambda failure: failure.code)
    message: str = _failure.field("For people.", lambda failure: failure.message)
