"""PostgreSQL goes away in the middle and comes back, as in a restart: what people wrote is answered once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot import receiver as ear
from storage.models import Inbox, Outbox
from tests import postgres
from tests.databases import Blank, Server
from tests.hands import until
from tests.stories import quickly
from tests.stories.town import Town
from tests.test_infrastructure import answers, crowd, rows

pytestmark = pytest.mark.only_on("postgresql")


@contextmanager
def shut(server: Server) -> Iterator[None]:
    """Every session of the test's database is ended, and nobody is let in, for a while: what a restart looks like."""
    name = server.engine.url.database
    with postgres.connect(server.server, "postgres") as chief:
        chief.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        mine = server._rows.info.backend_pid
        chief.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s", (name, mine)
        )
        try:
            yield
        finally:
            chief.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


@pytest.fixture
async def town(home: Path, blank: Blank) -> AsyncIterator[Town]:
    """A town whose bot ends by itself."""
    made = await Town(home, blank).open()
    yield made
    await made.bot.close()
    assert made.telegram.problems == []


async def test_in_the_middle_of_everything(town: Town, blank: Blank, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is away people write and tap: nothing is lost, nothing is said twice, and the parts are taken again."""
    assert isinstance(blank, Server)
    real = ear._pause
    monkeypatch.setattr(ear, "_pause", lambda stop, seconds: real(stop, min(seconds, 0.05)))
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    people = await crowd(town, 8)
    stop = asyncio.Event()
    running = asyncio.create_task(town.bot.run(stop))
    people[0].phone.says("/id")
    await until(lambda: answers(people[0]) == 1, 20)
    with shut(blank):
        for human in people[1:]:
            human.phone.says("/id")
        omar.phone.taps("Accept")
        await asyncio.sleep(1.0)
        assert not running.done()
    await until(lambda: all(answers(human) for human in people) and not len(town.telegram.world.queue), 30)
    await until(lambda: quickly.delivery(town, number).status == "assigned", 30)
    await until(lambda: all(one.status == "done" for one in rows(town, Inbox)), 30)
    await until(
        lambda: all(one.sent_at or one.dropped_at for one in rows(town, Outbox) if one.due_at <= town.clock.now)
    )
    stop.set()
    await running
    assert Counter(answers(human) for human in people) == {1: 8}
    anna.sees("is on the way to the shop")
