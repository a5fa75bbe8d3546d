"""Purchases in the API, with the access that belongs to each."""

import datetime as dt
from typing import Annotated, Self

import strawberry
from strawberry import ID, Private, field
from strawberry import type as graphql_type

from gateway.schema.audit import AuditConnection
from gateway.schema.conventions import ids
from gateway.schema.conventions.connections import After, Before, First, Last, asked, size_of
from gateway.schema.conventions.cursors import Cursors
from gateway.schema.conventions.directives import ADMIN_ONLY
from gateway.schema.conventions.enums import AccessStatus, PurchaseOrigin, PurchaseStatus
from gateway.schema.conventions.ids import Node
from gateway.schema.conventions.scalars import PurchaseTier
from gateway.schema.courses import Course
from gateway.schema.metadata import PurchaseMetadata
from gateway.schema.payments import Payment
from gateway.schema.people import Actor, Student
from gateway.schema.relations import RequestInfo
from gateway.services.core.model import metadata as model_metadata
from gateway.services.core.model import values
from gateway.services.core.rules.access import has_lapsed
from gateway.services.core.rules.schedule.sessions import sessions

HISTORY = Cursors("purchase.history")


@graphql_type(description="One session of a course.")
class ScheduledSession:
    number: int = field(description="Counts from 1.")
    starts_at: dt.datetime = field(description="When it begins.")
    ends_at: dt.datetime = field(description="When it ends.")


@graphql_type(description="What a purchase lets its student use.")
class StudentAccess:
    access: Private[values.Access]
    metadata: Private[model_metadata.Metadata]
    sessions_total: int = field(description="How many sessions it has.")
    sessions_used: int = field(
        description="How many of them were used; never deleted, whatever happens to the purchase."
    )
    starts_at: dt.datetime = field(description="When it begins.")
    expires_at: dt.datetime | None = field(description="When it ends; null for never.")

    @field(description="Whether the student may use the course now; past `expiresAt` it is EXPIRED at once.")
    def status(self, info: RequestInfo) -> AccessStatus:
        is_over = self.access.status is AccessStatus.GRANTED and has_lapsed(self.access, info.context.now)
        return AccessStatus.EXPIRED if is_over else self.access.status

    @field(
        description="The sessions that the metadata implies: Sundays only or daily, at the slot, in its time zone, "
        "right across clock changes. None of an access that has ended."
    )
    def schedule(
        self,
        first: Annotated[int | None, strawberry.argument(description="How many, from the first on: 0 to 100.")] = 10,
    ) -> list[ScheduledSession]:
        size = size_of(10 if first is None else first)
        return [
            ScheduledSession(number=session.number, starts_at=session.starts_at, ends_at=session.ends_at)
            for session in sessions(self.metadata, self.access, size)
        ]

    @classmethod
    def of(cls, purchase: values.Purchase) -> Self:
        access = purchase.access
        return cls(
            access=access,
            metadata=purchase.metadata,
            sessions_total=access.sessions_total,
            sessions_used=access.sessions_used,
            starts_at=access.starts_at,
            expires_at=access.expires_at,
        )


@graphql_type(description="A student's hold on a course.")
class Purchase(Node):
    value: Private[values.Purchase]
    student: Student = field(description="Whose it is.")
    tier: PurchaseTier = field(description="The tier that it was bought or granted at.")
    status: PurchaseStatus = field(description="Where it stands.")
    origin: PurchaseOrigin = field(description="How it came to be.")
    metadata: PurchaseMetadata = field(description="When and how the sessions take place.")
    expiry_date: dt.datetime | None = field(description="When its access ends; null for never.")
    access: StudentAccess | None = field(description="What it lets the student use.")
    created_at: dt.datetime = field(description="When it came to be.")
    ended_at: dt.datetime | None = field(description="When it stopped being ACTIVE.")
    created_by: Actor = field(
        description="Whose call made it: the student who confirmed, or the admin who granted it.",
        directives=ADMIN_ONLY,
    )

    @field(description="The course.")
    async def course(self, info: RequestInfo) -> Course:
        course = await info.context.loads.course(self.value.course_id)
        assert course is not None, "a purchase's course is held by a foreign key"
        return Course.of(course)

    @field(description="The payment that it was bought with; null where an admin granted it.")
    async def payment(self, info: RequestInfo) -> Payment | None:
        payment = self.value.payment_id and await info.context.loads.payment(self.value.payment_id)
        return Payment.of(payment) if payment else None

    @field(description="The purchase that this one took the place of.")
    async def supersedes(self, info: RequestInfo) -> Annotated["Purchase", strawberry.lazy(__name__)] | None:
        earlier = self.value.supersedes and await info.context.loads.purchase(self.value.supersedes)
        return Purchase.of(earlier) if earlier else None

    @field(description="The purchase that took this one's place.")
    async def superseded_by(self, info: RequestInfo) -> Annotated["Purchase", strawberry.lazy(__name__)] | None:
        later = await info.context.loads.successor(self.value.id)
        return Purchase.of(later) if later else None

    @field(description="What was done to it, the earliest first.", directives=ADMIN_ONLY)
    async def history(
        self, info: RequestInfo, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> AuditConnection:
        page = await info.context.loads.history(self.value.id, asked(first, after, last, before, HISTORY))
        return AuditConnection.of(page, HISTORY)

    @classmethod
    def of(cls, purchase: values.Purchase) -> Self:
        return cls(
            value=purchase,
            id=ID(ids.to_text(ids.PURCHASE, purchase.id)),
            student=Student(id=ID(purchase.student_id)),
            tier=PurchaseTier(purchase.tier),
            status=purchase.status,
            origin=purchase.origin,
            metadata=PurchaseMetadata.of(purchase.metadata),
            expiry_date=purchase.access.expires_at,
            access=StudentAccess.of(purchase),
            created_at=purchase.created_at,
            ended_at=purchase.ended_at,
            created_by=Actor.of(purchase.created_by),
        )
