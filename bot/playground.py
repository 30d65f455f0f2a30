"""`doorstep sandbox`: the local Telegram, the real bot polling it over HTTP, and the page, in one process."""

import asyncio
from pathlib import Path
from typing import Any

from rich.console import Console

from bot import app as doorstep
from bot.gazetteer import Gazetteer
from bot.sandbox.server import create_app, free_port, serve
from bot.sandbox.telegram import Telegram
from bot.settings import Settings, load_settings
from storage.markets import MarketSettings

TOKEN = "4242424242:SANDBOX"  # noqa: S105 - it opens nothing but the sandbox
CAST = (
    (900, "Olivia", "operator", "en"),
    (901, "Anna", "merchant", "en"),
    (902, "Omar", "driver", "en"),
    (903, "Dana", "driver", "es"),
    (904, "Lena", "customer", "en"),
)
"""Who lives in the sandbox: id, name, what he plays, language."""


async def play(port: int, data: Path, fresh: bool, stop: asyncio.Event, console: Console) -> None:
    """Run the sandbox until told to stop; the database and the chats are kept beside one another."""
    journal = data.with_suffix(".telegram.db")
    if fresh:
        _forget(data, journal)
    telegram = Telegram(clock=doorstep.now, token=TOKEN, journal=journal)
    for person_id, name, _, language in CAST:
        telegram.person(name, id=person_id, language=language)
    port = free_port(port)
    url = f"http://127.0.0.1:{port}"
    settings = _settings(url, data)
    market = doorstep.migrate(settings)
    roles = {person_id: role for person_id, _, role, _ in CAST}
    page = create_app(
        telegram, places=places(market), roles=roles, title=f"Doorstep · {market.title}", zone=market.zone
    )
    serving = await serve(page, port=port)
    console.print(f"[bold green]Doorstep's sandbox[/bold green] is at [link={url}]{url}[/link]   (Ctrl-C ends it)")
    try:
        await doorstep.build(settings).run(stop)
    finally:
        await serving.stop()
        telegram.close()


def _settings(url: str, data: Path) -> Settings:
    return load_settings(
        _env_file=None,
        bot_token=TOKEN,
        bot_api_url=url,
        database_url=f"sqlite:///{data}",
        operators=(CAST[0][0],),
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
