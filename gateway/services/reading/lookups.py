"""The look-ups that readers find by; the writer loads by some of them as well, see `gateway.services.rows.lookups`."""

from gateway.services.rows.lookups import (
    COURSE_BY_ID,
    HELD_PURCHASE,
    JOB_BY_ID,
    PAYMENT_BY_ID,
    PURCHASE_BY_ID,
    PURCHASE_OF_PAYMENT,
    REFUND_BY_ID,
    REFUNDS_OF_PAYMENT,
    SUCCESSOR,
)

__all__ = [
    "COURSE_BY_ID",
    "HELD_PURCHASE",
    "JOB_BY_ID",
    "PAYMENT_BY_ID",
    "PURCHASE_BY_ID",
    "PURCHASE_OF_PAYMENT",
    "REFUNDS_OF_PAYMENT",
    "REFUND_BY_ID",
    "SUCCESSOR",
]
