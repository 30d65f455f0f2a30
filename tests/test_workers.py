"""Several real processes on one PostgreSQL: one polls and relays, all take turns; one ends, another goes on."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from bot.workers import BEAT, SILENT
from tests.databases import Server
from tests.hands import Phone, Process, until
from tests.test_process import Installation

PARTS = ("poll", "relay", "sweep")
PATIENCE_S = 60.0
"""So long a test waits on a machine that has other things to do."""
NUMBERS = count(1)


@pytest.fixture
def url(postgres: Server) -> Iterator[str]:
    """A database of one's own, for processes of its own."""
    made = postgres.create(f"{postgres.name}_workers_{next(NUMBERS)}")
    yield made
    postgres.drop(made)


@pytest.fixture
async def here(tmp_path: Path, url: str) -> AsyncIterator[Installation]:
    """An installation on PostgreSQL, whose Telegram can be reached."""
    made = Installation(tmp_path, url)
    await made.serve()
    yield made
    await made.close()


async def two(here: Installation) -> tuple[Process, Process]:
    """Two workers: the first has taken every part, the second stands by."""
    first = await here.start(LOG_LEVEL="DEBUG")
    for part in PARTS:
        await until(partial(takes, first, part), PATIENCE_S, first.says)
    second = await here.start(LOG_LEVEL="DEBUG")
    await second.tells("start.ready", PATIENCE_S)
    return first, second


def has(phone: Phone, messages: int) -> bool:
    """Whether the bot has said so much in this chat."""
    return len(phone.texts()) >= messages


def takes(process: Process, part: str) -> bool:
    """Whether this process has taken this part (once at least)."""
    return any("worker.takes" in line and f"part={part}" in line for line in process.says().splitlines())


async def asks(phone: Phone, within: float = PATIENCE_S) -> float:
    """Somebody asks for help and gets one answer; after how many seconds."""
    loop = asyncio.get_running_loop()
    before, began = len(phone.texts()), loop.time()
    phone.person.says("/id")
    await until(lambda: len(phone.texts()) > before, within, phone.person.reads)
    return loop.time() - began


def test_a_takeover_takes_less_than_ten_seconds() -> None:
    """A worker without a pulse is soon taken for dead, and its parts are taken within a beat; two for good measure."""
    assert SILENT + 3 * BEAT < 10


async def test_two_workers(here: Installation) -> None:
    """Fifty people are answered in order; the one that relays is paused and woken, the other killed: all goes on."""
    people = [here.phone(f"Person {number}") for number in range(50)]
    first, second = await two(here)
    await in_order(people, first, second)

    # paused, the first keeps its session, until the second ends that
    first.signal(signal.SIGSTOP)
    took = await asks(here.anna)
    print(f"takeover after SIGSTOP: {took:.1f} s")  # noqa: T201 - shown by pytest -s
    assert "worker.ousted_the_silent" in second.says()
    for part in PARTS:
        assert takes(second, part)
    first.signal(signal.SIGCONT)
    await first.tells("worker.lost_its_parts", PATIENCE_S)
    for _ in range(3):
        await asks(here.anna)
    assert sum(str(here.anna.person.id) in text for text in here.anna.texts()) == 4

    # killed, the second holds nothing any more, and the first goes on
    second.signal(signal.SIGKILL)
    took = await asks(here.anna)
    print(f"takeover after SIGKILL: {took:.1f} s")  # noqa: T201 - shown by pytest -s
    assert sum("worker.takes" in line and "part=relay" in line for line in first.says().splitlines()) == 2

    first.signal(signal.SIGTERM)
    assert await first.ends(PATIENCE_S) == 0
    assert here.reads("SELECT count(*) FROM inbox WHERE status != 'done' OR attempts > 0") == [0]
    assert here.telegram.problems == []
    assert "Traceback" not in first.says() + second.says()


async def in_order(people: list[Phone], *workers: Process) -> None:
    """Everybody asks thrice, faster than he is answered; each worker has some of the turns, each person his order."""
    for phone in people:
        await phone.sees("Who are you?", PATIENCE_S)
    for number in range(3):
        for phone in people:
            phone.person.says("/help" if number % 2 else "/id")
    for phone in people:
        await until(partial(has, phone, 4), PATIENCE_S, phone.person.reads)
    for phone in people:
        said = ["help" if "/cancel" in text else "id" for text in phone.texts()[1:]]
        assert said == ["id", "help", "id"], phone.person.reads()
    for worker in workers:
        assert "turns.claimed" in worker.says()
