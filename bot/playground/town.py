"""`doorstep sandbox`: the local Telegram, the real bot polling it over HTTP, and the page, in one process."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from socket import socket
from typing import Any

import structlog
from rich.console import Console

from bot import app as doorstep
from bot.gazetteer import Gazetteer
from bot.playground.clock import TownClock
from bot.playground.control import Control
from bot.playground.crowd import Crowd
from bot.playground.fresh import Fresh
from bot.playground.life import Bot
from bot.playground.plays import Plays
from bot.playground.stage import Stage
from bot.playground.townsfolk import approve, people_the_town, people_who_wait
from bot.playground.winding import Winder
from bot.sandbox.server import create_app, free_port, listen, serve
from bot.sandbox.telegram import Telegram
from bot.settings import Settings, load_settings
from storage.database import Database
from storage.markets import MarketSettings

log = structlog.get_logger()

TOKEN = "4242424242:SANDBOX"  # noqa: S105 - it opens nothing but the sandbox


@dataclass(frozen=True)
class Cast:
    """Somebody who lives in the sandbox: what he plays, and his phone's language."""

    id: int
    name: str
    role: str
    language: str = "en"
    part: str = ""
    """What the story calls him."""


@dataclass(frozen=True)
class Market:
    """How many simulated people live in the town, and whether they act or only stand around."""

    drivers: int = 0
    merchants: int = 0
    busy: bool = False
    seed: int = 1


CAST = (
    Cast(900, "Olivia", "operator", part="olivia"),
    Cast(901, "Anna", "merchant", part="anna"),
    Cast(902, "Omar", "driver", part="omar"),
    Cast(903, "Dana", "driver", "es", part="dana"),
    Cast(905, "Mateo", "driver", part="mateo"),
    Cast(904, "Lena", "customer", part="lena"),
)


LOOK_S = 0.5
"""So often the simulated people are asked what they do."""
CUSTOMERS = 3
"""So many customers there are for each simulated merchant of a busy town."""
NOBODY = Market()


async def play(
    port: int, data: Path, fresh: bool, stop: asyncio.Event, console: Console, town: Market = NOBODY
) -> None:
    """Run the sandbox until told to stop; the database and the chats are kept beside one another.

    Who wants to start over on the page gets a new town at the same address: who knocks meanwhile only waits.
    """
    wanted, port = port, free_port(port)
    if port != wanted:
        console.print(f"Port {wanted} is taken; using {port}.", highlight=False)
    url = f"http://127.0.0.1:{port}"
    opening = f"[bold green]Doorstep's sandbox[/bold green] is at [link={url}]{url}[/link]   (Ctrl-C ends it)"
    with listen(port=port) as door:
        while True:
            if fresh:
                _forget(data, _journal(data))
            fresh = await _live_in(door, url, data, stop, partial(console.print, opening), town)
            if not fresh:
                return
            opening = "A new town: all is forgotten."


def _journal(data: Path) -> Path:
    return data.with_suffix(".telegram.db")


async def _live_in(
    door: socket, url: str, data: Path, stop: asyncio.Event, opened: Callable[[], object], town: Market
) -> bool:
    """One town, from its first moment to its last; whether somebody wants to start over."""
    clock = TownClock()
    telegram = Telegram(clock=clock, token=TOKEN, journal=_journal(data))
    for one in CAST:
        telegram.person(one.name, id=one.id, language=one.language)
    settings = _settings(url, data)
    market = doorstep.migrate(settings, clock)
    bot = Bot(settings, clock)
    winder = Winder(clock, bot)
    control = Control(telegram, winder, bot, Database(settings.database_url, clock))
    stage = Stage(telegram, winder, market, {one.part: telegram.people[one.id] for one in CAST})
    plays = Plays(stage)
    crowd = _crowd(town, stage, plays, control.database)
    winder.passed.append(crowd.act)
    fresh = Fresh(stop)
    page = create_app(
        telegram,
        places=places(market),
        roles={one.id: one.role for one in CAST},
        title=f"Doorstep · {market.title}",
        zone=market.zone,
        more=[*control.routes(), *plays.routes(), *fresh.routes()],
    )
    serving = await serve(page, door=door)
    opened()
    living, ending = asyncio.create_task(_live(crowd)), asyncio.create_task(_end(plays, fresh.either))
    try:
        await bot.run(fresh.either)
    finally:
        living.cancel()
        ending.cancel()
        fresh.close()
        await plays.close()
        await serving.stop()
        control.close()
        telegram.close()
    return fresh.wanted and not stop.is_set()


def _crowd(town: Market, stage: Stage, plays: Plays, database: Database) -> Crowd:
    folk = people_the_town(stage.telegram, town.drivers, town.merchants, town.seed)
    if folk:
        with database.transaction() as work:
            approve(work, folk, CAST[0].id)
    waiting = people_who_wait(stage.telegram, CUSTOMERS * town.merchants, town.seed) if town.busy else []
    return Crowd(
        stage.telegram, stage.words, [*folk, *waiting], busy=town.busy, seed=town.seed, held=lambda: plays.is_on
    )


async def _live(crowd: Crowd) -> None:
    """The simulated people's own time: nothing to do where there are none."""
    while crowd.people:
        try:
            crowd.act()
        except Exception:  # one bad day of one of them ends nobody's play
            log.exception("crowd.stumbled")
        await asyncio.sleep(LOOK_S)


async def _end(plays: Plays, stop: asyncio.Event) -> None:
    """The story ends before the bot does, which it would miss."""
    await stop.wait()
    await plays.close()


def _settings(url: str, data: Path) -> Settings:
    return load_settings(
        _env_file=None,
        bot_token=TOKEN,
        bot_api_url=url,
        database_url=f"sqlite:///{data}",
        operators=(CAST[0].id,),
        geocoder="gazetteer",
    )


def _forget(data: Path, journal: Path) -> None:
    for path in (data, journal):
        for ending in ("", "-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)


def places(market: MarketSettings) -> list[dict[str, Any]]:
    """What the page draws: the gazetteer's places and streets, and the market's malls."""
    gazetteer = Gazetteer()
    malls = [
        {"name": mall.name, "address": "", "kind": "mall", "lat": mall.lat, "lon": mall.lon} for mall in market.malls
    ]
    names = {mall.name for mall in market.malls}
    shown = [place for place in gazetteer.places() if place["name"] not in names and place["kind"] != "street"]
    streets = [
        {"name": street["name"], "address": "", "kind": "street", "lat": lat, "lon": lon, "line": street["points"]}
        for street in gazetteer.lines()
        for lat, lon in street["points"][:1]
    ]
    return [*malls, *shown, *streets]
