"""What a request carries through its resolvers: who asks, when, and the services to ask."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from gateway.services.changes.follower import Live
from gateway.services.core.model import jobs, records, values
from gateway.services.core.model.pages import Page, Window
from gateway.services.core.model.values import Actor
from gateway.services.purchases import Purchases
from gateway.services.reading.lookups import Catalog


class Loads(Protocol):
    """Rows by id, many in one statement. Each gives None for an id that stands for nothing."""

    async def payment(self, payment_id: UUID) -> values.Payment | None: ...

    async def purchase(self, purchase_id: UUID) -> values.Purchase | None: ...

    async def purchase_of_payment(self, payment_id: UUID) -> values.Purchase | None: ...

    async def successor(self, purchase_id: UUID) -> values.Purchase | None: ...

    async def refund(self, refund_id: UUID) -> values.Refund | None: ...

    async def refunds_of_payment(self, payment_id: UUID) -> list[values.Refund] | None: ...

    async def job(self, job_id: UUID) -> jobs.Job | None: ...

    async def course(self, course_id: UUID) -> values.Course | None: ...

    async def held_purchase(self, student_id: str, course_id: UUID) -> values.Purchase | None:
        """A student's active purchase of a course, or else the latest that there was."""
        ...

    async def history(self, subject_id: UUID, window: Window) -> Page[records.AuditEntry]:
        """What was done to a payment or a purchase; the same window of many by the same statements."""
        ...

    async def purchases_of_student(
        self, student_id: str | None, status: values.PurchaseStatus | None, window: Window
    ) -> Page[values.Purchase]:
        """None is nobody, who has none."""
        ...

    async def payments_of_student(self, student_id: str | None, window: Window) -> Page[values.Payment]:
        """None is nobody, who has none."""
        ...

    def forget(self) -> None:
        """Drop what was read: it may have changed."""
        ...


@dataclass(slots=True)
class Context:
    """One request. `viewer` is None without a token. A subscription is one request for as long as it lasts.

    `throttle` takes so many mutations from what the caller may make now; it gives 0, or the seconds to wait first.
    """

    viewer: Actor | None
    now: datetime
    purchases: Purchases
    catalog: Catalog
    loads: Loads
    throttle: Callable[[int], int]
    live: Live
    clock: Callable[[], datetime]

    def renew(self) -> None:
        """Forget what was read, and when: the next result of a subscription is of another time."""
        self.now = self.clock()
        self.loads.forget()
