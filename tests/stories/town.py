"""A town for stories: the real bot on a real database, the sandbox's Telegram, and a clock that is wound by hand."""

import asyncio
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, event

from bot.app import Doorstep, build
from bot.dispatch import away
from bot.letters import Letter
from bot.places import Geocoder
from bot.sandbox.people import Person
from bot.sandbox.request import SandboxRequest
from bot.sandbox.telegram import Telegram
from bot.settings import load_settings
from bot.voice import Voice
from storage.database import Database, Work
from tests.databases import Blank, Files

T = TypeVar("T")

ALOUD: ContextVar[bool] = ContextVar("ALOUD", default=False)
"""Whether the relay is saying something just now, in this task."""
SPEECH = ("send", "edit", "deleteMessage", "copy", "forward", "pin")
"""How the methods begin that put something into a chat (or change it)."""
TOKEN = "4242424242:SANDBOX"
FASHION_SHOW = (36.1277, -115.1722)
MORNING = datetime(2026, 11, 18, 18, 0, tzinfo=UTC)
"""Ten o'clock in Las Vegas."""

WARM: dict[str, Any] = {}
"""The engine of all towns, which keeps its compiled statements, and the file of the present town."""


def warmed(cold: Engine, path: Path) -> Engine:
    """The one engine of all towns, opening this town's file."""
    WARM["path"] = str(path)
    if "engine" not in WARM:
        WARM["engine"] = cold
        event.listen(cold, "do_connect", lambda _dialect, _record, args, _params: args.__setitem__(0, WARM["path"]))
        # nobody pulls the plug in a story: not to wait for the disk
        event.listen(cold, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    return WARM["engine"]  # type: ignore[no-any-return]


class Clock:
    """The time in the town, wound by hand."""

    def __init__(self) -> None:
        self.now = MORNING

    def __call__(self) -> datetime:
        return self.now


async def aloud(voice: Voice, letter: Letter, *, speak: Any = Voice.speak) -> tuple[int | None, int]:
    """As the voice speaks, and noted while it does."""
    saying = ALOUD.set(True)
    try:
        return await speak(voice, letter)  # type: ignore[no-any-return]
    finally:
        ALOUD.reset(saying)


Voice.speak = aloud  # type: ignore[assignment, method-assign] # for all relays of all towns


class Human:
    """A person with a phone: what he does is followed by whatever the bot has to say to anybody."""

    def __init__(self, town: "Town", person: Person) -> None:
        self.town, self.phone = town, person
        self.id, self.name = person.id, person.name

    async def does(self, what: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Do something on the phone, and let the bot answer."""
        result = what(*args, **more)
        await self.town.settle()
        return result

    async def says(self, text: str) -> None:
        """Type a message."""
        await self.does(self.phone.says, text)

    async def taps(self, label: str) -> str | None:
        """Tap the newest button with this label (inline, or of the reply keyboard); the toast, if there was one."""
        if self.phone.keyboard is not None and not any(label in button for button in self.phone.buttons):
            await self.does(self.phone.press, label)
            return None
        tap = await self.does(self.phone.taps, label)
        return tap.toast if tap is not None else None

    async def starts(self, payload: str = "") -> None:
        """Press Start, perhaps by a deep link."""
        await self.does(self.phone.start, payload)

    async def opens(self, link: str) -> None:
        """Open a link to the bot."""
        await self.does(self.phone.opens, link)

    async def pins(self, lat: float, lon: float) -> None:
        """Send a location pin."""
        await self.does(self.phone.sends_pin, lat, lon)

    async def shares_live(self, lat: float, lon: float, period: int = 8 * 3600) -> None:
        """Share the live location."""
        await self.does(self.phone.shares_live, lat, lon, period)

    async def moves(self, lat: float, lon: float) -> None:
        """Move while sharing."""
        await self.does(self.phone.moves, lat, lon)

    async def photographs(self, count: int = 1) -> None:
        """Send a photo, or an album."""
        await self.does(self.phone.photo, None, None, count)

    async def sends_contact(self, name: str | None = None, phone: str | None = None) -> None:
        """Send a contact card; one's own where no name is given."""
        await self.does(self.phone.contact, name, phone)

    def reads(self) -> str:
        """The chat as text."""
        return self.phone.reads()

    def texts(self) -> list[str]:
        """What the bot says in this chat now, oldest first: texts, captions, and titles of places."""
        found = []
        for message in self.phone.messages:
            if message["from"]["is_bot"]:
                words = message.get("text") or message.get("caption") or message.get("venue", {}).get("title", "")
                found.append(words)
        return found

    def sees(self, words: str) -> bool:
        """Whether these words stand anywhere in the chat now; where not, the chat is shown."""
        if any(words in text for text in self.texts()):
            return True
        raise AssertionError(f"{self.name} does not see {words!r} in:\n{self.reads()}")

    def sees_no(self, words: str) -> bool:
        """Whether these words stand nowhere in the chat."""
        if any(words in text for text in self.texts()):
            raise AssertionError(f"{self.name} sees {words!r} in:\n{self.reads()}")
        return True

    def last(self) -> str:
        """The newest message of the bot."""
        texts = self.texts()
        return texts[-1] if texts else ""

    def sees_last(self, words: str) -> bool:
        """Whether the newest message of the bot holds these words."""
        if words in self.last():
            return True
        raise AssertionError(f"{self.name}'s last message lacks {words!r}:\n{self.reads()}")

    def can_tap(self, label: str) -> bool:
        """Whether there is a button with this label."""
        return any(label in button for button in self.phone.buttons)

    def heard(self, since: int = 0) -> list[str]:
        """The bot's messages after the first `since` arrivals, as `loud` or `quiet`."""
        return ["loud" if loud else "quiet" for _, loud in self.phone.sounds[since:]]


class Town:
    """The bot, its database, Telegram, and a clock."""

    def __init__(self, folder: Path, blank: Blank | Path, **settings: Any) -> None:
        """The database comes from `blank`, or is a copy of that file."""
        self.clock = Clock()
        self.path = folder / "town.db"
        url = (Files(blank) if isinstance(blank, Path) else blank).fresh(folder)
        self.telegram = Telegram(clock=self.clock, token=TOKEN, pacing=False)
        self.telegram.before.append(self._listen)
        self.settings_given = {
            "bot_token": TOKEN,
            "database_url": url,
            "geocoder": "gazetteer",
            "operators": (900,),
            "_env_file": None,
            **settings,
        }
        self.places: Geocoder | None = None
        """Another geocoder than the settings', from the next restart on."""
        self.may_fail = self.may_waste = False
        """Whether turns may fail in this story."""
        self.bot: Doorstep = self._build()
        self.olivia = self.human("Olivia Operator", id=900)

    def _build(self) -> Doorstep:
        settings = load_settings(**self.settings_given)
        telegram = partial(SandboxRequest, self.telegram)
        bot = build(settings, clock=self.clock, request=telegram, places=self.places, paced=False)
        if bot.desk.database.is_sqlite:
            bot.desk.database.engine = warmed(bot.desk.database.engine, self.path)
        return bot

    def _listen(self, method: str, _params: Mapping[str, Any]) -> None:
        """What reaches Telegram without the relay's saying it (from a handler, in a transaction) is a problem."""
        if method.startswith(SPEECH) and not ALOUD.get():
            self.telegram.problems.append(f"{method} was not said by the relay")

    async def open(self) -> "Town":
        """Start the bot."""
        await self.bot.start()
        await self.olivia.starts()
        return self

    async def close(self) -> None:
        """Stop the bot; a turn that failed, an edit in vain, or what Telegram would refuse, fails the story."""
        await self._check_turns()
        await self.bot.close()
        assert self.telegram.problems == []
        assert self.may_waste or self.telegram.wasted == [], self.telegram.wasted

    async def restart(self) -> None:
        """Throw the process object away and build it anew on the same database."""
        await self.bot.close()
        self.bot = self._build()
        await self.bot.start()
        await self.settle()

    def human(self, name: str, *, language: str = "en", id: int | None = None) -> Human:  # noqa: A002 - Telegram's word
        """A person with a phone."""
        return Human(self, self.telegram.person(name, id=id, language=language))

    async def settle(self) -> None:
        """Let the bot hear, answer and send until nothing is left to do now."""
        for again in range(50):
            heard = await self.bot.receiver.receive(0)
            if heard or not again:
                await self.bot.receiver.drain()
                await self.bot.relay.drain()
            if not heard:
                return
        raise AssertionError("the bot does not come to rest")

    async def _check_turns(self) -> None:
        failed = await self.bot.desk.do(
            lambda work: (
                work.session.connection()
                .exec_driver_sql("SELECT error FROM inbox WHERE status = 'failed' OR error IS NOT NULL")
                .all()
            )
        )
        assert self.may_fail or not failed, failed

    async def tick(self) -> None:
        """Run every sweep once, and let the bot speak."""
        await self.bot.jobs.all_now()
        await self.settle()

    async def passes(self, seconds: float = 0, minutes: float = 0, hours: float = 0, *, step: float = 0) -> None:
        """Let time pass, in steps of `step` seconds (one step where it is 0), with the sweeps running."""
        left = seconds + minutes * 60 + hours * 3600
        while left > 0:
            one = min(step or left, left)
            self.clock.now += timedelta(seconds=one)
            left -= one
            # the bot was not away meanwhile: it polled and heard nothing
            await self.bot.desk.do(lambda work: work.memory.note(away.HEARD_AT, work.now.isoformat()))
            await self.tick()

    def reads(self, query: Callable[[Work], T]) -> T:
        """What a fresh transaction reads."""
        database = Database(str(self.settings_given["database_url"]), self.clock)
        try:
            with database.transaction() as work:
                return query(work)
        finally:
            database.close()

    # people of the town

    async def merchant(self, name: str = "Anna Archer", shop: str = "Anna's Shoes", language: str = "en") -> Human:
        """Somebody who has joined as a merchant at Fashion Show, approved."""
        anna = self.human(name, language=language)
        words = WORDS[language]
        await anna.starts()
        await anna.taps(words["shop"])
        await anna.says(shop)
        await anna.pins(*FASHION_SHOW)
        await anna.taps(words["inside"])
        await anna.says("+1 702 555 0142")
        await anna.says("Level 2, next to the cinema")
        await self.olivia.taps("Approve")
        return anna

    async def driver(
        self, name: str = "Omar Ortiz", vehicle: str = "Car", at: tuple[float, float] | None = None
    ) -> Human:
        """Somebody who has joined as a driver, approved; on duty by live location where a place is given."""
        omar = self.human(name)
        await omar.starts()
        await omar.taps("I drive")
        await omar.says(name)
        await omar.taps(vehicle)
        await omar.sends_contact()
        await self.olivia.taps("Approve")
        if at is not None:
            await omar.shares_live(*at)
        return omar

    async def book(self, anna: Human, *, to: str = "Bellagio", pin: bool = False, phone: bool = True) -> str:
        """Book a delivery of two boxes for Lena; its number."""
        await anna.says("/deliver")
        await anna.taps("2")
        await anna.taps("M · a box")
        await anna.says(to)
        await anna.taps("That's right")
        await anna.says("Lena Lopez")
        if phone:
            await anna.says("702 555 0177")
        else:
            await anna.taps("Skip")
        await anna.taps("Skip")
        await anna.taps("Now")
        await anna.taps("With PIN" if pin else "Without PIN")
        await anna.taps("Confirm")
        return self.number()

    def number(self) -> str:
        """The number of the newest delivery."""
        return str(self.delivery().number)

    def delivery(self) -> Any:
        """The newest delivery, as a fresh transaction reads it."""
        return self.reads(lambda work: work.deliveries.in_status(ALL)[-1])

    async def customer(self, anna: Human, name: str = "Lena Lopez", language: str = "en") -> Human:
        """Somebody who has opened the newest delivery's link and said that it is his."""
        lena = self.human(name, language=language)
        await anna.taps("Customer's link" if anna.phone.language == "en" else "Enlace")
        link = re.search(r"https://t\.me/\S+", anna.last())
        assert link is not None
        await lena.opens(link[0])
        await lena.taps("It's mine" if language == "en" else "Es mío")
        return lena


ALL = ("requested", "assigned", "picked_up", "delivered", "returning", "returned", "expired", "cancelled", "lost")

WORDS = {
    "en": {"shop": "I have a shop", "inside": "Yes, inside"},
    "es": {"shop": "Tengo una tienda", "inside": "Sí, dentro"},
}


async def at_once(*doings: Any) -> None:
    """Several things at the same moment."""
    await asyncio.gather(*doings)
