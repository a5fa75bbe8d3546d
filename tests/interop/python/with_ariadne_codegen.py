"""The typed client that ariadne-codegen makes of docs/operations: every result is a class of its own."""

import asyncio
import sys

from tests.interop.python.generated.admin_client import Client
from tests.interop.python.generated.admin_client.enums import PaymentStatus, PurchaseStatus
from tests.interop.python.generated.admin_client.input_types import (
    CreatePurchaseInput,
    PurchaseMetadataInput,
    TimeSlotInput,
)
from tests.interop.python.trials import (
    ADMIN_TOKEN,
    STUDENT_TOKEN,
    URL,
    Trials,
    ask,
    bearer,
    new_course,
    payment_input,
)
from tests.served.operations import CREATE_PAYMENT


def client() -> Client:
    return Client(url=URL, headers=bearer(ADMIN_TOKEN))


def grant(course_id: str) -> CreatePurchaseInput:
    slot = TimeSlotInput(start="17:30", time_zone="Asia/Kolkata")
    metadata = PurchaseMetadataInput(is_sunday_only=True, session_duration=60, time_slot=slot)
    return CreatePurchaseInput(
        student_id="student-9", course_id=course_id, purchase_tier="BASIC", metadata=metadata, reason="A trial"
    )


async def finds() -> None:
    opened = ask(STUDENT_TOKEN, CREATE_PAYMENT, input=payment_input(new_course()))["createPayment"]["payment"]
    async with client() as admin:
        payment = (await admin.find_payment(opened["id"])).payment
    assert payment is not None
    assert (payment.id, payment.status) == (opened["id"], PaymentStatus.REQUIRES_PAYMENT)
    assert payment.created_at.tzinfo is not None


async def grants() -> None:
    course_id = new_course()
    async with client() as admin:
        first, second = [(await admin.grant_course(grant(course_id))).create_purchase for _ in range(2)]
    assert first.typename__ == second.typename__ == "CreatePurchaseSuccess"
    assert first.purchase.status is PurchaseStatus.ACTIVE
    assert (first.already_processed, second.already_processed) == (False, True)


async def is_refused() -> None:
    async with client() as admin:
        result = (await admin.grant_course(grant("crs_01j0000000e008000000000009"))).create_purchase
    assert (result.typename__, result.code) == ("NotFound", "NOT_FOUND")


async def main() -> bool:
    trials = Trials("ariadne-codegen")
    await trials.tried("query, its answer read into classes", finds)
    await trials.tried("mutation, and again: the same purchase", grants)
    await trials.tried("a problem is a class of its own", is_refused)
    return trials.has_failed


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
