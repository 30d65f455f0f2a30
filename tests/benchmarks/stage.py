"""The stage of a benchmark: a sandbox on HTTP without limits, which notes when each call of the bot was carried out."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from bot.sandbox.content import Uploads
from bot.sandbox.people import Person
from bot.sandbox.server import create_app, serve
from bot.sandbox.telegram import Telegram

ROOT = Path(__file__).parents[2]
TOKEN = "4242424242:SANDBOX"
PATIENCE_S = 60.0


async def until(so: Callable[[], bool], every_s: float = 0.02) -> None:
    """Look again and again until it is so."""
    while not so():  # noqa: ASYNC110 - another process makes it so, and rings no bell
        await asyncio.sleep(every_s)


@dataclass(frozen=True)
class Done:
    """A call that was carried out: when (perf_counter's seconds), which, in which chat, with which words."""

    at: float
    method: str
    chat_id: int
    text: str
    query_id: str


class Watched(Telegram):
    """A Telegram that notes what the bot did."""

    def __init__(self, *, pacing: bool = False) -> None:
        super().__init__(clock=lambda: datetime.now(UTC), token=TOKEN, pacing=pacing)
        self.done: list[Done] = []
        self.rung = asyncio.Event()

    def call(self, token: str, method: str, params: Mapping[str, Any], files: Uploads | None = None) -> Any:
        """Carry it out and note it."""
        result = super().call(token, method, params, files)
        if method != "getUpdates":
            chat = int(params.get("chat_id") or 0)
            query = str(params.get("callback_query_id") or "")
            self.done.append(Done(perf_counter(), method, chat, str(params.get("text") or ""), query))
            self.rung.set()
        return result

    async def until(self, enough: Callable[[], bool], what: str) -> None:
        """Wait until this is so; raises TimeoutError, saying for what, when it never is."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not enough():
                    self.rung.clear()
                    await self.rung.wait()
        except TimeoutError:
            raise TimeoutError(f"{what}: {len(self.done)} calls, the last ones {self.done[-3:]}") from None

    async def quiet(self, seconds: float = 0.5) -> None:
        """Wait until the bot has nothing more to say."""
        while True:
            self.rung.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self.rung.wait()
            except TimeoutError:
                return

    def crowd(self, number: int, first_id: int = 1000) -> list[Person]:
        """So many people with phones, whom the bot has not met."""
        return [self.person(f"Person {first_id + i}", id=first_id + i) for i in range(number)]


@asynccontextmanager
async def stage() -> AsyncIterator[tuple[Watched, str]]:
    """A watched Telegram and its address."""
    telegram = Watched()
    serving = await serve(create_app(telegram), port=0)
    try:
        yield telegram, f"http://127.0.0.1:{serving.port}"
    finally:
        await serving.stop()


@asynccontextmanager
async def child(*arguments: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A Python process of its own, on the other core; ended at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), **environment}
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
