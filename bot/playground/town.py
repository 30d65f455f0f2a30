"""`doorstep sandbox`: the local Telegram, the real bot polling it over HTTP, and the page, in one process."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from bot import app as doorstep
from bot.gazetteer import Gazetteer
from bot.playground.clock import TownClock
from bot.playground.control import Control
from bot.playground.life import Bot
from bot.playground.winding import Winder
from bot.sandbox.server import create_app, free_port, serve
from bot.sandbox.telegram import Telegram
from bot.settings import Settings, load_settings
from storage.database import Database
from storage.markets import MarketSettings

TOKEN = "4242424242:SANDBOX"  # noqa: S105 - it opens nothing but the sandbox


@dataclass(frozen=True)
class Cast:
    """Somebody who lives in the sandbox: what he plays, and his phone's language."""

    id: int
    name: str
    role: str
    language: str = "en"


CAST = (
    Cast(900, "Olivia", "operator"),
    Cast(901, "Anna", "merchant"),
    Cast(902, "Omar", "driver"),
    Cast(903, "Dana", "driver", "es"),
    Cast(905, "Mateo", "driver"),
    Cast(904, "Lena", "customer"),
)


async def play(port: int, data: Path, fresh: bool, stop: asyncio.Event, console: Console) -> None:
    """Run the sandbox until told to stop; the database and the chats are kept beside one another."""
    journal = data.with_suffix(".telegram.db")
    if fresh:
        _forget(data, journal)
    clock = TownClock()
    telegram = Telegram(clock=clock, token=TOKEN, journal=journal)
    for one in CAST:
        telegram.person(one.name, id=one.id, language=one.language)
    wanted, port = port, free_port(port)
    if port != wanted:
        console.print(f"Port {wanted} is taken; using {port}.", highlight=False)
    url = f"http://127.0.0.1:{port}"
    settings = _settings(url, data)
    market = doorstep.migrate(settings, clock)
    bot = Bot(settings, clock)
    control = Control(telegram, Winder(clock, bot), bot, Database(settings.database_url, clock))
    page = create_app(
        telegram,
        places=places(market),
        roles={one.id: one.role for one in CAST},
        title=f"Doorstep · {market.title}",
        zone=market.zone,
        more=control.routes(),
    )
    serving = await serve(page, port=port)
    console.print(f"[bold green]Doorstep's sandbox[/bold green] is at [link={url}]{url}[/link]   (Ctrl-C ends it)")
    try:
        await bot.run(stop)
    finally:
        await serving.stop()
        control.close()
        telegram.close()


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
