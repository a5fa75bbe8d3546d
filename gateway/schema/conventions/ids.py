"""The text form of ids: a type's prefix and a UUIDv7, as the TypeID specification writes them."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from strawberry import ID, field, interface
from typeid.base32 import decode, encode

from gateway.schema.conventions.errors import bad_input
from gateway.schema.relations import FieldsOf, HasId, Made
from gateway.services.core.frozen import uuid_of

PAYMENT = "pay"
PURCHASE = "pur"
COURSE = "crs"
REFUND = "ref"
JOB = "job"

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)

EXAMPLES = {
    PAYMENT: "pay_01m82wzdd5evbs08a25nzd2awn",
    PURCHASE: "pur_01m82wzdd5evbs08a25nzd2awn",
    COURSE: "crs_01m82wzdd5evbs08a25nzd2awn",
    REFUND: "ref_01m82wzdd5evbs08a25nzd2awn",
    JOB: "job_01m82wzdd5evbs08a25nzd2awn",
}


def to_text(prefix: str, key: UUID) -> str:
    """`pay_01m82wzdd5evbs08a25nzd2awn`: 26 characters of base32 that sort by time."""
    return f"{prefix}_{encode(key.int.to_bytes(16, 'big'))}"


def text_maker(prefix: str) -> Callable[[bytes], str]:
    """The same for many ids of a prefix, by their bytes."""
    begin = f"{prefix}_"
    return lambda key: begin + encode(key)


def from_text(prefix: str, text: str) -> UUID | None:
    """The id that a text of this prefix means; None where it is no such text.

    A course's may be its plain UUID, which is what the platform's other services know it by.
    """
    if prefix == COURSE and _UUID.fullmatch(text):
        return UUID(text)
    return _key_of(text) if text.startswith(prefix) and _ID_TEXT.fullmatch(text) else None


def id_argument(prefix: str, text: str, name: str = "id") -> UUID:
    """The id that an argument of that name means.

    Raises:
        GraphQLError: BAD_USER_INPUT, where it means none of this prefix.
    """
    key = from_text(prefix, text)
    if key is None:
        raise bad_input(f"{name} must be an id such as {EXAMPLES[prefix]}")
    return key


def prefix_of(text: str) -> str | None:
    """Which type a text is an id of; None where it is an id of none."""
    return text.partition("_")[0] if _ID_TEXT.fullmatch(text) else None


def _key_of(text: str) -> UUID:
    return uuid_of(int.from_bytes(decode(text[-26:]), "big"))


_ID_TEXT = re.compile(f"(?:{'|'.join(EXAMPLES)})_[0-7][0-9a-hjkmnp-tv-z]{{25}}")
"""128 bits are three of the first character and five of each other one, of the specification's 32 letters."""


_ID = "Type-prefixed and ordered by time of creation, such as `pay_01m82wzdd5evbs08a25nzd2awn`."


@interface(description="Anything with an id of its own; `node(id:)` finds it again.")
class Node:
    id: ID = field(description=_ID)


def id_field(prefix: str) -> ID:
    """The id of a type whose ids have that prefix."""
    begin = f"{prefix}_"

    def read(value: Any) -> ID:
        # A view of a row has the bytes at hand; a value, which is no tuple, has them in its id.
        is_view = isinstance(value, tuple)
        return of_bytes(value.id_bytes if is_view else value.id.int.to_bytes(16, "big"))

    def of_bytes(key: bytes) -> ID:
        return ID(begin + encode(key))

    return FieldsOf[HasId]().field(_ID, Made("id", read, {"bytes": of_bytes}))
