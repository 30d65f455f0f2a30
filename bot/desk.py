"""The edge between the loop and the database: each piece of work is one transaction in a worker thread."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from storage.database import Database, Work

T = TypeVar("T")

THREADS = 4
"""For PostgreSQL; SQLite has one writer, and one thread keeps the queue short and fair."""


class Desk:
    """Runs work in transactions, off the loop, and wakes whoever listens when something was put into the outbox."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._threads = ThreadPoolExecutor(1 if database.is_sqlite else THREADS, thread_name_prefix="desk")
        self.listeners: list[Callable[[], None]] = []

    async def do(self, piece: Callable[[Work], T]) -> T:
        """Run `piece` in one transaction; its exception rolls back and is raised here."""
        result, wrote = await asyncio.get_running_loop().run_in_executor(self._threads, self._transact, piece)
        if wrote:
            for listener in self.listeners:
                listener()
        return result

    def _transact(self, piece: Callable[[Work], T]) -> tuple[T, bool]:
        with self.database.transaction() as work:
            result = piece(work)
        return result, work.outbox.wrote

    def close(self) -> None:
        """Wait for the work in hand and let go of the database."""
        self._threads.shutdown(wait=True)
        self.database.close()
