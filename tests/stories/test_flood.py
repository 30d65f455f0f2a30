"""One person's flood: he is heard as far as his chat can hold the answers; nobody else notices."""

from typing import Any

import pytest
from sqlmodel import select

from bot.chat.haste import UNANSWERED
from storage.database import Work
from storage.models import Inbox
from tests.stories import quickly
from tests.stories.town import Human, Town

TOO_QUICK = "That is faster than I can answer."


async def received(town: Town) -> None:
    """The receiver stores all that was said, and nobody is answered yet."""
    while await town.bot.receiver.receive(0):
        pass


def left_out(town: Town, human: Human) -> int:
    """How many updates of this person's were not heard."""

    def count(work: Work) -> int:
        rows = select(Inbox).where(Inbox.person_id == human.id, Inbox.status == "done", Inbox.error == "too quick")
        return len(work.session.exec(rows).all())

    return town.reads(count)


def waiting(town: Town, human: Human) -> int:
    """How many messages wait for this person."""
    return town.reads(lambda work: work.outbox.count_answers(human.id))


async def test_two_hundred_messages_in_a_second(town: Town) -> None:
    """The first are answered, one line says that the rest was left out; ten seconds later all is as before."""
    town.may_fail = True
    sam = town.human("Sam Stranger")
    await sam.starts()
    for _ in range(200):
        sam.phone.says("/status")
    await received(town)
    await town.bot.receiver.drain()
    assert waiting(town, sam) <= UNANSWERED + 2
    assert left_out(town, sam) >= 200 - UNANSWERED - 10
    await town.settle()
    assert sum(TOO_QUICK in text for text in sam.texts()) == 1
    sam.sees_last(TOO_QUICK)
    await town.passes(seconds=10)
    await sam.says("/help")
    sam.sees_last("/start says who you are")


async def test_five_hundred_taps(town: Town) -> None:
    """Each tap is answered: those that are left out by a toast, and none of them by a message."""
    town.may_fail = True
    anna = await quickly.merchant(town)
    await quickly.book(town, anna)
    taps = [anna.phone.taps("Customer's link") for _ in range(500)]
    await received(town)
    await town.bot.receiver.drain()
    assert waiting(town, anna) <= UNANSWERED + 2
    await town.settle()
    assert all(tap.answers for tap in taps)
    quick = [tap for tap in taps if TOO_QUICK in (tap.toast or "")]
    assert len(quick) == left_out(town, anna) >= 400
    anna.sees_no(TOO_QUICK)
    anna.sees_last("Send this link to Lena Lopez")


async def test_others_are_served_meanwhile(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who speaks after two hundred messages of somebody else's is heard at once, and answered in the first round."""
    town.may_fail = True
    anna, sam = await quickly.merchant(town), town.human("Sam Stranger")
    await sam.starts()
    for _ in range(200):
        sam.phone.says("/status")
    anna.phone.says("/deliver")
    await received(town)
    heard: list[int] = []
    hear = town.bot.receiver.hear

    async def noting(update_id: int, body: dict[str, Any]) -> None:
        heard.append(body["message"]["from"]["id"])
        await hear(update_id, body)

    monkeypatch.setattr(town.bot.receiver, "hear", noting)
    await town.bot.receiver.drain()
    assert heard.index(anna.id) <= 1
    assert heard.count(sam.id) == 200
    spoken: list[int] = []
    town.telegram.before.append(lambda method, params: spoken.append(int(params.get("chat_id", 0))))
    await town.bot.relay.drain()
    assert spoken.index(anna.id) <= 2
    anna.sees_last("How many pieces?")


async def test_who_waits_for_answers_is_never_too_quick(town: Town) -> None:
    """Sixty messages at one moment, each after the answer to the one before, are all heard."""
    sam = town.human("Sam Stranger")
    await sam.starts()
    for _ in range(30):
        await sam.says("/status")
        await sam.says("/language")
    sam.sees_no(TOO_QUICK)
    assert left_out(town, sam) == 0


async def test_news_is_no_haste(town: Town) -> None:
    """However much news waits for somebody, what he says is heard."""

    def news(work: Work) -> None:
        for _ in range(UNANSWERED + 5):
            work.outbox.write(town.olivia.id, "notice", text_id="going-back", urgency=2)

    await town.bot.desk.do(news)
    for _ in range(15):
        town.olivia.phone.says("/status")
    await received(town)
    await town.bot.receiver.drain()
    assert left_out(town, town.olivia) == 0
    await town.settle()


async def test_a_flood_in_a_group(town: Town) -> None:
    """A group is not flooded with answers either."""
    town.may_fail = True
    sam = town.human("Sam Stranger")
    await sam.starts()
    group = town.telegram.group("Mall people", [sam.phone])
    for _ in range(100):
        group.says(sam.phone, f"/status@{town.telegram.bot['username']}")
    await received(town)
    await town.bot.receiver.drain()
    await town.settle()
    assert len([m for m in group.messages if m["from"]["is_bot"]]) <= UNANSWERED + 11
