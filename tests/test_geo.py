"""Places on the earth: ways, directions, areas that hide a door, boxes to search in."""

from math import cos, hypot, radians, sin, tau

import pytest
from geopy.distance import great_circle
from hypothesis import given
from hypothesis import strategies as st

from bot.dispatch.geo import METRES_PER_DEGREE, Point, box, direction, on_earth, rounded, straight_m, way_m
from tests.rules import SHOP, away

lats = st.floats(-65, 65)
points = st.tuples(lats, st.floats(-179, 179))
near = st.tuples(st.floats(-30_000, 30_000), st.floats(-30_000, 30_000))


@given(points, near)
def test_way_is_the_great_circle_and_three_tenths(start: Point, offset: tuple[float, float]) -> None:
    """The way through the streets is 1.3 times the great circle, to the metre, and the same both ways."""
    end = away(start, *offset)
    assert way_m(start, end) == round(float(great_circle(start, end).m) * 1.3)
    assert way_m(start, end) == pytest.approx(way_m(end, start), abs=1)
    assert way_m(start, start) == 0


def test_one_degree_of_latitude() -> None:
    """A degree of latitude is what the constant says, to half a metre."""
    assert straight_m((36.0, -115.0), (37.0, -115.0)) == pytest.approx(METRES_PER_DEGREE, abs=0.5)


@pytest.mark.parametrize(
    ("north", "east", "name"),
    [
        (1000, 0, "north"),
        (1000, 1000, "north-east"),
        (0, 1000, "east"),
        (-1000, 1000, "south-east"),
        (-1000, 0, "south"),
        (-1000, -1000, "south-west"),
        (0, -1000, "west"),
        (1000, -1000, "north-west"),
        (1000, -390, "north"),  # 21.3° west of north
        (1000, -440, "north-west"),  # 23.7°
    ],
)
def test_directions(north: float, east: float, name: str) -> None:
    """Eight directions, each 45 degrees wide, north from both sides."""
    assert direction(SHOP, away(SHOP, north, east)) == name


@given(points)
def test_the_area_is_near_and_hides_the_door(point: Point) -> None:
    """A point rounded to 500 m lies within the grid's half diagonal, and says nothing finer than the grid."""
    area = rounded(point)
    assert straight_m(point, area) <= 360
    south_north = area[0] / (500 / METRES_PER_DEGREE)
    assert south_north == pytest.approx(round(south_north), abs=0.01)


@given(points, st.floats(-100, 100), st.floats(-100, 100))
def test_neighbours_share_an_area_or_the_next(point: Point, north: float, east: float) -> None:
    """Doors of one street are not told apart beyond the next field of the grid."""
    assert straight_m(rounded(point), rounded(away(point, north, east))) <= 2 * hypot(500, 500)


def test_doors_of_one_block_have_one_area() -> None:
    """Two doors 60 m apart in the middle of a field of the grid read the same."""
    middle = rounded(SHOP)
    assert rounded(away(middle, 30, 30)) == rounded(away(middle, -30, -30)) == middle


@given(points, st.floats(10, 20_000), st.floats(0, tau), st.floats(0, 1))
def test_the_box_holds_the_circle(center: Point, radius_m: float, angle: float, part: float) -> None:
    """Whatever is no farther than the radius is in the box, to within a metre."""
    point = away(center, sin(angle) * radius_m * part, cos(angle) * radius_m * part)
    if straight_m(center, point) > radius_m - 1:
        return
    south, west, north, east = box(center, radius_m)
    assert south <= point[0] <= north
    assert west <= point[1] <= east


@given(points, st.floats(10, 20_000))
def test_the_box_is_no_wider_than_it_must(center: Point, radius_m: float) -> None:
    """The sides of the box touch the circle, to a hundredth."""
    south, west, north, east = box(center, radius_m)
    for side in ((south, center[1]), (north, center[1]), (center[0], west), (center[0], east)):
        assert straight_m(center, side) == pytest.approx(radius_m, rel=0.01)
    assert cos(radians(center[0])) > 0


@pytest.mark.parametrize(
    ("point", "there"),
    [
        ((90.0, 180.0), True),
        ((-90.0, -180.0), True),
        ((0.0, 0.0), True),
        ((90.1, 0.0), False),
        ((-115.0, 36.0), False),
        ((0.0, 180.1), False),
        ((float("nan"), 0.0), False),
        ((0.0, float("inf")), False),
    ],
)
def test_on_earth(point: tuple[float, float], there: bool) -> None:
    """The poles and the date line are places; what lies beyond them, and what is no number, is none."""
    assert on_earth(point) is there
