"""What several tests need: to wait for something that happens by itself, and a database that does not wait."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


async def until(true: Callable[[], Any], within: float = 10, what: str = "") -> None:
    """Wait until this is true; fails after so many seconds."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while not true():
        if loop.time() > deadline:
            raise AssertionError(f"waited {within:g} s in vain {what}")
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
