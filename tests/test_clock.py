"""Times that people type: read on the market's clock, over both clock changes, past and too far refused."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dispatch.refusals import Unclear
from bot.forms import clock

ZONE = ZoneInfo("America/Los_Angeles")
MORNING = datetime(2026, 11, 18, 10, 0, tzinfo=ZONE).astimezone(UTC)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def read(text: str, now: datetime = MORNING) -> str:
    """What was typed, as it then stands on the clock in Las Vegas."""
    at = clock.read(text, now, ZONE)
    assert at.tzinfo is UTC
    return f"{at.astimezone(ZONE):%Y-%m-%d %H:%M}"


def refused(text: str, now: datetime = MORNING) -> str:
    """The word by which a typed time is refused."""
    with pytest.raises(Unclear) as caught:
        clock.read(text, now, ZONE)
    return caught.value.say.id


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("15:30", "2026-11-18 15:30"),
        ("15.30", "2026-11-18 15:30"),
        ("15h30", "2026-11-18 15:30"),
        ("3:30 pm", "2026-11-18 15:30"),
        ("3:30pm", "2026-11-18 15:30"),
        ("3:30 p.m.", "2026-11-18 15:30"),
        (" 3:30 PM ", "2026-11-18 15:30"),
        ("3 pm", "2026-11-18 15:00"),
        ("12:15 pm", "2026-11-18 12:15"),
        ("11:59 pm", "2026-11-18 23:59"),
        ("today 15:30", "2026-11-18 15:30"),
        ("hoy 15:30", "2026-11-18 15:30"),
        ("tomorrow 9:00", "2026-11-19 09:00"),
        ("Tomorrow, 9:00", "2026-11-19 09:00"),
        ("mañana 9:00", "2026-11-19 09:00"),
        ("manana 9 am", "2026-11-19 09:00"),
        ("tomorrow 12 am", "2026-11-19 00:00"),
        ("tomorrow 0:05", "2026-11-19 00:05"),
        ("tomorrow 23:59", "2026-11-19 23:59"),
    ],
)
def test_times_as_people_type_them(text: str, time: str) -> None:
    """Hours with minutes or with am and pm, today or tomorrow, in both languages."""
    assert read(text) == time


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "soon", "15", "tomorrow", "tomorrow 9", "25:00", "24:00", "12:60", "13 pm", "0 am", "0:30 pm",
        "9:5", "9:000", "99:99", "-9:00", "9:00 xm", "9:00\n10:00", "٩", "½", "15:30:00", "a", "pm",
        "tomorrow tomorrow 9:00", "9:00 " * 500,
    ],
)  # fmt: skip
def test_what_is_no_time(text: str) -> None:
    """What cannot be read (an hour alone is not enough) is asked again."""
    assert refused(text) == "unclear-time"


@pytest.mark.parametrize("text", ["9:00", "9:59", "10:00", "10:04", "12 am", "hoy 8:00"])
def test_what_is_past(text: str) -> None:
    """A time that is over, or less than five minutes ahead, is refused."""
    assert refused(text) == "unclear-time-past"


def test_five_minutes_ahead_is_soon_enough() -> None:
    """The first time that is taken is five minutes from now."""
    assert read("10:05") == "2026-11-18 10:05"


def test_tomorrow_is_tomorrow_on_the_market_clock() -> None:
    """Late in the evening it is the next day in UTC already, but not in Las Vegas."""
    evening = datetime(2026, 11, 18, 22, 0, tzinfo=ZONE).astimezone(UTC)
    assert evening.day == 19
    assert read("23:00", evening) == "2026-11-18 23:00"
    assert read("tomorrow 9:00", evening) == "2026-11-19 09:00"


@pytest.mark.parametrize(
    ("typed", "utc"),
    [
        ("tomorrow 0:59", "2026-11-01 07:59"),  # still daylight time
        ("tomorrow 2:00", "2026-11-01 10:00"),  # standard time
        ("tomorrow 3:30", "2026-11-01 11:30"),
    ],
)
def test_around_the_hour_that_comes_twice(typed: str, utc: str) -> None:
    """On 2026-11-01 the clock goes back at two: before and after are clear."""
    now = datetime(2026, 10, 31, 18, 0, tzinfo=ZONE).astimezone(UTC)
    assert f"{clock.read(typed, now, ZONE):%Y-%m-%d %H:%M}" == utc


@pytest.mark.parametrize("typed", ["tomorrow 1:00", "tomorrow 1:30 am", "mañana 1:59"])
def test_the_hour_that_comes_twice(typed: str) -> None:
    """A time that exists twice on 2026-11-01 is asked about."""
    now = datetime(2026, 10, 31, 18, 0, tzinfo=ZONE).astimezone(UTC)
    assert refused(typed, now) == "unclear-time-twice"


@pytest.mark.parametrize("typed", ["tomorrow 2:00", "tomorrow 2:30 am", "mañana 2:59"])
def test_the_hour_that_is_skipped(typed: str) -> None:
    """A time that does not exist on 2027-03-14 is asked about."""
    now = datetime(2027, 3, 13, 18, 0, tzinfo=ZONE).astimezone(UTC)
    assert refused(typed, now) == "unclear-time-skipped"


@pytest.mark.parametrize(
    ("typed", "utc"), [("tomorrow 1:59", "2027-03-14 09:59"), ("tomorrow 3:00", "2027-03-14 10:00")]
)
def test_around_the_hour_that_is_skipped(typed: str, utc: str) -> None:
    """One minute after 1:59 it is 3:00."""
    now = datetime(2027, 3, 13, 18, 0, tzinfo=ZONE).astimezone(UTC)
    assert f"{clock.read(typed, now, ZONE):%Y-%m-%d %H:%M}" == utc


@pytest.mark.parametrize(
    ("today", "utc"),
    [
        ("2026-10-31T20:00Z", "2026-11-01 17:00"),
        ("2027-03-13T20:00Z", "2027-03-14 16:00"),
        ("2026-11-18T20:00Z", "2026-11-19 17:00"),
    ],
)
def test_nine_tomorrow_is_nine_on_the_wall(today: str, utc: str) -> None:
    """The button *tomorrow 9:00* means nine on the wall, over both clock changes."""
    assert f"{clock.tomorrow(datetime.fromisoformat(today), ZONE, 9):%Y-%m-%d %H:%M}" == utc


def test_later_than_tomorrow_is_too_far() -> None:
    """A button that means the day after tomorrow is refused; the last minute of tomorrow is not."""
    last = datetime(2026, 11, 19, 23, 59, tzinfo=ZONE).astimezone(UTC)
    clock.check(last, MORNING, ZONE)
    with pytest.raises(Unclear) as caught:
        clock.check(last + timedelta(minutes=1), MORNING, ZONE)
    assert caught.value.say.id == "unclear-time-far"


@given(moments, st.integers(1, 6))
def test_in_some_hours(now: datetime, hours: int) -> None:
    """So many hours from now, up to the next quarter and never more than that."""
    at = clock.in_hours(now, hours)
    assert (at.minute % 15, at.second, at.microsecond) == (0, 0, 0)
    assert timedelta(0) <= at - now - timedelta(hours=hours) < timedelta(minutes=15)


@given(moments, st.integers(0, 23), st.integers(0, 59), st.sampled_from(["", "tomorrow "]))
def test_any_time_is_read_or_refused(now: datetime, hour: int, minute: int, day: str) -> None:
    """What is read shows the typed hour and minute on the wall, is ahead, and no later than tomorrow."""
    try:
        at = clock.read(f"{day}{hour}:{minute:02}", now, ZONE)
    except Unclear:
        return
    local = at.astimezone(ZONE)
    assert (local.hour, local.minute) == (hour, minute)
    assert now < at
    assert (local.date() - now.astimezone(ZONE).date()).days == (1 if day else 0)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing that can be typed raises anything but Unclear."""
    try:
        at = clock.read(text, MORNING, ZONE)
    except Unclear:
        return
    assert at > MORNING


@pytest.mark.parametrize("value", ["", "x", "1e9", "9" * 30, "-" + "9" * 30, "99999999999999"])
def test_a_mangled_stamp(value: str) -> None:
    """A stamp on a button that is no time is unclear, not a crash."""
    with pytest.raises(Unclear):
        clock.from_stamp(value)


def test_a_stamp() -> None:
    """The stamp on a button is the moment it was made of."""
    assert clock.from_stamp(str(int(MORNING.timestamp()))) == MORNING
