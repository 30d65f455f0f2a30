"""Addresses and points: the gazetteer, geopy behind a small server, and the cache and budget around both."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.gazetteer import Gazetteer
from bot.places import (
    LABEL_LENGTH,
    Geocoder,
    GeopyGeocoder,
    Place,
    Places,
    PlaceStore,
    PlacesUnavailable,
    distance_km,
    shorten_label,
)

STRIP = (36.1147, -115.1728)
NOON = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
GAZETTEER = Gazetteer()


async def labels(query: str) -> list[str]:
    return [place.label for place in await GAZETTEER.find(query, STRIP, "en")]


class TestGazetteer:
    """What people type, and what is found."""

    @pytest.mark.parametrize(
        ("typed", "first"),
        [
            ("fashion show", "Fashion Show, 3200 S Las Vegas Blvd"),
            ("FASHON  SHOW!", "Fashion Show, 3200 S Las Vegas Blvd"),
            ("fashionshow", "Fashion Show, 3200 S Las Vegas Blvd"),
            ("Fashion Show Mall, Las Vegas, NV 89109, USA", "Fashion Show, 3200 S Las Vegas Blvd"),
            ("belagio", "Bellagio, 3600 S Las Vegas Blvd"),
            ("Bellagio Hotel & Casino, 3600 Las Vegas Blvd South", "Bellagio, 3600 S Las Vegas Blvd"),
            ("ceasars palace", "Caesars Palace, 3570 S Las Vegas Blvd"),
            ("Caesar’s", "Caesars Palace, 3570 S Las Vegas Blvd"),
            ("the mirage", "Hard Rock (The Mirage), 3400 S Las Vegas Blvd"),
            ("Pirámide Luxor", "Luxor, 3900 S Las Vegas Blvd"),
            ("luxor room 1204", "Luxor, 3900 S Las Vegas Blvd"),
            ("aeropuerto", "Harry Reid International Airport, 5757 Wayne Newton Blvd"),
            ("5757 Wayne Newton Boulevard", "Harry Reid International Airport, 5757 Wayne Newton Blvd"),
            ("3200 las vegas blvd", "Fashion Show, 3200 S Las Vegas Blvd"),
            ("3245 las vegs boulevard", "3245 S Las Vegas Blvd"),
            ("Las Vegas Blvd S 3245", "3245 S Las Vegas Blvd"),
            ("My Shop, 500 E Flamingo Rd Apt 3, Las Vegas", "500 E Flamingo Rd"),
            ("500 flamingo road", "500 E Flamingo Rd"),
            ("4000 flamingo road", "4000 W Flamingo Rd"),
            ("calle fremont 300", "300 Fremont St"),
            ("Avenida Tropicana Este 500", "500 E Tropicana Ave"),
            ("flamingo", "Flamingo, 3555 S Las Vegas Blvd"),
            ("the strip", "S Las Vegas Blvd"),
        ],
    )
    async def test_finds_what_is_meant(self, typed: str, first: str) -> None:
        """Case, accents, slips, short forms, Spanish, unit and city make no difference."""
        assert (await labels(typed))[:1] == [first]

    @pytest.mark.parametrize(
        "typed",
        [
            *("asdfgh", "qwertz 12", "🙂", "--", "", "  ", "a", "123", "hotel", "blvd", "street 5", "Berlin", "yes"),
            *("Las Vegas", "Las Vegas, NV 89109", "Nevada", "1600 Pennsylvania Ave", "tell me a joke", "Park Avenue"),
            *("12345 fremont st", "99999 las vegas blvd", "where is my parcel?", "x" * 5000, "1 " * 3000),
        ],
    )
    async def test_nonsense_finds_nothing(self, typed: str) -> None:
        """What resembles nothing, means everything, or is a number that the street has not, gives an empty list."""
        assert await labels(typed) == []

    async def test_shows_what_a_name_may_mean(self) -> None:
        """An ambiguous name gives the choices; a direction or a number takes the choice away."""
        assert set(await labels("sahara")) == {"Sahara, 2535 S Las Vegas Blvd", "E Sahara Ave", "W Sahara Ave"}
        assert set(await labels("2000 sahara ave")) == {"2000 E Sahara Ave", "2000 W Sahara Ave"}
        assert await labels("2000 e sahara") == ["2000 E Sahara Ave"]

    async def test_the_nearer_comes_first(self) -> None:
        """Of two that fit alike, the one near the market's centre, or wherever one asks, is first."""
        east = await GAZETTEER.find("2000 sahara", (36.144, -115.10), "en")
        west = await GAZETTEER.find("2000 sahara", (36.144, -115.25), "en")
        assert (east[0].label, west[0].label) == ("2000 E Sahara Ave", "2000 W Sahara Ave")

    async def test_house_numbers_lie_in_order_along_the_street(self) -> None:
        """Higher numbers on the Strip lie farther south, and each near its neighbour."""
        houses = [(await GAZETTEER.find(f"{number} Las Vegas Blvd", STRIP, "en"))[0] for number in range(105, 6600, 90)]
        points = [(house.lat, house.lon) for house in houses if house.label[0].isdigit()]
        assert len(points) > 60
        assert [lat for lat, _ in points] == sorted((lat for lat, _ in points), reverse=True)
        assert max(distance_km(a, b) for a, b in itertools.pairwise(points)) < 1.0

    async def test_the_list_agrees_with_itself(self) -> None:
        """Every place of the list is found by its name and by its address, and lies by its house number."""
        for listed in GAZETTEER.places():
            found = await GAZETTEER.find(listed["name"], STRIP, "en")
            assert (found[0].lat, found[0].lon) == (listed["lat"], listed["lon"]), listed["name"]
            if listed["kind"] == "street":
                continue
            found = await GAZETTEER.find(listed["address"], STRIP, "en")
            assert (found[0].lat, found[0].lon) == (listed["lat"], listed["lon"]), listed["address"]
            number, street = re.fullmatch(r"(\d+) (.+)", listed["address"]).groups()  # type: ignore[union-attr]
            if street not in {line["name"] for line in GAZETTEER.lines()}:
                continue
            next_door = await GAZETTEER.find(f"{int(number) + 1} {street}", STRIP, "en")
            assert distance_km((listed["lat"], listed["lon"]), (next_door[0].lat, next_door[0].lon)) < 0.6, listed

    async def test_a_label_finds_its_place_again(self) -> None:
        """What the bot showed can be typed back."""
        for typed in ("fashion show", "3245 las vegas blvd", "2000 w sahara", "sphere"):
            place = (await GAZETTEER.find(typed, STRIP, "en"))[0]
            assert (await GAZETTEER.find(place.label, STRIP, "en"))[0] == place

    def test_the_map_shows_places_and_streets(self) -> None:
        """About forty places and fifteen streets, all around the Strip."""
        kinds = [entry["kind"] for entry in GAZETTEER.places()]
        assert kinds.count("place") >= 40
        assert kinds.count("street") >= 15
        for entry in GAZETTEER.places():
            assert distance_km(STRIP, (entry["lat"], entry["lon"])) < 8, entry
        for line in GAZETTEER.lines():
            assert len(line["points"]) >= 2
            assert all(distance_km(STRIP, (lat, lon)) < 9 for lat, lon in line["points"])

    async def test_describes_a_point(self) -> None:
        """A pin is called by the place it lies at, else its house number, else its street; far away by nothing."""
        at_the_mall = await GAZETTEER.describe(36.1276, -115.1721, "en")
        assert at_the_mall == Place("Fashion Show, 3200 S Las Vegas Blvd", 36.1276, -115.1721, "The Strip")
        house = await GAZETTEER.describe(36.1148, -115.1500, "en")
        assert house is not None
        assert re.fullmatch(r"9\d\d E Flamingo Rd", house.label)
        off = await GAZETTEER.describe(36.1080, -115.1250, "en")
        assert off is not None
        assert not off.label[0].isdigit(), "far off the street a house number would be a guess"
        assert await GAZETTEER.describe(52.5, 13.4, "en") is None

    @settings(max_examples=150, deadline=None)
    @given(st.text(max_size=60))
    def test_any_text_is_answered(self, typed: str) -> None:
        """Whatever is typed, the answer is a short list of places in town with labels that fit."""
        for place in asyncio.run(GAZETTEER.find(typed, STRIP, "en")):
            assert 0 < len(place.label) <= LABEL_LENGTH
            assert distance_km(STRIP, (place.lat, place.lon)) < 9


class Memory:
    """The store as the database keeps it: answers, and the last moment taken."""

    def __init__(self) -> None:
        self.answers: dict[str, list[dict[str, Any]]] = {}
        self.last: datetime | None = None
        self.taken: list[datetime] = []

    async def cached(self, key: str) -> list[dict[str, Any]] | None:
        return self.answers.get(key)

    async def remember(self, key: str, places: list[dict[str, Any]]) -> None:
        self.answers[key] = places

    async def reserve(self, now: datetime, interval_s: float) -> datetime:
        self.last = now if self.last is None else max(now, self.last + timedelta(seconds=interval_s))
        self.taken.append(self.last)
        return self.last


class Atlas:
    """A geocoder that knows one place, and keeps what it was asked."""

    def __init__(self, delay_s: float = 0.0) -> None:
        self.asked: list[object] = []
        self.delay_s = delay_s
        self.fails = False

    async def find(self, query: str, near: tuple[float, float], language: str) -> list[Place]:
        self.asked.append(query)
        await asyncio.sleep(self.delay_s)
        if self.fails:
            raise PlacesUnavailable("down")
        return [Place("1 Here St", 36.1, -115.1, "Here")] if "here" in query.casefold() else []

    async def describe(self, lat: float, lon: float, language: str) -> Place | None:
        self.asked.append((lat, lon))
        return Place("1 Here St", lat, lon, None) if lat > 0 else None


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = NOON
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


def make_places(atlas: Geocoder, store: PlaceStore, clock: Clock, interval_s: float = 1.0, source: str = "x") -> Places:
    return Places(atlas, store, clock=clock, sleep=clock.sleep, interval_s=interval_s, source=source)


class TestPlaces:
    """The cache and the budget."""

    async def test_a_question_is_asked_once(self) -> None:
        """The same words, however spaced and cased, near the same town are answered from the database."""
        atlas, store = Atlas(), Memory()
        here = await make_places(atlas, store, Clock()).find("  Here  Street ", STRIP, "en")
        again = await make_places(atlas, store, Clock()).find("HERE street", (36.12, -115.16), "en")
        assert here == again == [Place("1 Here St", 36.1, -115.1, "Here")]
        assert atlas.asked == ["Here Street"]

    async def test_another_language_town_or_service_is_another_question(self) -> None:
        """Answers are kept apart by language, by the place one looks around, and by the service."""
        atlas, store = Atlas(), Memory()
        places = make_places(atlas, store, Clock(), interval_s=0)
        await places.find("here", STRIP, "en")
        await places.find("here", STRIP, "es")
        await places.find("here", (40.0, -74.0), "en")
        await make_places(atlas, store, Clock(), interval_s=0, source="y").find("here", STRIP, "en")
        assert len(atlas.asked) == 4

    async def test_nothing_found_is_remembered_too(self) -> None:
        """A wrong address that is sent again costs no second request."""
        atlas, store = Atlas(), Memory()
        places = make_places(atlas, store, Clock())
        assert await places.find("nowhere else", STRIP, "en") != []
        assert await places.find("gone", STRIP, "en") == []
        assert await places.find("gone", STRIP, "en") == []
        assert await places.describe(-1.0, 2.0, "en") is None
        assert await places.describe(-1.0, 2.0, "en") is None
        assert atlas.asked == ["nowhere else", "gone", (-1.0, 2.0)]

    async def test_a_failure_is_not_remembered(self) -> None:
        """When the service is up again, it is asked again."""
        atlas, store = Atlas(), Memory()
        places = make_places(atlas, store, Clock(), interval_s=0)
        atlas.fails = True
        with pytest.raises(PlacesUnavailable):
            await places.find("here", STRIP, "en")
        atlas.fails = False
        assert len(await places.find("here", STRIP, "en")) == 1

    @pytest.mark.parametrize("typed", ["", "   ", "?!", "🙂"])
    async def test_what_holds_no_word_costs_no_request(self, typed: str) -> None:
        """Signs and pictures are no address."""
        atlas = Atlas()
        assert await make_places(atlas, Memory(), Clock()).find(typed, STRIP, "en") == []
        assert atlas.asked == []

    async def test_an_essay_is_cut(self) -> None:
        """No service is sent more than 200 characters."""
        atlas = Atlas()
        await make_places(atlas, Memory(), Clock()).find("here " * 800, STRIP, "en")
        assert atlas.asked == [("here " * 40).strip()]

    async def test_a_pin_is_described_where_it_stands(self) -> None:
        """A pin a metre away takes the remembered label, but keeps its own point."""
        atlas, store = Atlas(), Memory()
        places = make_places(atlas, store, Clock())
        await places.describe(36.10000, -115.1, "en")
        assert await places.describe(36.10001, -115.1, "en") == Place("1 Here St", 36.10001, -115.1, None)
        assert len(atlas.asked) == 1

    async def test_processes_share_one_request_a_second(self) -> None:
        """Two processes asking at once go one after the other, a second apart."""
        atlas, store, clock = Atlas(), Memory(), Clock()
        one, two = make_places(atlas, store, clock), make_places(atlas, store, clock)
        await asyncio.gather(one.find("here 1", STRIP, "en"), two.find("here 2", STRIP, "en"))
        assert store.taken == [NOON, NOON + timedelta(seconds=1)]
        assert clock.slept == [1.0]

    async def test_a_spent_budget_is_said_at_once(self) -> None:
        """Who would wait more than 3 of the 4 seconds hears so, and takes nobody's turn."""
        atlas, store, clock = Atlas(), Memory(), Clock()
        places = make_places(atlas, store, clock)
        answers = await asyncio.gather(
            *(places.find(f"here {n}", STRIP, "en") for n in range(10)), return_exceptions=True
        )
        assert sum(isinstance(answer, PlacesUnavailable) for answer in answers) == 6
        assert len(atlas.asked) == len(store.taken) == 4
        assert max(clock.slept) == 3.0
        clock.now += timedelta(seconds=1)
        assert len(await places.find("here again", STRIP, "en")) == 1, "a second later the next turn is free"

    async def test_a_turn_that_another_process_took_is_respected(self) -> None:
        """When the store gives a moment too far away, nothing is asked."""
        atlas, store = Atlas(), Memory()
        store.last = NOON + timedelta(seconds=10)
        with pytest.raises(PlacesUnavailable, match="budget"):
            await make_places(atlas, store, Clock()).find("here", STRIP, "en")
        assert atlas.asked == []

    async def test_waiting_counts_within_the_four_seconds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Who waited for his turn has that much less time for the answer."""
        monkeypatch.setattr("bot.places.TIMEOUT_S", 2.05)
        store = Memory()
        store.last = NOON
        places = make_places(Atlas(delay_s=5), store, Clock())
        started = asyncio.get_running_loop().time()
        with pytest.raises(PlacesUnavailable, match="no answer"):
            await places.find("here", STRIP, "en")
        assert 1.0 <= asyncio.get_running_loop().time() - started < 1.9


SAHARA = {
    "place_id": 1,
    "lat": "36.1423",
    "lon": "-115.1568",
    "display_name": "2535, South Las Vegas Boulevard, Winchester, Clark County, Nevada, 89109, United States",
    "address": {
        "house_number": "2535",
        "road": "South Las Vegas Boulevard",
        "suburb": "Winchester",
        "county": "Clark County",
        "state": "Nevada",
        "country": "United States",
    },
}
FAR = SAHARA | {"lat": "52.5", "lon": "13.4"}


class Service:
    """A geocoding service on this machine."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], str]] = []
        self.answer: object = [SAHARA, FAR]
        self.status = 200
        self.delay_s = 0.0

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append((request.path, dict(request.query), request.headers["User-Agent"]))
        await asyncio.sleep(self.delay_s)
        return web.json_response(self.answer, status=self.status)


@pytest.fixture
async def service(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    service = Service()
    app = web.Application()
    app.router.add_get("/{tail:.*}", service.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.domain = f"127.0.0.1:{runner.addresses[0][1]}"  # type: ignore[attr-defined]  # known only now
    yield service
    await runner.cleanup()


def make_geocoder(service: Service, name: str, **options: str) -> GeopyGeocoder:
    return GeopyGeocoder(name, scheme="http", domain=service.domain, **options)  # type: ignore[attr-defined]  # as above


class TestGeopyGeocoder:
    """geopy's own code against a small server."""

    async def test_nominatim_finds_addresses_near_the_market(self, service: Service) -> None:
        """The question carries language, limit and a box around the market; other continents are left out."""
        nominatim = make_geocoder(service, "nominatim", user_agent="Test (me@example.org)")
        places = await nominatim.find("2535 las vegas blvd", STRIP, "es")
        assert places == [
            Place("2535 South Las Vegas Boulevard, Winchester, Nevada, 89109", 36.1423, -115.1568, "Winchester")
        ]
        path, query, agent = service.asked[0]
        assert (path, agent) == ("/search", "Test (me@example.org)")
        assert query["q"] == "2535 las vegas blvd"
        assert query["accept-language"] == "es"
        assert query["limit"] == "5"
        west, south, east, north = map(float, query["viewbox"].split(","))
        assert west < STRIP[1] < east
        assert south < STRIP[0] < north

    async def test_nominatim_describes_the_pin_itself(self, service: Service) -> None:
        """The address of the nearest house, at the point that was sent."""
        service.answer = SAHARA
        place = await make_geocoder(service, "nominatim").describe(36.15, -115.15, "en")
        assert place == Place("2535 South Las Vegas Boulevard, Winchester, Nevada, 89109", 36.15, -115.15, "Winchester")
        assert service.asked[0][1]["accept-language"] == "en"
        assert "Doorstep" in service.asked[0][2], "Nominatim refuses clients that do not say what they are"

    async def test_nothing_there(self, service: Service) -> None:
        """Unknown addresses and points in the sea are no error."""
        nominatim = make_geocoder(service, "nominatim")
        service.answer = []
        assert await nominatim.find("asdf", STRIP, "en") == []
        service.answer = {"error": "Unable to geocode"}
        assert await nominatim.describe(0.0, 0.0, "en") is None

    @pytest.mark.parametrize(
        ("status", "words", "mend"),
        [
            (401, "nominatim refuses to answer us (HTTP 401)", "user_agent"),
            (403, "nominatim refuses to answer us (HTTP 403)", "user_agent"),
            (429, "nominatim finds that it was asked too often (HTTP 429)", "less often"),
            (500, "nominatim answers with an error (HTTP 500)", "later"),
            (503, "nominatim answers with an error (HTTP 503)", "later"),
        ],
    )
    async def test_a_refusal_is_unavailable(self, service: Service, status: int, words: str, mend: str) -> None:
        """A service that blocks us, limits us or is down is told apart from an address that does not exist."""
        service.status = status
        with pytest.raises(PlacesUnavailable, match=f"^{re.escape(words)}$") as caught:
            await make_geocoder(service, "nominatim").find("here", STRIP, "en")
        assert mend in caught.value.mend

    @pytest.mark.parametrize("answer", [{"x": 1}, [{"x": 1}], "text", 7])
    async def test_an_unreadable_answer_is_unavailable(self, service: Service, answer: object) -> None:
        """JSON of another shape does not reach the log as a crash, nor anybody's screen."""
        service.answer = answer
        with pytest.raises(PlacesUnavailable, match=r"^nominatim answers with something that cannot be read$"):
            await make_geocoder(service, "nominatim").find("here", STRIP, "en")

    async def test_a_slow_service_is_unavailable(self, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
        """The time-out holds for everything together."""
        monkeypatch.setattr("bot.places.TIMEOUT_S", 0.2)
        service.delay_s = 1.0
        with pytest.raises(PlacesUnavailable, match=r"^nominatim does not answer within 0.2 s$"):
            await make_geocoder(service, "nominatim").find("here", STRIP, "en")

    async def test_nobody_there_is_unavailable(self) -> None:
        """A service that cannot be reached: its name once, and what the system says of it."""
        nominatim = GeopyGeocoder("nominatim", scheme="http", domain="127.0.0.1:9")
        with pytest.raises(PlacesUnavailable, match=r"^nominatim does not answer \(connection refused\)$"):
            await nominatim.describe(36.1, -115.1, "en")

    async def test_photon_is_asked_in_a_language_that_it_knows(self, service: Service) -> None:
        """Photon refuses Spanish, so it is left out; the point near which to look is given."""
        service.answer = {
            "features": [
                {
                    "geometry": {"coordinates": [-115.1568, 36.1423]},
                    "properties": {"name": "Sahara", "city": "Las Vegas", "district": "Winchester", "country": "USA"},
                }
            ]
        }
        photon = make_geocoder(service, "photon")
        places = await photon.find("sahara", STRIP, "es")
        assert [replace(place, label="") for place in places] == [Place("", 36.1423, -115.1568, "Winchester")]
        assert "Sahara" in places[0].label
        query = service.asked[0][1]
        assert "lang" not in query
        assert (float(query["lat"]), float(query["lon"])) == STRIP
        await photon.find("sahara", STRIP, "de")
        assert service.asked[1][1]["lang"] == "de"

    def test_public_services_have_a_budget(self) -> None:
        """One request a second for the free servers; one's own server or a paid one has none."""
        assert GeopyGeocoder("nominatim").interval_s == 1.0
        assert GeopyGeocoder("photon").interval_s == 1.0
        assert GeopyGeocoder("nominatim", domain="geo.example.org").interval_s == 0.0
        assert GeopyGeocoder("arcgis").interval_s == 0.0

    @pytest.mark.parametrize(
        ("name", "options", "words"),
        [
            ("nomnatim", {}, "GEOCODER=nomnatim"),
            ("nominatim", {"colour": "red"}, "GEOCODER_OPTIONS"),
            ("mapbox", {}, "api_key"),
            ("liveaddress", {"auth_id": "x", "auth_token": "y"}, "pin"),
        ],
    )
    def test_wrong_settings_are_named(self, name: str, options: dict[str, str], words: str) -> None:
        """An unknown service, an unknown or missing option, a service without pins: said at the start, by name."""
        with pytest.raises(ValueError, match=words):
            GeopyGeocoder(name, **options)


def test_long_labels_are_cut_at_a_comma() -> None:
    """The widest parts of an address go first; one endless part is cut with an ellipsis."""
    assert shorten_label(["1 Here St", " ", "Town  Hall"]) == "1 Here St, Town Hall"
    assert shorten_label(["1 Here St", "b" * 60, "c" * 60]) == f"1 Here St, {'b' * 60}"
    assert shorten_label(["a" * 300, "b"]) == "a" * 119 + "…"
