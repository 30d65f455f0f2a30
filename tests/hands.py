"""What tests need in which the bot runs by itself: to wait for what happens, phones, and the real process."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from bot.sandbox.people import Person
from bot.settings import Settings

COUNT = count(1)


async def until(true: Callable[[], Any], within: float = 10, seen: Callable[[], str] = str) -> None:
    """Wait until this is true; fails after so many seconds, with what is `seen` then."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while not true():
        if loop.time() > deadline:
            raise AssertionError(f"waited {within:g} s in vain {seen()}")
        await asyncio.sleep(0.02)


@contextmanager
def impatient(engine: Engine) -> Iterator[Engine]:
    """The engine, whose connections do not wait for a lock as they else do (30 s)."""

    def hurry(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA busy_timeout=20")

    event.listen(engine, "connect", hurry)
    engine.dispose()
    try:
        yield engine
    finally:
        event.remove(engine, "connect", hurry)
        engine.dispose()


class Phone:
    """A person's phone, for tests in which the bot runs by itself: everything waits for what is to be seen."""

    def __init__(self, person: Person) -> None:
        self.person = person

    def texts(self) -> list[str]:
        """What the bot says in this chat now, oldest first."""
        return [
            message.get("text") or message.get("caption") or ""
            for message in self.person.messages
            if message["from"]["is_bot"]
        ]

    async def sees(self, words: str, within: float = 15) -> str:
        """Wait for these words of the bot's; gives the newest text that holds them."""
        await until(
            lambda: any(words in text for text in self.texts()),
            within,
            lambda: f"for {words!r}:\n{self.person.reads()}",
        )
        return next(text for text in reversed(self.texts()) if words in text)

    async def taps(self, label: str, within: float = 15) -> None:
        """Wait until the bot's newest message has this button below everything else, and tap it."""
        await until(lambda: label in self._last(), within, lambda: f"for [{label}]:\n{self.person.reads()}")
        self.person.taps(message_id=self._last()[label][0], data=self._last()[label][1])

    def _last(self) -> dict[str, tuple[int, str]]:
        """The buttons of the chat's last message: by label, message and data."""
        messages = self.person.messages
        if not messages or not messages[-1]["from"]["is_bot"]:
            return {}
        rows = messages[-1].get("reply_markup", {}).get("inline_keyboard", [])
        number = messages[-1]["message_id"]
        return {button["text"]: (number, button.get("callback_data", "")) for row in rows for button in row}


class Process:
    """`python -m bot …` as an operator starts it: a process of its own, with an environment of its own."""

    module = "bot"

    def __init__(self, folder: Path, *arguments: str, **settings: str) -> None:
        self.folder, self.arguments, self.settings = folder, arguments, settings
        self.output = folder / f"output-{next(COUNT)}.txt"
        self.child: asyncio.subprocess.Process | None = None

    async def start(self) -> "Process":
        """Start it; gives itself."""
        # without the cache of compiled files a start would take four times as long
        unset = {"PYTHONDONTWRITEBYTECODE", "PTB_TIMEDELTA", *(name.upper() for name in Settings.model_fields)}
        kept = {name: value for name, value in os.environ.items() if name not in unset}
        with self.output.open("wb") as output:
            self.child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self.module,
                *self.arguments,
                cwd=self.folder,
                env={**kept, "COLUMNS": "300", **self.settings},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
            )
        return self

    def says(self) -> str:
        """What it has written so far, to both its outputs."""
        return self.output.read_text(encoding="utf-8")

    async def tells(self, words: str, within: float = 15) -> None:
        """Wait until it has written this."""
        await until(lambda: words in self.says() or self.ended(), within, lambda: f"for {words!r}:\n{self.says()}")
        assert words in self.says(), self.says()

    def ended(self) -> bool:
        """Whether it has come to its end."""
        return self.child is not None and self.child.returncode is not None

    def signal(self, number: int) -> None:
        """Send it a signal."""
        assert self.child is not None
        self.child.send_signal(number)

    async def ends(self, within: float = 15) -> int:
        """Wait for its end; gives its exit code."""
        assert self.child is not None
        async with asyncio.timeout(within):
            return await self.child.wait()

    async def kill(self) -> None:
        """Kill it, unless it has ended."""
        if self.child is not None:
            with suppress(ProcessLookupError):
                self.child.kill()
            await self.child.wait()
