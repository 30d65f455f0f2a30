"""Doorstep as it is run, but for the pacing that Telegram asks for: this measures us, not Telegram's limits."""

import asyncio
import signal
import sys
from pathlib import Path

from bot import app, logs
from bot.settings import load_settings


async def run(url: str, database_url: str, market: str, token: str) -> None:
    """Run until terminated."""
    settings = load_settings(
        _env_file=None,
        bot_token=token,
        bot_api_url=url,
        database_url=database_url,
        market_file=Path(market),
        operators=(1,),
        geocoder="gazetteer",
    )
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await app.build(settings, paced=False).run(stop)


if __name__ == "__main__":
    logs.set_up("ERROR", "console")
    asyncio.run(run(*sys.argv[1:]))
