"""A geocoder that needs no network: the places and streets of gazetteer.csv, found by tolerant names."""

import csv
import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from bot.places import FOUND, QUERY_LENGTH, Place, distance_km, shorten_label

CSV: Final = Path(__file__).with_name("gazetteer.csv")

_SAME: Final = {  # every way to write a word of an address, by its short form
    "blvd": "blvd boulevard boulevar bulevar bl",
    "ave": "ave avenue av avenida avda",
    "rd": "rd road",
    "st": "st street str calle",
    "dr": "dr drive",
    "ln": "ln lane",
    "pkwy": "pkwy parkway pky",
    "e": "e east este",
    "w": "w west oeste",
    "n": "n north norte",
    "s": "s south sur",
}
_SHORT: Final = {word: short for short, words in _SAME.items() for word in words.split()}
# Words that name nothing by themselves: "hotel" alone finds nothing.
_COMMON: Final = frozenset(_SAME) | {
    *("the", "a", "at", "of", "and", "de", "del", "la", "las", "el", "los", "y", "en"),
    *("hotel", "hotels", "casino", "casinos", "resort", "mall", "shop", "shops", "vegas", "plaza", "center", "park"),
}
_DIRECTIONS: Final = frozenset("ewns")
_CITY: Final = re.compile(r"(?:\b(?:las vegas|paradise|winchester|nv|nevada|usa|us|united states|89\d{3}) ?)+$")
_UNIT: Final = re.compile(r"(?:\b(?:apartment|apt|apto|unit|suite|ste|room|rm|habitacion|floor|fl)\b|#)\W*\w+", re.I)
_NUMBER: Final = re.compile(r"^(\d{1,5})[a-z]? (.+)|^(.+) (\d{1,5})[a-z]?$")

_ENOUGH: Final = 0.74  # a match below is none
_CLOSE: Final = 0.12  # what is worse than the best by more than this is not shown beside it
_TYPO: Final = 0.75  # how alike two words must be, of 1
_BEYOND: Final = 60  # house numbers past the last known one that still belong to a street
_AT_PLACE_KM: Final = 0.12
_AT_STREET_KM: Final = 0.15
_AREA_KM: Final = 2.5
_CORRIDOR_KM: Final = 0.4  # a house stands no farther from its street


@dataclass(frozen=True)
class Landmark:
    """A place of the list; `names` are normalised."""

    name: str
    names: tuple[str, ...]
    address: str
    area: str
    lat: float
    lon: float

    @property
    def place(self) -> Place:
        """The landmark as an answer: its name with its address."""
        return Place(shorten_label((self.name, self.address)), self.lat, self.lon, self.area)


@dataclass(frozen=True)
class Segment:
    """A straight piece of a street between two known house numbers."""

    number1: int
    start: tuple[float, float]
    number2: int
    end: tuple[float, float]
    area: str

    def at(self, number: float) -> tuple[float, float]:
        """Return the (lat, lon) of a house number, at an end if it lies beyond."""
        share = min(1.0, max(0.0, (number - self.number1) / (self.number2 - self.number1)))
        return (
            self.start[0] + share * (self.end[0] - self.start[0]),
            self.start[1] + share * (self.end[1] - self.start[1]),
        )

    def nearest(self, lat: float, lon: float) -> int:
        """Return the house number whose point lies nearest."""
        stretch = 0.81  # cos 36°: a degree of longitude is that much shorter
        along = (self.end[0] - self.start[0], (self.end[1] - self.start[1]) * stretch)
        away = (lat - self.start[0], (lon - self.start[1]) * stretch)
        share = (along[0] * away[0] + along[1] * away[1]) / (along[0] ** 2 + along[1] ** 2)
        return round(self.number1 + min(1.0, max(0.0, share)) * (self.number2 - self.number1))


@dataclass
class Street:
    """A street of the list: its pieces in the order of their numbers; `names` are normalised."""

    name: str
    names: tuple[str, ...]
    segments: list[Segment]

    def find(self, number: int) -> Place | None:
        """Return the house, or None if the street has no such number."""
        if not self.segments[0].number1 - _BEYOND <= number <= self.segments[-1].number2 + _BEYOND:
            return None
        segment = next((piece for piece in self.segments if number <= piece.number2), self.segments[-1])
        return Place(f"{number} {self.name}", *segment.at(number), segment.area)

    def middle(self) -> Place:
        """Return the street as a whole, shown at its middle."""
        segment = self.segments[len(self.segments) // 2]
        return Place(self.name, *segment.at((segment.number1 + segment.number2) / 2), segment.area)


class Gazetteer:
    """Finds the places and houses of a list by what people type, however they type it.

    Names match without regard to case, accents, order and small slips; house numbers lie on their street between
    two known ones. What resembles nothing finds nothing.
    """

    def __init__(self, path: Path = CSV) -> None:
        self._landmarks: list[Landmark] = []
        self._streets: dict[str, Street] = {}
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                self._add(row)

    def places(self) -> list[dict[str, Any]]:
        """Return every place and every street (at its middle) for a map, each with name, address, lat, lon, kind."""
        found: list[dict[str, Any]] = [
            {"name": mark.name, "address": mark.address, "lat": mark.lat, "lon": mark.lon, "kind": "place"}
            for mark in self._landmarks
        ]
        for street in self._streets.values():
            middle = street.middle()
            found.append(
                {"name": street.name, "address": street.name, "lat": middle.lat, "lon": middle.lon, "kind": "street"}
            )
        return found

    def lines(self) -> list[dict[str, Any]]:
        """Return every street for a map: its name and its points as [lat, lon], from the first number to the last."""
        return [
            {
                "name": street.name,
                "points": [list(street.segments[0].start), *(list(piece.end) for piece in street.segments)],
            }
            for street in self._streets.values()
        ]

    async def find(self, query: str, near: tuple[float, float], language: str) -> list[Place]:
        """Return up to five places that the text may mean, the likeliest first; names are the same in any language."""
        query = _UNIT.sub(" ", query[:QUERY_LENGTH])
        # "Bellagio, 3600 S Las Vegas Blvd" is a name and an address: either will do.
        for part in (query, *query.split(",")):
            places = self._find_words(_CITY.sub("", normalise(part)).strip(), near)
            if places:
                return places
        return []

    async def describe(self, lat: float, lon: float, language: str) -> Place | None:
        """Return the point with the name of the place it lies at or its house number; None outside the town."""
        here = (lat, lon)
        mark = min(self._landmarks, key=lambda mark: distance_km(here, (mark.lat, mark.lon)))
        away = distance_km(here, (mark.lat, mark.lon))
        number, street, area, off = self._nearest_house(here)
        if away <= (_AT_PLACE_KM if off <= _AT_STREET_KM else _CORRIDOR_KM):
            return Place(mark.place.label, lat, lon, mark.area)
        if off <= _CORRIDOR_KM:
            return Place(f"{number} {street}", lat, lon, area)
        if min(off, away) <= _AREA_KM:
            return Place(street, lat, lon, area if off <= away else mark.area)
        return None

    def _nearest_house(self, here: tuple[float, float]) -> tuple[int, str, str, float]:
        """Return number, street, area and distance (km) of the house nearest to a point."""
        houses = []
        for street in self._streets.values():
            for piece in street.segments:
                number = piece.nearest(*here)
                houses.append((number, street.name, piece.area, distance_km(here, piece.at(number))))
        return min(houses, key=lambda house: house[3])

    def _add(self, row: dict[str, str]) -> None:
        names = tuple(normalise(name) for name in (row["name"], *row["aliases"].split("|")) if name)
        if row["kind"] == "place":
            at = float(row["lat"]), float(row["lon"])
            self._landmarks.append(Landmark(row["name"], names, row["address"], row["area"], *at))
            return
        start, end = (float(row["lat1"]), float(row["lon1"])), (float(row["lat2"]), float(row["lon2"]))
        segment = Segment(int(row["number1"]), start, int(row["number2"]), end, row["area"])
        street = self._streets.setdefault(row["name"], Street(row["name"], names, []))
        street.segments.append(segment)

    def _find_words(self, words: str, near: tuple[float, float]) -> list[Place]:
        if not words:
            return []
        scored = [*self._find_houses(words), *self._find_named(words)]
        best = max((score for score, _ in scored), default=0.0)
        scored = [(score, place) for score, place in scored if score >= max(_ENOUGH, best - _CLOSE)]
        scored.sort(key=lambda entry: (-round(entry[0], 3), distance_km(near, (entry[1].lat, entry[1].lon))))
        return list(dict.fromkeys(place for _, place in scored))[:FOUND]

    def _find_named(self, words: str) -> list[tuple[float, Place]]:
        marks = [
            (1.0 if words == normalise(mark.address) else _likeness(words, mark.names), mark.place)
            for mark in self._landmarks
        ]
        return marks + [(_likeness(words, street.names), street.middle()) for street in self._streets.values()]

    def _find_houses(self, words: str) -> list[tuple[float, Place]]:
        match = _NUMBER.match(words)
        if match is None:
            return []
        number, name = (match[1], match[2]) if match[1] else (match[4], match[3])
        houses = []
        for street in self._streets.values():
            score = _likeness(name, street.names)
            house = street.find(int(number)) if score >= _ENOUGH else None
            if house is not None:
                # A known place at that very address is what was meant.
                known = [mark.place for mark in self._landmarks if mark.address == house.label]
                houses.append((score + 0.1, known[0] if known else house))
        return houses


def normalise(text: str) -> str:
    """Return the words of a text in small letters without accents and signs, address words in their short form."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    words = re.sub(r"[^\w\s]|_", " ", re.sub(r"['’.]", "", plain)).split()
    return " ".join(_SHORT.get(word, word) for word in words)


def _likeness(words: str, names: tuple[str, ...]) -> float:
    """Return how well what was typed fits the best of the names, 0 to 1."""
    return max(_compare(words, name) for name in names)


def _compare(typed: str, name: str) -> float:
    if typed == name:
        return 1.0
    said, meant = typed.split()[:12], name.split()
    if not set(said) - _COMMON and "las vegas" not in typed:
        return 0.0
    if (ways := _DIRECTIONS & set(said)) and (there := _DIRECTIONS & set(meant)) and not ways & there:
        return 0.0  # East Flamingo is not West Flamingo
    forth, back = _cover(said, meant), _cover(meant, said)
    together = SequenceMatcher(None, typed.replace(" ", ""), name.replace(" ", ""), autojunk=False)
    glued = 0.0
    if len(typed) > 4 and together.real_quick_ratio() > 0.85 and together.quick_ratio() > 0.85:
        glued = 0.95 * together.ratio() if together.ratio() > 0.85 else 0.0
    return max(0.7 * forth + 0.3 * back, glued)


def _cover(words: list[str], others: list[str]) -> float:
    """Return which part of the words, by their weight, is found among the others."""
    found = sum(_weigh(word) * max(_resemble(word, other) for other in others) for word in words)
    return found / sum(map(_weigh, words))


def _weigh(word: str) -> float:
    return 1.0 if word in _COMMON else 2.0 + len(word)


@lru_cache(maxsize=4096)
def _resemble(word: str, other: str) -> float:
    """Return 1 for the same word, less for a slip of the fingers, 0 for another; short words and numbers allow none."""
    if word == other:
        return 1.0
    if min(len(word), len(other)) < 4 or word.isdigit():
        return 0.0
    if other.startswith(word) or word.startswith(other):
        return 0.85
    if abs(len(word) - len(other)) > 3:
        return 0.0
    ratio = SequenceMatcher(None, word, other, autojunk=False).ratio()
    return ratio if ratio >= _TYPO else 0.0
