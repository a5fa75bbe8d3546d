"""Cursors: an item's place in one list in one order, as text that clients hand back unread."""

import base64
import binascii
import datetime as dt
from dataclasses import dataclass, field
from uuid import UUID

from gateway.schema.conventions.errors import bad_input
from gateway.services.core.model.pages import Place

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_ID_BYTES, _INSTANT_BYTES = 16, 8
_TO_URLS = bytes.maketrans(b"+/", b"-_")
"""From the alphabet of base64 to that for URLs, RFC 4648 section 5."""


@dataclass(frozen=True, slots=True)
class Cursors:
    """The cursors of one list in one order; those of any other are not taken.

    A filter is not part of the order: a cursor stays good in the same list filtered otherwise.
    """

    name: str
    is_timed: bool = False
    """Whether its items lie by an instant and their ids, and not by their ids alone."""
    is_newest_first: bool = False
    _mark: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_mark", f"{self.name}{'-' if self.is_newest_first else '+'}".encode())

    def write(self, place: Place) -> str:
        at = None if place.at is None else _microseconds(place.at)
        return self.write_stored(at, place.id.int.to_bytes(_ID_BYTES, "big"))

    def write_stored(self, at: int | None, key: bytes) -> str:
        """The same of a place in microseconds since 1970 and the bytes of an id.

        Raises:
            ValueError: there is no such instant, or no such id.
        """
        if len(key) != _ID_BYTES or not (at is None or _FIRST <= at <= _LAST):
            raise ValueError("this is no place of an item")
        instant = b"" if at is None else at.to_bytes(_INSTANT_BYTES, "big", signed=True)
        written = self._mark + instant + key
        return binascii.b2a_base64(written, newline=False).translate(_TO_URLS, b"=").decode()

    def read(self, cursor: str | None, argument: str) -> Place | None:
        """The place that a cursor stands for.

        Raises:
            GraphQLError: BAD_USER_INPUT, where it is none of this list in this order.
        """
        if cursor is None:
            return None
        place = self._place(_decoded(cursor))
        # Each place has one spelling: what would not be written so was not written by us.
        if place is None or self.write(place) != cursor:
            raise bad_input(f"{argument} is not a cursor of this list in this order")
        return place

    def _place(self, decoded: bytes) -> Place | None:
        length = len(self._mark) + _ID_BYTES + (_INSTANT_BYTES if self.is_timed else 0)
        if len(decoded) != length or not decoded.startswith(self._mark):
            return None
        key = UUID(bytes=decoded[-_ID_BYTES:])
        if not self.is_timed:
            return Place(key)
        try:
            since = int.from_bytes(decoded[len(self._mark) : -_ID_BYTES], "big", signed=True)
            return Place(key, _EPOCH + since * _MICROSECOND)
        except OverflowError:  # no instant that there is
            return None


def _microseconds(instant: dt.datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


_FIRST = _microseconds(dt.datetime.min.replace(tzinfo=dt.UTC))
_LAST = _microseconds(dt.datetime.max.replace(tzinfo=dt.UTC))


def _decoded(cursor: str) -> bytes:
    """What a text stands for in base64; nothing where it is none, or longer than any cursor."""
    if len(cursor) > _LONGEST:
        return b""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return b""


_LONGEST = 200
"""Three times what a list of a long name has; what is refused should not be carried far."""
