"""The edge between the loop and the database: pieces of work, each atomic, in worker threads that share commits."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from storage.database import Database, Outcome, Work

T = TypeVar("T")
Waiting = tuple[Callable[[Work], Any], "asyncio.Future[Any]"]

THREADS = 4
"""For PostgreSQL; SQLite has one writer, and one thread keeps the queue short and fair."""
SHARE = 32
"""So many pieces of work share one commit at most: on SQLite, where everybody waits for the one writer anyway."""


def is_away(error: Exception) -> bool:
    """Whether the database could not be used (away, locked, full, read-only): the same may work later."""
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(error, OperationalError | InterfaceError)


class Desk:
    """Runs work in transactions, off the loop, and wakes whoever listens when something was put into the outbox."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._share = SHARE if database.is_sqlite else 1
        self._threads = ThreadPoolExecutor(1 if database.is_sqlite else THREADS, thread_name_prefix="desk")
        self._waiting: deque[Waiting] = deque()
        self._called = False
        """Whether the one thread has been asked to look, and has not begun to."""
        self.listeners: list[Callable[[], None]] = []
        self.counters: list[Callable[[list[tuple[str, str, float]]], None]] = []
        """Whoever counts what happened in transactions that are committed."""

    async def do(self, piece: Callable[[Work], T]) -> T:
        """Run `piece` in a transaction, or in a savepoint of one that it shares; its exception is raised here.

        It may be run twice where somebody else spoils the shared transaction: let it touch nothing but the database.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._waiting.append((piece, future))
        if self._share == 1 or not self._called:
            self._called = True
            self._threads.submit(self._work, loop)
        return await future

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        """Do what waits, one commit's share after the other, until nothing does."""
        self._called = False  # from here on whoever adds a piece calls again: this look may miss it
        while self._do_some(loop):
            pass

    def _do_some(self, loop: asyncio.AbstractEventLoop) -> int:
        """Do one commit's share of what waits; says how many pieces that was."""
        taken: list[Waiting] = []
        while len(taken) < self._share:
            try:
                taken.append(self._waiting.popleft())
            except IndexError:
                break
        if not taken:
            return 0
        try:
            outcomes = self.database.share([piece for piece, _ in taken])
        except Exception as error:  # nothing was committed: everybody learns why
            outcomes = [Outcome(None, error, None) for _ in taken]
        answered = [(future, outcome) for (_, future), outcome in zip(taken, outcomes, strict=True)]
        loop.call_soon_threadsafe(self._answer, answered)
        return len(taken)

    def _answer(self, answered: list[tuple["asyncio.Future[Any]", Outcome]]) -> None:
        for future, outcome in answered:
            if future.done():
                pass  # whoever asked has gone
            elif outcome.error is not None:
                future.set_exception(outcome.error)
            else:
                future.set_result(outcome.result)
            if outcome.work is not None and outcome.work.happened and outcome.error is None:
                for count in self.counters:
                    count(outcome.work.happened)
        if any(outcome.wrote for _, outcome in answered):
            for listener in self.listeners:
                listener()

    def close(self) -> None:
        """Wait for the work in hand and let go of the database."""
        self._threads.shutdown(wait=True)
        self.database.close()
