"""Local dates and quiet hours, also where clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.calendar import at_hour, end_of_quiet, local_date

LAGOS = "Africa/Lagos"
BERLIN = "Europe/Berlin"
"""Clocks go forward on 2026-03-29 at 2:00 and back on 2026-10-25 at 3:00."""

CAIRO = "Africa/Cairo"
"""Clocks go forward on 2026-04-24 at midnight: 0:00 does not exist."""

ZONES = (LAGOS, BERLIN, CAIRO, "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati", "UTC")
STEADY = settings(max_examples=200, deadline=None, derandomize=True)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "zone", "expected"),
    [
        ("2026-03-02T22:59:59", LAGOS, date(2026, 3, 2)),
        ("2026-03-02T23:00:00", LAGOS, date(2026, 3, 3)),
        ("2026-12-31T23:30:00", LAGOS, date(2027, 1, 1)),
        ("2026-03-28T23:00:00", BERLIN, date(2026, 3, 29)),
        ("2026-03-29T21:59:59", BERLIN, date(2026, 3, 29)),
        ("2026-03-29T22:00:00", BERLIN, date(2026, 3, 30)),
        ("2026-04-23T21:59:59", CAIRO, date(2026, 4, 23)),
        ("2026-04-23T22:00:00", CAIRO, date(2026, 4, 24)),
    ],
)
def test_a_day_begins_where_people_are(at: str, zone: str, expected: date) -> None:
    assert local_date(utc(at), zone) == expected


@pytest.mark.parametrize(
    ("day", "hour", "zone", "expected"),
    [
        (date(2026, 3, 2), 9, LAGOS, "2026-03-02T08:00:00"),
        (date(2026, 3, 28), 9, BERLIN, "2026-03-28T08:00:00"),
        (date(2026, 3, 29), 9, BERLIN, "2026-03-29T07:00:00"),
        (date(2026, 3, 29), 2, BERLIN, "2026-03-29T01:00:00"),
        (date(2026, 10, 25), 2, BERLIN, "2026-10-25T00:00:00"),
        (date(2026, 4, 24), 0, CAIRO, "2026-04-23T22:00:00"),
    ],
)
def test_an_hour_is_the_local_one(day: date, hour: int, zone: str, expected: str) -> None:
    assert at_hour(day, hour, zone) == utc(expected)


@pytest.mark.parametrize(
    ("at", "zone", "expected"),
    [
        ("2026-03-02T19:59:59", LAGOS, None),
        ("2026-03-02T20:00:00", LAGOS, "2026-03-03T06:00:00"),
        ("2026-03-03T05:59:59", LAGOS, "2026-03-03T06:00:00"),
        ("2026-03-03T06:00:00", LAGOS, None),
        ("2026-03-28T20:30:00", BERLIN, "2026-03-29T05:00:00"),
        ("2026-10-24T19:30:00", BERLIN, "2026-10-25T06:00:00"),
        ("2026-10-25T00:30:00", BERLIN, "2026-10-25T06:00:00"),
        ("2026-10-25T01:30:00", BERLIN, "2026-10-25T06:00:00"),
    ],
)
def test_quiet_hours_over_midnight_end_in_the_morning(
    at: str, zone: str, expected: str | None
) -> None:
    end = end_of_quiet(utc(at), timezone=zone, start=21, end=7)
    assert end == utc(expected or at)


def test_quiet_hours_within_a_day() -> None:
    for hour, expected in ((0, 0), (1, 5), (4, 5), (5, 5), (12, 12)):
        at = datetime(2026, 3, 2, hour, tzinfo=UTC)
        assert end_of_quiet(at, timezone="UTC", start=1, end=5).hour == expected


def test_the_same_start_and_end_is_no_quiet_at_all() -> None:
    at = utc("2026-03-02T03:00:00")
    assert end_of_quiet(at, timezone=LAGOS, start=7, end=7) == at


@STEADY
@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive by contract
    st.sampled_from(ZONES),
    st.integers(0, 23),
    st.integers(0, 23),
)
def test_quiet_ends_within_a_day_never_before_now_and_never_in_quiet(
    at: datetime, zone: str, start: int, end: int
) -> None:
    ends = end_of_quiet(at, timezone=zone, start=start, end=end)
    assert at <= ends <= at + timedelta(hours=25)
    assert end_of_quiet(ends, timezone=zone, start=start, end=end) == ends
    if ends != at:
        assert ends.astimezone(ZoneInfo(zone)).hour in {end, end + 1}
