"""The look-ups of operations, which find views of rows; those of `gateway.services.rows.lookups` find values."""

from gateway.services.rows import lookups

COURSE_BY_ID = lookups.COURSE_BY_ID.viewed
ACTIVE_PURCHASE = lookups.ACTIVE_PURCHASE.viewed
HELD_PURCHASE = lookups.HELD_PURCHASE.viewed
EVENT_BY_NAME = lookups.EVENT_BY_NAME.viewed
JOB_BY_ID = lookups.JOB_BY_ID.viewed
LIVE_JOBS_OF_SUBJECT = lookups.LIVE_JOBS_OF_SUBJECT.viewed
PAYMENTS_OF_ATTEMPT = lookups.PAYMENTS_OF_ATTEMPT.viewed
PAYMENT_BY_REFERENCE = lookups.PAYMENT_BY_REFERENCE.viewed
PAYMENT_BY_ID = lookups.PAYMENT_BY_ID.viewed
PURCHASES_OF_PAIR = lookups.PURCHASES_OF_PAIR.viewed
PURCHASE_BY_ID = lookups.PURCHASE_BY_ID.viewed
PURCHASE_OF_PAYMENT = lookups.PURCHASE_OF_PAYMENT.viewed
REFUNDS_OF_PAYMENT = lookups.REFUNDS_OF_PAYMENT.viewed
REFUNDS_OF_REFERENCE = lookups.REFUNDS_OF_REFERENCE.viewed
REFUND_BY_ID = lookups.REFUND_BY_ID.viewed
SESSIONS_OF_PURCHASE = lookups.SESSIONS_OF_PURCHASE.viewed
RECORD_BY_KEY = lookups.RECORD_BY_KEY.viewed
SUCCESSOR = lookups.SUCCESSOR.viewed
