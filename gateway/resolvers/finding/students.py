"""Whether there is anything of a student."""

from gateway.context import Context
from gateway.services.core.model.pages import Window
from gateway.services.reading.filters import PaymentFilter, PurchaseFilter
from gateway.services.reading.lists import PAYMENTS, PURCHASES

_ANY = Window(0)


async def is_known(context: Context, student_id: str) -> bool:
    """Whether a student ever had a payment or a purchase."""
    bought = await context.reads.page(PURCHASES, _ANY, PurchaseFilter(student_id=student_id))
    paid = PaymentFilter(student_id=student_id)
    return bought.has_next or (await context.reads.page(PAYMENTS, _ANY, paid)).has_next
