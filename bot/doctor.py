"""`doorstep doctor`: each setting looked at, with what is wrong and how to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from pathlib import Path

import aiohttp
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot, WebhookInfo
from telegram.error import InvalidToken, TelegramError, TimedOut

from bot import app as doorstep
from bot.places import PlacesUnavailable
from bot.settings import BadSettings, Settings, load_market, load_settings
from bot.webhook import PATH
from bot.wire import AiohttpRequest, NeverSent
from storage.database import MIGRATIONS, Database
from storage.markets import MarketSettings

CLOCK_OFF_S = 30
LATELY = timedelta(minutes=10)
"""A failure of Telegram's to post that is older says nothing about now."""


class Verdict(Enum):
    """What came of looking at one thing."""

    WELL = "well"
    WRONG = "wrong"
    UNSEEN = "not looked at"  # neither well nor wrong: something else stood in the way


WELL, WRONG, UNSEEN = Verdict


@dataclass(frozen=True)
class Finding:
    """One thing: is it well, in words, and how to mend it where it is wrong, or to look where nobody could."""

    what: str
    verdict: Verdict
    words: str
    mend: str = ""


async def examine() -> list[Finding]:
    """Look at everything; a part that cannot be looked at is a finding, never an exception."""
    try:
        settings = load_settings()
    except BadSettings as bad:
        findings = [Finding("settings", WRONG, line, "mend it in .env or the environment") for line in bad.lines]
        return [*findings, Finding("everything else", UNSEEN, "not looked at before the settings can be read")]
    findings = [Finding("settings", WELL, "read")]
    market = _market(settings, findings)
    bot = await _token(settings, findings)
    if not settings.operators:
        mend = "write your Telegram id into .env; the bot's /id tells it"
        findings.append(Finding("OPERATORS", WRONG, "empty: nobody could approve anybody", mend))
    await _clock(settings, findings)
    _database(settings, bot, findings)
    await _geocoder(settings, market, findings)
    return findings


def _market(settings: Settings, findings: list[Finding]) -> MarketSettings | None:
    try:
        market = load_market(settings.market_file)
    except BadSettings as bad:
        findings += [Finding("market", WRONG, line, f"mend {settings.market_file}") for line in bad.lines]
        findings.append(Finding("zone", UNSEEN, "not looked at: it stands in the market's file"))
        return None
    local = datetime.now(UTC).astimezone(market.tz)
    findings.append(Finding("market", WELL, f"{market.title}, {market.currency}, {', '.join(market.languages)}"))
    findings.append(Finding("zone", WELL, f"{market.zone}: it is {local:%A %H:%M} there"))
    return market


async def _token(settings: Settings, findings: list[Finding]) -> int | None:
    if settings.bot_token is None:
        findings.append(Finding("BOT_TOKEN", WRONG, "missing", "get one from @BotFather (/newbot), write it into .env"))
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
        findings.append(Finding("BOT_TOKEN", WRONG, "Telegram does not accept it", "@BotFather shows the right one"))
        return None
    except TelegramError as error:
        words = "does not answer" if isinstance(error, NeverSent | TimedOut) else f"fails: {error.message}"
        mend = f"is it reachable from here? curl -I {settings.bot_api_url}"
        findings.append(Finding("BOT_API_URL", WRONG, words, mend))
        findings.append(Finding("BOT_TOKEN", UNSEEN, "not tried: nobody answered"))
        return None
    finally:
        await bot.shutdown()
    findings.append(Finding("BOT_TOKEN", WELL, f"@{bot.username} answers"))
    findings += _webhook(settings, webhook, datetime.now(UTC))
    return bot.id


def _webhook(settings: Settings, told: WebhookInfo, now: datetime) -> Iterable[Finding]:
    """Where Telegram posts updates, and whether it can."""
    what, ours = "PUBLIC_URL", settings.public_url + PATH
    if not settings.public_url:
        if told.url:
            yield Finding("webhook", WELL, "one is set; `doorstep run` takes it away and polls")
        return
    try:
        _ = settings.hook_secret
    except BadSettings as bad:
        yield Finding("WEBHOOK_SECRET", WRONG, "missing", bad.lines[0])
    if not told.url:
        yield Finding(what, UNSEEN, "Telegram does not post yet", "`doorstep run` tells it where to")
        return
    if told.url != ours:
        mend = f"`doorstep run` sets it to {ours}; is another installation running with this BOT_TOKEN?"
        yield Finding(what, WRONG, f"Telegram posts to {told.url}", mend)
        return
    pending = told.pending_update_count
    if pending and told.last_error_date is not None and now - told.last_error_date < LATELY:
        mend = f"is the bot running, and does {ours} lead to it from the internet, with a valid certificate?"
        yield Finding(what, WRONG, f"Telegram cannot post ({told.last_error_message}); {pending} updates wait", mend)
    else:
        yield Finding(what, WELL, f"Telegram posts to {ours}; {pending} updates wait")


async def _clock(settings: Settings, findings: list[Finding]) -> None:
    theirs, why = await _their_time(settings.bot_api_url)
    if theirs is None:
        mend = "`timedatectl` shows whether this machine sets its clock by the network: offers and ETAs live by it"
        findings.append(Finding("clock", UNSEEN, f"not compared: {why}", mend))
        return
    off = abs((datetime.now(UTC) - theirs).total_seconds())
    words = f"{off:.0f} s away from the Bot API's"
    if off < CLOCK_OFF_S:
        findings.append(Finding("clock", WELL, words))
    else:
        findings.append(Finding("clock", WRONG, words, "set this machine's clock (timedatectl set-ntp true)"))


async def _their_time(url: str) -> tuple[datetime | None, str]:
    """The time that a server tells with any answer, be it a refusal; or None, and why there is none."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5), trust_env=True) as session,
            session.head(url, allow_redirects=False) as answer,
        ):
            told = answer.headers.get("Date")
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None, "the Bot API does not answer"
    try:
        theirs = parsedate_to_datetime(told or "")
    except ValueError:
        return None, "the Bot API's answers do not say what time it is"
    return (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)), ""  # "-0000" is UTC, read as no zone at all


def _database(settings: Settings, bot_id: int | None, findings: list[Finding]) -> None:
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        mend = "doorstep migrate, which doorstep run does too"
        findings.append(Finding("DATABASE_URL", WRONG, f"there is no {url.database} yet", mend))
        _unseen_operators(settings.operators, findings)
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
            mend = "doorstep migrate, which doorstep run does too"
            findings.append(Finding("DATABASE_URL", WRONG, "the tables are not of today's form", mend))
            _unseen_operators(settings.operators, findings)
            return
        findings.append(Finding("DATABASE_URL", WELL, f"{database.engine.dialect.name}, up to date"))
        _people(database, settings, bot_id, findings)
    except SQLAlchemyError as error:
        mend = "does it exist, may this user write it, is the server running?"
        findings.append(Finding("DATABASE_URL", WRONG, _reason(error), mend))
        _unseen_operators(settings.operators, findings)
    finally:
        database.close()


def _reason(error: SQLAlchemyError) -> str:
    """What the database itself said, in one line."""
    said = str(getattr(error, "orig", None) or "").strip()
    return said.splitlines()[0] if said else type(error).__name__


def _unseen_operators(operators: Iterable[int], findings: list[Finding]) -> None:
    words = "not looked up: the database cannot tell yet"
    findings += [Finding(f"operator {one}", UNSEEN, words) for one in operators]


def _people(database: Database, settings: Settings, bot_id: int | None, findings: list[Finding]) -> None:
    with database.transaction() as work:
        known = work.memory.recall("bot_id")
        started = {one: (person := work.people.find(one)) is not None and person.started for one in settings.operators}
    if known is not None and bot_id is None:
        findings.append(Finding("the database's bot", UNSEEN, f"{known}; nobody could say whether this is that bot"))
    elif known is not None and known != str(bot_id):
        mend = "give each bot a database of its own"
        findings.append(Finding("DATABASE_URL", WRONG, f"it belongs to bot {known}", mend))
    for operator_id, has_started in started.items():
        what = f"operator {operator_id}"
        if has_started:
            findings.append(Finding(what, WELL, "has pressed Start"))
        else:
            mend = "let this person open the bot and press Start, while it runs: a bot cannot write first"
            findings.append(Finding(what, WRONG, "has not pressed Start yet", mend))


async def _geocoder(settings: Settings, market: MarketSettings | None, findings: list[Finding]) -> None:
    name = settings.geocoder
    try:
        finder = doorstep.geocoder(settings)
        if market is None:
            findings.append(Finding("GEOCODER", UNSEEN, f"{name} was not asked: there is no market to ask for"))
            return
        place = await finder.describe(*market.center, market.languages[0])
    except BadSettings as bad:
        findings.append(Finding("GEOCODER", WRONG, bad.lines[0], "see .env.example"))
    except PlacesUnavailable as error:
        mend = f"{error.mend} (until then people send pins instead of addresses)"
        findings.append(Finding("GEOCODER", WRONG, str(error), mend))
    else:
        if place is not None:
            findings.append(Finding("GEOCODER", WELL, f"{name} answers: the market's center is near {place.label}"))
            return
        mend = f"does it know your town, and is `center` right in {settings.market_file}?"
        findings.append(Finding("GEOCODER", WRONG, f"{name} knows nothing at the market's center", mend))
