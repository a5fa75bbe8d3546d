"""What we write into a provider's own record of a payment, and read back from it."""

from collections.abc import Mapping
from uuid import UUID

from typeid import TypeID
from typeid.errors import TypeIDException

from gateway.services.core.model.values import Payment, Purpose, Refund
from gateway.services.core.rules.inputs.subjects import trimmed

INSTALLATION = "gateway_installation"
"""Which gateway opened it: several may use one account, such as staging and production."""

PAYMENT_ID = "gateway_payment_id"
REFUND_ID = "gateway_refund_id"
STUDENT_ID = "studentId"
COURSE_ID = "courseId"
"""The last two by the names that the platform's old payment service wrote, so that people who look at the provider's
dashboard find what they know."""

COURSE_PREFIX = "crs"
"""Of a course's id as the API writes it, which front ends have put where the old payment service put the UUID."""

PURPOSE = "gateway_purpose"
OURS = frozenset({INSTALLATION, PAYMENT_ID, REFUND_ID, PURPOSE})
"""Entries that are no part of the sale's metadata."""


def of_payment(payment: Payment, installation: str) -> dict[str, str]:
    """Whose payment an intent is, for what, and on which terms."""
    slot = payment.metadata.slot
    return {
        INSTALLATION: installation,
        PAYMENT_ID: str(payment.id),
        STUDENT_ID: payment.student_id,
        COURSE_ID: str(payment.course_id),
        "purchaseTier": payment.terms.tier,
        "isSundayOnly": "true" if payment.metadata.is_sunday_only else "false",
        "sessionDuration": str(payment.metadata.session_duration),
        "timeSlot": f"{slot.start:%H:%M}",
        "timeZone": slot.time_zone,
        "date": payment.metadata.date.isoformat() if payment.metadata.date else "",
        PURPOSE: payment.purpose.value if payment.purpose is Purpose.RENEWAL else "",
    }


def of_refund(refund: Refund) -> dict[str, str]:
    return {REFUND_ID: str(refund.id)}


def installation_of(metadata: Mapping[str, str]) -> str | None:
    """The mark of the gateway that opened an intent; None where it has none."""
    return metadata.get(INSTALLATION, "").strip() or None


def names_payment(metadata: Mapping[str, str]) -> bool:
    """Whether an intent was opened by a gateway, this one or another."""
    return bool(metadata.get(PAYMENT_ID, "").strip())


def payment_id_of(metadata: Mapping[str, str]) -> UUID | None:
    """Our id of the payment that an intent was opened for; None for one that is not ours."""
    return _uuid(metadata.get(PAYMENT_ID))


def refund_id_of(metadata: Mapping[str, str]) -> UUID | None:
    """Our id of a refund; None for one that was made at the provider."""
    return _uuid(metadata.get(REFUND_ID))


def course_id_of(metadata: Mapping[str, str]) -> UUID | None:
    """The course that an intent names, by its UUID or by its id in the API; None where it names none in either form."""
    text = trimmed(metadata.get(COURSE_ID, ""))
    return _uuid(text) or _of_typeid(text)


def purpose_of(metadata: Mapping[str, str]) -> Purpose:
    """What an intent was opened for; a purchase where it does not say."""
    return Purpose.RENEWAL if metadata.get(PURPOSE) == Purpose.RENEWAL else Purpose.PURCHASE


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text.strip()) if text else None
    except ValueError:
        return None


def _of_typeid(text: str) -> UUID | None:
    try:
        found = TypeID.from_string(text)
    except TypeIDException:
        return None
    return UUID(bytes=found.uuid.bytes) if found.prefix == COURSE_PREFIX else None
