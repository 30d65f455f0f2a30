"""When the driver will be there: travel times, and windows that a promise can keep."""

from datetime import datetime, timedelta

from bot.dispatch.geo import Point, way_m
from bot.dispatch.words import Window

SPEED_KMH = {"foot": 5, "bike": 15, "car": 25, "van": 25}
HANDLING = timedelta(minutes=3)
"""Parking, finding the counter, taking the parcel."""
SEARCH = timedelta(minutes=5)
"""What finding a driver usually takes, until one is found."""
APPROACH = timedelta(minutes=10)
"""How far off the first driver is taken to be while none is on duty nearby."""
BEFORE = timedelta(minutes=5)
AFTER = timedelta(minutes=15)
STEP = timedelta(minutes=5)


def travel(start: Point, end: Point, vehicle: str) -> timedelta:
    """The time from start to end: great circle × 1.3 at the vehicle's speed."""
    return timedelta(hours=way_m(start, end) / 1000 / SPEED_KMH[vehicle])


def window(eta: datetime) -> Window:
    """The promise around an ETA: 5 minutes before to 15 after, widened to full five minutes."""
    return Window(floor(eta - BEFORE), ceil(eta + AFTER))


def floor(moment: datetime) -> datetime:
    """The moment, down to full five minutes."""
    past = timedelta(minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond)
    return moment - past


def ceil(moment: datetime) -> datetime:
    """The moment, up to full five minutes."""
    down = floor(moment)
    return down if down == moment else down + STEP
