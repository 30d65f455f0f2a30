"""Who should be offered what: pure functions over plain data, the same answer for the same input."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.dispatch.eta import travel
from bot.dispatch.geo import Point, straight_m, way_m
from storage.models import Driver

FRESH = timedelta(minutes=3)
PARKED = timedelta(minutes=10)

LOADS = {"foot": {"S": 2}, "bike": {"S": 3, "M": 1}, "car": {"S": 6, "M": 6, "L": 1}}
"""How many pieces of which size fit; a van takes any."""


@dataclass(frozen=True)
class Candidate:
    """A driver for a pickup, and the way to it."""

    driver: Driver
    way_m: int
    seconds: float


def fits(vehicle: str, size: str, pieces: int) -> bool:
    """Whether the vehicle takes so many pieces of this size."""
    return vehicle == "van" or pieces <= LOADS[vehicle].get(size, 0)


def fresh(driver: Driver, now: datetime) -> bool:
    """Whether the driver is believed to be where he was last seen.

    A pin holds until its time is over; a live location while it is shared and not silent for 10 minutes (a parked
    phone sends nothing), and for 3 minutes after it ended.
    """
    if driver.position_at is None or driver.valid_until is None:
        return False
    if driver.position_source == "pin":
        return now < driver.valid_until
    age = now - driver.position_at
    return age <= FRESH or (now < driver.valid_until and age < PARKED)


def place(driver: Driver) -> Point | None:
    """Where the driver was last seen, or None."""
    return None if driver.lat is None or driver.lon is None else (driver.lat, driver.lon)


def rank(
    pickup: Point,
    size: str,
    pieces: int,
    drivers: Iterable[Driver],
    now: datetime,
    *,
    within_m: float,
    without: Collection[int] = (),
) -> list[Candidate]:
    """The drivers who could fetch this, no farther than `within_m` as the crow flies, the soonest there first."""
    candidates = []
    for driver in drivers:
        here = place(driver)
        if here is None or driver.id in without or not fits(driver.vehicle, size, pieces) or not fresh(driver, now):
            continue
        way = way_m(here, pickup)
        if straight_m(here, pickup) <= within_m:
            candidates.append(Candidate(driver, way, travel(here, pickup, driver.vehicle).total_seconds()))
    return sorted(candidates, key=lambda candidate: (candidate.seconds, candidate.driver.id))
