"""Address to point and point to address: any geopy geocoder, behind a cache and a budget that live in the database."""

import asyncio
import inspect
import math
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final, Protocol

LABEL_LENGTH: Final = 120  # characters
TIMEOUT_S: Final = 4.0  # for one question in all: waiting for the budget and the answer
ANSWER_S: Final = 1.0  # what must be left of it for the answer when the waiting is over
QUERY_LENGTH: Final = 200  # characters of a typed address that are looked up
NEAR_KM: Final = 100.0  # what is found farther from the market is no address for a local delivery
FOUND: Final = 5  # how many places an answer holds at most

# Services that anyone may use at one request a second over the whole application, as their operators ask:
# https://operations.osmfoundation.org/policies/nominatim/ and https://photon.komoot.io ("be fair").
_PUBLIC: Final = {"nominatim": "nominatim.openstreetmap.org", "photon": "photon.komoot.io"}
_PUBLIC_INTERVAL_S: Final = 1.0
_PHOTON_SPEAKS: Final = ("en", "de", "fr")

# What the services call a district, the finest that people name first.
_AREAS: Final = (
    *("neighbourhood", "neighborhood", "quarter", "suburb", "city_district", "district", "borough", "locality"),
    *("village", "town", "city"),
)
_TOO_WIDE: Final = ("country", "county", "state_district", "region")


class PlacesUnavailable(Exception):
    """No answer can be had now: the service is down, too slow or its budget is spent; ask for a pin instead.

    Its words are for whoever runs the market, who is told `mend` with them.
    """

    def __init__(self, words: str, mend: str = "is it reachable from here?") -> None:
        super().__init__(words)
        self.mend = mend


@dataclass(frozen=True)
class Place:
    """A point with what people call it: `label` (at most 120 characters) and `area` (the district, if known)."""

    label: str
    lat: float
    lon: float
    area: str | None


class Geocoder(Protocol):
    """Knows addresses; raises PlacesUnavailable when it cannot be asked."""

    async def find(self, query: str, near: tuple[float, float], language: str) -> list[Place]:
        """Return the places that a typed address may mean, the likeliest first; `near` is (lat, lon) in degrees."""
        ...

    async def describe(self, lat: float, lon: float, language: str) -> Place | None:
        """Return the point, in degrees, with its label and area; None where nothing is known."""
        ...


class PlaceStore(Protocol):
    """What `Places` keeps in the database, shared by every process."""

    async def cached(self, key: str) -> list[dict[str, Any]] | None:
        """Return the places remembered under a key, [] for a remembered "nothing there", None for a new question."""
        ...

    async def remember(self, key: str, places: list[dict[str, Any]]) -> None:
        """Keep the answer to a question."""
        ...

    async def reserve(self, now: datetime, interval_s: float) -> datetime:
        """Take the next free moment, at least `interval_s` after the one taken before, and return it."""
        ...


class GeopyGeocoder:
    """Any of geopy's geocoders, by its geopy name (nominatim, photon, arcgis, …), asked in a worker thread.

    `options` go to geopy's constructor as they are ({"user_agent": …, "domain": …, "api_key": …}). Raises ValueError,
    in words for the person who sets GEOCODER and GEOCODER_OPTIONS, when geopy will not have them.
    """

    def __init__(self, name: str, **options: Any) -> None:
        from geopy import exc  # lazily: the sandbox does without geopy's geocoders
        from geopy.geocoders import get_geocoder_for_service

        self.name = name
        try:
            kind = get_geocoder_for_service(name)
            if "user_agent" in _parameters(kind):
                # Public services refuse a client that does not say what it is.
                options.setdefault("user_agent", "Doorstep (local delivery bot)")
            self._geocoder = kind(**options)
        except exc.GeopyError as err:
            raise ValueError(f"GEOCODER={name}: {err}") from err
        except TypeError as err:
            raise ValueError(f"GEOCODER_OPTIONS do not fit GEOCODER={name}: {err}") from err
        if not hasattr(self._geocoder, "reverse"):
            raise ValueError(f"GEOCODER={name} cannot turn a pin into an address; choose another, such as nominatim.")
        self._exc = exc

    @property
    def interval_s(self) -> float:
        """Seconds that must lie between two requests; 0 for a service of one's own or one that is paid for."""
        public = _PUBLIC.get(self.name.lower())
        return _PUBLIC_INTERVAL_S if public and getattr(self._geocoder, "domain", None) == public else 0.0

    async def find(self, query: str, near: tuple[float, float], language: str) -> list[Place]:
        """Return up to five places within 100 km of `near`, as the service ranks them."""
        known = _parameters(self._geocoder.geocode)
        options = {**_bias(known, near), **self._wording(self._geocoder.geocode, language), "exactly_one": False}
        for limit in ("limit", "maxresults", "max_results", "maximum_responses"):
            if limit in known:
                options[limit] = FOUND
        found = await self._ask(self._geocoder.geocode, query, options)
        places = [_read_location(location) for location in found or ()]
        return [place for place in places if distance_km(near, (place.lat, place.lon)) <= NEAR_KM][:FOUND]

    async def describe(self, lat: float, lon: float, language: str) -> Place | None:
        """Return the very point asked about, which is what the person meant, with the nearest address as its label."""
        options = {**self._wording(self._geocoder.reverse, language), "exactly_one": True}
        location = await self._ask(self._geocoder.reverse, (lat, lon), options)
        return None if location is None else replace(_read_location(location), lat=lat, lon=lon)

    def _wording(self, function: Callable[..., Any], language: str) -> dict[str, Any]:
        """Return the options that ask for a language and for an address in parts, as far as they are known."""
        known = _parameters(function)
        options: dict[str, Any] = {"addressdetails": True} if "addressdetails" in known else {}
        if self.name.lower() == "photon" and language not in _PHOTON_SPEAKS:
            return options  # Photon refuses the whole question over a language that it does not have
        return options | {option: language for option in ("language", "lang", "culture") if option in known}

    async def _ask(self, ask: Callable[..., Any], query: object, options: dict[str, Any]) -> Any:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                # The thread cannot be stopped: geopy's own time-out ends it.
                return await asyncio.to_thread(ask, query, timeout=TIMEOUT_S, **options)
        except (self._exc.GeopyError, TimeoutError, OSError) as err:
            raise self._explain(err) from err
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as err:
            # geopy's parsers trip like this over an answer that is not what the service documents.
            raise self._unreadable() from err

    def _explain(self, err: Exception) -> PlacesUnavailable:
        """Say in plain words what geopy or the system reports, which may hold a whole page or an address with a key."""
        status = getattr(err.__cause__, "status_code", None)
        detail = f" (HTTP {status})" if status else ""
        exc = self._exc
        if isinstance(err, exc.GeocoderQuotaExceeded):
            mend = "ask it less often, or have a service of your own: GEOCODER, GEOCODER_OPTIONS"
            return PlacesUnavailable(f"{self.name} finds that it was asked too often{detail}", mend)
        if isinstance(err, exc.GeocoderAuthenticationFailure | exc.GeocoderInsufficientPrivileges):
            mend = "write what it wants into GEOCODER_OPTIONS: a key, or a user_agent of your own"
            return PlacesUnavailable(f"{self.name} refuses to answer us{detail}", mend)
        if isinstance(err, exc.GeocoderParseError):
            return self._unreadable()
        if not status and (reason := _system_reason(err)):
            return PlacesUnavailable(f"{self.name} does not answer ({reason})")
        if not status and isinstance(err, TimeoutError):
            return PlacesUnavailable(f"{self.name} does not answer within {TIMEOUT_S:g} s")
        return PlacesUnavailable(f"{self.name} answers with an error{detail}", "is it well? Try again later")

    def _unreadable(self) -> PlacesUnavailable:
        mend = "is the service that GEOCODER_OPTIONS name really one of this kind?"
        return PlacesUnavailable(f"{self.name} answers with something that cannot be read", mend)


class Places:
    """A geocoder that is asked once for each question and never faster than it allows.

    `interval_s` is the least time between two requests over all processes (0: no budget); `source` keeps the answers
    of different services apart in the cache.
    """

    def __init__(
        self,
        geocoder: Geocoder,
        store: PlaceStore,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        interval_s: float = 0.0,
        source: str = "",
    ) -> None:
        self._geocoder = geocoder
        self._store = store
        self._clock = clock
        self._sleep = sleep
        self._interval_s = interval_s
        self._source = source
        self._reserved: datetime | None = None

    async def find(self, query: str, near: tuple[float, float], language: str) -> list[Place]:
        """Return the places that a typed address may mean, the likeliest first; raise PlacesUnavailable."""
        query = " ".join(query.split())[:QUERY_LENGTH].strip()
        if not any(character.isalnum() for character in query):
            return []
        key = f"{self._source}|find|{language}|{near[0]:.1f},{near[1]:.1f}|{query.casefold()}"
        return await self._answer(key, lambda: self._geocoder.find(query, near, language))

    async def describe(self, lat: float, lon: float, language: str) -> Place | None:
        """Return the point with its label and area, or None where nothing is known; raise PlacesUnavailable."""
        # Four decimals are 11 m: a pin that is sent again finds the same answer.
        key = f"{self._source}|describe|{language}|{lat:.4f},{lon:.4f}"

        async def ask() -> list[Place]:
            place = await self._geocoder.describe(lat, lon, language)
            return [] if place is None else [place]

        places = await self._answer(key, ask)
        return replace(places[0], lat=lat, lon=lon) if places else None

    async def _answer(self, key: str, ask: Callable[[], Awaitable[list[Place]]]) -> list[Place]:
        remembered = await self._store.cached(key)
        if remembered is not None:
            return [Place(**place) for place in remembered]
        waited = await self._wait_for_turn()
        try:
            async with asyncio.timeout(TIMEOUT_S - waited):
                places = await ask()
        except TimeoutError as err:
            raise PlacesUnavailable(f"no answer within {TIMEOUT_S:g} s") from err
        await self._store.remember(key, [asdict(place) for place in places])
        return places

    async def _wait_for_turn(self) -> float:
        """Wait until the budget lets this request go; return the seconds waited."""
        if not self._interval_s:
            return 0.0
        now = self._clock()
        longest = TIMEOUT_S - ANSWER_S
        # A moment that comes too late must not be taken: refused requests would push the queue ahead of themselves,
        # and under load nobody would be answered any more.
        if self._reserved is not None:
            expected = (self._reserved - now).total_seconds() + self._interval_s
            if expected > longest:
                raise PlacesUnavailable(f"the budget is spent for {expected:.1f} s")
        self._reserved = await self._store.reserve(now, self._interval_s)
        wait = max(0.0, (self._reserved - now).total_seconds())
        if wait > longest:
            raise PlacesUnavailable(f"the budget is spent for {wait:.1f} s")
        if wait:
            await self._sleep(wait)
        return wait


def distance_km(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Return the great-circle distance of two (lat, lon) points in km, by the haversine formula."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*here, *there))
    chord = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0 * math.asin(min(1.0, math.sqrt(chord)))


def shorten_label(parts: Iterable[str]) -> str:
    """Join the parts of an address, dropping the last ones, and in the end characters, until it fits 120 characters."""
    kept = [part for part in (" ".join(part.split()) for part in parts) if part]
    while len(kept) > 1 and len(", ".join(kept)) > LABEL_LENGTH:
        kept.pop()
    label = ", ".join(kept)
    return label if len(label) <= LABEL_LENGTH else label[: LABEL_LENGTH - 1].rstrip() + "…"


def _parameters(function: Callable[..., Any]) -> frozenset[str]:
    return frozenset(inspect.signature(function).parameters)


def _system_reason(err: BaseException | None) -> str | None:
    """Return what the operating system says, such as "connection refused", where it stands behind an error."""
    while err is not None:
        if isinstance(err, OSError) and err.strerror:
            return err.strerror if err.strerror[:2].isupper() else err.strerror[:1].lower() + err.strerror[1:]
        err = err.__cause__ or err.__context__
    return None


def _bias(known: frozenset[str], near: tuple[float, float]) -> dict[str, Any]:
    """Return the option, of those a service knows, that makes it prefer places near a point."""
    lat, lon = near
    box = [(max(-90.0, lat - 0.5), lon - 0.5), (min(90.0, lat + 0.5), lon + 0.5)]
    for option in ("viewbox", "boundary_rect", "bounds"):
        if option in known:
            return {option: box}
    for option in ("location_bias", "proximity", "user_location", "at", "location"):
        if option in known:
            return {option: near}
    return {}


def _read_location(location: Any) -> Place:
    """Turn geopy's Location into a Place."""
    details = _details(location.raw)
    area = next((details[key] for key in _AREAS if details.get(key)), None)
    too_wide = {details[key].casefold() for key in _TOO_WIDE if details.get(key)}
    parts = [part.strip() for part in str(location.address).split(",")]
    parts = [part for part in parts if part.casefold() not in too_wide] or parts
    if len(parts) > 1 and re.fullmatch(r"\d+\w?", parts[0]):
        parts[:2] = [f"{parts[0]} {parts[1]}"]  # Nominatim writes "3200, Las Vegas Boulevard South"
    return Place(shorten_label(parts), float(location.latitude), float(location.longitude), area)


def _details(raw: Any) -> dict[str, str]:
    """Return the named parts of an address, wherever a service puts them, by their names in small letters."""
    if not isinstance(raw, Mapping):
        return {}
    details: dict[str, str] = {}
    for source in (raw, *(raw.get(name) for name in ("address", "properties", "attributes", "components"))):
        if isinstance(source, Mapping):
            details |= {str(key).lower(): value for key, value in source.items() if isinstance(value, str)}
    components = raw.get("address_components")  # Google's: a list, each with its kinds
    for component in components if isinstance(components, list) else ():
        for kind in component.get("types", ()):
            details.setdefault("suburb" if kind.startswith("sublocality") else kind, component.get("long_name", ""))
    return details
