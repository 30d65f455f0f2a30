"""The database cannot be used for a while: updates wait at Telegram or in the inbox, and all goes on by itself."""

import asyncio
import resource
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from bot import logs
from bot import receiver as ear
from bot.dispatch import reach
from storage.models import Inbox, Outbox
from tests.hands import impatient, until
from tests.stories import quickly
from tests.stories.town import Human, Town
from tests.test_process import Installation


@contextmanager
def so(engine: Engine, pragma: str) -> Iterator[None]:
    """Every connection is made like this, for a while."""

    def spoil(connection: Any, _record: Any) -> None:
        connection.execute(pragma)

    event.listen(engine, "connect", spoil)
    engine.dispose()
    try:
        yield
    finally:
        event.remove(engine, "connect", spoil)
        engine.dispose()


@contextmanager
def full(engine: Engine) -> Iterator[None]:
    """The disk is full: what fits into the file's pages may be written still, and no page more."""
    with so(engine, "PRAGMA max_page_count=1"):
        yield


@contextmanager
def read_only(engine: Engine) -> Iterator[None]:
    """The file may only be read."""
    with so(engine, "PRAGMA query_only=ON"):
        yield


@contextmanager
def locked(engine: Engine) -> Iterator[None]:
    """Somebody else holds the lock, for longer than anybody waits for it."""
    with impatient(engine), engine.connect() as other:
        other.exec_driver_sql("SELECT 1")  # BEGIN IMMEDIATE: the lock is ours
        yield


Trouble = Callable[[Engine], AbstractContextManager[None]]
TROUBLES: list[Trouble] = [full, read_only, locked]
"""What may befall the database; each lasts as long as its context. Another engine's restart would be one more."""


@pytest.fixture
async def town(tmp_path: Path, template: Path) -> AsyncIterator[Town]:
    """A town whose turns may be put off, and whose bot may have ended by itself."""
    made = await Town(tmp_path, template).open()
    yield made
    await made.bot.close()
    assert made.telegram.problems == []


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The receiver looks again soon."""
    real = ear._pause
    monkeypatch.setattr(ear, "_pause", lambda stop, seconds: real(stop, min(seconds, 0.05)))


def answers(human: Human) -> int:
    """How often /id was answered."""
    return sum(str(human.id) in text for text in human.texts())


async def crowd(town: Town, number: int) -> list[Human]:
    """People who have pressed Start."""
    people = [town.human(f"Person {n}") for n in range(number)]
    for human in people:
        human.phone.start()
    await town.settle()
    return people


def rows(town: Town, table: type[Any]) -> list[Any]:
    """All rows of a table."""
    found: list[Any] = town.reads(lambda work: list(work.session.exec(select(table)).all()))
    return found


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
@pytest.mark.usefixtures("quick")
async def test_nothing_is_lost_and_nothing_said_twice(town: Town, trouble: Trouble) -> None:
    """People write while the database cannot be written: the bot stays up, and each is answered afterwards, once."""
    people = await crowd(town, 12)
    stop = asyncio.Event()
    running = asyncio.create_task(town.bot.run(stop))
    people[0].phone.says("/id")
    await until(lambda: answers(people[0]) == 1)
    with trouble(town.bot.desk.database.engine):
        for human in people[1:]:
            human.phone.says("/id")
        await asyncio.sleep(0.6)
        assert not running.done()
    await until(lambda: all(answers(human) for human in people) and not len(town.telegram.world.queue), 20)
    await until(lambda: all(one.status == "done" for one in rows(town, Inbox)))
    stop.set()
    await running
    assert Counter(answers(human) for human in people) == {1: 12}
    assert all(one.sent_at for one in rows(town, Outbox))


async def test_what_was_not_stored_is_not_confirmed(town: Town) -> None:
    """A batch that cannot be written stays with Telegram, which gives it again."""
    (anna,) = await crowd(town, 1)
    anna.phone.says("/id")
    before = town.bot.receiver.offset
    with read_only(town.bot.desk.database.engine), pytest.raises(OperationalError):
        await town.bot.receiver.receive(0)
    assert town.bot.receiver.offset == before
    assert len(town.telegram.world.queue) == 1
    await town.settle()
    assert answers(anna) == 1


@pytest.mark.parametrize("trouble", [read_only, locked], ids=lambda trouble: trouble.__name__)
async def test_said_and_not_yet_recorded(town: Town, trouble: Trouble) -> None:
    """Just after a message was sent the database goes: it is recorded when it is back, and not said once more."""
    (anna,) = await crowd(town, 1)
    bad = ExitStack()

    def breaks(method: str, _params: Mapping[str, Any]) -> None:
        if method == "sendMessage":
            town.telegram.before.remove(breaks)
            bad.enter_context(trouble(town.bot.desk.database.engine))

    await town.bot.desk.do(lambda work: work.outbox.write(anna.id, "notice", text_id="plain", params={"text": "#1"}))
    town.telegram.before.append(breaks)
    stop = asyncio.Event()
    running = asyncio.create_task(town.bot.relay.run(stop))
    await until(lambda: "#1" in anna.texts())
    await asyncio.sleep(1.3)
    bad.close()
    await until(lambda: rows(town, Outbox)[-1].sent_at is not None)
    stop.set()
    await running
    assert anna.texts().count("#1") == 1


async def test_what_cannot_be_recorded_as_it_should(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of our own while recording: that it was said is noted, or it would be said for ever; a case is raised."""
    (anna,) = await crowd(town, 1)

    def breaks(*_: object) -> None:
        raise ValueError("a fault of our own")

    monkeypatch.setattr(reach, "shown", breaks)
    before = len(anna.texts())
    await town.bot.desk.do(lambda work: work.outbox.write(anna.id, "card", subject=f"welcome:{anna.id}", anew=True))
    await town.bot.relay.drain()
    assert len(anna.texts()) == before + 1
    assert [case.kind for case in town.reads(lambda work: work.cases.all_open())] == ["message"]


async def test_a_stop_does_not_wait_for_the_database(town: Town) -> None:
    """Told to stop while what was said cannot be recorded: the process ends all the same."""
    (anna,) = await crowd(town, 1)
    await town.bot.desk.do(lambda work: work.outbox.write(anna.id, "notice", text_id="plain", params={"text": "#1"}))
    stop = asyncio.Event()
    bad = ExitStack()

    def breaks(method: str, _params: Mapping[str, Any]) -> None:
        if method == "sendMessage":
            town.telegram.before.remove(breaks)
            bad.enter_context(read_only(town.bot.desk.database.engine))
            stop.set()

    town.telegram.before.append(breaks)
    with bad:
        async with asyncio.timeout(10):
            await town.bot.relay.run(stop)


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
async def test_taps_that_telegram_forgot_meanwhile(town: Town, trouble: Trouble) -> None:
    """Five minutes without the database: Telegram forgets the tap, and the driver is told so, with the card anew."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    await town.passes(seconds=10)
    engine = town.bot.desk.database.engine
    with trouble(engine), engine.connect() as _:
        pass  # a full disk has room for a little: only what follows counts
    with read_only(engine) if trouble is full else trouble(engine):
        omar.phone.taps("Accept")
        for _ in range(5):
            with pytest.raises(OperationalError):
                await town.bot.receiver.receive(0)
            town.clock.now += timedelta(minutes=1)
    await town.settle()
    omar.sees("I was away 10:00")
    assert omar.phone.buttons.count("Accept") == 1
    await town.tick()
    await omar.taps("Accept")
    assert quickly.delivery(town, number).status == "assigned"
    anna.sees("is on the way to the shop")


async def test_the_disk_of_a_process_is_full(tmp_path: Path) -> None:
    """The real process may write no byte more, not even its log: it stays up, and answers once there is room."""
    here = Installation(tmp_path)
    try:
        await here.serve()
        process = await here.start()
        await process.tells("start.ready")
        assert process.child is not None
        unlimited = resource.prlimit(process.child.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.child.pid, resource.RLIMIT_FSIZE, (1, unlimited[1]))
        here.anna.person.says("/status")
        here.omar.person.says("/status")
        await asyncio.sleep(2)
        assert not process.ended()
        assert len(here.telegram.world.queue) >= 2
        resource.prlimit(process.child.pid, resource.RLIMIT_FSIZE, unlimited)
        for phone in (here.anna, here.omar):
            await phone.sees("I am well", within=30)
            assert sum("I am well" in text for text in phone.texts()) == 1
        process.signal(signal.SIGTERM)
        assert await process.ends() == 0
    finally:
        await here.close()


class Stuck:
    """A stream on a full disk."""

    def write(self, _text: str) -> int:
        """Fail."""
        raise OSError(28, "No space left on device")

    def flush(self) -> None:
        """Fail."""
        raise OSError(28, "No space left on device")


def test_a_log_that_cannot_be_written_stops_nobody() -> None:
    """The log lies on the same disk: a line is lost, and that is all."""
    stream = logs._Unfailing(Stuck())  # type: ignore[arg-type]
    assert stream.write("a line") == 0
    stream.flush()
