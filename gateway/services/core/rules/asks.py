"""When a provider is asked about a payment that nobody confirms: soon at first, then ever more rarely, to its end."""

from dataclasses import replace
from datetime import datetime, timedelta

from gateway.services.core.model.values import Fulfilment, Payment, PaymentStatus

MINUTE, HOUR, DAY = 60, 3_600, 86_400

FIRST_ASK_S = MINUTE
"""A payment is left to its page and its webhook for so long."""

WAITS_S = (
    *(minutes * MINUTE for minutes in (2, 4, 8, 15, 30)),
    *(hours * HOUR for hours in (1, 2, 4, 8, 12)),
    *(days * DAY for days in (1, 2, 4, 7)),
)
"""After the first ask, and each one after it; the last is repeated. A checkout that nobody pays is asked after some 18
times in all."""

CLOSED_AFTER = timedelta(days=30)
"""A checkout that old is closed at the provider. Far longer than a student comes back to a page, or a bank's transfer
takes."""

RARELY_S = 90 * DAY
"""Where the provider cannot close it, it takes money for ever, and is asked for ever. What is paid there stands in its
list of changes as well, and so is noticed at once."""

WAITS_FOR_REFUNDS_S = tuple(hours * HOUR for hours in (1, 2, 4, 8, 12, 24))
"""After money is on its way back, or disputed: banks take days and weeks."""

SPREAD = 0.25
"""By how much of itself a wait is longer, at most: what was opened in one crowd is not asked after in one."""


def first_ask(payment: Payment, now: datetime) -> Payment:
    """The payment whose intent is open since now. Students come one by one, so this wait needs no spread."""
    return replace(payment, ask_at=now + timedelta(seconds=FIRST_ASK_S), asks=0)


def never_asked(payment: Payment) -> Payment:
    """The payment of which there is no more to learn, unless somebody says so."""
    return replace(payment, ask_at=None, asks=0)


def asked_after(payment: Payment, now: datetime) -> Payment:
    """The payment of which money is on its way back: it is followed until that has arrived, or is here again."""
    return payment if payment.ask_at else _asked_in(payment, WAITS_FOR_REFUNDS_S[0], 0, now)


def is_open(payment: Payment) -> bool:
    """Whether the provider may take its money yet."""
    return payment.fulfilment is Fulfilment.PENDING and payment.status is not PaymentStatus.CANCELED


def is_abandoned(payment: Payment, now: datetime) -> bool:
    """Whether a checkout is to be closed: nobody paid it in all its time, and no bank has it under way."""
    is_under_way = payment.status is PaymentStatus.PROCESSING
    return is_open(payment) and not is_under_way and is_old(payment, now)


def is_old(payment: Payment, now: datetime) -> bool:
    """Whether a checkout was opened so long ago that it is closed if nobody paid it."""
    return payment.created_at + CLOSED_AFTER <= now


def planned(payment: Payment, asks: int | None, now: datetime, *, is_pending: bool, is_answered: bool) -> Payment:
    """The payment with its next ask, if it needs one, after the provider was asked. Who was overtaken by another ask
    plans nothing. The arguments are those of `PlanAsk`."""
    if asks is None:  # asked by another way than the schedule
        is_missed = is_open(payment) and payment.ask_at is None and payment.reference is not None
        return first_ask(payment, now) if is_missed else asked_after(payment, now) if is_pending else payment
    if payment.ask_at is None or payment.asks != asks:
        return payment
    if is_open(payment) or not is_answered:
        is_rare = is_answered and is_abandoned(payment, now)  # and could not be closed
        wait_s = RARELY_S if is_rare else WAITS_S[min(asks, len(WAITS_S) - 1)]
        return _asked_in(payment, wait_s, asks + 1, now)
    if is_pending:
        wait_s = WAITS_FOR_REFUNDS_S[min(asks + 1, len(WAITS_FOR_REFUNDS_S) - 1)]
        return _asked_in(payment, wait_s, asks + 1, now)
    return never_asked(payment)


def _asked_in(payment: Payment, wait_s: int, asks: int, now: datetime) -> Payment:
    """Spread by the payment's own id, whose end is random: the same each time, so that this is a pure function."""
    spread = 1 + SPREAD * (payment.id.int % 1024) / 1024
    return replace(payment, ask_at=now + timedelta(seconds=wait_s * spread), asks=asks)
