"""A span of time as it is written on a command line: two days, or two instants."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.settings.model import SettingsError

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
EARLIEST, LATEST = date.min + timedelta(days=1), date.max - timedelta(days=2)
"""Days that begin and end within the calendar, wherever that is."""
WANTED = "must be a day, such as 2026-11-30, or an instant with its offset, such as 2026-11-30T18:30:00Z"


def zone(name: str) -> ZoneInfo:
    """Raises: SettingsError, where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(f"--zone: {name} is no time zone; it must be one such as Asia/Kolkata.") from None


def beginning(text: str | None, zone: ZoneInfo) -> datetime | None:
    """The instant, or the beginning of the day. Raises: SettingsError."""
    return None if text is None else _instant("--from", text, zone, timedelta())


def ending(text: str | None, zone: ZoneInfo) -> datetime | None:
    """The instant, which is no part of the span; or the end of the day, which is. Raises: SettingsError."""
    return None if text is None else _instant("--to", text, zone, timedelta(days=1))


def day(option: str, text: str) -> date:
    """Raises: SettingsError."""
    try:
        if _DAY.fullmatch(text) and EARLIEST <= (found := date.fromisoformat(text)) <= LATEST:
            return found
    except ValueError:
        pass
    raise SettingsError(f"{option}: {text} must be a day, such as 2026-11-30.")


def today(zone: ZoneInfo) -> date:
    return datetime.now(zone).date()


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When the day begins there, in UTC: where clocks skip midnight, when they go on."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _instant(option: str, text: str, zone: ZoneInfo, more: timedelta) -> datetime:
    try:
        if _DAY.fullmatch(text):
            return midnight(date.fromisoformat(text) + more, zone)
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise SettingsError(f"{option}: {text} {WANTED}.")
