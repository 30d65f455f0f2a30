"""The mouth: what is sent, in which order, and what becomes of it when Telegram refuses, waits or is away."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlmodel import select
from telegram.error import InvalidToken, TimedOut

from bot import relay as mouth
from bot import voice
from bot.dispatch import notices
from bot.dispatch.words import Say
from bot.pace import Pace
from bot.relay import IN_HAND
from bot.sandbox.errors import ApiError, bad_request, too_many
from bot.sandbox.request import SandboxRequest
from bot.sandbox.telegram import Telegram
from storage.database import Work
from storage.models import Case, Driver, Offer, Outbox
from tests.databases import Blank
from tests.hands import impatient, until
from tests.stories.town import FASHION_SHOW, MORNING, Human, Town

NEARBY = (36.1290, -115.1700)
Fault = Callable[[str, Mapping[str, Any]], None]


class Seconds:
    """The relay's own clock and its sleeps: time passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        """The time now."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    """The relay waits on this clock."""
    made = Seconds()
    monkeypatch.setattr(mouth, "time", made)
    names = {name: getattr(asyncio, name) for name in dir(asyncio) if not name.startswith("__")}
    monkeypatch.setattr(voice, "asyncio", SimpleNamespace(**{**names, "sleep": made.sleep}))
    return made


@pytest.fixture
async def town(tmp_path: Path, blank: Blank) -> AsyncIterator[Town]:
    """A town whose Telegram may be told to refuse: what it refuses is no fault of the bot's."""
    made = await Town(tmp_path, blank).open()
    yield made
    await made.bot.close()


async def anybody(town: Town, name: str) -> Human:
    """Somebody who has pressed Start."""
    somebody = town.human(name)
    await somebody.starts()
    return somebody


async def write(town: Town, *lines: tuple[Human | int, str], **more: Any) -> None:
    """Put these words into the outbox, for these chats, in one transaction."""

    def all_lines(work: Work) -> None:
        for whom, text in lines:
            chat_id = whom if isinstance(whom, int) else whom.id
            work.outbox.write(chat_id, "notice", text_id="plain", params={"text": text}, **more)

    await town.bot.desk.do(all_lines)


def sent(town: Town) -> list[str]:
    """The texts that Telegram took, in the order in which they came, of those that the tests write."""
    taken = [call for call in town.telegram.calls if call.method == "sendMessage" and call.error is None]
    return [call.params["text"] for call in taken if "#" in call.params["text"]]


def row(town: Town, text: str) -> Outbox:
    """The outbox row that says this."""
    found: list[Outbox] = town.reads(lambda work: rows(work, Outbox))
    return next(one for one in found if one.params.get("text") == text)


def rows(work: Work, table: type[Any]) -> list[Any]:
    """All rows of a table."""
    return list(work.session.exec(select(table)).all())


def order(town: Town, fault: Fault) -> None:
    """Let Telegram answer so from now on."""
    town.telegram.before.append(fault)


def refuse(chat: Human, error: ApiError, times: int = 1, method: str = "sendMessage") -> Fault:
    """A refusal of the first so many calls of a method to this chat."""
    left = [times]

    def fault(name: str, params: Mapping[str, Any]) -> None:
        if name == method and str(params.get("chat_id")) == str(chat.id) and left[0]:
            left[0] -= 1
            raise error

    return fault


class TestOrder:
    """Who is spoken to first."""

    async def test_in_one_chat_as_it_was_written(self, town: Town) -> None:
        """Urgency does not turn a conversation around."""
        anna = await anybody(town, "Anna")
        for number, urgency in enumerate((3, 0, 2, 1, 0)):
            await write(town, (anna, f"#{number}"), urgency=urgency)
        await town.bot.relay.drain()
        assert sent(town) == ["#0", "#1", "#2", "#3", "#4"]

    async def test_between_chats_the_urgent_first(self, town: Town) -> None:
        """Somebody who waits for an answer comes before an offer, an offer before news, news before bulk."""
        people = [await anybody(town, name) for name in ("Anna", "Omar", "Dana", "Lena")]
        for human, urgency in zip(people, (3, 2, 1, 0), strict=True):
            await write(town, (human, f"#{urgency}"), urgency=urgency)
        await town.bot.relay.drain()
        assert sent(town) == ["#0", "#1", "#2", "#3"]

    async def test_no_more_than_sixteen_in_hand(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        """So many may be sent and not yet recorded, however many wait: what a crash can repeat is bounded."""
        people = [town.human(f"Person {number}") for number in range(20)]
        for human in people:
            human.phone.start()
        await town.settle()
        gate, waiting, most = asyncio.Event(), 0, 0
        real = SandboxRequest.do_request

        async def slow(self: SandboxRequest, url: str, *args: Any, **more: Any) -> tuple[int, bytes]:
            nonlocal waiting, most
            waiting += 1
            most = max(most, waiting)
            await gate.wait()
            waiting -= 1
            return await real(self, url, *args, **more)

        monkeypatch.setattr(SandboxRequest, "do_request", slow)
        await write(town, *((human, f"#{human.name}") for human in people))
        stop = asyncio.Event()
        running = asyncio.create_task(town.bot.relay.run(stop))
        await until(lambda: waiting == IN_HAND)
        await asyncio.sleep(0.1)
        assert (waiting, most, IN_HAND) == (16, 16, 16)
        gate.set()
        stop.set()
        await running
        assert sorted(sent(town)) == sorted(f"#{human.name}" for human in people)
        assert most == 16

    async def test_rows_of_before_the_start(self, town: Town) -> None:
        """What was written while nobody could send is sent after the start, in its order."""
        anna = await anybody(town, "Anna")
        await write(town, (anna, "#1"), (anna, "#2"))
        await town.bot.relay.drain()
        await write(town, (anna, "#3"), (anna, "#4"))
        await town.restart()
        assert sent(town) == ["#1", "#2", "#3", "#4"]

    async def test_what_is_not_to_be_said_any_more(self, town: Town) -> None:
        """Neither what was withdrawn nor what has expired is ever sent."""
        anna = await anybody(town, "Anna")
        await write(town, (anna, "#late"), expires_at=MORNING + timedelta(seconds=30))
        await write(town, (anna, "#untrue"), about="delivery:1:late")
        await write(town, (anna, "#soon"), due_in=60)
        await town.bot.desk.do(lambda work: work.outbox.withdraw("delivery:1:late"))
        town.clock.now += timedelta(seconds=30)
        await town.bot.relay.drain()
        assert sent(town) == []
        town.clock.now += timedelta(seconds=30)
        await town.bot.relay.drain()
        assert sent(town) == ["#soon"]

    async def test_the_last_words(self, town: Town) -> None:
        """Told to stop, the relay still sends what the last turns had to say."""
        anna = await anybody(town, "Anna")
        stop = asyncio.Event()
        running = asyncio.create_task(town.bot.relay.run(stop))
        await asyncio.sleep(0.05)
        await write(town, (anna, "#1"), (anna, "#2"))
        stop.set()
        await running
        assert sent(town) == ["#1", "#2"]


async def duty_card(town: Town) -> tuple[Human, int]:
    """Omar, on duty, and the number of the message that is his card."""
    omar = await town.driver(at=NEARBY)
    card = town.reads(lambda work: work.outbox.card(omar.id, "duty:1"))
    assert card is not None
    return omar, card.message_id


async def ask(town: Town, omar: Human, *, yes: bool = True) -> None:
    """The driver is asked whether he is still there (or no longer): his card is stale."""

    def asked(work: Work) -> None:
        driver = work.drivers.of(omar.id)
        assert driver is not None
        driver.asked_at = work.now if yes else None
        notices.stale(work, omar.id, f"duty:{driver.id}")

    await town.bot.desk.do(asked)


def calls(town: Town, since: int) -> list[str]:
    """The methods that were called after the call of this number."""
    return [call.method for call in town.telegram.calls if call.number > since]


def last_call(town: Town) -> int:
    """The number of the newest call."""
    return town.telegram.calls[-1].number


class TestCards:
    """One message for each subject, which shows what is true."""

    async def test_newer_rows_swallow_older_ones(self, town: Town) -> None:
        """However often a card became stale, it is rendered once; all its rows are done."""
        omar, message_id = await duty_card(town)
        before = last_call(town)
        for yes in (True, False, True):
            await ask(town, omar, yes=yes)
        await town.bot.relay.drain()
        assert calls(town, before) == ["editMessageText"]
        assert not town.reads(lambda work: work.outbox.count_unsent())
        assert "Still there?" in omar.phone.chat.messages[message_id].message["text"]

    async def test_what_is_as_it_was_is_not_sent(self, town: Town) -> None:
        """A card that shows what is true already costs nothing."""
        omar, _ = await duty_card(town)
        before = last_call(town)
        await ask(town, omar, yes=False)
        await town.bot.relay.drain()
        assert calls(town, before) == []
        assert not town.reads(lambda work: work.outbox.count_unsent())

    @pytest.mark.parametrize(("below", "anew"), [(4, False), (5, True)])
    async def test_five_messages_below(self, town: Town, below: int, anew: bool) -> None:
        """A card that has scrolled away is posted anew, and the old one can no longer be tapped."""
        omar, old_id = await duty_card(town)
        await write(town, *((omar, f"#{number}") for number in range(below)))
        await ask(town, omar)
        await town.bot.relay.drain()
        card = town.reads(lambda work: work.outbox.card(omar.id, "duty:1"))
        assert card is not None
        assert (card.message_id != old_id) is anew
        last = omar.phone.messages[-1]
        assert (last["message_id"] == card.message_id) is anew
        assert ("reply_markup" in omar.phone.chat.messages[old_id].message) is not anew
        assert len([label for label in omar.phone.buttons if "Off duty" in label]) == 1
        assert town.telegram.problems == []

    async def test_the_old_card_shrinks_to_a_line(self, town: Town) -> None:
        """Of a delivery's card that was posted anew, one line without buttons is left where it was."""
        anna = await town.merchant()
        number = await town.book(anna)
        delivery_id = town.delivery().id
        old = town.reads(lambda work: work.outbox.card(anna.id, f"delivery:{delivery_id}"))
        assert old is not None
        await town.bot.desk.do(lambda work: notices.post(work, anna.id, f"delivery:{delivery_id}"))
        await town.bot.relay.drain()
        shrunk = anna.phone.chat.messages[old.message_id].message
        assert shrunk["text"] == f"📦 {number}: see below ↓"
        assert "reply_markup" not in shrunk
        assert anna.phone.messages[-1]["message_id"] > old.message_id
        assert number in anna.last()

    async def test_what_is_left_of_a_card_survives_refusals_and_restarts(self, town: Town) -> None:
        """Told to wait, then stopped, the bot tidies up after its next start: no old button stays live."""
        omar, old_id = await duty_card(town)
        order(town, refuse(omar, too_many(30), method="editMessageText"))
        await town.bot.desk.do(lambda work: notices.post(work, omar.id, "duty:1"))
        await town.bot.relay.drain()
        assert "reply_markup" in omar.phone.chat.messages[old_id].message
        await town.restart()
        await town.bot.relay.drain()
        assert "reply_markup" not in omar.phone.chat.messages[old_id].message
        assert omar.phone.chat.messages[old_id].message["text"].endswith("↓")

    async def test_tidying_comes_last(self, town: Town) -> None:
        """What somebody waits for goes before what is left of an old card."""
        omar, _ = await duty_card(town)
        await town.bot.desk.do(lambda work: notices.tidy(work, omar.id, 1, Say("plain", {"text": "#old"})))
        await write(town, (omar, "#new"), urgency=notices.BULK)
        before = last_call(town)
        await town.bot.relay.drain()
        assert calls(town, before) == ["sendMessage", "editMessageText"]

    @pytest.mark.usefixtures("lenient")
    async def test_not_modified_is_success(self, town: Town) -> None:
        """Telegram says that the message is so already: then all is well."""
        omar, _ = await duty_card(town)
        words = "message is not modified: specified new message content and reply markup are exactly the same"
        order(town, refuse(omar, bad_request(words), method="editMessageText"))
        await ask(town, omar)
        before = last_call(town)
        await town.bot.relay.drain()
        assert calls(town, before) == ["editMessageText"]
        assert not town.reads(lambda work: work.outbox.count_unsent())
        assert not town.reads(lambda work: rows(work, Case))

    async def test_a_card_that_is_gone(self, town: Town) -> None:
        """The person deleted the message: the card is posted anew, and found there from then on."""
        omar, old_id = await duty_card(town)
        omar.phone.deletes(old_id)
        await ask(town, omar)
        await town.bot.relay.drain()
        assert "Still there?" in omar.last()
        card = town.reads(lambda work: work.outbox.card(omar.id, "duty:1"))
        assert card is not None
        assert card.message_id == omar.phone.messages[-1]["message_id"]
        await ask(town, omar, yes=False)
        await town.bot.relay.drain()
        assert "Still there?" not in omar.last()

    async def test_an_offers_clock_starts_when_its_card_was_sent(self, town: Town) -> None:
        """However long the card waited, the driver has the whole time that he was promised."""
        anna = await town.merchant()
        omar = await town.driver()
        await town.book(anna)
        omar.phone.shares_live(*FASHION_SHOW)
        await town.bot.receiver.receive(0)
        await town.bot.receiver.drain()
        (offer,) = town.reads(lambda work: rows(work, Offer))
        assert (offer.status, offer.sent_at, offer.expires_at) == ("open", None, None)
        town.clock.now += timedelta(seconds=8)
        await town.bot.relay.drain()
        (offer,) = town.reads(lambda work: rows(work, Offer))
        assert offer.sent_at == town.clock.now
        assert offer.expires_at == town.clock.now + timedelta(seconds=offer.seconds)
        assert omar.can_tap("Accept")


class TestRefusals:
    """What becomes of a message that Telegram does not take."""

    async def test_blocked(self, town: Town) -> None:
        """403: the person is unreachable from now on; what waits for him is dropped without another try."""
        anna, omar = await anybody(town, "Anna"), await anybody(town, "Omar")
        anna.phone.blocks()
        await write(town, (anna, "#1"), (anna, "#2"), (omar, "#3"))
        before = last_call(town)
        await town.bot.relay.drain()
        assert sorted(calls(town, before)) == ["sendMessage", "sendMessage"]
        assert sent(town) == ["#3"]
        assert [(row(town, text).error, row(town, text).sent_at) for text in ("#1", "#2")] == [
            ("unreachable", None)
        ] * 2
        assert town.reads(lambda work: work.people.get(anna.id).reachable) is False
        assert not town.reads(lambda work: rows(work, Case))

    async def test_a_driver_who_blocks_us_is_off_duty(self, town: Town) -> None:
        """Who relies on somebody that cannot be reached is told: a driver gets no more offers."""
        omar, _ = await duty_card(town)
        omar.phone.blocks()
        await write(town, (omar, "#1"))
        await town.bot.relay.drain()
        (driver,) = town.reads(lambda work: rows(work, Driver))
        assert driver.on_duty is False

    async def test_a_flood_holds_that_chat_only(self, town: Town, seconds: Seconds) -> None:
        """429 with three seconds: this chat waits for them, others go on, nothing is lost or turned around."""
        anna, omar = await anybody(town, "Anna"), await anybody(town, "Omar")
        order(town, refuse(anna, too_many(3)))
        await write(town, (anna, "#1"), (anna, "#2"), (omar, "#3"))
        await town.bot.relay.drain()
        assert sent(town) == ["#3"]
        await write(town, (omar, "#4"))
        seconds.now += 2.9
        await town.bot.relay.drain()
        assert sent(town) == ["#3", "#4"]
        seconds.now += 0.2
        await town.bot.relay.drain()
        assert sent(town) == ["#3", "#4", "#1", "#2"]
        assert row(town, "#1").dropped_at is None

    async def test_a_flood_of_the_whole_bot_holds_all(self, town: Town, seconds: Seconds) -> None:
        """Three chats told to wait at once: the limit is the bot's own, and nobody is spoken to until it is over."""
        people = [await anybody(town, name) for name in ("Anna", "Omar", "Dana")]
        lena = await anybody(town, "Lena")
        for human in people:
            order(town, refuse(human, too_many(5)))
        await write(town, *((human, f"#{human.name}") for human in people))
        await town.bot.relay.drain()
        await write(town, (lena, "#Lena"))
        before = last_call(town)
        await town.bot.relay.drain()
        assert calls(town, before) == []
        seconds.now += 5.1
        await town.bot.relay.drain()
        assert sorted(sent(town)) == ["#Anna", "#Dana", "#Lena", "#Omar"]

    @pytest.mark.usefixtures("lenient")
    async def test_a_group_became_a_supergroup(self, town: Town) -> None:
        """What was meant for the old chat is sent to the new one, and so is what still waits."""
        group = town.telegram.group("Operators", [town.olivia.phone])
        upgraded = ApiError(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            {"migrate_to_chat_id": group.chat.id},
        )

        def fault(name: str, params: Mapping[str, Any]) -> None:
            if str(params.get("chat_id")) == "-77":
                raise upgraded

        order(town, fault)
        await write(town, (-77, "#1"), (-77, "#2"))
        await town.bot.relay.drain()
        assert sent(town) == ["#1", "#2"]
        assert row(town, "#2").chat_id == group.chat.id

    async def test_no_answer_in_time(self, town: Town, seconds: Seconds, monkeypatch: pytest.MonkeyPatch) -> None:
        """A time-out is tried again, later and later."""
        anna = await anybody(town, "Anna")
        real, tries = SandboxRequest.do_request, 0

        async def silent(self: SandboxRequest, url: str, *args: Any, **more: Any) -> tuple[int, bytes]:
            nonlocal tries
            tries += 1
            if tries <= 2:
                raise TimedOut
            return await real(self, url, *args, **more)

        monkeypatch.setattr(SandboxRequest, "do_request", silent)
        await write(town, (anna, "#1"))
        waits = []
        while not sent(town):
            await town.bot.relay.drain()
            began = seconds.now
            while tries < 3 and not await town.bot.relay._start_some():
                seconds.now += 0.25
            waits.append(seconds.now - began)
            await town.bot.relay.drain()
        assert tries == 3
        assert waits[0] == 0.5
        assert sent(town) == ["#1"]
        assert (row(town, "#1").attempts, row(town, "#1").error) == (2, None)

    async def test_telegram_is_down(self, town: Town, seconds: Seconds) -> None:
        """502: everybody waits a little, and then all is said in its order."""
        anna, omar = await anybody(town, "Anna"), await anybody(town, "Omar")
        order(town, refuse(anna, ApiError(502, "Bad Gateway")))
        await write(town, (anna, "#1"), (anna, "#2"))
        await town.bot.relay.drain()
        await write(town, (omar, "#3"))
        await town.bot.relay.drain()
        assert sent(town) == []
        seconds.now += 1
        await town.bot.relay.drain()
        assert sorted(sent(town)) == ["#1", "#2", "#3"]
        assert [text for text in sent(town) if text != "#3"] == ["#1", "#2"]

    @pytest.mark.usefixtures("lenient")
    async def test_what_telegram_will_not_have(self, town: Town) -> None:
        """Any other 400: kept with its reason and shown to the operator as a case; what comes after it is sent."""
        anna = await anybody(town, "Anna")
        order(town, refuse(anna, bad_request("can't parse entities: unsupported start tag")))
        await write(town, (anna, "#1"), (anna, "#2"))
        await town.bot.relay.drain()
        kept = row(town, "#1")
        assert (kept.sent_at, kept.error) == (None, "Can't parse entities: unsupported start tag")
        assert kept.dropped_at == MORNING
        assert sent(town) == ["#2"]
        town.olivia.sees("A message could not be sent: Can't parse entities: unsupported start tag")
        assert [case.subject_id for case in town.reads(lambda work: rows(work, Case))] == [kept.id]

    async def test_what_cannot_be_written(self, town: Town) -> None:
        """A row whose text is not there is kept and shown to the operator, and holds up nobody."""
        anna = await anybody(town, "Anna")
        await town.bot.desk.do(lambda work: notices.say(work, anna.id, Say("no-such-text")))
        await write(town, (anna, "#2"))
        await town.bot.relay.drain()
        assert sent(town) == ["#2"]
        town.olivia.sees("A message could not be sent")

    async def test_the_token_is_revoked(self, town: Town) -> None:
        """401 ends the run: nobody can be spoken to any more."""
        anna = await anybody(town, "Anna")
        order(town, refuse(anna, ApiError(401, "Unauthorized")))
        await write(town, (anna, "#1"))
        with pytest.raises(InvalidToken):
            await town.bot.relay.run(asyncio.Event())
        assert row(town, "#1").dropped_at is None

    @pytest.mark.only_on("sqlite")
    async def test_the_database_is_locked(self, town: Town) -> None:
        """Somebody else holds the database: the relay waits and goes on, and says each thing once."""
        anna = await anybody(town, "Anna")
        await write(town, (anna, "#1"))
        stop = asyncio.Event()
        with impatient(town.bot.desk.database.engine) as engine, engine.connect() as other:
            other.exec_driver_sql("SELECT 1")  # BEGIN IMMEDIATE: the lock is ours
            running = asyncio.create_task(town.bot.relay.run(stop))
            await asyncio.sleep(0.3)
            assert not running.done()
            assert sent(town) == []
        await until(lambda: bool(sent(town)))
        stop.set()
        await running
        assert sent(town) == ["#1"]


class TestPace:
    """Telegram's limits: 30 a second over all, one a second per chat with bursts of five, 20 a minute per group."""

    def times(self, chats: list[int]) -> list[float]:
        """When messages to these chats, all asked for at once, may be sent."""
        pace = Pace(lambda: 100.0)
        return [pace.wait(chat) for chat in chats]

    def test_one_chat(self) -> None:
        """Five at once, and then one each second."""
        assert self.times([1] * 8) == [0, 0, 0, 0, 0, 1, 2, 3]

    def test_a_pause_fills_the_burst(self) -> None:
        """After a rest there are five again, and never more."""
        seconds = Seconds()
        pace = Pace(seconds.monotonic)
        assert [pace.wait(1) for _ in range(6)][-1] == 1
        seconds.now += 60
        assert [pace.wait(1) for _ in range(6)] == [0, 0, 0, 0, 0, 1]

    def test_the_whole_bot(self) -> None:
        """In no second more than thirty, however many chats there are."""
        times = self.times(list(range(1, 201)))
        assert times[29] == 0
        assert max(sum(at <= other < at + 1 for other in times) for at in times) == 30
        assert times[-1] == pytest.approx(6.0)

    def test_a_group(self) -> None:
        """In no minute more than twenty."""
        times = self.times([-1] * 45)
        assert max(sum(at <= other < at + 60 for other in times) for at in times) == 20
        assert times[:6] == [0, 0, 0, 0, 0, 1]

    def test_chats_that_rest_are_forgotten(self) -> None:
        """A bot that spoke with thousands does not keep them all in memory."""
        seconds = Seconds()
        pace = Pace(seconds.monotonic)
        for chat in range(5_000):
            pace.wait(chat)
            seconds.now += 0.1
        assert len(pace._chats) < 1_100

    async def test_not_slower_than_it_must_be(self, town: Town, seconds: Seconds) -> None:
        """Each message is counted once: twelve to one chat take seven seconds, and a menu of commands none."""
        anna = await anybody(town, "Anna")
        town.bot.relay.voice.pace = Pace(seconds.monotonic)
        began = seconds.now
        await town.bot.desk.do(lambda work: notices.menu(work, anna.id))
        await write(town, *((anna, f"#{number}") for number in range(12)))
        await town.bot.relay.drain()
        assert len(sent(town)) == 12
        assert seconds.now - began == 7

    async def test_a_strict_telegram_never_has_to_say_no(self, tmp_path: Path, blank: Blank, seconds: Seconds) -> None:
        """Many messages to one chat and some to others, cards with maps and old cards that shrink: not one 429."""
        town = await Town(tmp_path, blank).open()
        people = [await anybody(town, f"Person {number}") for number in range(5)]
        began = seconds.now
        strict = Telegram(clock=lambda: MORNING + timedelta(seconds=seconds.now - began))
        town.telegram.world.clock, town.telegram.world.pace = strict.clock, strict.world.pace
        town.bot.relay.voice.pace = Pace(seconds.monotonic)
        await write(town, *((people[0], f"#{number}") for number in range(12)))
        await write(town, *((human, f"#{human.name} {number}") for number in range(4) for human in people[1:]))
        for _ in range(3):
            for chat in (people[0].id, people[1].id):
                await town.bot.desk.do(partial(notices.post, chat_id=chat, subject=f"home:{chat}"))
        await town.bot.relay.drain()
        assert [call.error for call in town.telegram.calls if call.error] == []
        assert len(sent(town)) == 28
        assert seconds.now - began >= 7
        await town.close()
