"""ETAs: how long a way takes, and the window that is promised around it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dispatch import eta
from tests.rules import SHOP, away

moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(("vehicle", "kmh"), [("foot", 5), ("bike", 15), ("car", 25), ("van", 25)])
def test_speeds(vehicle: str, kmh: int) -> None:
    """Each vehicle takes its time for ten kilometres of streets (7.692 km straight)."""
    time = eta.travel(SHOP, away(SHOP, north=10_000 / 1.3), vehicle)
    assert time.total_seconds() == pytest.approx(10 / kmh * 3600, rel=0.001)


def test_no_way_takes_no_time() -> None:
    """Who is there is there."""
    assert eta.travel(SHOP, SHOP, "foot") == timedelta(0)


@pytest.mark.parametrize(
    ("expected", "start", "end"),
    [
        ("10:00:00", "09:55", "10:15"),
        ("10:00:01", "09:55", "10:20"),
        ("10:02:30", "09:55", "10:20"),
        ("10:04:59", "09:55", "10:20"),
        ("10:05:00", "10:00", "10:20"),
        ("00:03:00", "23:55", "00:20"),
    ],
)
def test_windows(expected: str, start: str, end: str) -> None:
    """Five minutes before to fifteen after, widened to full five minutes, over midnight too."""
    window = eta.window(datetime.fromisoformat(f"2026-11-19T{expected}+00:00"))
    assert (f"{window.start:%H:%M}", f"{window.end:%H:%M}") == (start, end)


@given(moments)
def test_a_window_is_rounded_and_holds_the_eta(moment: datetime) -> None:
    """Both ends are full five minutes; the window is 20 to 25 minutes wide and keeps its margins."""
    window = eta.window(moment)
    for end in (window.start, window.end):
        assert end.tzinfo is UTC
        assert (end.minute % 5, end.second, end.microsecond) == (0, 0, 0)
    assert window.end - window.start in (20 * MINUTE, 25 * MINUTE)
    assert 5 * MINUTE <= moment - window.start < 10 * MINUTE
    assert 15 * MINUTE <= window.end - moment < 20 * MINUTE


@given(moments)
def test_floor_and_ceil(moment: datetime) -> None:
    """Down and up to full five minutes, where a full one stays."""
    down, up = eta.floor(moment), eta.ceil(moment)
    assert down <= moment <= up
    assert up - down in (timedelta(0), 5 * MINUTE)
    assert eta.floor(down) == eta.ceil(down) == down
    assert eta.ceil(up) == up
