"""Refunds in the API."""

import datetime as dt
from typing import Self

from strawberry import ID, field
from strawberry import type as graphql_type

from gateway.schema.conventions import ids
from gateway.schema.conventions.enums import RefundOrigin, RefundStatus
from gateway.schema.conventions.ids import Node
from gateway.schema.courses import Money
from gateway.services.core.model import values


@graphql_type(description="Why a refund was not made.")
class RefundFailure:
    code: str = field(description="For programs; the provider's own code.")
    message: str = field(description="For people.")


@graphql_type(description="Captured money on its way back.")
class Refund(Node):
    amount: Money = field(description="How much goes back.")
    status: RefundStatus = field(description="Where it stands.")
    origin: RefundOrigin = field(description="Whose wish it was.")
    reason: str = field(description="Why it goes back.")
    failure: RefundFailure | None = field(description="Why it was not made, where it was not.")
    provider_reference: str | None = field(description="The provider's id of the refund.")
    created_at: dt.datetime = field(description="When it was decided.")
    settled_at: dt.datetime | None = field(description="When the provider settled it.")

    @classmethod
    def of(cls, refund: values.Refund) -> Self:
        failure = refund.failure
        return cls(
            id=ID(ids.to_text(ids.REFUND, refund.id)),
            amount=Money.of(refund.amount),
            status=refund.status,
            origin=refund.origin,
            reason=refund.reason,
            failure=RefundFailure(code=failure.code, message=failure.message) if failure else None,
            provider_reference=refund.reference,
            created_at=refund.created_at,
            settled_at=refund.settled_at,
        )
