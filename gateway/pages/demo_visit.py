"""A visit to GraphiQL in a demo: its own student, and one of each thing that a tab needs.

So every tab works, whichever is run first, and a new visit starts afresh.
"""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, time
from uuid import UUID

from gateway.bootstrap import Services, now
from gateway.pages.demo_catalogue import ADMIN, COURSES
from gateway.schema.conventions import ids
from gateway.services.core.commands.amend_purchase import RevokePurchase
from gateway.services.core.commands.confirm_payment import ConfirmPayment
from gateway.services.core.commands.create_purchase import CreatePurchase
from gateway.services.core.commands.open_payment import OpenPayment
from gateway.services.core.commands.refund_payment import RefundPayment
from gateway.services.core.commands.sessions.record import RecordSession
from gateway.services.core.model.metadata import Metadata, TimeSlot
from gateway.services.core.model.outcomes import Confirmed, Created, Opened, RefundRequested
from gateway.services.core.model.pages import Window
from gateway.services.core.model.proofs import SandboxProof
from gateway.services.core.model.records import Door
from gateway.services.core.model.values import Actor, Payment, Provider, Purpose, Role, TierChoice
from gateway.services.providers.sandbox import REFUSE_REFUND, SUCCEED
from gateway.services.reading.filters import JobFilter
from gateway.services.reading.lists import JOBS, page

DESK = Actor(ADMIN, Role.ADMIN)
BASIC = TierChoice("BASIC", None)
SUNDAYS = Metadata(is_sunday_only=True, session_duration=60, slot=TimeSlot(time(17, 30), "Asia/Kolkata"))
TO_BUY, TO_CONFIRM, BOUGHT, REFUSED = COURSES
"""A course for each of a student's stories, so that nobody has one twice."""

TO_WITHDRAW = "purchaseToWithdraw"
"""With a session that was recorded."""

REASON = "Prepared for a visit to GraphiQL"


def new_student() -> str:
    return f"demo-student-{secrets.token_hex(4)}"


async def prepared(services: Services, student_id: str) -> dict[str, str]:
    """What stands for the placeholders of the tabs in this visit; those of what could not be made are left out."""
    visit = _Visit(services, student_id.removeprefix("demo-student-"))
    made = await asyncio.gather(
        visit.payments(Actor(student_id, Role.STUDENT)),
        visit.purchases(),
        visit.gone(),
        visit.refused("jobToRetry", Actor(student_id, Role.STUDENT)),
        visit.refused("jobToCancel", visit.student("friend")),
    )
    values = {
        "courseId": ids.to_text(ids.COURSE, TO_BUY),
        "studentId": student_id,
        "friendId": visit.student("friend").id,
        "winnerId": visit.student("winner").id,
        "firstPupilId": visit.student("pupil-1").id,
        "secondPupilId": visit.student("pupil-2").id,
        "laterDate": _later(now()),
    }
    return {**values, **{placeholder: text for part in made for placeholder, text in part.items()}}


def _later(today: datetime) -> str:
    """A year's end that no purchase of the demo reaches by itself."""
    return datetime(today.year + 3, 12, 31, 18, 30, tzinfo=UTC).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class _Visit:
    """What the stories of one visit need; `name` tells its people from those of other visits."""

    services: Services
    name: str

    def student(self, role: str) -> Actor:
        return Actor(f"demo-{role}-{self.name}", Role.STUDENT)

    async def payments(self, student: Actor) -> dict[str, str]:
        """One that waits for its money, and one that became a purchase."""
        waiting, bought = await asyncio.gather(self._opened(student, TO_CONFIRM), self._paid(student, BOUGHT, SUCCEED))
        return {
            **_of("openPaymentId", waiting),
            **_of("paidPaymentId", bought),
            **_of("paymentToRefund", bought),
        }

    async def purchases(self) -> dict[str, str]:
        """One for each mutation that changes a purchase, so that none gets in another's way."""
        placeholders = ("purchaseToCorrect", "purchaseToExtend", "purchaseToRevoke", "purchaseToRecord", TO_WITHDRAW)
        grants = [self._grant(self.student(f"regular-{number}")) for number in range(1, len(placeholders) + 1)]
        outcomes = await self.services.purchases.submit_all(grants, [()] * len(grants))
        made = {
            placeholder: outcome.purchase.id
            for placeholder, outcome in zip(placeholders, outcomes, strict=True)
            if isinstance(outcome, Created)
        }
        if TO_WITHDRAW in made:
            await self.services.purchases.submit(RecordSession(DESK, self._new_id(), made[TO_WITHDRAW], 1))
        return {placeholder: ids.to_text(ids.PURCHASE, purchase_id) for placeholder, purchase_id in made.items()}

    async def gone(self) -> dict[str, str]:
        """A student of whom nothing is open, to be erased."""
        student = self.student("leaver")
        outcome = await self.services.purchases.submit(self._grant(student))
        if isinstance(outcome, Created):
            await self.services.purchases.submit(RevokePurchase(DESK, outcome.purchase.id, REASON))
        return {"studentToErase": student.id}

    async def refused(self, placeholder: str, student: Actor) -> dict[str, str]:
        """A job that FAILED: the refund of a payment whose money cannot go back."""
        payment = await self._paid(student, REFUSED, REFUSE_REFUND)
        if payment is None:
            return {}
        command = RefundPayment(DESK, self._new_id(), payment.id, None, REASON)
        outcome = await self.services.purchases.submit(command)
        if not isinstance(outcome, RefundRequested):
            return {}
        wanted = JobFilter(subject_ids=frozenset({outcome.refund.id}))
        found = await page(self.services.reader.source, JOBS, Window(size=1), wanted)
        return {placeholder: ids.to_text(ids.JOB, found.items[0].id)} if found.items else {}

    async def _opened(self, student: Actor, course_id: UUID) -> Payment | None:
        command = OpenPayment(student, self._new_id(), course_id, BASIC, SUNDAYS, Provider.SANDBOX, Purpose.PURCHASE)
        outcome = await self.services.purchases.open(command)
        return outcome.payment if isinstance(outcome, Opened) else None

    async def _paid(self, student: Actor, course_id: UUID, token: str) -> Payment | None:
        payment = await self._opened(student, course_id)
        if payment is None:
            return None
        command = ConfirmPayment(student, payment.id, self._new_id(), None, door=Door.CONFIRM_PAYMENT)
        outcome = await self.services.purchases.confirm(command, SandboxProof(token))
        return outcome.payment if isinstance(outcome, Confirmed) else None

    def _grant(self, student: Actor) -> CreatePurchase:
        return CreatePurchase(DESK, self._new_id(), student.id, TO_BUY, BASIC, SUNDAYS, REASON)

    def _new_id(self) -> UUID:
        return self.services.purchases.new_id()


def _of(placeholder: str, payment: Payment | None) -> dict[str, str]:
    return {} if payment is None else {placeholder: ids.to_text(ids.PAYMENT, payment.id)}
