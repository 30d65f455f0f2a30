"""Several real processes on one PostgreSQL: one polls and relays, all take turns; one ends, another goes on."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from tests.databases import Server
from tests.hands import Phone, Process, until
from tests.test_process import Installation

WITHIN_S = 10.0
"""So soon another worker takes over."""
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


async def two(here: Installation, **settings: str) -> tuple[Process, Process]:
    """Two workers: the first has taken every part, the second stands by."""
    first = await here.start(**settings)
    for part in ("poll", "relay", "sweep"):
        await until(partial(takes, first, part), seen=first.says)
    second = await here.start(**settings)
    await second.tells("start.ready")
    return first, second


def has(phone: Phone, messages: int) -> bool:
    """Whether the bot has said so much in this chat."""
    return len(phone.texts()) >= messages


def takes(process: Process, part: str) -> bool:
    """Whether this process has taken this part (once at least)."""
    return any("worker.takes" in line and f"part={part}" in line for line in process.says().splitlines())


async def asks(phone: Phone, within: float = 15) -> float:
    """Somebody asks for help and gets one answer; after how many seconds."""
    loop = asyncio.get_running_loop()
    before, began = len(phone.texts()), loop.time()
    phone.person.says("/id")
    await until(lambda: len(phone.texts()) > before, within, phone.person.reads)
    return loop.time() - began


async def test_all_in_order(here: Installation) -> None:
    """Two workers share the turns of ten people; each person's come one after the other, in the order they came."""
    people = [here.phone(f"Person {number}") for number in range(10)]
    first, second = await two(here, LOG_LEVEL="DEBUG")
    for phone in people:
        await phone.sees("Who are you?")
    for number in range(4):
        for phone in people:
            phone.person.says("/help" if number % 2 else "/id")
    for phone in people:
        await until(partial(has, phone, 5), 60, phone.person.reads)
    for phone in people:
        said = [("help" if "/cancel" in text else "id") for text in phone.texts()[1:]]
        assert said == ["id", "help"] * 2, phone.person.reads()
    assert here.reads("SELECT count(*) FROM inbox WHERE status != 'done' OR attempts > 0") == [0]
    assert here.telegram.problems == []
    assert not takes(second, "relay")
    for process in (first, second):
        assert "turns.claimed" in process.says()
    assert "Traceback" not in first.says() + second.says()


async def test_the_one_that_relays_is_killed(here: Installation) -> None:
    """Killed with -9, it says nothing more, and the other relays, polls and sweeps within ten seconds."""
    anna = here.anna
    first, second = await two(here)
    await asks(anna)
    first.signal(signal.SIGKILL)
    took = await asks(anna, WITHIN_S)
    print(f"takeover after SIGKILL: {took:.1f} s")  # noqa: T201 - shown by pytest -s
    assert await first.ends() == -signal.SIGKILL
    for part in ("poll", "relay", "sweep"):
        assert takes(second, part)
    assert here.telegram.problems == []
    assert "Traceback" not in second.says()


async def test_the_one_that_relays_is_paused(here: Installation) -> None:
    """Paused, it keeps its session; the other ends that within ten seconds. Woken, it stands by and repeats nothing."""
    anna = here.anna
    first, second = await two(here)
    await asks(anna)
    first.signal(signal.SIGSTOP)
    took = await asks(anna, WITHIN_S)
    print(f"takeover after SIGSTOP: {took:.1f} s")  # noqa: T201 - shown by pytest -s
    assert "worker.ousted_the_silent" in second.says()
    first.signal(signal.SIGCONT)
    await first.tells("worker.lost_its_parts")
    for _ in range(5):
        await asks(anna)
    answers = [text for text in anna.texts() if "/" not in text and str(anna.person.id) in text]
    assert len(answers) == 7
    assert not first.ended()
    assert here.telegram.problems == []
    assert "Traceback" not in first.says() + second.says()
    # and back again
    second.signal(signal.SIGTERM)
    assert await second.ends() == 0
    await asks(anna, WITHIN_S)
