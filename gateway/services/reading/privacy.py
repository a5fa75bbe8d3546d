"""The reads of erasure and retention: whole tables, a page after the other, beside the writer."""

from sqlalchemy import bindparam, select, union_all

from db.compiled import Statement
from db.statements import PAYMENT, PURCHASE, RECORD, REFUND
from gateway.services.core.model.records import IdempotencyKey
from gateway.services.reading.source import Source

_STUDENT = bindparam("student", type_=PAYMENT.c.student_id.type)
_RESULTS = union_all(
    select(PAYMENT.c.id).where(PAYMENT.c.student_id == _STUDENT),
    select(PURCHASE.c.id).where(PURCHASE.c.student_id == _STUDENT),
    select(REFUND.c.id)
    .join_from(PAYMENT, REFUND, REFUND.c.payment_id == PAYMENT.c.id)
    .where(PAYMENT.c.student_id == _STUDENT),
)
_RECORDS = Statement(
    select(RECORD.c.actor_id, RECORD.c.operation, RECORD.c.key).where(RECORD.c.result_id.in_(_RESULTS))
)


class Erasures:
    """What is looked for before a student is erased, since no index leads to it: the writer need not wait for that."""

    def __init__(self, source: Source) -> None:
        self._source = source

    async def records_of(self, student_id: str) -> list[IdempotencyKey]:
        """The callers' keys that led to what is the student's."""
        return [IdempotencyKey(*row) for row in await self._source.rows(_RECORDS, student=student_id)]
