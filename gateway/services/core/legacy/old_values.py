"""The values of an old system's rows: what may stand for an id, an amount, a status or a moment."""

import datetime as dt
import json
import re
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from gateway.services.core.legacy.values import Unclear
from gateway.services.core.model.currencies import exponent_of, is_currency
from gateway.services.core.model.values import Provider, PurchaseStatus
from gateway.services.core.rules.inputs.subjects import trimmed
from gateway.services.core.rules.schedule.sessions import end_of_day

LONGEST_METADATA = 65_536
"""Characters of its JSON: more than all that can be kept of it."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)? ?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)?"
)
_AMOUNT = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,8})?")
_MINOR = re.compile(r"-?[0-9]{1,16}")


def json_object(value: object) -> dict[str, object]:
    given = value
    if isinstance(given, str):
        if len(given) > LONGEST_METADATA:
            raise Unclear(f"must have at most {LONGEST_METADATA} characters; this has {len(given)}")
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            raise Unclear("must be a JSON object") from None
    if not isinstance(given, dict):
        raise Unclear("must be a JSON object")
    return given


def row_id(value: object) -> str:
    """A text or a whole number, without blanks around it; what else is wrong with it, the rules of ids say."""
    if isinstance(value, str):
        return trimmed(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Unclear("must be a text or a whole number")


def status(value: object) -> PurchaseStatus:
    return _word(value, PurchaseStatus)


def provider(value: object) -> Provider:
    return _word(value, Provider)


Word = TypeVar("Word", PurchaseStatus, Provider)


def _word(value: object, kind: type[Word]) -> Word:
    name = value.strip().upper() if isinstance(value, str) else ""
    if name not in kind.__members__:
        raise Unclear(f"must be one of {', '.join(kind.__members__)}; the mapping's values turn other words into these")
    return kind[name]


def currency_code(value: object) -> str:
    code = value.strip().upper() if isinstance(value, str) else ""
    if not is_currency(code):
        raise Unclear("must be the ISO 4217 code of a currency, such as INR")
    return code


def minor_units(value: object) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not _MINOR.fullmatch(text):
        raise Unclear("must be a whole number of minor units")
    return int(text)


def amount_minor(value: object, currency: str) -> int:
    """An amount in the currency, as minor units."""
    digits, text = exponent_of(currency), str(value).strip()
    if isinstance(value, bool) or not _AMOUNT.fullmatch(text):
        raise Unclear("must be a number such as 4999.00, without separators or a sign of the currency")
    minor = Decimal(text).scaleb(digits)
    if minor != minor.to_integral_value():
        raise Unclear(f"must have at most {digits} digits after the point: {currency} has no smaller unit")
    return int(minor)


def moment(value: object, times_in: str | None, zone: str, *, is_end: bool) -> dt.datetime:
    given = value.strip() if isinstance(value, str) else ""
    try:
        if _DAY.fullmatch(given):
            day = dt.date.fromisoformat(given)
            if is_end:
                return end_of_day(day, zone)
            return dt.datetime.combine(day, dt.time(), _zone(zone)).astimezone(dt.UTC)
        if found := _INSTANT.fullmatch(given):
            moment = dt.datetime.fromisoformat(given.upper().replace(" Z", "Z").replace(",", "."))
            if found[3] is None and times_in is None:
                raise Unclear("has no offset: say by --times-in, or in the mapping, in which time zone such times are")
            placed = moment if found[3] else moment.replace(tzinfo=_zone(times_in or "UTC"))
            return placed.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise Unclear(_WANTED) from None
    raise Unclear(_WANTED)


_WANTED = "must be an ISO 8601 time, such as 2026-12-31T18:30:00Z, or a day that there is"


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
