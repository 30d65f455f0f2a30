"""Where things are on the earth: distances in metres, directions, areas, boxes to search in."""

from math import atan2, cos, degrees, radians, sin

from geopy.distance import great_circle

DETOUR = 1.3
"""Streets are longer than the straight line: the usual factor for towns laid out in a grid."""
AREA_M = 500
METRES_PER_DEGREE = 111_195
"""Of latitude: the mean radius that geopy's great circle uses, 6,371.009 km, times π/180."""
DIRECTIONS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")

Point = tuple[float, float]
"""Latitude and longitude in degrees."""


def straight_m(start: Point, end: Point) -> float:
    """The great-circle distance in metres."""
    return float(great_circle(start, end).m)


def way_m(start: Point, end: Point) -> int:
    """The estimated way through the streets in metres: great circle × 1.3."""
    return round(straight_m(start, end) * DETOUR)


def direction(start: Point, end: Point) -> str:
    """The compass direction from start to end, one of eight.

    Initial bearing: en.wikipedia.org/wiki/Great-circle_navigation.
    """
    lat1, lat2, turn = radians(start[0]), radians(end[0]), radians(end[1] - start[1])
    bearing = degrees(atan2(sin(turn) * cos(lat2), cos(lat1) * sin(lat2) - sin(lat1) * cos(lat2) * cos(turn)))
    return DIRECTIONS[round(bearing / 45) % 8]


def on_earth(point: Point) -> bool:
    """Whether there is such a point; NaN and what lies beyond the poles is none."""
    lat, lon = point
    return -90 <= lat <= 90 and -180 <= lon <= 180


def rounded(point: Point, step_m: int = AREA_M) -> Point:
    """The point rounded to a grid of so many metres: near enough to know the area, too coarse to know the door."""
    step = step_m / METRES_PER_DEGREE
    lat = round(point[0] / step) * step
    step_lon = step / max(cos(radians(lat)), 0.01)
    return round(lat, 5), round(round(point[1] / step_lon) * step_lon, 5)


def area(point: Point) -> str:
    """The name of a point's area where it has no district: the point, rounded."""
    lat, lon = rounded(point)
    return f"≈ {lat:.3f}, {lon:.3f}"


def box(center: Point, radius_m: float) -> tuple[float, float, float, float]:
    """South, west, north and east (degrees) of a box that holds the circle."""
    lat = radius_m / METRES_PER_DEGREE
    lon = lat / max(cos(radians(center[0])), 0.01)
    return center[0] - lat, center[1] - lon, center[0] + lat, center[1] + lon
