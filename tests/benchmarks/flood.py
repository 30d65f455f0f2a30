"""(f) A flood, paced, against a Telegram that keeps its limits: a thousand offers, and fifty people ask three times."""

import asyncio
import tempfile
from pathlib import Path
from time import perf_counter

from bot.dispatch import notices
from bot.relay import IN_HAND
from bot.sandbox.people import Person
from bot.sandbox.server import create_app, serve
from tests.benchmarks.measures import Figure, _start_unheard
from tests.benchmarks.stage import TOKEN, Done, Watched, child, until
from tests.benchmarks.town import Town

OFFERS, ASKING = 1000, 50
FIRST_DRIVER, FIRST_ASKING = 10_000, 20_000
ASK_AT_S = (3.0, 12.05, 21.5)


async def flood() -> list[Figure]:
    """(f) From an ask to its answer while a thousand offers go out; no 429, and the offers in their order."""
    with tempfile.TemporaryDirectory() as folder:
        town = Town(Path(folder))
        telegram = Watched(pacing=True)
        serving = await serve(create_app(telegram), port=0)
        try:
            return await _flood(telegram, f"http://127.0.0.1:{serving.port}", town)
        finally:
            await serving.stop()
            town.close()


async def _flood(telegram: Watched, url: str, town: Town) -> list[Figure]:
    drivers = telegram.crowd(OFFERS, FIRST_DRIVER)
    asking = telegram.crowd(ASKING, FIRST_ASKING)
    _start_unheard(telegram, [*drivers, *asking])
    town.meet([person.id for person in (*drivers, *asking)])
    settings = {
        "BOT_TOKEN": TOKEN,
        "BOT_API_URL": url,
        "DATABASE_URL": town.url,
        "MARKET_FILE": str(town.market),
        "OPERATORS": "1",
        "GEOCODER": "gazetteer",
        "LOG_LEVEL": "ERROR",
    }
    waits: list[float] = []
    async with child("-m", "bot", "run", **settings):
        await until(lambda: telegram.polls >= 2)
        await asyncio.to_thread(_write, town, [person.id for person in drivers])
        begun = perf_counter()
        for at in ASK_AT_S:
            await asyncio.sleep(max(0.0, begun + at - perf_counter()))
            waits += await _ask(telegram, asking)
        await telegram.until(lambda: len(_to(telegram, FIRST_DRIVER)) >= OFFERS, "all offers")
        took = perf_counter() - begun
    refused = sum(str(call.error).startswith("429") for call in telegram.calls)
    order = [done.chat_id for done in _to(telegram, FIRST_DRIVER)]
    astray = max(abs(place - rank) for place, rank in enumerate(chat - FIRST_DRIVER for chat in order))
    p99 = sorted(waits)[max(0, -(-len(waits) * 99 // 100) - 1)]
    return [
        Figure("(f) flood: ask to answer, p99", p99, "s", "≤ 2", p99 <= 2),
        Figure("(f) flood: refusals for too much (429)", refused, "", "0", refused == 0),
        Figure("(f) flood: places that an offer was out of its turn", astray, "", f"≤ {IN_HAND}", astray <= IN_HAND),
        Figure(f"(f) flood: {OFFERS} offers and {len(waits)} answers", took, "s"),
    ]


def _write(town: Town, chats: list[int]) -> None:
    """An offer's worth of words to each; real offers would be withdrawn after 15 s unsent."""
    with town.database.transaction() as work:
        for chat in chats:
            params = {"text": f"offer {chat}"}
            work.outbox.write(chat, "notice", text_id="plain", params=params, loud=True, urgency=notices.OFFER)


async def _ask(telegram: Watched, asking: list[Person]) -> list[float]:
    before = len(_to(telegram, FIRST_ASKING))
    begun = perf_counter()
    for person in asking:
        person.says("/id")
    await telegram.until(lambda: len(_to(telegram, FIRST_ASKING)) >= before + len(asking), "the answers")
    return [done.at - begun for done in _to(telegram, FIRST_ASKING)[before:]]


def _to(telegram: Watched, first: int) -> list[Done]:
    """What was said to the crowd that begins with this number."""
    return [
        done for done in telegram.done if done.method == "sendMessage" and first <= done.chat_id < first + FIRST_DRIVER
    ]
