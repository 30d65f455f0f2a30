"""Who drives across the town: straight lines from point to point at town speed, told by the live location."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, cos, hypot, radians, sin, sqrt

from bot.sandbox.people import Person, Point
from bot.sandbox.records import JSON
from bot.sandbox.world import World

TOWN_SPEED = 25 / 3.6  # metres per second
SLOWEST, FASTEST = 1.0, 60.0  # times the town speed
EVERY_S = 1.5  # seconds between two edits of a live location
MOST_POINTS = 500
EARTH_M = 6_371_008.8


def metres(one: Point, other: Point) -> float:
    """The way between two points (degrees) as the crow flies, in metres (haversine)."""
    lat1, lon1, lat2, lon2 = map(radians, (*one, *other))
    arc = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_M * asin(sqrt(arc))


@dataclass
class Walk:
    """One person's way: what is left of it, how fast (times the town speed), and when it was told last."""

    person: Person
    here: Point
    left: list[Point]
    speed: float
    every_s: float
    moved_at: float
    told_at: float

    @property
    def left_m(self) -> float:
        """The metres that are left."""
        return sum(metres(one, other) for one, other in zip([self.here, *self.left], self.left, strict=False))

    def go(self, way_m: float) -> None:
        """Go on so many metres, past as many points as that takes."""
        while self.left:
            leg = metres(self.here, self.left[0])
            if leg > way_m:
                share = way_m / leg
                (lat, lon), (to_lat, to_lon) = self.here, self.left[0]
                self.here = (lat + share * (to_lat - lat), lon + share * (to_lon - lon))
                return
            way_m -= leg
            self.here = self.left.pop(0)

    def as_json(self) -> JSON:
        """Describe it: {"id", "to", "speed", "left_m", "left_s"}."""
        left_m = self.left_m
        left_s = round(left_m / (self.speed * TOWN_SPEED), 1)
        to = [list(point) for point in self.left]
        return {"id": self.person.id, "to": to, "speed": self.speed, "left_m": round(left_m), "left_s": left_s}


class Walks:
    """Everybody who drives now; nothing moves but by `advance`, as far as the world's clock has gone on."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.on: dict[int, Walk] = {}

    def start(self, person: Person, to: Sequence[Point], speed: float = 1.0, every_s: float = EVERY_S) -> Walk:
        """Let a person drive to these points, one after the other, instead of wherever he was driving.

        Raises LookupError where he shares no live location, ValueError for a way or speed that cannot be.
        """
        if not (position := person.position) or not position["live"]:
            raise LookupError(f"{person.name} shares no live location now; share one first")
        if not 1 <= len(to) <= MOST_POINTS:
            raise ValueError(f"say where to: 1 to {MOST_POINTS} points, [[lat, lon], …]")
        if not SLOWEST <= speed <= FASTEST:
            raise ValueError(f"the speed is {SLOWEST:g} to {FASTEST:g} times the town's 25 km/h")
        if not all(abs(lat) <= 90 and abs(lon) <= 180 and hypot(lat, lon) < 1e3 for lat, lon in to):
            raise ValueError("a point is [latitude -90..90, longitude -180..180]")
        now = self._world.now()
        walk = Walk(person, (position["lat"], position["lon"]), list(to), speed, every_s, now, now)
        self.on[person.id] = walk
        return walk

    def stop(self, person: Person) -> None:
        """Let a person stop where he was told last; nothing where he does not drive."""
        self.on.pop(person.id, None)

    def advance(self) -> None:
        """Move everybody as far as the time since then allows; whoever stops sharing, stops driving."""
        now = self._world.now()
        for walk in list(self.on.values()):
            walk.go(max(0.0, now - walk.moved_at) * walk.speed * TOWN_SPEED)
            walk.moved_at = now
            if walk.left and now - walk.told_at < walk.every_s:
                continue
            walk.told_at = now
            if not walk.left:
                self.on.pop(walk.person.id, None)
            try:
                walk.person.moves(round(walk.here[0], 6), round(walk.here[1], 6))
            except LookupError:
                self.on.pop(walk.person.id, None)
