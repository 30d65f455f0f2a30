"""Waiting for updates on an event loop: one long poll, for the in-process and the HTTP shell alike."""

import asyncio
from collections.abc import Mapping
from typing import Any

from bot.sandbox.content import Uploads
from bot.sandbox.queue import MAX_BATCH
from bot.sandbox.telegram import Telegram

LONGEST = 50  # seconds, as Telegram's


class Bell:
    """An event that rings at every change of a Telegram, from whichever thread it comes."""

    def __init__(self, telegram: Telegram) -> None:
        self._telegram = telegram
        self._event = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def __enter__(self) -> "Bell":
        self._telegram.listeners.append(self._ring)
        return self

    def __exit__(self, *_: object) -> None:
        self._telegram.listeners.remove(self._ring)

    def _ring(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, seconds: float) -> bool:
        """Wait for the next change, at most this long; tells whether there was one."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True


async def call(
    telegram: Telegram, token: str, method: str, params: Mapping[str, Any], files: Uploads | None = None
) -> Any:
    """Call the bot's side; a getUpdates with a timeout (seconds) waits for something to come. Raises ApiError."""
    if method.lower() != "getupdates":
        return telegram.call(token, method, params, files)
    with Bell(telegram) as bell:
        result = telegram.call(token, method, params)
        poll = telegram.polls
        loop = asyncio.get_running_loop()
        end = loop.time() + min(int(params.get("timeout") or 0), LONGEST)
        while not result and not telegram.closing and (left := end - loop.time()) > 0:
            await bell.wait(left)
            result = telegram.poll_again(poll, int(params.get("limit") or MAX_BATCH))
        return result
