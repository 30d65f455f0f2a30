"""The composition root: builds every part from the settings and runs them; the one file that knows everybody."""

import asyncio
import gc
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from telegram import Bot
from telegram.error import InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.ext import ExtBot
from telegram.request import BaseRequest

from bot.chat.ears import Ears
from bot.desk import Desk
from bot.gazetteer import Gazetteer
from bot.jobs import Jobs
from bot.known_places import KnownPlaces
from bot.metrics import Metrics
from bot.pace import Pace
from bot.places import Geocoder, GeopyGeocoder, Places
from bot.receiver import Receiver
from bot.relay import Relay
from bot.settings import BadSettings, Settings, load_market
from bot.texts import Texts
from bot.web import Web
from bot.webhook import Webhook
from bot.wire import AiohttpRequest
from bot.workers import Alone, Several
from storage.database import Clock, Database, Work
from storage.locks import one_process
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
    workers: Alone | Several
    metrics: Metrics
    webhook: Webhook | None = None
    """Where updates are posted; they are polled where there is none."""
    web: Web | None = None
    """The one HTTP port, where there is one."""

    async def start(self) -> None:
        """Meet Telegram: who are we, and is the database ours? Raises InvalidToken, WrongBot or NetworkError."""
        await self.bot.initialize()
        await self.ears.application.initialize()
        await self.desk.do(lambda work: remember_bot(work, self.bot.id, self.bot.username))
        await self.desk.do(lambda work: set_operators(work, self.settings.operators))
        await self.desk.do(self.jobs.begin)
        if self.webhook is not None:
            await self.webhook.begin()
        else:
            await self.bot.delete_webhook(drop_pending_updates=False)
        await self.receiver.catch_up()

    async def run(self, stop: asyncio.Event) -> None:
        """Run until told to stop, then finish what is in hand.

        Raises AnotherPoller, InUse, InvalidToken, WrongBot, or BadSettings where LISTEN cannot be had.
        """
        with nobody_else(self.settings):
            await self._run(stop)

    async def _run(self, stop: asyncio.Event) -> None:
        self._join_the_others()
        try:
            if self.web is not None:
                await self.web.open()
            if not await self._start_patiently(stop):
                return
            self.jobs.start()
            _spare_the_collector()
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
                if self.webhook is not None:
                    await self.webhook.watch(stop)
                else:
                    await self.workers.do_part("poll", stop, self._poll)
            finally:
                stop.set()
                await turns
                heard_all.set()

        parts: tuple[Coroutine[Any, Any, None], ...] = (
            hear(),
            self.workers.do_part("relay", heard_all, self.relay.run),
            self.workers.do_part("sweep", stop, _until_over),
        )
        tasks = [asyncio.create_task(part) for part in parts]
        watching = asyncio.create_task(self.workers.watch())
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        stop.set()
        await asyncio.wait(tasks)
        watching.cancel()
        failed = [error for task in (*done, *tasks) if (error := task.exception()) is not None]
        if failed:  # the first is why the others failed, too
            raise failed[0]

    def _join_the_others(self) -> None:
        """Where there may be several processes: do only what is ours, and wake the others when we leave them some."""
        workers = self.workers
        if isinstance(workers, Several):
            self.receiver.workers = workers
            self.relay.voice.may_speak = partial(workers.holds, "relay")
            self.jobs.may_sweep = partial(workers.holds, "sweep")
            self.desk.listeners.append(lambda: workers.shout("outbox") if workers.do_not("relay") else None)

    async def _poll(self, over: asyncio.Event) -> None:
        if isinstance(self.workers, Several):  # another may have polled since we started
            self.receiver.heir = "poll" in self.workers.waited
            try:
                await self.receiver.catch_up()
            except DBAPIError:  # the database is away: our part is lost with it
                return
        await self.receiver.poll(over)

    async def close(self) -> None:
        """Let go of the connections and the database."""
        if self.web is not None:
            await self.web.close()
        for part in (self.ears.application, self.bot):
            try:
                await part.shutdown()
            except (RuntimeError, TelegramError):
                log.info("stop.was_not_started")
        await self.receiver.request.shutdown()
        await self.workers.close()
        await asyncio.to_thread(self.desk.close)


def _spare_the_collector() -> None:
    """What was imported lives as long as the process: looking through it for rubbish took a tenth of each turn."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


async def _until_over(over: asyncio.Event) -> None:
    await over.wait()


def set_operators(work: Work, operators: tuple[int, ...]) -> None:
    """Make the operators exactly these, one start after the other."""
    work.alone("start")
    work.people.set_operators(work.market_id, operators)


def remember_bot(work: Work, bot_id: int, username: str) -> None:
    """The database belongs to the first bot that uses it; another is refused (WrongBot)."""
    work.alone("start")
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
            work.alone("start")
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


def nobody_else(settings: Settings, within_s: float = 0.0) -> AbstractContextManager[None]:
    """A SQLite file serves one process; raises InUse where another has it, and does not let go of it in time."""
    url = make_url(settings.database_url)
    file = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
    return one_process(file, within_s) if file is not None and file.parent.is_dir() else nullcontext()


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
    metrics = Metrics()
    desk.counters.append(metrics.happened)
    ears = Ears(desk, bot, texts, asked, metrics)
    receiver = Receiver(desk, polling, f"{api}{settings.token}", ears.hear, clock)
    relay = Relay(desk, bot, texts, Pace() if paced else None, metrics)
    jobs = Jobs(desk, (receiver.wake, relay.wake))
    webhook = None
    if settings.public_url:
        webhook = Webhook(settings.public_url, settings.hook_secret, bot, receiver, metrics)
    web = None
    if settings.address is not None:
        routes = webhook.routes if webhook is not None else ()
        web = Web(settings.address, desk, metrics, "webhook" if webhook is not None else "polling", routes)
    wake = {"inbox": receiver.wake, "outbox": relay.wake}
    workers = Alone() if desk.database.is_sqlite else Several(desk.database, wake)
    return Doorstep(settings, market, desk, bot, ears, receiver, relay, jobs, workers, metrics, webhook, web)
