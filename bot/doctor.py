"""`doorstep doctor`: each setting looked at, with what is wrong and how to mend it."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import aiohttp
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot import app as doorstep
from bot.places import PlacesUnavailable
from bot.settings import BadSettings, Settings, load_market, load_settings
from bot.wire import AiohttpRequest
from storage.database import MIGRATIONS, Database
from storage.markets import MarketSettings

CLOCK_OFF_S = 30


@dataclass(frozen=True)
class Finding:
    """One thing looked at: is it well, in words, and how to mend it where it is not."""

    what: str
    well: bool
    words: str
    mend: str = ""


async def examine() -> list[Finding]:
    """Look at everything; a part that cannot be looked at is a finding, never an exception."""
    try:
        settings = load_settings()
    except BadSettings as bad:
        return [Finding("settings", False, line, "mend it in .env or the environment") for line in bad.lines]
    findings = [Finding("settings", True, "read")]
    market = _market(settings, findings)
    bot = await _token(settings, findings)
    if not settings.operators:
        mend = "write your Telegram id into .env; the bot's /id tells it"
        findings.append(Finding("OPERATORS", False, "empty: nobody could approve anybody", mend))
    await _clock(settings, findings)
    _database(settings, bot, findings)
    if market is not None:
        await _geocoder(settings, market, findings)
    return findings


def _market(settings: Settings, findings: list[Finding]) -> MarketSettings | None:
    try:
        market = load_market(settings.market_file)
    except BadSettings as bad:
        findings += [Finding("market", False, line, f"mend {settings.market_file}") for line in bad.lines]
        return None
    local = datetime.now(UTC).astimezone(market.tz)
    findings.append(Finding("market", True, f"{market.title}, {market.currency}, {', '.join(market.languages)}"))
    findings.append(Finding("zone", True, f"{market.zone}: it is {local:%A %H:%M} there"))
    return market


async def _token(settings: Settings, findings: list[Finding]) -> int | None:
    if settings.bot_token is None:
        findings.append(Finding("BOT_TOKEN", False, "missing", "get one from @BotFather (/newbot), write it into .env"))
        return None
    bot = Bot(
        settings.token,
        base_url=f"{settings.bot_api_url}/bot",
        request=AiohttpRequest(),
        get_updates_request=AiohttpRequest(),
    )
    try:
        await bot.initialize()
        webhook = await bot.get_webhook_info()
    except InvalidToken:
        findings.append(Finding("BOT_TOKEN", False, "Telegram does not accept it", "@BotFather shows the right one"))
        return None
    except TelegramError as error:
        mend = f"is {settings.bot_api_url} reachable from here?"
        findings.append(Finding("BOT_API_URL", False, type(error).__name__, mend))
        return None
    finally:
        await bot.shutdown()
    findings.append(Finding("BOT_TOKEN", True, f"@{bot.username} answers"))
    if webhook.url:
        findings.append(Finding("webhook", True, "one is set; `doorstep run` takes it away and polls"))
    return bot.id


async def _clock(settings: Settings, findings: list[Finding]) -> None:
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5), trust_env=True) as session,
            session.head(settings.bot_api_url, allow_redirects=False) as answer,
        ):
            theirs = parsedate_to_datetime(answer.headers["Date"])
    except (aiohttp.ClientError, TimeoutError, KeyError, ValueError):
        findings.append(Finding("clock", True, "not compared: the Bot API told no time"))
        return
    off = abs((datetime.now(UTC) - theirs).total_seconds())
    mend = "" if off < CLOCK_OFF_S else "set this machine's clock (timedatectl set-ntp true)"
    findings.append(Finding("clock", off < CLOCK_OFF_S, f"{off:.0f} s away from the Bot API's", mend))


def _database(settings: Settings, bot_id: int | None, findings: list[Finding]) -> None:
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        findings.append(Finding("DATABASE_URL", False, f"there is no {url.database} yet", "doorstep migrate"))
        return
    database = Database(settings.database_url, doorstep.now)
    try:
        with database.engine.connect() as connection:
            tables = inspect(connection).get_table_names()
            version = None
            if "alembic_version" in tables:
                version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        newest = ScriptDirectory(str(MIGRATIONS)).get_current_head()
        if version != newest:
            findings.append(Finding("DATABASE_URL", False, "the tables are not of today's form", "doorstep migrate"))
            return
        findings.append(Finding("DATABASE_URL", True, f"{database.engine.dialect.name}, up to date"))
        _people(database, settings, bot_id, findings)
    except SQLAlchemyError as error:
        mend = "does it exist, may this user write it, is the server running?"
        findings.append(Finding("DATABASE_URL", False, type(error).__name__, mend))
    finally:
        database.close()


def _people(database: Database, settings: Settings, bot_id: int | None, findings: list[Finding]) -> None:
    with database.transaction() as work:
        known = work.memory.recall("bot_id")
        started = {one: (person := work.people.find(one)) is not None and person.started for one in settings.operators}
    if known is not None and bot_id is not None and known != str(bot_id):
        mend = "give each bot a database of its own"
        findings.append(Finding("DATABASE_URL", False, f"it belongs to bot {known}", mend))
    for operator_id, has_started in started.items():
        words = "has pressed Start" if has_started else "has not pressed Start yet"
        mend = "" if has_started else "let this person open the bot and press Start: a bot cannot write first"
        findings.append(Finding(f"operator {operator_id}", has_started, words, mend))


async def _geocoder(settings: Settings, market: MarketSettings, findings: list[Finding]) -> None:
    try:
        finder = doorstep.geocoder(settings)
        async with asyncio.timeout(10):
            found = await finder.find(market.title, market.center, market.languages[0])
    except BadSettings as bad:
        findings.append(Finding("GEOCODER", False, bad.lines[0], "see .env.example"))
    except (PlacesUnavailable, TimeoutError) as error:
        mend = "is it reachable? Until then people send pins instead of addresses"
        findings.append(Finding("GEOCODER", False, f"{settings.geocoder}: {error or 'no answer'}", mend))
    else:
        words = f"{settings.geocoder} finds {market.title}" if found else f"{settings.geocoder} answers"
        findings.append(Finding("GEOCODER", True, words))
