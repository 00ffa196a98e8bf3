"""Local dates and hours of people and tenants; everything stored is UTC."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_SATURDAY: Final = 5


def local_date(at: datetime, timezone: str) -> date:
    """Return the calendar date of a time in an IANA zone."""
    return at.astimezone(ZoneInfo(timezone)).date()


def at_hour(day: date, hour: int, timezone: str) -> datetime:
    """Return the UTC time of a full local hour on a date.

    An hour that a clock change skips becomes the first moment after the gap.
    """
    return datetime.combine(day, time(hour), ZoneInfo(timezone)).astimezone(UTC)


def working_days_after(at: datetime, days: int) -> datetime:
    """Return the same time so many days later, Saturdays and Sundays not counted."""
    while days > 0:
        at += timedelta(days=1)
        days -= at.weekday() < _SATURDAY
    return at


def end_of_quiet(at: datetime, *, timezone: str, start: int, end: int) -> datetime:
    """Return when quiet hours [start, end) end, or the time itself outside them."""
    local = at.astimezone(ZoneInfo(timezone))
    in_quiet = start <= local.hour < end if start <= end else not end <= local.hour < start
    if start == end or not in_quiet:
        return at
    day = local.date() if local.hour < end else local.date() + timedelta(days=1)
    return at_hour(day, end, timezone)
