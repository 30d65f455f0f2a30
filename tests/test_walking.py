"""Driving across the sandbox's town: how far the clock lets one come, what is refused, and the routes."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from bot.sandbox.people import Person
from bot.sandbox.server import create_app, serve
from bot.sandbox.telegram import Telegram
from bot.sandbox.walking import TOWN_SPEED, metres

HERE, NORTH = (36.1200, -115.1700), (36.1300, -115.1700)
WAY_M = metres(HERE, NORTH)


class Town:
    """A Telegram on a clock that is wound by hand, and a driver in it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 18, 18, 0, tzinfo=UTC)
        self.telegram = Telegram(clock=lambda: self.now)
        self.omar: Person = self.telegram.person("Omar")

    def passes(self, seconds: float) -> None:
        """Let so many seconds pass at once."""
        self.now += timedelta(seconds=seconds)
        self.telegram.walks.advance()

    @property
    def here(self) -> tuple[float, float]:
        """Where Omar's phone is."""
        assert self.omar.position is not None
        return self.omar.position["lat"], self.omar.position["lon"]

    def edits(self) -> int:
        """How many edited messages wait for the bot."""
        return sum("edited_message" in update for update in self.telegram.world.take_updates(None, 100))


@pytest.fixture
def town() -> Town:
    """A town."""
    return Town()


def test_town_speed(town: Town) -> None:
    """25 km/h times the factor, in a straight line, by the town's clock however it is wound; then he stops."""
    town.omar.shares_live(*HERE)
    walk = town.telegram.walks.start(town.omar, [NORTH], speed=2)
    assert walk.as_json()["left_m"] == round(WAY_M)
    town.passes(20)
    assert metres(HERE, town.here) == pytest.approx(20 * 2 * TOWN_SPEED, abs=1)
    town.passes(600)
    assert town.here == NORTH
    assert town.telegram.walks.on == {}
    assert town.edits() == 2


def test_past_corners(town: Town) -> None:
    """The points come one after the other, several in one step where it is long."""
    corner, goal = (36.1205, -115.1700), (36.1205, -115.1650)
    town.omar.shares_live(*HERE)
    town.telegram.walks.start(town.omar, [corner, goal])
    first = metres(HERE, corner)
    town.passes((first + 100) / TOWN_SPEED)
    assert metres(corner, town.here) == pytest.approx(100, abs=1)
    assert town.here[0] == pytest.approx(corner[0], abs=1e-4)


def test_not_at_every_glance(town: Town) -> None:
    """A live location is edited every second or two, however often it is looked at; nothing is lost of the way."""
    town.omar.shares_live(*HERE)
    town.telegram.walks.start(town.omar, [NORTH])
    for _ in range(60):
        town.passes(0.1)
    assert 3 <= town.edits() <= 5
    town.passes(2)
    assert metres(HERE, town.here) == pytest.approx(8 * TOWN_SPEED, abs=1)


def test_whoever_stops_sharing_stops_driving(town: Town) -> None:
    """The walk ends with the live location, quietly."""
    town.omar.shares_live(*HERE)
    town.telegram.walks.start(town.omar, [NORTH])
    town.omar.ends_live()
    town.passes(10)
    assert town.telegram.walks.on == {}
    assert town.here == HERE


def test_what_cannot_be(town: Town) -> None:
    """No live location, nowhere to go, off the Earth, too fast: each is refused with a sentence."""
    with pytest.raises(LookupError, match="shares no live location"):
        town.telegram.walks.start(town.omar, [NORTH])
    town.omar.shares_live(*HERE)
    for to, speed, words in (([], 1, "say where to"), ([(99.0, 0.0)], 1, "a point is"), ([NORTH], 61, "1 to 60")):
        with pytest.raises(ValueError, match=words):
            town.telegram.walks.start(town.omar, to, speed)


@pytest.fixture
async def url(town: Town) -> AsyncIterator[str]:
    """The town served over HTTP."""
    serving = await serve(create_app(town.telegram), port=0)
    yield f"http://127.0.0.1:{serving.port}/api"
    await serving.stop()


async def test_over_http(town: Town, url: str) -> None:
    """Drive, look who drives, stop; what cannot be is a 400 with the sentence."""
    way = f"{url}/people/{town.omar.id}/drive"
    async with aiohttp.ClientSession() as http:

        async def post(**body: object) -> tuple[int, dict[str, object]]:
            async with http.post(way, json=body) as answer:
                return answer.status, await answer.json()

        async def get(where: str) -> object:
            async with http.get(where) as answer:
                return await answer.json()

        status, refused = await post(to=[NORTH])
        assert (status, "share one first" in str(refused["error"])) == (400, True)
        town.omar.shares_live(*HERE)
        status, driving = await post(to=[NORTH], speed=60)
        assert (status, driving["drives"], driving["left_m"]) == (200, True, round(WAY_M))
        assert await get(f"{url}/drives") == [{key: driving[key] for key in driving if key != "drives"}]
        assert [one["drives"] for one in await get(f"{url}/people")] == [True]  # type: ignore[attr-defined]
        assert await post(stop=True) == (200, {"drives": False})
        assert await get(way) == {"drives": False}
