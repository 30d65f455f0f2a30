"""Where a story is acted, and what one is made of: scenes of beats, and what must be seen before it goes on."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from bot import buttons
from bot.playground import reading
from bot.playground.reading import Point, Words
from bot.playground.winding import Busy, Winder
from bot.sandbox.people import Person
from bot.sandbox.polling import Bell
from bot.sandbox.telegram import Telegram
from bot.texts import Texts
from storage.database import Work
from storage.markets import MarketSettings

T = TypeVar("T")

PATIENCE_S = 20.0
"""So long (real) seconds are waited for what somebody must see."""
ANSWER_S = 20.0
"""So long the bot may take to say how things stand before the story begins."""
STILL_S = 240.0
LOOK_S = 0.25


class OffScript(Exception):
    """The story does not go as written; the words say what was waited for."""


@dataclass(frozen=True)
class Standing:
    """Where the cast stands with the bot: who has joined and as what, who is in the middle of something."""

    shop: str | None
    shop_id: int
    shop_name: str
    pickup: Point | None
    drivers: dict[int, tuple[str, int]]
    """By person: the driver's status and id."""
    asked: frozenset[int]
    """Whoever has a question open."""
    carrying: frozenset[int]


def look_up(work: Work, merchant: int, drivers: list[int]) -> Standing:
    """Read where the cast stands."""
    shops = sorted(work.merchants.of(merchant), key=lambda shop: (shop.status != "declined", shop.id))
    shop = shops[-1] if shops else None
    found = {person: driver for person in drivers if (driver := work.drivers.of(person)) is not None}
    return Standing(
        shop.status if shop else None,
        shop.id if shop else 0,
        shop.name if shop else "",
        (shop.lat, shop.lon) if shop else None,
        {person: (driver.status, driver.id) for person, driver in found.items()},
        frozenset(person for person in (merchant, *drivers) if work.drafts.open(person) is not None),
        frozenset(person for person, driver in found.items() if work.drivers.run(driver.id) is not None),
    )


class Stage:
    """Where a story is acted: a Telegram, its bot and clock, and who plays whom (`cast`: the part's name → person)."""

    def __init__(self, telegram: Telegram, winder: Winder, market: MarketSettings, cast: dict[str, Person]) -> None:
        self.telegram, self.winder, self.market = telegram, winder, market
        self.cast = dict(cast)
        self.words = Words(Texts(market.languages), market, winder.clock)
        self.delivery_id = 0
        self.number = ""
        self.standing = Standing(None, 0, "", None, {}, frozenset(), frozenset())
        self.rest: Callable[[float], Awaitable[None]] = asyncio.sleep
        self.shooed: set[int] = set()
        """Other merchants' offers that were declined because they stood in the way."""
        self._before: dict[tuple[int, int], Any] = {}
        self._still_s = 0.0

    async def look_up(self) -> Standing:
        """See where the cast stands now. Raises OffScript where the bot is not alive."""
        merchant, drivers = self.cast["anna"].id, [person.id for person in self.drivers]
        try:
            async with asyncio.timeout(ANSWER_S):
                self.standing = await self.winder.bot.life.do(
                    lambda doorstep: doorstep.desk.do(lambda work: look_up(work, merchant, drivers))
                )
        except (RuntimeError, TimeoutError):
            raise OffScript("the bot is not running; start it, and then the story") from None
        return self.standing

    @property
    def drivers(self) -> list[Person]:
        """The three drivers."""
        return [self.cast[name] for name in ("omar", "dana", "mateo")]

    def names(self) -> dict[str, str]:
        """The first names of everybody, by part, for captions; and the delivery's number."""
        return {part: person.name.split()[0] for part, person in self.cast.items()} | {"number": self.number}

    def meant(self, kind: type[buttons.Tap], fields: dict[str, Any]) -> dict[str, Any]:
        """The fields of the button that is meant: of several deliveries, the story's."""
        return fields | ({"delivery_id": self.delivery_id} if self.delivery_id and _is_of_delivery(kind) else {})

    # what is seen

    def mark(self) -> None:
        """Remember every chat as it is: what is seen `since` is what changes from now on."""
        with self.telegram.world.lock:
            self._before = {
                (person.id, message["message_id"]): message
                for person in self.cast.values()
                for message in reading.newest(person)
            }

    def is_new(self, person: Person, message: reading.JSON) -> bool:
        """Whether this message came, or was changed, since the mark."""
        return self._before.get((person.id, message["message_id"])) is not message

    async def until(self, look: Callable[[], T | None], what: str) -> T:
        """Wait until this is seen. Raises OffScript, with `what` was waited for, when that takes too long."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE_S
        with Bell(self.telegram) as bell:
            while True:
                with self.telegram.world.lock:
                    found = look()
                if found:
                    return found
                if loop.time() >= end:
                    raise OffScript(f"waited in vain until {what}")
                await bell.wait(LOOK_S)

    async def sees(self, sight: "Sight") -> None:
        """Wait until this is seen. Raises OffScript as `until` does."""
        await self.until(lambda: sight.look(self), sight.words)

    async def passes(self, seconds: float) -> None:
        """Let so much time pass in the town, however quickly that goes here."""
        self._stir(seconds)
        while True:
            try:
                await self.winder.wind(seconds)
            except Busy:  # somebody winds it by hand
                await asyncio.sleep(LOOK_S)
            else:
                return

    def _stir(self, seconds: float) -> None:
        """A phone that lies in a car is a metre off now and then; one that tells nothing would be taken for silent."""
        self._still_s += seconds
        if self._still_s < STILL_S:
            return
        self._still_s = 0.0
        for person in self.drivers:
            if (position := person.position) and position["live"]:
                person.moves(position["lat"] + 0.00001, position["lon"])


Verb = Callable[[Stage, Person], Awaitable[None]]
Look = Callable[[Stage], object]


@dataclass(frozen=True)
class Sight:
    """What must be seen: in words for whoever waits in vain ({parts} by name), and the look that finds it."""

    words: str
    look: Look


def _is_of_delivery(kind: type[buttons.Tap]) -> bool:
    return "delivery_id" in kind.__dataclass_fields__ and kind is not buttons.ShowDelivery


@dataclass(frozen=True)
class Beat:
    """One thing that somebody does; `who` is a part of the cast, the caption may name {parts} and {number}."""

    who: str
    caption: str
    act: Verb
    then: tuple[Sight, ...] = ()


@dataclass(frozen=True)
class Scene:
    """Some beats under one title, skipped where they have happened already."""

    title: str
    beats: tuple[Beat, ...]
    over: Callable[[Stage], bool] = lambda _: False
