"""A town in one process, without a port: the sandbox's Telegram, the real bot beside it, and the cast."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from bot import app as doorstep
from bot.playground.clock import TownClock
from bot.playground.life import Bot
from bot.playground.stage import Stage
from bot.playground.winding import Winder
from bot.sandbox.request import SandboxRequest
from bot.sandbox.telegram import Telegram
from bot.settings import load_market, load_settings

TOKEN = "4242424242:INDOORS"  # noqa: S105 - it opens nothing
LOOK_S = 0.01


@asynccontextmanager
async def indoors(
    folder: Path, cast: Mapping[str, tuple[int, str, str]], *, migrate: bool = True
) -> AsyncIterator[Stage]:
    """Open a town in this folder; the cast is (id, name, language) by part, `olivia` the operator.

    The database is doorstep.db there, made unless `migrate` is off. Raises what stops a bot's start.
    """
    clock = TownClock()
    telegram = Telegram(clock=clock, token=TOKEN, pacing=False)
    people = {
        part: telegram.person(name, id=number, language=language) for part, (number, name, language) in cast.items()
    }
    settings = load_settings(
        _env_file=None,
        bot_token=TOKEN,
        bot_api_url="http://indoors.invalid",
        database_url=f"sqlite:///{folder / 'doorstep.db'}",
        operators=(people["olivia"].id,),
        geocoder="gazetteer",
    )
    if migrate:
        await asyncio.to_thread(doorstep.migrate, settings, clock)
    bot = Bot(settings, clock, request=partial(SandboxRequest, telegram), paced=False)
    stop = asyncio.Event()
    living = asyncio.create_task(bot.run(stop))
    try:
        while not telegram.polls and not living.done():  # noqa: ASYNC110 - it begins on another thread
            await asyncio.sleep(LOOK_S)
        market = load_market(settings.market_file)
        winder = Winder(clock, bot)
        winder.passed.append(telegram.walks.advance)
        yield Stage(telegram, winder, market, people)
    finally:
        stop.set()
        await living
