"""What happened to money on each day, by provider and currency: each figure is one statement, led by an index."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import product

from sqlalchemy import Connection, text

from db.spans import span_parameters, spans_text

Day = tuple[date, datetime, datetime]
"""A day, when it begins, and when the next one does."""
Group = tuple[date, str, str]
"""A day, a provider, and a currency; the last two are empty for what no money was paid for."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: of which rows, by which instant, and what is summed.

    Args:
        name: as it is in JSON.
        meaning: for finance.
        at: the column that says on which day a row counts; an index begins with it.
        where: which rows.
        amount: what is summed; None where there is no money.
        parts: the figures that it is the sum of; then nothing else is asked.
    """

    name: str
    meaning: str
    rows: str
    at: str
    where: str
    amount: str | None
    provider: str = "payment.provider"
    currency: str = "payment.captured_currency"
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sum:
    """How many, and how much in the currency's minor unit."""

    count: int = 0
    amount_minor: int = 0

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.count + other.count, self.amount_minor + other.amount_minor)


_REFUNDS = "refund JOIN payment ON payment.id = refund.payment_id"
_UNFULFILLED = "payment.fulfilment <> 'FULFILLED' AND payment.confirmed_at IS NOT NULL"
"""As the index of these has it: it is read by the day, and costs nothing where money becomes a purchase."""
_BACK = "refund.status = 'SUCCEEDED' AND refund.settled_at IS NOT NULL AND refund.origin"

OPENED = Figure(
    "opened",
    "Checkouts that were opened, and what they asked for.",
    *("payment", "payment.created_at", "payment.extra_of IS NULL", "payment.amount_minor"),
    currency="payment.currency",
)
CAPTURED = Figure(
    "captured",
    "Money that was captured, all of it.",
    *("", "", "", "payment.captured_minor"),
    parts=("fulfilled", "unfulfilled"),
)
FULFILLED = Figure(
    "fulfilled",
    "Of it, what became purchases.",
    *("purchase JOIN payment ON payment.id = purchase.payment_id", "purchase.created_at"),
    *("payment.fulfilment = 'FULFILLED'", "payment.captured_minor"),
)
"""A purchase is made in the commit that learns of its captured payment: that is how those payments are found."""
UNFULFILLED = Figure(
    "unfulfilled",
    "Of it, what could not, and goes back: paid twice, another amount, a course that is gone.",
    *("payment", "payment.confirmed_at", _UNFULFILLED, "payment.captured_minor"),
)
EXTRA = Figure(
    "extra",
    "Of that, what one checkout took a second time.",
    *("payment", "payment.confirmed_at"),
    f"{_UNFULFILLED} AND payment.extra_of IS NOT NULL",
    "payment.captured_minor",
)
OPEN_PROMISES = Figure(
    "openPromises",
    "What is still to go back today of the money of that day that became no purchase.",
    *("payment", "payment.confirmed_at"),
    f"{_UNFULFILLED} AND payment.refunded_minor < payment.captured_minor",
    "payment.captured_minor - payment.refunded_minor",
)
REFUNDED = Figure(
    "refunded",
    "Refunds that went back, ours and the dashboard's.",
    *(_REFUNDS, "refund.settled_at", f"{_BACK} <> 'DISPUTE'", "refund.amount_minor"),
    currency="refund.currency",
)
DISPUTED = Figure(
    "disputed",
    "Disputes that were opened.",
    *(_REFUNDS, "refund.created_at", "refund.origin = 'DISPUTE'", "refund.amount_minor"),
    currency="refund.currency",
)
DISPUTES_LOST = Figure(
    "disputesLost",
    "Disputes that were lost: the money is gone.",
    *(_REFUNDS, "refund.settled_at", f"{_BACK} = 'DISPUTE'", "refund.amount_minor"),
    currency="refund.currency",
)
GRANTED = Figure(
    "granted",
    "Purchases without a payment.",
    *("purchase", "purchase.created_at", "purchase.origin = 'ADMIN'", None),
    *("''", "''"),
)

FIGURES = (
    *(OPENED, CAPTURED, FULFILLED, UNFULFILLED, EXTRA, OPEN_PROMISES),
    *(REFUNDED, DISPUTED, DISPUTES_LOST, GRANTED),
)


def statement(figure: Figure, backend: str) -> str:
    """By the place of the day, by provider and by currency. CROSS JOIN has SQLite begin with the days."""
    amount = "0" if figure.amount is None else f"sum({figure.amount})"
    first, *joined = figure.rows.split(" JOIN ", 1)
    joins = "".join(f" JOIN {each}" for each in joined)
    return f"""SELECT day.place, {figure.provider} AS provider, {figure.currency} AS currency, count(*), {amount}
        FROM {spans_text(backend)} AS day CROSS JOIN {first}{joins}
        WHERE {figure.at} >= day.begins AND {figure.at} < day.ends AND {figure.where}
        GROUP BY 1, 2, 3"""


def reconciled(connection: Connection, days: Sequence[Day]) -> Mapping[Group, Mapping[str, Sum]]:
    """The figures of each day, provider and currency, by their names: those that are not nothing."""
    found: dict[Group, dict[str, Sum]] = {}
    for figure in FIGURES:
        for group, total in _sums(connection, figure, days) if not figure.parts else ():
            found.setdefault(group, {})[figure.name] = total
    for figure, sums in product(FIGURES, found.values()):
        if parts := [sums[name] for name in figure.parts if name in sums]:
            sums[figure.name] = sum(parts, Sum())
    return dict(sorted(found.items()))


def _sums(connection: Connection, figure: Figure, days: Sequence[Day]) -> Iterator[tuple[Group, Sum]]:
    dialect, bounds = connection.dialect, [(begins, ends) for _, begins, ends in days]
    rows = connection.execute(text(statement(figure, dialect.name)), span_parameters(bounds, dialect))
    for place, provider, currency, count, amount in rows:
        yield (days[place][0], provider, currency), Sum(int(count), int(amount))
