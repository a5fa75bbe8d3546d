"""When a provider is asked about a payment that nobody confirms: soon at first, then ever more rarely."""

from datetime import datetime, timedelta

from gateway.services.core.frozen import replace
from gateway.services.core.model.values import Fulfilment, Payment, PaymentStatus

MINUTE, HOUR, DAY = 60, 3_600, 86_400

FIRST_ASK_S = MINUTE
"""How long a payment is left to its page and its webhook."""

WAITS_S = (
    *(minutes * MINUTE for minutes in (2, 4, 8, 15, 30)),
    *(hours * HOUR for hours in (1, 2, 4, 8, 12)),
    *(days * DAY for days in (1, 2, 4, 7)),
)
"""The waits after the first ask and each one after it; the last is repeated. A checkout that nobody pays is asked about
some 18 times in all."""

CLOSED_AFTER = timedelta(days=30)
"""When an unpaid checkout is closed at the provider: long after any student would return to the page, or any bank
transfer would arrive."""

RARELY_S = 90 * DAY
"""Where the provider cannot close a checkout, it can be paid for ever, and is asked about for ever. A payment is also
in the provider's list of changes, and so is noticed at once."""

WAITS_FOR_REFUNDS_S = tuple(hours * HOUR for hours in (1, 2, 4, 8, 12, 24))
"""The waits while money is on its way back, or disputed: banks take days or weeks."""

LONGEST_ASK = timedelta(seconds=2 * RARELY_S)
"""No ask is further away. What is planned for later was planned by a wrong clock, and is due."""

SPREAD = 0.25
"""The largest share by which a wait is lengthened, so that payments opened together are not asked about together."""


def first_ask(payment: Payment, now: datetime) -> Payment:
    """The payment whose intent was just opened, with its first ask. Students come one by one, so it needs no spread."""
    return replace(payment, ask_at=now + timedelta(seconds=FIRST_ASK_S), asks=0)


def never_asked(payment: Payment) -> Payment:
    """The payment without a next ask."""
    return replace(payment, ask_at=None, asks=0)


def asked_after(payment: Payment, now: datetime) -> Payment:
    """The payment with a next ask, as money of it is on its way back: until that has arrived, or come back to us."""
    return payment if payment.ask_at else _asked_in(payment, WAITS_FOR_REFUNDS_S[0], 0, now)


def is_open(payment: Payment) -> bool:
    """Whether the payment can still be paid."""
    return payment.fulfilment is Fulfilment.PENDING and payment.status is not PaymentStatus.CANCELED


def is_abandoned(payment: Payment, now: datetime) -> bool:
    """Whether a checkout is to be closed: it is old and unpaid, and no bank is processing it."""
    is_under_way = payment.status is PaymentStatus.PROCESSING
    return is_open(payment) and not is_under_way and is_old(payment, now)


def is_old(payment: Payment, now: datetime) -> bool:
    """Whether a checkout is so old that it is closed if it is unpaid."""
    return payment.created_at + CLOSED_AFTER <= now


def planned(payment: Payment, asks: int | None, now: datetime, *, is_pending: bool, is_answered: bool) -> Payment:
    """The payment with its next ask, if it needs one, after the provider was asked. Nothing changes where another ask
    came first. The arguments are those of `PlanAsk`."""
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
    """Spread by the payment's id, whose end is random: always the same for a payment, so this function is pure."""
    spread = 1 + SPREAD * (payment.id.int % 1024) / 1024
    return replace(payment, ask_at=now + timedelta(seconds=wait_s * spread), asks=asks)
