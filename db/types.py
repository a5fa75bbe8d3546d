"""The two column types whose stored form differs between the databases: ids and instants."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, SafeUUID

from sqlalchemy import BigInteger, DateTime, Dialect, LargeBinary
from sqlalchemy import Uuid as NativeUuid
from sqlalchemy.types import TypeDecorator, TypeEngine
from uuid_utils import uuid7

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Id(TypeDecorator[UUID]):
    """A UUIDv7 (RFC 9562) in 16 bytes: `uuid` in PostgreSQL, a BLOB in SQLite.

    Both sort by bytes and so by time. SQLAlchemy's own type would store 32 characters of text in SQLite.
    """

    impl = NativeUuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(LargeBinary(16) if dialect.name == "sqlite" else NativeUuid())

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        return value.bytes if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        return id_from_bytes(value) if isinstance(value, bytes) else value

    def converter(self, dialect: Dialect) -> Callable[[bytes], UUID] | None:
        """How a stored id is read, where it is read by itself; None where the driver gives it as it is."""
        return id_from_bytes if dialect.name == "sqlite" else None


class Instant(TypeDecorator[datetime]):
    """A moment in UTC to the microsecond: `timestamptz` in PostgreSQL, microseconds since 1970 in SQLite.

    A datetime without a time zone is refused, see `with_zone`.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        stored = BigInteger() if dialect.name == "sqlite" else DateTime(timezone=True)
        return dialect.type_descriptor(stored)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return microseconds_of(value) if dialect.name == "sqlite" else with_zone(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return instant_from_microseconds(value) if isinstance(value, int) else value.astimezone(UTC)

    def converter(self, dialect: Dialect) -> Callable[[Any], datetime]:
        """How a stored instant is read, where it is read by itself."""
        return instant_from_microseconds if dialect.name == "sqlite" else _in_utc


def id_from_bytes(stored: bytes) -> UUID:
    """The id in 16 bytes.

    `UUID(bytes=…)` takes three times as long, for it knows six forms that an id may be given in; a page has hundreds.

    Raises:
        ValueError: these are not 16 bytes.
    """
    if len(stored) != 16:
        raise ValueError("an id has 16 bytes")
    made = _new(UUID)
    _set_number(made, int.from_bytes(stored, "big"))
    _set_is_safe(made, _UNKNOWN)
    return made


def new_id() -> UUID:
    """A new UUIDv7 (RFC 9562), greater than any that this process made before.

    The maker's own way to Python's class takes as long again."""
    made = _new(UUID)
    _set_number(made, uuid7().int)
    _set_is_safe(made, _UNKNOWN)
    return made


_new, _UNKNOWN = object.__new__, SafeUUID.unknown
# A UUID refuses to be set by its attributes' names; these are the places behind them, which its own `__init__` fills.
_set_number, _set_is_safe = vars(UUID)["int"].__set__, vars(UUID)["is_safe"].__set__


def instant_from_microseconds(stored: int) -> datetime:
    return _EPOCH + timedelta(0, 0, stored)


def microseconds_of(instant: datetime) -> int:
    """Since 1970, as SQLite stores an instant. Raises ValueError, see `with_zone`."""
    return (with_zone(instant) - _EPOCH) // _MICROSECOND


def with_zone(instant: datetime) -> datetime:
    """The instant. Raises ValueError where it has no time zone: there is no telling which moment it means."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs its time zone")
    return instant


def _in_utc(stored: datetime) -> datetime:
    return stored if stored.tzinfo is UTC else stored.astimezone(UTC)
