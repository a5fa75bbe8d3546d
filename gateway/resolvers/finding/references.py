"""What a provider's id names: a checkout, an attempt to pay it, or a refund."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import TypeVar
from uuid import UUID

from gateway.context import Context
from gateway.services.core.model.values import Payment, Provider, Refund
from gateway.services.reading.lookups import (
    PAYMENT_BY_REFERENCE,
    PAYMENTS_OF_ATTEMPT,
    PURCHASE_OF_PAYMENT,
    REFUNDS_OF_PAYMENT,
    REFUNDS_OF_REFERENCE,
)
from gateway.services.reading.reader import Finder

Found = TypeVar("Found")


async def payments_named(context: Context, reference: str) -> list[Payment]:
    """The payments whose checkout or latest attempt has this id."""
    find = context.reads.find
    keys = [(provider.value, reference) for provider in Provider]
    of_checkout, of_attempt = await asyncio.gather(
        asyncio.gather(*(find(PAYMENT_BY_REFERENCE, key) for key in keys)), find(PAYMENTS_OF_ATTEMPT, reference)
    )
    return [*(payment for payment in of_checkout if payment), *of_attempt]


async def refunds_named(context: Context, reference: str) -> Sequence[Refund]:
    """The refunds and disputes that have this id."""
    return await context.reads.find(REFUNDS_OF_REFERENCE, reference)


async def ids_of_payments(context: Context, reference: str) -> frozenset[UUID]:
    """The payments that the id names, by themselves or by a refund of theirs."""
    payments, refunds = await asyncio.gather(payments_named(context, reference), refunds_named(context, reference))
    return frozenset([*(payment.id for payment in payments), *(refund.payment_id for refund in refunds)])


async def ids_of_purchases(context: Context, reference: str) -> frozenset[UUID]:
    """The purchases whose payment the id names."""
    found = await _of_each(context, PURCHASE_OF_PAYMENT, await ids_of_payments(context, reference))
    return frozenset(purchase.id for purchase in found if purchase)


async def ids_of_refunds(context: Context, reference: str) -> frozenset[UUID]:
    """The refunds that the id names, by themselves or by their payment."""
    payments, refunds = await asyncio.gather(payments_named(context, reference), refunds_named(context, reference))
    listed = await _of_each(context, REFUNDS_OF_PAYMENT, {payment.id for payment in payments})
    return frozenset(refund.id for each in (refunds, *listed) for refund in each)


async def _of_each(context: Context, finder: Finder[UUID, Found], keys: Iterable[UUID]) -> list[Found]:
    return await asyncio.gather(*(context.reads.find(finder, key) for key in keys))
