"""This process among others on one database: who does what only one may do, and how they wake one another."""

import asyncio
import threading
import time
import uuid
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import psycopg
import structlog

from storage import locks
from storage.database import Database
from storage.locks import Hold, Lost

log = structlog.get_logger()

T = TypeVar("T")
Work = Callable[[asyncio.Event], Awaitable[None]]
"""What is done while a part is ours: until the event is set, and no longer."""

BEAT = 1.0
"""Every so many seconds a worker shows its pulse, looks for parts that are free, and for workers without one."""
SILENT = 5.0
"""Who has shown no pulse for so long is taken for dead: another takes over."""
GOOD_FOR = 0.2
"""A look at the lock says for so many seconds that it is ours."""


class Alone:
    """The only process: every part is its own, every turn too (SQLite)."""

    several = False

    async def do_part(self, part: str, stop: asyncio.Event, work: Work) -> None:
        """Do this until told to stop."""
        await work(stop)

    async def watch(self) -> None:
        """Nobody is to be watched."""

    async def close(self) -> None:
        """Nothing is held."""


class Several:
    """One of several processes on one PostgreSQL."""

    several = True

    def __init__(self, database: Database, wake: dict[str, Callable[[], None]]) -> None:
        """`wake` says what to do where another worker shouts a word."""
        self.engine = database.engine
        self._wake, self._name = wake, uuid.uuid4().hex
        self._hold, self._thread = Hold(database.engine), ThreadPoolExecutor(1, thread_name_prefix="locks")
        self._parts: dict[str, asyncio.Event] = {}
        self._seen: dict[str, float] = {}
        self.waited: set[str] = set()
        """The parts that were somebody else's when we first asked for them."""
        self._words: set[str] = set()
        self._let_go: list[int] = []
        self._errands: set[asyncio.Task[None]] = set()
        self._closing = threading.Event()
        self._free_parts = asyncio.Event()
        """Set when a part may have become free."""

    async def _do(self, deed: Callable[..., T], *args: Any) -> T:
        """Do something by the session; where that is lost, so is every part."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, deed, *args)
        except Lost as lost:
            if self._parts:
                log.warning("worker.lost_its_parts", parts=sorted(self._parts), error=str(lost))
            for over in self._parts.values():
                over.set()
            self._seen.clear()
            raise

    # parts

    async def do_part(self, part: str, stop: asyncio.Event, work: Work) -> None:
        """Stand by until the part is ours, do it until it is lost, and stand by again; until told to stop."""
        while not stop.is_set():
            if await self._take(part):
                await self._serve(part, stop, work)
            else:
                self.waited.add(part)
                await self._stand_by(stop)

    async def _stand_by(self, stop: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (stop, self._free_parts)]
        await asyncio.wait(waits, timeout=BEAT, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _take(self, part: str) -> bool:
        try:
            return await self._do(self._hold.take, part)
        except Lost:
            return False

    async def _serve(self, part: str, stop: asyncio.Event, work: Work) -> None:
        log.info("worker.takes", part=part)
        over = self._parts[part] = asyncio.Event()
        passing = asyncio.create_task(_pass_on(stop, over))
        try:
            await work(over)
        finally:
            passing.cancel()
            del self._parts[part]
            self._seen.pop(part, None)
            with suppress(Lost):
                await self._do(self._hold.leave, part)
                self.shout("parts")

    async def holds(self, part: str) -> bool:
        """Whether the part is ours this very moment; who was held up looks again."""
        over = self._parts.get(part)
        if over is None:
            return False
        if time.monotonic() - self._seen.get(part, 0.0) < GOOD_FOR:
            return True
        asked = time.monotonic()
        try:
            ours = await self._do(self._hold.holds, part)
        except Lost:
            return False
        if ours:
            self._seen[part] = asked
        else:
            over.set()
        return ours

    async def watch(self) -> None:
        """Show our pulse and end the sessions of those who have none; and hear what others shout. Until cancelled."""
        threading.Thread(target=self._listen, args=(asyncio.get_running_loop(),), daemon=True).start()
        while True:
            try:
                ousted = await self._do(self._hold.oust, SILENT)
                if ousted:
                    log.warning("worker.ousted_the_silent", sessions=ousted)
                    self._look_for_parts()
            except Lost as lost:
                log.warning("worker.has_no_database", error=str(lost))
            await asyncio.sleep(BEAT)

    def _look_for_parts(self) -> None:
        self._free_parts.set()
        self._free_parts = asyncio.Event()

    # turns

    async def taken(self) -> list[int]:
        """The people whose turns other workers have in hand."""
        return await self._do(self._hold.taken)

    async def claim(self, turns: Collection[tuple[int, int]]) -> set[int]:
        """Of these (update and person), the updates that are ours to handle."""
        ours = await self._do(self._hold.claim, turns) if turns else set()
        if ours:
            log.debug("turns.claimed", updates=sorted(ours))
        return ours

    def free(self, person_id: int) -> None:
        """This person's turn is over."""
        self._let_go.append(person_id)
        self._run(self._free)

    async def _free(self) -> None:
        people, self._let_go = self._let_go, []
        if people:
            await self._do(self._hold.free, people)

    # waking one another

    def do_not(self, part: str) -> bool:
        """Whether this part is somebody else's to do."""
        return part not in self._parts

    def shout(self, word: str) -> None:
        """Wake the other workers by this word, soon; the same word is not said twice at once."""
        self._words.add(word)
        self._run(self._shout)

    async def _shout(self) -> None:
        words, self._words = self._words, set()
        if words:
            await self._do(self._hold.shout, " ".join([self._name, *sorted(words)]))

    def _run(self, errand: Callable[[], Awaitable[None]]) -> None:
        async def run() -> None:
            with suppress(Lost):  # the tick is the net
                await errand()

        task = asyncio.create_task(run())
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        def goes_on() -> bool:
            return not self._closing.is_set()

        while goes_on():
            try:
                for shouted in locks.listen(self.engine, goes_on):
                    name, *words = shouted.split() or [self._name]
                    if name != self._name:
                        loop.call_soon_threadsafe(partial(self._heard, words))
            except psycopg.Error:
                self._closing.wait(BEAT)
            except RuntimeError:  # the loop has ended
                return

    def _heard(self, words: list[str]) -> None:
        if "parts" in words:
            self._look_for_parts()
        for word in words:
            if word in self._wake:
                self._wake[word]()

    async def close(self) -> None:
        """Let go of everything at once."""
        self._closing.set()
        if self._errands:
            await asyncio.wait(self._errands)
        await asyncio.to_thread(self._thread.shutdown)
        self._hold.close()


async def _pass_on(stop: asyncio.Event, over: asyncio.Event) -> None:
    await stop.wait()
    over.set()
