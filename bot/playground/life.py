"""The bot's life in the sandbox: it runs on a thread and loop of its own, and can be killed and started again."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

import structlog

from bot import app as doorstep
from bot.settings import Settings
from storage.database import Clock

log = structlog.get_logger()

T = TypeVar("T")


START_S = 10.0
"""So long is waited for a bot that is just waking up."""


class NotAlive(RuntimeError):
    """The bot was killed, or has not started."""


class Life:
    """One start of the bot and all that follows, until it is stopped or killed."""

    def __init__(self, build: Callable[[], doorstep.Doorstep]) -> None:
        self._build = build
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self.doorstep: doorstep.Doorstep | None = None
        self.killed = False

    def live(self) -> None:
        """Run until stopped or killed (blocks: give it a thread). Raises what stops a bot's start."""
        try:
            with suppress(asyncio.CancelledError):
                asyncio.run(self._run())
        finally:
            self._ready.set()

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self.doorstep = self._build()
        self._ready.set()
        await self.doorstep.run(self._stop)

    def _call(self, what: Callable[[], object]) -> None:
        self._ready.wait()
        if self._loop is not None and not self._loop.is_closed():
            with suppress(RuntimeError):  # it has ended just now
                self._loop.call_soon_threadsafe(what)

    @property
    def is_over(self) -> bool:
        """Whether it has ended, whichever way."""
        return self._loop is not None and self._loop.is_closed()

    def stop(self) -> None:
        """As Ctrl-C does: the turns in hand are finished."""
        self._call(lambda: self._stop.set() if self._stop is not None else None)

    def kill(self) -> None:
        """As kill -9 does: whatever was in hand is dropped where it stands."""
        self.killed = True

        def drop_everything() -> None:
            assert self._loop is not None
            for task in asyncio.all_tasks(self._loop):
                task.cancel()

        self._call(drop_everything)

    async def do(self, work: Callable[[doorstep.Doorstep], Coroutine[Any, Any, T]]) -> T:
        """Run this on the bot's own loop, once it has woken up, and wait for it. Raises NotAlive."""
        if not self._ready.is_set():
            await asyncio.to_thread(self._ready.wait, START_S)
        if self._loop is None or self.doorstep is None or self._loop.is_closed():
            raise NotAlive("the bot is not running")
        future: Future[T] = asyncio.run_coroutine_threadsafe(work(self.doorstep), self._loop)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            if self.killed:  # it died of the kill that dropped everything, and nobody has cancelled us
                raise NotAlive("the bot was killed") from None
            raise


class Bot:
    """The bot of the sandbox: one life after the other, until the sandbox ends."""

    def __init__(self, settings: Settings, clock: Clock, **parts: Any) -> None:
        """The `parts` are passed on to the composition root: another `request`, `paced`."""
        self.settings, self.clock, self.parts = settings, clock, parts
        self.life = Life(self._build)
        self._start_again = asyncio.Event()

    def _build(self) -> doorstep.Doorstep:
        return doorstep.build(self.settings, clock=self.clock, **self.parts)

    @property
    def alive(self) -> bool:
        """Whether it runs now (or is about to)."""
        return not self.life.killed

    async def run(self, stop: asyncio.Event) -> None:
        """Live, and live again after each kill, until told to stop. Raises what stops a bot's start."""
        watching = asyncio.create_task(stop.wait())
        watching.add_done_callback(lambda _: self.life.stop())
        try:
            while True:
                await asyncio.to_thread(self.life.live)
                if stop.is_set() or not self.life.killed:
                    return
                again = asyncio.create_task(self._start_again.wait())
                await asyncio.wait((watching, again), return_when=asyncio.FIRST_COMPLETED)
                again.cancel()
                if stop.is_set():
                    return
                self._start_again.clear()
                self.life = Life(self._build)
        finally:
            watching.cancel()

    def kill(self) -> None:
        """Kill it; it stays dead until it is started again."""
        self.life.kill()

    def start_again(self) -> None:
        """Start it again after a kill."""
        self._start_again.set()
