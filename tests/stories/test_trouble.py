"""When the bot itself is not well: an operator is told once, can look, and can send again what did not go out."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from bot import buttons, jobs
from bot.cards import render
from bot.dispatch import health, notices
from bot.dispatch.words import Say
from bot.sandbox.errors import ApiError
from bot.texts import Reader
from storage.database import Work
from tests.stories import quickly
from tests.stories.town import Human, Town
from tests.test_texts import IDS

MUTE = "A message could not be sent"
STUCK = "to be sent, the oldest since"
LATE = "Something that is to happen by itself is late"


class Refusing:
    """A Telegram that takes nothing for one chat, for a reason that nobody has foreseen."""

    def __init__(self, town: Town, person: Human) -> None:
        self.town, self.chat, self.on = town, str(person.id), True
        town.telegram.before.append(self)

    def __call__(self, method: str, params: Mapping[str, Any]) -> None:
        if self.on and method.startswith(("send", "edit")) and str(params.get("chat_id")) == self.chat:
            raise ApiError(400, "Bad Request: the moon is full")

    def forgive(self) -> None:
        """It was wrong on purpose."""
        self.on = False
        self.town.telegram.problems.clear()


class Stuck:
    """A relay that says nothing for a while."""

    def __init__(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        self.town, self.patch = town, monkeypatch

    def __enter__(self) -> None:
        async def silent() -> None:
            return None

        self.patch.setattr(self.town.bot.relay, "drain", silent)

    def __exit__(self, *_: object) -> None:
        self.patch.undo()


def told(olivia: Human, words: str) -> int:
    """How many messages hold these words."""
    return sum(words in text for text in olivia.texts())


@pytest.fixture
async def anna(town: Town) -> Human:
    """Somebody with a shop."""
    return await quickly.merchant(town)


@pytest.mark.usefixtures("lenient")
class TestUndelivered:
    """Something could not be delivered at all."""

    async def test_look_and_send_again(self, town: Town, anna: Human) -> None:
        """The operator sees to whom, what and why; sending again works when it can, and is a new case when not."""
        telegram, before = Refusing(town, anna), len(town.olivia.phone.sounds)
        await anna.says("/id")
        town.olivia.sees_last(f"{MUTE}: The moon is full")
        assert town.olivia.heard(before) == ["loud"]
        await town.tick()
        await town.tick()
        assert told(town.olivia, MUTE) == 1

        await town.olivia.taps("Look")
        town.olivia.sees_last("To Anna Archer: a message")
        town.olivia.sees_last(f"Your number here is {anna.id}")
        town.olivia.sees_last("The moon is full")
        assert await town.olivia.taps("Send again") == "I try again."
        assert told(town.olivia, MUTE) == 2
        town.olivia.sees("Sent again")
        town.olivia.sees_last(MUTE)

        telegram.forgive()
        await town.olivia.taps("Send again")
        assert told(anna, str(anna.id)) == 1
        assert quickly.cases(town) == []
        assert not town.olivia.can_tap("Send again")

    async def test_a_card(self, town: Town, anna: Human) -> None:
        """A card that could not be shown is shown as it is by then, and leads to its delivery's desk."""
        telegram = Refusing(town, anna)
        telegram.on = False
        number = await quickly.book(town, anna)
        row = quickly.delivery(town, number)
        telegram.on = True
        await quickly.does(town, lambda work: notices.post(work, anna.id, f"delivery:{row.id}"))
        await town.olivia.taps("Look")
        town.olivia.sees_last(f"About {number}")
        assert town.olivia.can_tap("On my desk")
        telegram.forgive()
        before = len(anna.phone.sounds)
        await town.olivia.taps("Send again")
        assert len(anna.phone.sounds) == before + 1
        anna.sees_last(number)
        assert "message" not in quickly.cases(town)

    async def test_seen_to(self, town: Town, anna: Human) -> None:
        """Closed by hand it is not sent; a second operator's tap is too late."""
        telegram = Refusing(town, anna)
        await anna.says("/id")
        telegram.forgive()
        (case,) = town.reads(lambda work: work.cases.all_open())
        tap = buttons.SendAgain(case.id).pack()
        card = town.olivia.phone.messages[-1]["message_id"]
        await town.olivia.taps("Seen to")
        town.olivia.sees("Seen to")
        done = await town.olivia.does(town.olivia.phone.taps, data=tap, message_id=card)
        assert done.toast == "That is settled already."
        assert told(anna, str(anna.id)) == 0
        assert not town.olivia.can_tap("Send again")


class TestOutbox:
    """Messages wait for more than two minutes."""

    async def test_told_once(self, town: Town, anna: Human, monkeypatch: pytest.MonkeyPatch) -> None:
        """Once, loudly, not again while it lasts, and again after it was well in between."""
        for again in (1, 2):
            await town.passes(minutes=1, step=20)
            before = len(town.olivia.phone.sounds)
            with Stuck(town, monkeypatch):
                await anna.says("/id")
                await town.passes(minutes=5, step=20)
            await town.settle()
            assert told(town.olivia, STUCK) == again
            assert town.olivia.heard(before).count("loud") == 1
            await town.tick()
            assert quickly.cases(town) == []
            town.olivia.sees_last("Settled")

    async def test_seen_to_while_it_lasts(self, town: Town, anna: Human, monkeypatch: pytest.MonkeyPatch) -> None:
        """An operator who has seen to it is not told the same again."""
        with Stuck(town, monkeypatch):
            await anna.says("/id")
            await town.passes(minutes=3, step=20)
            assert [case.kind for case in town.reads(lambda work: work.cases.all_open())] == ["outbox"]
            await quickly.does(town, lambda work: close_all(work, town.olivia.id))
            await town.passes(minutes=3, step=20)
            assert quickly.cases(town) == []

    async def test_look(self, town: Town, anna: Human, monkeypatch: pytest.MonkeyPatch) -> None:
        """Who waits for what is listed; /status says the same; when it is over both say so."""
        with Stuck(town, monkeypatch):
            await quickly.does(town, lambda work: notices.say(work, anna.id, Say("apology")))
            await town.passes(minutes=3, step=20)
            waiting = shown(town, "waiting:1")
            status = shown(town, f"status:{town.olivia.id}")
        await town.settle()
        assert "Anna Archer · a message" in waiting
        assert "Olivia Operator · a card" in waiting
        assert "2 messages wait, the oldest since" in status
        assert "Not all is well" in status
        await town.olivia.taps("Look")
        town.olivia.sees_last("Messages go out at once.")

    async def test_after_a_night(self, town: Town, anna: Human) -> None:
        """Whoever was away himself finds old messages and late sweeps, and tells nobody: they are catching up."""
        await town.passes(seconds=20, step=10)
        await town.bot.desk.do(lambda work: notices.say(work, anna.id, Say("apology")))
        town.clock.now += timedelta(hours=8)
        await town.tick()
        await town.tick()
        assert quickly.cases(town) == []
        town.clock.now += timedelta(hours=8)
        await town.restart()
        await town.tick()
        assert quickly.cases(town) == []


class TestSweeps:
    """A sweep does not run."""

    async def test_told_once(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        """Once, with what does not happen; it settles itself when the sweep runs again."""
        await town.passes(minutes=1, step=20)
        with monkeypatch.context() as patch:
            patch.setattr(jobs, "SWEEPS", tuple(one for one in jobs.SWEEPS if jobs.key(one[1]) != "duty"))
            await town.passes(minutes=6, step=20)
            assert told(town.olivia, LATE) == 1
            town.olivia.sees("nobody looks whether drivers are still there")
            await town.olivia.says("/status")
            town.olivia.sees_last("Not all is well")
            town.olivia.sees_last(LATE)
            await town.passes(minutes=6, step=20)
            assert told(town.olivia, LATE) == 2  # the card, and /status
        await town.passes(minutes=1, step=20)
        assert quickly.cases(town) == []
        town.olivia.sees("Settled")

    async def test_a_sweep_that_is_no_more(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        """What another version swept is not late for ever."""
        await quickly.does(town, lambda work: health.ran(work, "gone", 1))
        await town.restart()
        await town.passes(minutes=6, step=20)
        assert quickly.cases(town) == []

    def test_each_has_its_words(self) -> None:
        """Every sweep can be told of, and none by the name of another."""
        keys = [jobs.key(sweep) for _, sweep, _ in jobs.SWEEPS]
        assert len(set(keys)) == len(keys)
        assert [name for name in keys if f"sweep-{name}" not in IDS] == []


class TestStatus:
    """/status says how the bot is, in words, to those who run it."""

    async def test_to_an_operator(self, town: Town, anna: Human) -> None:
        """A few lines; an ordinary person reads none of them."""
        await quickly.book(town, anna)
        await town.olivia.says("/status")
        for words in ("I am well", "Messages go out at once.", "Telegram was heard at", "Deliveries: 1 looking"):
            town.olivia.sees_last(words)
        await anna.says("/status")
        anna.sees_last("I am well")
        anna.sees_no("Messages go out")

    async def test_in_spanish(self, town: Town) -> None:
        """The same, in the operator's language."""
        await town.olivia.says("/language")
        await town.olivia.taps("Español")
        await town.olivia.says("/status")
        for words in ("Todo bien", "Los mensajes salen al momento", "Última señal de Telegram", "Envíos: 0 buscan"):
            town.olivia.sees_last(words)


def close_all(work: Work, operator_id: int) -> None:
    """An operator has seen to everything."""
    for case in work.cases.all_open():
        work.cases.close(case, operator_id)


def shown(town: Town, subject: str) -> str:
    """What a card says now to the operator, though it is not sent."""

    def look(work: Work) -> str:
        face = render(work, subject, town.olivia.id)
        assert face is not None
        return "\n".join(town.bot.relay.texts.plain(line, Reader("en", work.market, work.now)) for line in face.lines)

    return town.reads(look)
