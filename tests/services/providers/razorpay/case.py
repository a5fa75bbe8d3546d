"""One payment with Razorpay, and short ways to say what its tests say often."""

from datetime import UTC, datetime
from uuid import UUID, uuid5

from gateway.services.core.model.proofs import RazorpayProof
from gateway.services.core.model.values import GATEWAY, Money, Payment, Provider, Purpose, Refund, Terms
from gateway.services.core.model.verdicts import Captured
from gateway.services.providers.razorpay.provider import Razorpay
from tests.service import INSTALLATION, METADATA
from tests.services.providers.razorpay.fake import KEY_ID, KEY_SECRET, WEBHOOK_SECRET, FakeRazorpay

PRICE = Money(199_900, "INR")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def id_of(name: str) -> UUID:
    return uuid5(UUID(int=0), name)


PAYMENT = Payment(
    id=id_of("payment"),
    student_id="student-1",
    course_id=id_of("course"),
    terms=Terms("BASIC", 1, 4, 90),
    amount=PRICE,
    purpose=Purpose.PURCHASE,
    provider=Provider.RAZORPAY,
    metadata=METADATA,
    created_at=NOW,
)


def provider_of(fake: FakeRazorpay, key_secret: str = KEY_SECRET, deadline_s: float = 5.0) -> Razorpay:
    return Razorpay(KEY_ID, key_secret, [WEBHOOK_SECRET], deadline_s=deadline_s, transport=fake.transport)


def order_of(payment: Payment) -> str:
    assert payment.reference is not None
    return payment.reference


def proof_of(fake: FakeRazorpay, payment: Payment, attempt: str) -> RazorpayProof:
    return RazorpayProof(order_of(payment), attempt, fake.sign(order_of(payment), attempt))


def refund_of(name: str = "refund", amount_minor: int = PRICE.amount_minor) -> Refund:
    return Refund(id_of(name), PAYMENT.id, Money(amount_minor, "INR"), "a test", GATEWAY, NOW)


def captured(attempt: str) -> Captured:
    return Captured(attempt, PRICE, PAYMENT.student_id, PAYMENT.course_id, INSTALLATION)
