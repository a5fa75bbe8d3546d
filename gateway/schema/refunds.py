"""Refunds in the API."""

import datetime as dt

from strawberry import ID
from strawberry import type as graphql_type

from gateway.schema.conventions import ids
from gateway.schema.conventions.enums import RefundOrigin, RefundStatus
from gateway.schema.conventions.ids import Node
from gateway.schema.courses import Money
from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.core.model import values

_refund = FieldsOf[values.Refund]()
_failure = FieldsOf[values.Failure]()


@graphql_type(description="Why a refund was not made.")
class RefundFailure(Wraps[values.Failure]):
    code: str = _failure.field("For programs; the provider's own code.", lambda failure: failure.code)
    message: str = _failure.field("For people.", lambda failure: failure.message)


@graphql_type(description="Captured money on its way back.")
class Refund(Node, Wraps[values.Refund]):
    id: ID = ids.id_field(ids.REFUND)
    amount: Money = _refund.wrapped("How much goes back.", lambda refund: refund.amount)
    status: RefundStatus = _refund.field("Its state.", lambda refund: refund.status)
    origin: RefundOrigin = _refund.field("Who asked for it.", lambda refund: refund.origin)
    reason: str = _refund.field("Why it goes back.", lambda refund: refund.reason)
    failure: RefundFailure | None = _refund.wrapped(
        "Why it was not made, where it was not.",
        lambda refund: refund.failure,
    )
    provider_reference: str | None = _refund.field("The provider's id of the refund.", lambda refund: refund.reference)
    created_at: dt.datetime = _refund.field("When it was decided.", lambda refund: refund.created_at)
    settled_at: dt.datetime | None = _refund.field("When the provider settled it.", lambda refund: refund.settled_at)
