"""A sandbox without Doorstep's bot, for any other: `python -m bot.sandbox --token 123:ABC --username my_bot`."""

import argparse
import asyncio
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from bot.sandbox.server import create_app, serve
from bot.sandbox.telegram import Telegram


def read_arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox", description=__doc__)
    parser.add_argument("--token", default="4242424242:SANDBOX", help="what your bot logs in with: <number>:<anything>")
    parser.add_argument("--username", default="sandbox_bot", help="what people's links call it")
    parser.add_argument("--name", default="Sandbox", help="what the chats call it")
    parser.add_argument("--people", default="Anna,Ben", help="who has a phone, separated by commas")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--data", type=Path, help="keep the chats in this file")
    parser.add_argument("--no-pacing", action="store_true", help="no flood limits: for benchmarks")
    arguments = parser.parse_args(given)
    if not arguments.token.partition(":")[0].isdigit():
        parser.error("a token begins with the bot's number and a colon: 123:ABC")
    return arguments


async def run(arguments: argparse.Namespace, stop: asyncio.Event) -> None:
    """Serve until told to stop."""
    telegram = Telegram(
        clock=lambda: datetime.now(UTC),
        token=arguments.token,
        username=arguments.username,
        name=arguments.name,
        journal=arguments.data,
        pacing=not arguments.no_pacing,
    )
    for name in filter(None, arguments.people.split(",")):
        telegram.person(name.strip())
    serving = await serve(create_app(telegram, title=arguments.name), arguments.host, arguments.port)
    base = f"http://{arguments.host}:{serving.port}"
    sys.stdout.write(f"Phones at {base}, what scripts can do at {base}/api/, the Bot API at {base}/bot<token>/\n")
    sys.stdout.flush()
    await stop.wait()
    await serving.stop()
    telegram.close()


async def main() -> None:
    """Serve until Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    with suppress(NotImplementedError):  # Windows
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run(read_arguments(), stop)


if __name__ == "__main__":
    asyncio.run(main())
