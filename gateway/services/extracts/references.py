"""Which payments and refunds have a provider's own id: of an intent or order, of a charge, of a refund or dispute."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, bindparam, literal_column, select, text

from db.columns import PROVIDERS
from db.compiled import Statement
from db.statements import PAYMENT, REFUND
from db.tables import ATTEMPTED

MOST = 5
"""Several payments may have one attempt's id; nobody reads more of them."""

_SAID = bindparam("said", type_=PAYMENT.c.reference.type)

OF_INTENTS = [
    Statement(
        select(PAYMENT.c.id).where(PAYMENT.c.provider == literal_column(f"'{provider}'"), PAYMENT.c.reference == _SAID)
    )
    for provider in PROVIDERS
]
OF_ATTEMPT = Statement(select(PAYMENT.c.id).where(PAYMENT.c.attempt == _SAID, text(ATTEMPTED)).limit(MOST))
OF_REFUND = Statement(select(REFUND.c.id).where(REFUND.c.reference == _SAID).limit(MOST))


def payments_of(connection: Connection, reference: str) -> Sequence[UUID]:
    """Those whose intent or order has that id; where there is none, those whose latest attempt has."""
    for statement in OF_INTENTS:
        if found := _found(connection, statement, reference):
            return found
    return _found(connection, OF_ATTEMPT, reference)


def refunds_of(connection: Connection, reference: str) -> Sequence[UUID]:
    return _found(connection, OF_REFUND, reference)


def _found(connection: Connection, statement: Statement, reference: str) -> Sequence[UUID]:
    return connection.execute(statement.select, {"said": reference}).scalars().all()
