"""Filters of lists, as conditions in SQL."""

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Protocol, get_type_hints
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Dialect, and_, bindparam, case, literal_column, select, text

from db.job_tables import NO_EVENT, NOT_COMPLETED
from db.keys import Among
from db.refund_tables import NOT_MADE, OF_OTHERS
from db.statements import JOB, PAYMENT, PURCHASE, REFUND
from db.tables import NOT_ACTIVE, NOT_FULFILLED, NOT_SUCCEEDED, OF_ADMINS
from gateway.services.core.model.currencies import HIGHEST_AMOUNT_MINOR
from gateway.services.core.model.jobs import JobKind, JobState
from gateway.services.core.model.values import (
    Fulfilment,
    Origin,
    PaymentStatus,
    Provider,
    PurchaseStatus,
    RefundOrigin,
    RefundStatus,
)


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """A condition in SQL, built once; the value that it is asked with is a parameter.

    Args:
        is_served: whether an index leads to the rows that meet it, in the order of the list.
        is_range: whether it bounds that order itself.
    """

    sql: ColumnElement[bool]
    name: str
    is_served: bool = False
    is_range: bool = False

    def parameters(self, value: Any, dialect: Dialect) -> dict[str, object]:
        if isinstance(self.sql, Among):
            return self.sql.parameters(sorted(value), dialect)
        return {self.name: value}


@dataclass(frozen=True, slots=True)
class AmountRange:
    """Amounts of a currency, in its minor unit, from the least to the most."""

    currency: str
    least: int = 0
    most: int = HIGHEST_AMOUNT_MINOR


class AmountCondition(Condition):
    """That an amount lies in a range: three parameters."""

    __slots__ = ()

    def parameters(self, value: AmountRange, dialect: Dialect) -> dict[str, object]:
        return {"amount_currency": value.currency, "amount_least": value.least, "amount_most": value.most}


class Term(Protocol):
    """What a filter's field means in SQL."""

    def asked(self, value: Any) -> tuple[Condition, object]:
        """The condition for a value, and the parameter."""
        ...


class Equals:
    """That a column has the value.

    Args:
        usual: the value that most rows have. The other values have a partial index, small and cheap to keep, which is
            only used by a statement that contains its condition.
        unusual: that condition.
        is_served: whether all values have an index.
    """

    def __init__(
        self, column: Column[Any], usual: object = None, unusual: str = "", *, is_served: bool = False
    ) -> None:
        equal = column == bindparam(column.key, type_=column.type)
        self._usual = usual
        self._usually = self._unusually = Condition(equal, column.key, is_served)
        if unusual:
            rare = and_(equal, text(f"{column.table.name}.{unusual}"))
            self._unusually = Condition(rare, column.key, is_served=True)

    def asked(self, value: object) -> tuple[Condition, object]:
        return (self._usually if value is self._usual else self._unusually), value


class IsAmong:
    """That a column has one of the values. A single value is compared with `=`: its rows are in an index in the list's
    order, so nothing is sorted."""

    def __init__(self, column: Column[Any]) -> None:
        self._one = Equals(column, is_served=True)
        self._many = Condition(Among(column), column.key, is_served=True)

    def asked(self, value: frozenset[Any]) -> tuple[Condition, object]:
        return self._one.asked(*value) if len(value) == 1 else (self._many, value)


class From:
    """That a column has the value or a higher one."""

    def __init__(self, column: Column[Any]) -> None:
        self._condition = _compared(operator.ge, column, f"{column.key}_from")

    def asked(self, value: object) -> tuple[Condition, object]:
        return self._condition, value


class Before:
    """That a column has a lower value."""

    def __init__(self, column: Column[Any]) -> None:
        self._condition = _compared(operator.lt, column, f"{column.key}_before")

    def asked(self, value: object) -> tuple[Condition, object]:
        return self._condition, value


class OfPaymentOf:
    """That the payment that a row names has the value: by the payments that an index leads to, which are few.

    Args:
        names: the column that names the payment.
    """

    def __init__(self, names: Column[Any], column: Column[Any]) -> None:
        payment = PAYMENT.alias("its_payment")
        of_payment = payment.c[column.key] == bindparam(column.key, type_=column.type)
        self._condition = Condition(names.in_(select(payment.c.id).where(of_payment)), column.key, is_served=True)

    def asked(self, value: object) -> tuple[Condition, object]:
        return self._condition, value


class Amount:
    """That an amount and its currency are in a range."""

    def __init__(self, amount: ColumnElement[Any], currency: ColumnElement[Any]) -> None:
        self._condition = AmountCondition(_in_range(amount, currency), "amount")

    def asked(self, value: AmountRange) -> tuple[Condition, object]:
        return self._condition, value


class AmountOfPayment:
    """The same of the payment that a row names: looked at row by row, and never the other way round."""

    def __init__(self, names: Column[Any]) -> None:
        paid = PAYMENT.alias("paid")
        meets = case((_in_range(paid.c.amount_minor, paid.c.currency), 1), else_=0)
        its = select(meets).where(paid.c.id == names).correlate(names.table).scalar_subquery()
        self._condition = AmountCondition(its == literal_column("1"), "amount")

    def asked(self, value: AmountRange) -> tuple[Condition, object]:
        return self._condition, value


def _in_range(amount: ColumnElement[Any], currency: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(
        currency == bindparam("amount_currency", type_=currency.type),
        amount >= bindparam("amount_least", type_=amount.type),
        amount <= bindparam("amount_most", type_=amount.type),
    )


def _compared(how: Any, column: Column[Any], name: str) -> Condition:
    return Condition(how(column, bindparam(name, type_=column.type)), name, is_range=True)


class Filter:
    """A dataclass whose fields are annotated with their terms; a field that is None is no condition."""

    __slots__ = ()
    _terms: ClassVar[Mapping[str, Term]]

    def __init_subclass__(cls) -> None:
        hints = get_type_hints(cls, include_extras=True)
        cls._terms = {name: hints[name].__metadata__[0] for name in cls.__annotations__}

    def conditions(self) -> dict[Condition, object]:
        """The conditions of the fields that are given, each with its parameter."""
        given = ((term, getattr(self, name)) for name, term in self._terms.items())
        return dict(term.asked(value) for term, value in given if value is not None)


@dataclass(frozen=True, slots=True)
class PurchaseFilter(Filter):
    """Which purchases. Created from an instant on, and before another. `ids`: one of these."""

    ids: Annotated[frozenset[UUID] | None, IsAmong(PURCHASE.c.id)] = None
    student_id: Annotated[str | None, Equals(PURCHASE.c.student_id, is_served=True)] = None
    course_id: Annotated[UUID | None, Equals(PURCHASE.c.course_id, is_served=True)] = None
    tier: Annotated[str | None, Equals(PURCHASE.c.tier)] = None
    status: Annotated[PurchaseStatus | None, Equals(PURCHASE.c.status, PurchaseStatus.ACTIVE, NOT_ACTIVE)] = None
    origin: Annotated[Origin | None, Equals(PURCHASE.c.origin, Origin.PAYMENT, OF_ADMINS)] = None
    created_from: Annotated[datetime | None, From(PURCHASE.c.created_at)] = None
    created_before: Annotated[datetime | None, Before(PURCHASE.c.created_at)] = None
    amount: Annotated[AmountRange | None, AmountOfPayment(PURCHASE.c.payment_id)] = None


@dataclass(frozen=True, slots=True)
class PaymentFilter(Filter):
    """Which payments. Created from an instant on, and before another. `ids`: one of these."""

    ids: Annotated[frozenset[UUID] | None, IsAmong(PAYMENT.c.id)] = None
    student_id: Annotated[str | None, Equals(PAYMENT.c.student_id, is_served=True)] = None
    course_id: Annotated[UUID | None, Equals(PAYMENT.c.course_id, is_served=True)] = None
    tier: Annotated[str | None, Equals(PAYMENT.c.tier)] = None
    provider: Annotated[Provider | None, Equals(PAYMENT.c.provider)] = None
    status: Annotated[PaymentStatus | None, Equals(PAYMENT.c.status, PaymentStatus.SUCCEEDED, NOT_SUCCEEDED)] = None
    fulfilment: Annotated[Fulfilment | None, Equals(PAYMENT.c.fulfilment, Fulfilment.FULFILLED, NOT_FULFILLED)] = None
    created_from: Annotated[datetime | None, From(PAYMENT.c.created_at)] = None
    created_before: Annotated[datetime | None, Before(PAYMENT.c.created_at)] = None
    amount: Annotated[AmountRange | None, Amount(PAYMENT.c.amount_minor, PAYMENT.c.currency)] = None


@dataclass(frozen=True, slots=True)
class JobFilter(Filter):
    """Which jobs. `subject_ids`: about any of these subjects."""

    state: Annotated[JobState | None, Equals(JOB.c.state, JobState.COMPLETED, NOT_COMPLETED)] = None
    kind: Annotated[JobKind | None, Equals(JOB.c.kind, JobKind.EVENT_DELIVER, NO_EVENT)] = None
    subject_ids: Annotated[frozenset[UUID] | None, IsAmong(JOB.c.subject_id)] = None


@dataclass(frozen=True, slots=True)
class RefundFilter(Filter):
    """Which refunds. Decided from an instant on, and before another. `ids`: one of these."""

    ids: Annotated[frozenset[UUID] | None, IsAmong(REFUND.c.id)] = None
    student_id: Annotated[str | None, OfPaymentOf(REFUND.c.payment_id, PAYMENT.c.student_id)] = None
    status: Annotated[RefundStatus | None, Equals(REFUND.c.status, RefundStatus.SUCCEEDED, NOT_MADE)] = None
    origin: Annotated[RefundOrigin | None, Equals(REFUND.c.origin, RefundOrigin.GATEWAY, OF_OTHERS)] = None
    created_from: Annotated[datetime | None, From(REFUND.c.created_at)] = None
    created_before: Annotated[datetime | None, Before(REFUND.c.created_at)] = None
    amount: Annotated[AmountRange | None, Amount(REFUND.c.amount_minor, REFUND.c.currency)] = None
