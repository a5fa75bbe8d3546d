"""The text form of ids: a type's prefix and a UUIDv7, as the TypeID specification writes them."""

from uuid import UUID

from typeid import TypeID
from typeid.errors import TypeIDException

PAYMENT = "pay"
PURCHASE = "pur"
COURSE = "crs"

EXAMPLES = {
    PAYMENT: "pay_01m82wzdd5evbs08a25nzd2awn",
    PURCHASE: "pur_01m82wzdd5evbs08a25nzd2awn",
    COURSE: "crs_01m82wzdd5evbs08a25nzd2awn",
}


def to_text(prefix: str, key: UUID) -> str:
    """`pay_01m82wzdd5evbs08a25nzd2awn`: 26 characters of base32 that sort by time."""
    return str(TypeID.from_uuid(key, prefix=prefix))  # type: ignore[arg-type]  # it reads .bytes, which both kinds have


def from_text(prefix: str, text: str) -> UUID | None:
    """The id that a text of this prefix means; None where it is no such text."""
    return None if prefix_of(text) != prefix else _decode(text)


def prefix_of(text: str) -> str | None:
    """Which type a text is an id of; None where it is an id of none."""
    prefix, _, _ = text.partition("_")
    return prefix if prefix in EXAMPLES and _decode(text) is not None else None


def _decode(text: str) -> UUID | None:
    try:
        return UUID(bytes=TypeID.from_string(text).uuid.bytes)
    except TypeIDException:
        return None
