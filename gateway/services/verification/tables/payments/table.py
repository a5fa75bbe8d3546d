"""The payments, with all that is joined to them."""

from gateway.services.verification.model import Related, Table
from gateway.services.verification.tables.payments.checkouts import CHECKED_BY, checkouts
from gateway.services.verification.tables.payments.histories import HAS, histories, history
from gateway.services.verification.tables.payments.money import BOUGHT, DUPLICATED, FIRST, RETURNS, money
from gateway.services.verification.tables.plans import identity, plan
from gateway.services.verification.tables.uniques import REFERENCES
from gateway.services.verification.words import Words


def payments(w: Words) -> Table:
    joined = (
        Related("course", "course", "course.id = payment.course_id"),
        Related("tier", "tier", "tier.course_id = payment.course_id AND tier.code = payment.tier"),
        DUPLICATED,
        FIRST,
        history(w),
        RETURNS,
        BOUGHT,
        CHECKED_BY,
    )
    invariants = (*money(w), *checkouts(w), *histories(w), identity("payment", w), plan("payment", w), REFERENCES)
    return Table("payment", ("id",), joined, invariants, {f"history.{name}": sql for name, sql in HAS.items()})
