"""A flood: a thousand offers go out while fifty people wait for an answer, on a clock that is wound, limits on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from bot import relay as mouth
from bot import voice
from bot.dispatch import notices
from bot.pace import ALL, EVEN, Pace
from bot.sandbox import limits
from bot.sandbox.telegram import Call, Telegram
from storage.database import Work
from tests.stories.town import MORNING, Town

OFFERS, ASKING = 1000, 50
FIRST_DRIVER, FIRST_ASKING = 10_000, 20_000


class Winding:
    """The relay's own clock and its sleeps: time passes at once, and what is to happen at a time happens then."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.then: list[tuple[float, Callable[[], Awaitable[object]]]] = []

    def monotonic(self) -> float:
        """The time now."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.now += seconds
        due = [event for event in self.then if event[0] <= self.now]
        self.then = [event for event in self.then if event not in due]
        for _, happens in due:
            await happens()
        await asyncio.sleep(0)


@pytest.fixture
def winding(monkeypatch: pytest.MonkeyPatch) -> Winding:
    """The relay waits on this clock."""
    made = Winding()
    monkeypatch.setattr(mouth, "time", made)
    names = {name: getattr(asyncio, name) for name in dir(asyncio) if not name.startswith("__")}
    monkeypatch.setattr(voice, "asyncio", SimpleNamespace(**{**names, "sleep": made.sleep}))
    return made


@pytest.fixture
async def town(tmp_path: Path, template: Path, winding: Winding) -> AsyncIterator[Town]:
    """A town whose Telegram is strict about its limits, and whose bot keeps them; both on the same clock."""
    made = await Town(tmp_path, template).open()
    strict = Telegram(clock=lambda: MORNING + timedelta(seconds=winding.now - 1000))
    made.telegram.world.clock, made.telegram.world.pace = strict.clock, strict.world.pace
    made.bot.relay.voice.pace = Pace(winding.monotonic)
    yield made
    await made.close()


def crowd(town: Town, first: int, number: int) -> list[int]:
    """The chats of so many people who have pressed Start long ago."""
    for chat in range(first, first + number):
        user = town.telegram.person(f"Person {chat}", id=chat).user
        user.started = user.known = True
    return list(range(first, first + number))


async def write(town: Town, chats: list[int], words: str, urgency: int) -> None:
    """Something to be said to each of these chats."""

    def lines(work: Work) -> None:
        for chat in chats:
            params: dict[str, Any] = {"text": f"{words} {chat}"}
            work.outbox.write(chat, "notice", text_id="plain", params=params, urgency=urgency)

    await town.bot.desk.do(lines)


def sent(town: Town, words: str) -> list[Call]:
    """What Telegram took of it, in order."""
    every = [call for call in town.telegram.calls if call.method == "sendMessage" and call.error is None]
    return [call for call in every if str(call.params["text"]).startswith(words)]


def refused(town: Town) -> list[str]:
    """What Telegram said no to."""
    return [call.error for call in town.telegram.calls if call.error is not None]


async def test_a_thousand_offers_and_fifty_who_wait(town: Town, winding: Winding) -> None:
    """No 429 is provoked, whoever asks is answered within two seconds, offers go in the order of their making."""
    drivers, asking = crowd(town, FIRST_DRIVER, OFFERS), crowd(town, FIRST_ASKING, ASKING)
    await write(town, drivers, "offer", notices.OFFER)
    for at in (3.0, 11.05, 19.5):
        winding.then.append((winding.now + at, lambda: write(town, asking, "answer", notices.NOW_PLEASE)))
    asked = [MORNING + timedelta(seconds=event[0] - 1000) for event in winding.then]
    await town.bot.relay.drain()
    assert refused(town) == []
    assert [int(call.params["chat_id"]) for call in sent(town, "offer")] == drivers
    answers = [call.at for call in sent(town, "answer")]
    assert len(answers) == 3 * ASKING
    waits = [(at - asked[n // ASKING]).total_seconds() for n, at in enumerate(answers)]
    assert max(waits) <= 2.0
    took = (sent(town, "offer")[-1].at - MORNING).total_seconds()
    assert took == pytest.approx((OFFERS + 3 * ASKING - EVEN) / ALL, abs=1.5)


@pytest.mark.parametrize("seed", range(8))
def test_slow_ways_do_not_make_a_crowd(seed: int) -> None:
    """Messages take up to a second to Telegram, each another time: still it never has to say no."""
    rng, telegram, now = Random(seed), limits.Pace(), 0.0
    pace = Pace(lambda: now)
    coming: list[tuple[float, str, int]] = []  # when something happens: it is counted there, or answered here
    talking: set[int] = set()
    sent = 0
    for step in range(6000):
        now = step * 0.01
        for event in sorted(event for event in coming if event[0] <= now):
            coming.remove(event)
            _, what, chat = event
            if what == "counted":
                assert telegram.wait(chat, event[0]) == 0
            else:
                pace.lands(chat)
                talking.discard(chat)
        free = [chat for chat in range(1, 41) if chat not in talking and chat not in pace.resting()]
        for chat in rng.sample(free, min(len(free), pace.room(), mouth.IN_HAND - len(talking))):
            leaves = now + pace.wait(chat)
            pace.leaves()
            talking.add(chat)
            back = leaves + rng.uniform(0.01, rng.choice((0.05, 1.0)))
            coming += [(rng.uniform(leaves, back), "counted", chat), (back, "answered", chat)]
            sent += 1
    assert sent > 900


async def test_bulk_starves_nobody_and_is_not_forgotten(town: Town, winding: Winding) -> None:
    """What is said to many waits behind offers and answers, and all of it is said in the end, in its order."""
    many, drivers, asking = crowd(town, 30_000, 120), crowd(town, FIRST_DRIVER, 60), crowd(town, FIRST_ASKING, 10)
    await write(town, many, "news for all", notices.BULK)
    winding.then.append((winding.now + 1, lambda: write(town, drivers, "offer", notices.OFFER)))
    winding.then.append((winding.now + 2, lambda: write(town, asking, "answer", notices.NOW_PLEASE)))
    await town.bot.relay.drain()
    assert refused(town) == []
    assert [int(call.params["chat_id"]) for call in sent(town, "news for all")] == many
    answered = [(call.at - MORNING).total_seconds() - 2 for call in sent(town, "answer")]
    offered = [(call.at - MORNING).total_seconds() - 1 for call in sent(town, "offer")]
    assert (len(answered), len(offered)) == (10, 60)
    assert max(answered) <= 1.0
    assert max(offered) <= (60 + 10) / ALL + 1.0


async def test_a_chat_that_must_wait_keeps_no_place(town: Town, winding: Winding) -> None:
    """Twenty chats that were told too much at once wait for their pace; a newcomer is answered at the same moment."""
    talkative, (anna,) = crowd(town, FIRST_DRIVER, 20), crowd(town, FIRST_ASKING, 1)
    for number in range(12):
        await write(town, talkative, f"line {number}", notices.NOW_PLEASE)
    winding.then.append((winding.now + 8, lambda: write(town, [anna], "answer", notices.NOW_PLEASE)))
    await town.bot.relay.drain()
    assert refused(town) == []
    (answer,) = sent(town, "answer")
    assert (answer.at - MORNING).total_seconds() - 8 <= 0.5
    assert len(sent(town, "line")) == 20 * 12


async def test_a_noisy_group_holds_up_nobody(town: Town, winding: Winding) -> None:
    """A group that is owed more than twenty lines a minute waits for its own minute, and everybody else goes on."""
    group = town.telegram.group("Noisy", [town.olivia.phone])
    await write(town, [group.chat.id] * 30, "line", notices.NOW_PLEASE)
    people = crowd(town, FIRST_DRIVER, 90)
    winding.then.append((winding.now + 17, lambda: write(town, people, "answer", notices.NOW_PLEASE)))
    await town.bot.relay.drain()
    assert refused(town) == []
    waits = [(call.at - MORNING).total_seconds() - 17 for call in sent(town, "answer")]
    assert len(waits) == 90
    assert max(waits) <= 4.0
    assert len(sent(town, "line")) == 30
    assert (sent(town, "line")[-1].at - MORNING).total_seconds() >= 60
