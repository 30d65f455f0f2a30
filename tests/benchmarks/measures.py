"""The measures: each sets its stage, lets the bot begin, and times from the first act to the last answer."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

from bot.sandbox.people import Person
from tests.benchmarks.stage import TOKEN, Done, Watched, child, stage, until
from tests.benchmarks.town import FASHION_SHOW, Town

TURNS = 400
ACCEPTS = 200
POSITIONS = 20_000
RACERS = 12
ROUNDS = 40
FIRST = 1000
MERCHANT = 900


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was measured, what came out, and what it is to be compared with."""

    name: str
    value: float
    unit: str
    aim: str = ""
    met: bool | None = None


@asynccontextmanager
async def doorstep(telegram: Watched, url: str, town: Town) -> AsyncIterator[None]:
    """The bot, in a process of its own, until it polls."""
    before = telegram.polls
    async with child("-m", "tests.benchmarks.bot", url, town.url, str(town.market), TOKEN):
        await until(lambda: telegram.polls >= before + 2)
        yield


@asynccontextmanager
async def scene(wave: int = 1) -> AsyncIterator[tuple[Watched, str, Town]]:
    """A Telegram and a town, both new."""
    with tempfile.TemporaryDirectory() as folder:
        town = Town(Path(folder), wave)
        try:
            async with stage() as (telegram, url):
                yield telegram, url, town
        finally:
            town.close()


async def echo() -> list[Figure]:
    """(a) python-telegram-bot's bare echo: each message answered by another, one by one."""
    async with stage() as (telegram, url):
        people = telegram.crowd(TURNS)
        for person in people:
            person.start()
        async with child("-m", "tests.benchmarks.echo", TOKEN, url):
            await telegram.until(lambda: len(telegram.done) >= TURNS, "the first answers")
            rate = await _answered(telegram, people, lambda person: person.says("3"), "sendMessage")
            return [Figure("(a) python-telegram-bot, bare echo, one by one", rate, "turns/s")]


async def _answered(telegram: Watched, people: list[Person], act: Callable[[Person], object], method: str) -> float:
    """Let everybody act at once; how many of the answers that are awaited come in a second."""
    await telegram.quiet()
    telegram.done.clear()
    begun = perf_counter()
    for person in people:
        act(person)
    await telegram.until(lambda: len(_of(telegram, method)) >= len(people), method)
    return len(people) / (_of(telegram, method)[len(people) - 1].at - begun)


def _of(telegram: Watched, method: str) -> list[Done]:
    return [done for done in telegram.done if done.method == method]


async def form_answers() -> list[Figure]:
    """(b) A question of the booking is answered: stored, turned, committed, the next question sent."""
    async with scene() as (telegram, url, town):
        people = telegram.crowd(TURNS)
        ids = [person.id for person in people]
        _start_unheard(telegram, people)
        town.meet(ids)
        town.merchants(ids)
        async with doorstep(telegram, url, town):
            await _answered(telegram, people, lambda person: person.says("/deliver"), "sendMessage")
            rate = await _answered(telegram, people, lambda person: person.says("3"), "sendMessage")
    return [Figure("(b) durable turn: an answer in a form", rate, "turns/s")]


async def accepts() -> list[Figure]:
    """(b) Drivers accept, each the delivery that he was offered; then each taps the closed offer once more."""
    async with scene() as (telegram, url, town):
        people = telegram.crowd(ACCEPTS)
        merchant = telegram.person("Merchant", id=MERCHANT)
        _start_unheard(telegram, [*people, merchant])
        town.meet([person.id for person in people] + [MERCHANT])
        town.merchants([MERCHANT])
        town.drivers([person.id for person in people])
        deliveries: list[int] = []
        async with doorstep(telegram, url, town):
            while len(deliveries) < ACCEPTS:  # in portions: an offer that is not sent within 15 s is withdrawn
                deliveries += await asyncio.to_thread(town.book, MERCHANT, 20)
                await until(partial(town.sent, deliveries), 0.05)
            offered = {who: offer for delivery in deliveries for who, offer in town.offers(delivery).items()}
            cards = {person.id: person.messages[-1]["message_id"] for person in people}

            def tap(person: Person) -> object:
                return person.taps(data=f"ok:{offered[person.id]}", message_id=cards[person.id])

            taken = await _answered(telegram, people, tap, "sendMessage")
            await telegram.quiet(2.0)
            refused = await _answered(telegram, people, tap, "answerCallbackQuery")
    return [
        Figure("(b) durable turn: an accept", taken, "turns/s"),
        Figure("(b) durable turn: a tap that is refused", refused, "turns/s"),
    ]


async def positions() -> list[Figure]:
    """(c) Live positions of drivers on duty, until the last is stored and confirmed."""
    async with scene() as (telegram, url, town):
        people = telegram.crowd(200)
        _start_unheard(telegram, people)
        town.meet([person.id for person in people])
        town.drivers([person.id for person in people])
        async with doorstep(telegram, url, town):
            for person in people:
                person.shares_live(*FASHION_SHOW)
            await telegram.quiet(2.0)
            for number in range(POSITIONS // len(people)):
                for person in people:
                    person.moves(FASHION_SHOW[0] + number * 1e-5, FASHION_SHOW[1] + 1e-5)
            begun = perf_counter()
            await until(lambda: not len(telegram.world.queue), 0.002)
            rate = POSITIONS / (perf_counter() - begun)
    return [Figure("(c) positions, coalesced", rate, "positions/s", "≥ 5,000", rate >= 5000)]


async def races() -> list[Figure]:
    """(d) Twelve drivers of one wave tap Accept at once: from the tap to each one's card."""
    won, lost = [], []
    async with scene(RACERS) as (telegram, url, town):
        people = telegram.crowd(RACERS)
        merchant = telegram.person("Merchant", id=MERCHANT)
        _start_unheard(telegram, [*people, merchant])
        town.meet([person.id for person in people] + [MERCHANT])
        town.merchants([MERCHANT])
        town.drivers([person.id for person in people])
        async with doorstep(telegram, url, town):
            for _ in range(ROUNDS):
                winner, losers = await _race(telegram, town, people)
                won.append(winner)
                lost += losers
    figures = [("the winner's card", won), ("a loser's card", lost)]
    return [
        Figure(f"(d) race of {RACERS}: tap to {name}, p99", p99 * 1000, "ms", "≤ 250", p99 <= 0.25)
        for name, times in figures
        if (p99 := sorted(times)[max(0, -(-len(times) * 99 // 100) - 1)])
    ]


async def _race(telegram: Watched, town: Town, people: list[Person]) -> tuple[float, list[float]]:
    (delivery,) = town.book(MERCHANT, 1)
    await until(lambda: town.sent([delivery]), 0.05)
    await telegram.quiet()
    offered = town.offers(delivery)
    cards = {person.id: person.messages[-1]["message_id"] for person in people}
    telegram.done.clear()
    begun = perf_counter()
    for person in people:
        person.taps(data=f"ok:{offered[person.id]}", message_id=cards[person.id])
    closed = {"sendMessage": 1, "editMessageText": RACERS}
    await telegram.until(
        lambda: all(len(_cards(telegram, method, people)) >= wanted for method, wanted in closed.items()), "the cards"
    )
    (winner,) = _cards(telegram, "sendMessage", people)
    losers = [done for done in _cards(telegram, "editMessageText", people) if done.chat_id != winner.chat_id]
    town.finish(delivery)
    return winner.at - begun, [done.at - begun for done in losers]


def _cards(telegram: Watched, method: str, people: list[Person]) -> list[Done]:
    """The first call of this method in each of these chats."""
    ids = {person.id for person in people}
    first: dict[int, Done] = {}
    for done in _of(telegram, method):
        if done.chat_id in ids:
            first.setdefault(done.chat_id, done)
    return list(first.values())


async def start() -> list[Figure]:
    """(e) `doorstep run` on an old database: from the start of the process to the first answer, and its memory."""
    async with scene() as (telegram, url, town):
        (person,) = telegram.crowd(1)
        person.start()
        begun = perf_counter()
        settings = {
            "BOT_TOKEN": TOKEN,
            "BOT_API_URL": url,
            "DATABASE_URL": town.url,
            "MARKET_FILE": str(town.market),
            "OPERATORS": "1",
            "GEOCODER": "gazetteer",
            "LOG_LEVEL": "ERROR",
        }
        async with child("-m", "bot", "run", **settings) as process:
            await telegram.until(lambda: bool(_of(telegram, "sendMessage")), "the first answer")
            seconds = _of(telegram, "sendMessage")[0].at - begun
            memory = _resident_mb(process.pid)
    return [
        Figure("(e) start to first answer", seconds, "s", "≤ 2", seconds <= 2),
        Figure("(e) resident memory", memory, "MB", "≤ 160", memory <= 160),
    ]


def _resident_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def _start_unheard(telegram: Watched, people: list[Person]) -> None:
    """They have pressed Start before this bot's life began."""
    for person in people:
        person.start()
    with telegram.world.change():
        telegram.world.forget_updates()
