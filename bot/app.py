"""The composition root: builds every part from the settings and runs them; the one file that knows everybody."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from telegram import Bot
from telegram.error import InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.ext import ExtBot
from telegram.request import BaseRequest

from bot.chat.ears import Ears
from bot.desk import Desk
from bot.gazetteer import Gazetteer
from bot.jobs import Jobs
from bot.known_places import KnownPlaces
from bot.pace import Pace
from bot.places import Geocoder, GeopyGeocoder, Places
from bot.receiver import Receiver
from bot.relay import Relay
from bot.settings import BadSettings, Settings, load_market
from bot.texts import Texts
from bot.wire import AiohttpRequest
from storage.database import Clock, Database, Work
from storage.markets import AnotherMarket, MarketSettings

log = structlog.get_logger()


class WrongBot(Exception):
    """The database belongs to another bot."""


def now() -> datetime:
    """The time, in aware UTC."""
    return datetime.now(UTC)


@dataclass
class Doorstep:
    """The parts of a running bot."""

    settings: Settings
    market: MarketSettings
    desk: Desk
    bot: Bot
    ears: Ears
    receiver: Receiver
    relay: Relay
    jobs: Jobs

    async def start(self) -> None:
        """Meet Telegram: who are we, and is the database ours? Raises InvalidToken, WrongBot or NetworkError."""
        await self.bot.initialize()
        await self.ears.application.initialize()
        await self.desk.do(lambda work: remember_bot(work, self.bot.id, self.bot.username))
        await self.desk.do(lambda work: work.people.set_operators(work.market_id, self.settings.operators))
        await self.bot.delete_webhook(drop_pending_updates=False)
        await self.receiver.catch_up()

    async def run(self, stop: asyncio.Event) -> None:
        """Run until told to stop, then finish what is in hand. Raises AnotherPoller, InvalidToken or WrongBot."""
        try:
            if not await self._start_patiently(stop):
                return
            self.jobs.start()
            await self._together(stop)
        finally:
            self.jobs.stop()
            await self.close()

    async def _start_patiently(self, stop: asyncio.Event) -> bool:
        wait = 1.0
        while not stop.is_set():
            try:
                await self.start()
            except InvalidToken:
                raise
            except (NetworkError, RetryAfter) as error:
                log.warning("start.telegram_is_away", error=type(error).__name__, again_in_s=wait)
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await stop.wait()
                wait = min(wait * 2, 30.0)
            else:
                log.info("start.ready", bot=self.bot.id, market=self.market.key)
                return True
        return False

    async def _together(self, stop: asyncio.Event) -> None:
        """The relay stops last, so that the answers to the last turns are still sent."""
        heard_all = asyncio.Event()

        async def hear() -> None:
            turns = asyncio.create_task(self.receiver.work(stop))
            try:
                await self.receiver.poll(stop)
            finally:
                stop.set()
                await turns
                heard_all.set()

        parts: tuple[Coroutine[Any, Any, None], ...] = (hear(), self.relay.run(heard_all))
        tasks = [asyncio.create_task(part) for part in parts]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        stop.set()
        await asyncio.wait(tasks)
        failed = [error for task in (*done, *tasks) if (error := task.exception()) is not None]
        if failed:  # the first is why the others failed, too
            raise failed[0]

    async def close(self) -> None:
        """Let go of the connections and the database."""
        for part in (self.ears.application, self.bot):
            try:
                await part.shutdown()
            except (RuntimeError, TelegramError):
                log.info("stop.was_not_started")
        await self.receiver.request.shutdown()
        await asyncio.to_thread(self.desk.close)


def remember_bot(work: Work, bot_id: int, username: str) -> None:
    """The database belongs to the first bot that uses it; another is refused (WrongBot)."""
    known = work.memory.recall("bot_id")
    if known is not None and known != str(bot_id):
        raise WrongBot(
            f"DATABASE_URL: this database belongs to bot {known}, and BOT_TOKEN is of bot {bot_id}. "
            "Give each bot a database of its own."
        )
    work.memory.note("bot_id", str(bot_id))
    work.memory.note("bot_username", username)


def geocoder(settings: Settings) -> Geocoder:
    """The geocoder that the settings name; raises BadSettings."""
    if settings.geocoder == "gazetteer":
        return Gazetteer()
    try:
        return GeopyGeocoder(settings.geocoder, **settings.geocoder_options)
    except ValueError as error:
        raise BadSettings([str(error)]) from None


def migrate(settings: Settings, clock: Clock = now) -> MarketSettings:
    """Bring the database to the newest form and load market.toml into it; raises BadSettings."""
    market = load_market(settings.market_file)
    _check_languages(market)
    database = Database(settings.database_url, clock)
    try:
        database.migrate()
        with database.transaction() as work:
            work.markets.load(market)
    except AnotherMarket as other:
        raise BadSettings(
            [
                f"MARKET_FILE: this database serves the market {other.key!r} and the file describes {market.key!r}. "
                f"Give each market a database of its own (DATABASE_URL), or keep key = {other.key!r}"
            ]
        ) from None
    finally:
        database.close()
    return market


def _check_languages(market: MarketSettings) -> None:
    try:
        Texts(market.languages)
    except LookupError as error:
        raise BadSettings([f"MARKET_FILE: languages: {error}"]) from None


def build(
    settings: Settings,
    *,
    clock: Clock = now,
    request: Callable[[], BaseRequest] = AiohttpRequest,
    places: Geocoder | None = None,
    paced: bool = True,
) -> Doorstep:
    """Put the parts together (nothing runs yet); the database must be migrated. Raises BadSettings."""
    market = load_market(settings.market_file)
    texts = Texts(market.languages)
    desk = Desk(Database(settings.database_url, clock))
    speaking, polling = request(), request()
    api = f"{settings.bot_api_url}/bot"
    files = f"{settings.bot_api_url}/file/bot"
    bot = ExtBot(settings.token, base_url=api, base_file_url=files, request=speaking, get_updates_request=polling)
    known = KnownPlaces(desk)
    finder = places or geocoder(settings)
    interval_s = getattr(finder, "interval_s", 0.0)
    asked = Places(finder, known, clock=clock, interval_s=interval_s, source=settings.geocoder)
    ears = Ears(desk, bot, texts, asked)
    receiver = Receiver(desk, polling, f"{api}{settings.token}", ears.hear, clock)
    relay = Relay(desk, bot, texts, Pace() if paced else None)
    jobs = Jobs(desk, (receiver.wake, relay.wake))
    return Doorstep(settings, market, desk, bot, ears, receiver, relay, jobs)
