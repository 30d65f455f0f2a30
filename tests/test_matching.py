"""Matching: which load fits which vehicle, whose position is believed, who comes first."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dispatch.matching import fits, fresh, place, rank
from storage.models import Driver
from tests.rules import SHOP, START, away

# vehicle: the most pieces of S, M and L that it takes
LOADS = {"foot": (2, 0, 0), "bike": (3, 1, 0), "car": (6, 6, 1), "van": (20, 20, 20)}


def a_driver(
    driver_id: int = 1,
    north: float = 0,
    *,
    vehicle: str = "car",
    source: str = "live",
    seen_min: float = 0,
    valid_min: float = 60,
    **more: Any,
) -> Driver:
    """A driver so far north of the shop, last seen so many minutes before START, believed until so many after."""
    lat, lon = away(SHOP, north)
    values = {
        "id": driver_id,
        "vehicle": vehicle,
        "lat": lat,
        "lon": lon,
        "position_source": source,
        "position_at": START - timedelta(minutes=seen_min),
        "valid_until": START + timedelta(minutes=valid_min),
    }
    return Driver(**{**values, **more})


def ranked(*drivers: Driver, within_m: float = 10_000, without: tuple[int, ...] = (), **load: Any) -> list[int]:
    """The ids of those who could fetch one bag at the shop, best first."""
    load = {"size": "S", "pieces": 1, **load}
    found = rank(SHOP, drivers=drivers, now=START, within_m=within_m, without=without, **load)
    return [candidate.driver.id for candidate in found]


@pytest.mark.parametrize("vehicle", LOADS)
@pytest.mark.parametrize("size", ["S", "M", "L"])
def test_loads(vehicle: str, size: str) -> None:
    """Foot takes two bags, a bike three or one box, a car six pieces or one large, a van anything."""
    most = LOADS[vehicle]["SML".index(size)]
    assert [pieces for pieces in range(1, 21) if fits(vehicle, size, pieces)] == list(range(1, most + 1))


@pytest.mark.parametrize(
    ("source", "seen_min", "valid_min", "believed"),
    [
        # a pin holds until its time is over, however old
        ("pin", 59, 1, True),
        ("pin", 60, 0, False),
        ("pin", 0, -1, False),
        # a live location: silent for less than ten minutes while it is shared (a parked phone)
        ("live", 0, 60, True),
        ("live", 3, 60, True),
        ("live", 9.99, 60, True),
        ("live", 10, 60, False),
        ("live", 45, 60, False),
        # and for three minutes after it ended
        ("live", 3, -1, True),
        ("live", 3.01, -1, False),
        ("live", 5, 0, False),
    ],
)
def test_fresh(source: str, seen_min: float, valid_min: float, believed: bool) -> None:
    """A position is believed by its source, its age and how long it was to hold."""
    assert fresh(a_driver(source=source, seen_min=seen_min, valid_min=valid_min), START) is believed


def test_no_position_is_not_fresh() -> None:
    """Whoever was never seen is nowhere."""
    assert not fresh(a_driver(position_at=None), START)
    assert not fresh(a_driver(valid_until=None), START)
    assert place(a_driver(lat=None)) is None
    assert place(a_driver(lon=None)) is None
    assert ranked(a_driver(lat=None), a_driver(2, lon=None)) == []


def test_the_soonest_comes_first() -> None:
    """Time to the pickup counts, not distance: a car from 2 km beats a walker from 600 m."""
    walker, bike, car = a_driver(1, 600, vehicle="foot"), a_driver(2, 1500, vehicle="bike"), a_driver(3, 2000)
    assert ranked(walker, bike, car) == [3, 2, 1]
    assert ranked(car, bike, walker) == [3, 2, 1]


def test_equals_keep_the_order_of_joining() -> None:
    """The same input gives the same answer: of two equally near the one with the lower id comes first."""
    assert ranked(a_driver(7), a_driver(3), a_driver(5)) == [3, 5, 7]


def test_too_far_without_too_small_and_stale_are_left_out() -> None:
    """Nobody is asked who is out of reach, excluded, has too small a vehicle or is not believed to be there."""
    drivers = [
        a_driver(1, 500),
        a_driver(2, 9_000),
        a_driver(3, 600),
        a_driver(4, 700, vehicle="foot"),
        a_driver(5, 800, seen_min=30),
        a_driver(6, 900),
    ]
    assert ranked(*drivers, within_m=5_000, without=(3,), size="M") == [1, 6]


def test_a_candidate_knows_its_way() -> None:
    """The way is through the streets, the seconds at the vehicle's speed."""
    (found,) = rank(SHOP, "S", 1, [a_driver(north=1000, vehicle="bike")], START, within_m=10_000)
    assert found.way_m == 1300
    assert found.seconds == pytest.approx(1.3 / 15 * 3600)


drivers_anywhere = st.lists(
    st.builds(
        a_driver,
        driver_id=st.integers(1, 10_000),
        north=st.integers(-15_000, 15_000),
        vehicle=st.sampled_from(sorted(LOADS)),
        source=st.sampled_from(["pin", "live"]),
        seen_min=st.floats(0, 30),
        valid_min=st.floats(-10, 60),
    ),
    unique_by=lambda driver: driver.id,
    max_size=12,
)


@given(drivers_anywhere, st.sampled_from("SML"), st.integers(1, 20), st.integers(0, 20_000), st.randoms())
def test_ranking(drivers: list[Driver], size: str, pieces: int, within_m: int, random: Any) -> None:
    """Everybody ranked may have it, nobody who might is missing, and the order in does not matter."""
    now: datetime = START
    found = rank(SHOP, size, pieces, drivers, now, within_m=within_m)
    assert [(c.seconds, c.driver.id) for c in found] == sorted((c.seconds, c.driver.id) for c in found)
    chosen = {candidate.driver.id for candidate in found}
    for driver in drivers:
        if driver.id in chosen:
            assert fits(driver.vehicle, size, pieces)
            assert fresh(driver, now)
        elif fits(driver.vehicle, size, pieces) and fresh(driver, now):
            (alone,) = rank(SHOP, size, pieces, [driver], now, within_m=50_000)
            assert alone.way_m > within_m
    random.shuffle(drivers)
    assert rank(SHOP, size, pieces, drivers, now, within_m=within_m) == found
