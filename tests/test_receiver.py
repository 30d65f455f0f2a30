"""Updates in: nothing is confirmed before it is stored, nobody's turns overlap, and one failure stops nobody else."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import select
from telegram.error import InvalidToken

from bot import receiver as ear
from bot.chat import ears
from bot.chat.turn import Turn
from bot.receiver import LAST_POSITION, NEWCOMER, AnotherPoller, Receiver, read_position, speaker
from bot.sandbox.errors import ApiError, too_many
from bot.sandbox.request import SandboxRequest
from storage.database import Work
from storage.models import Case, Driver, Inbox
from tests.databases import Blank
from tests.hands import impatient, until
from tests.stories.town import MORNING, Human, Town

NEARBY = (36.1290, -115.1700)


@pytest.fixture
async def town(tmp_path: Path, blank: Blank) -> AsyncIterator[Town]:
    """A town in which turns may fail."""
    made = await Town(tmp_path, blank).open()
    yield made
    await made.bot.close()


def inbox(town: Town) -> list[Inbox]:
    """Every stored update, in the order of arrival."""
    return town.reads(lambda work: list(work.session.exec(select(Inbox).order_by("update_id")).all()))


def driver(town: Town) -> Driver:
    """The only driver, as a fresh transaction reads him."""
    return town.reads(lambda work: work.session.exec(select(Driver)).one())


async def fetch(town: Town) -> None:
    """Store all that Telegram has (a poll that comes too soon brings only one update)."""
    while await town.bot.receiver.receive(0):
        pass


async def settle(town: Town) -> None:
    """Hear, answer and send what is there now; turns may fail."""
    await fetch(town)
    await town.bot.receiver.drain()
    await town.bot.relay.drain()


def ids(human: Human) -> int:
    """How often this person was told the own id."""
    return sum(str(human.id) in text for text in human.texts())


class TestStoredFirst:
    """The offset moves only after the commit."""

    async def test_a_store_that_fails(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        """Updates that could not be stored come again, and are handled once."""
        anna = town.human("Anna")
        real, tries = ear._store, 0

        def stumble(work: Work, updates: list[dict[str, Any]]) -> None:
            nonlocal tries
            tries += 1
            real(work, updates)
            if tries == 1:
                raise OperationalError("COMMIT", {}, Exception("disk I/O error"))

        monkeypatch.setattr(ear, "_store", stumble)
        before, offset = len(inbox(town)), town.bot.receiver.offset
        anna.phone.says("/id")
        with pytest.raises(OperationalError):
            await town.bot.receiver.receive(0)
        assert (town.bot.receiver.offset, len(inbox(town))) == (offset, before)
        await settle(town)
        await settle(town)
        assert len(inbox(town)) == before + 1
        assert ids(anna) == 1

    async def test_polling_goes_on_after_it(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        """The loop itself waits a little and asks again."""
        anna = await somebody(town, "Anna")
        real, tries, pauses = ear._store, 0, []

        def stumble(work: Work, updates: list[dict[str, Any]]) -> None:
            nonlocal tries
            tries += 1
            if tries <= 2:
                raise OperationalError("COMMIT", {}, Exception("database is locked"))
            real(work, updates)

        async def pause(_stop: asyncio.Event, seconds: float) -> None:
            pauses.append(seconds)
            await asyncio.sleep(0)

        monkeypatch.setattr(ear, "_store", stumble)
        monkeypatch.setattr(ear, "_pause", pause)
        anna.phone.says("/id")
        stop = asyncio.Event()
        polling = asyncio.create_task(town.bot.receiver.poll(stop))
        await until(lambda: tries == 3)
        stop.set()
        await polling
        await settle(town)
        assert ids(anna) == 1
        assert pauses == [1.0, 2.0]

    async def test_the_same_update_twice(self, town: Town) -> None:
        """What Telegram says again, because it did not hear that we have it, is handled once."""
        anna = town.human("Anna")
        anna.phone.says("/id")
        offset = town.bot.receiver.offset
        await settle(town)
        town.bot.receiver.offset = offset
        await settle(town)
        assert ids(anna) == 1

    async def test_after_a_restart(self, town: Town) -> None:
        """What was stored and not handled before the process died is handled after it, and polling goes on behind."""
        anna = town.human("Anna")
        anna.phone.says("/id")
        await town.bot.receiver.receive(0)
        last = inbox(town)[-1]
        assert last.status == "new"
        await town.restart()
        assert ids(anna) == 1
        assert town.bot.receiver.offset == last.update_id + 1


async def somebody(town: Town, name: str) -> Human:
    """Somebody who has pressed Start."""
    human = town.human(name)
    await human.starts()
    return human


class TestPositions:
    """Live positions are no turns."""

    async def test_they_go_to_the_driver(self, town: Town) -> None:
        """A move changes the driver's row and leaves nothing in the inbox; nobody answers it."""
        omar = await town.driver(at=NEARBY)
        before, words = len(inbox(town)), omar.reads()
        town.clock.now += timedelta(seconds=10)
        omar.phone.moves(36.1300, -115.1690)
        await settle(town)
        assert len(inbox(town)) == before
        assert (driver(town).lat, driver(town).lon, driver(town).position_at) == (36.13, -115.169, town.clock.now)
        assert len(omar.reads().splitlines()) == len(words.splitlines())

    async def test_the_newest_of_a_batch_wins(self, town: Town) -> None:
        """Of many positions in one answer only the last counts; one transaction for all."""
        omar = await town.driver(at=NEARBY)
        for step in range(1, 30):
            town.clock.now += timedelta(seconds=1)
            omar.phone.moves(36.1290 + step / 10_000, -115.17)
        assert await town.bot.receiver.receive(0) == 29
        assert driver(town).lat == pytest.approx(36.1319)

    async def test_an_older_one_changes_nothing(self, town: Town) -> None:
        """Positions that overtake one another do not send the driver back."""
        omar = await town.driver(at=NEARBY)
        town.clock.now += timedelta(seconds=10)
        omar.phone.moves(36.1300, -115.1690)
        town.clock.now -= timedelta(seconds=5)
        omar.phone.moves(36.1295, -115.1695)
        town.clock.now += timedelta(seconds=5)
        await settle(town)
        assert driver(town).lat == 36.13

    async def test_the_offset_moves_past_them(self, town: Town) -> None:
        """No row of the inbox tells that they came; after a restart they are not asked for again."""
        omar = await town.driver(at=NEARBY)
        omar.phone.moves(36.1300, -115.1690)
        await settle(town)
        last = town.reads(lambda work: work.memory.recall(LAST_POSITION))
        await town.restart()
        assert town.bot.receiver.offset == int(last or 0) + 1 > inbox(town)[-1].update_id + 1

    async def test_the_end_of_the_sharing(self, town: Town) -> None:
        """Without `live_period` the sharing is over: the position is believed until now and no longer."""
        omar = await town.driver(at=NEARBY)
        town.clock.now += timedelta(seconds=30)
        omar.phone.ends_live()
        await settle(town)
        assert driver(town).valid_until == town.clock.now

    def test_what_is_no_position(self) -> None:
        """Whatever lacks a part of a position is an update like any other."""
        good = {
            "from": {"id": 7},
            "date": 100,
            "edit_date": 160,
            "location": {"latitude": 1.0, "longitude": 2.0, "live_period": 600},
        }
        position = read_position({"update_id": 1, "edited_message": good})
        assert position is not None
        assert (position.person_id, position.point) == (7, (1.0, 2.0))
        assert (position.until - position.at).total_seconds() == 540
        assert read_position({"update_id": 1, "message": good}) is None
        for part in good:
            broken = {key: value for key, value in good.items() if key != part}
            assert read_position({"update_id": 1, "edited_message": broken}) is None
        assert read_position({"update_id": 1, "edited_message": {**good, "location": {"latitude": "x"}}}) is None


class Rooms:
    """A `hear` that takes its time: each turn waits at the door of its person until that is opened."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.doors: dict[int, asyncio.Event] = {}
        self.inside: list[tuple[int, str]] = []
        self.seen: list[tuple[int, str]] = []
        self.broken: set[str] = set()

    def door(self, human: Human) -> asyncio.Event:
        """The door behind which this person's turns wait."""
        return self.doors.setdefault(human.id, asyncio.Event())

    async def hear(self, update_id: int, body: dict[str, Any]) -> None:
        """One turn: seen, waited for, marked."""
        turn = (body["message"]["from"]["id"], body["message"]["text"])
        self.seen.append(turn)
        self.inside.append(turn)
        assert len({person for person, _ in self.inside}) == len(self.inside), "one person's turns overlap"
        await self.doors[turn[0]].wait()
        self.inside.remove(turn)
        await self.town.bot.desk.do(lambda work: work.inbox.mark(update_id))
        if turn[1] in self.broken:
            raise RuntimeError("a turn that breaks after all")


class TestTurns:
    """Each person's in order, different people's side by side."""

    @pytest.fixture
    async def rooms(self, town: Town) -> Rooms:
        """Turns in which we can look."""
        rooms = Rooms(town)
        town.bot.receiver.hear = rooms.hear
        return rooms

    async def test_side_by_side(self, town: Town, rooms: Rooms) -> None:
        """Anna's slow turn holds up her own next ones, in their order, and nobody else's."""
        anna, omar = town.human("Anna"), town.human("Omar")
        for human, text in ((anna, "1"), (anna, "2"), (omar, "3"), (anna, "4"), (omar, "5")):
            human.phone.says(text)
        rooms.door(anna)
        rooms.door(omar).set()
        await fetch(town)
        stop = asyncio.Event()
        working = asyncio.create_task(town.bot.receiver.work(stop))
        await until(lambda: (omar.id, "5") in rooms.seen and (omar.id, "5") not in rooms.inside)
        assert rooms.inside == [(anna.id, "1")]
        rooms.door(anna).set()
        await until(lambda: len(rooms.seen) == 5 and not rooms.inside)
        stop.set()
        await working
        assert [text for person, text in rooms.seen if person == anna.id] == ["1", "2", "4"]
        assert [text for person, text in rooms.seen if person == omar.id] == ["3", "5"]

    async def test_told_to_stop(self, town: Town, rooms: Rooms) -> None:
        """The turn in hand is finished, and no other is begun."""
        anna = town.human("Anna")
        anna.phone.says("1")
        anna.phone.says("2")
        rooms.door(anna)
        await fetch(town)
        stop = asyncio.Event()
        working = asyncio.create_task(town.bot.receiver.work(stop))
        await until(lambda: rooms.inside == [(anna.id, "1")])
        stop.set()
        await asyncio.sleep(0.05)
        assert not working.done()
        rooms.door(anna).set()
        await working
        assert [update.status for update in inbox(town)[-2:]] == ["done", "new"]

    async def test_a_turn_that_breaks(self, town: Town, rooms: Rooms) -> None:
        """What escapes even from the ears stops neither this person's next turn nor other people's."""
        anna, omar = town.human("Anna"), town.human("Omar")
        rooms.broken.add("1")
        for human, text in ((anna, "1"), (omar, "2"), (anna, "3")):
            rooms.door(human).set()
            human.phone.says(text)
        await settle(town)
        assert {text for _, text in rooms.seen} == {"1", "2", "3"}
        assert [update.status for update in inbox(town)[-3:]] == ["done"] * 3


class TestFailures:
    """When a turn fails."""

    @pytest.fixture
    def broken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A bot with a mistake: /id never works."""

        def my_id(turn: Turn) -> None:
            turn.say("noted")
            raise KeyError("a mistake of ours")

        monkeypatch.setitem(ears.COMMANDS, "id", my_id)

    async def test_three_tries_an_apology_and_a_case(self, broken: None, town: Town) -> None:
        """The person is apologised to, the operator told, nothing of the failed tries is said, others go on."""
        anna, omar = await somebody(town, "Anna"), await somebody(town, "Omar")
        anna.phone.says("/id")
        omar.phone.says("/status")
        await settle(town)
        assert len(omar.texts()) == 2
        anna.phone.says("/status")
        for wait in (1, 5):
            town.clock.now += timedelta(seconds=wait)
            await settle(town)
        failed = next(update for update in inbox(town) if update.status == "failed")
        assert failed.body["message"]["text"] == "/id"
        assert failed.error == f"KeyError in update {failed.update_id}"
        anna.sees("Something went wrong on our side")
        anna.sees_no("Got it")
        town.olivia.sees(f"An update could not be handled: KeyError in update {failed.update_id}")
        assert [update.status for update in inbox(town)].count("failed") == 1
        assert [update.status for update in inbox(town)].count("new") == 0

    async def test_malformed(self, town: Town) -> None:
        """What cannot be read is marked failed and shown to the operator only; the person's next turn comes."""
        anna = await somebody(town, "Anna")
        before = anna.reads()
        number = town.telegram.world.push("message", {"from": anna.phone.user.as_json(), "text": "no chat, no date"})
        await settle(town)
        update = inbox(town)[-1]
        assert (update.update_id, update.status, update.error) == (number, "failed", "malformed: KeyError")
        assert anna.reads() == before
        town.olivia.sees("An update could not be handled: malformed: KeyError")
        (case,) = town.reads(lambda work: work.session.exec(select(Case)).all())
        assert (case.kind, case.subject_id) == ("update", number)
        anna.phone.says("/id")
        await settle(town)
        assert ids(anna) == 1

    async def test_an_update_of_nobody(self, town: Town) -> None:
        """A kind of update that we know nothing about is marked as done, in silence."""
        town.telegram.world.queue.allowed = None
        number = town.telegram.world.push("poll", {"id": "1", "question": "?", "options": []})
        await settle(town)
        assert (inbox(town)[-1].update_id, inbox(town)[-1].person_id) == (number, 0)
        assert inbox(town)[-1].status in ("done", "failed")
        assert speaker({"update_id": 1, "poll": {"id": "1"}}) == 0

    @pytest.mark.only_on("sqlite")
    async def test_the_database_is_locked(self, town: Town) -> None:
        """Somebody else holds the database: all wait and go on; the update is answered, once."""
        anna = await somebody(town, "Anna")
        stop = asyncio.Event()
        running = asyncio.create_task(town.bot.run(stop))
        await asyncio.sleep(0.2)
        with impatient(town.bot.desk.database.engine) as engine, engine.connect() as other:
            other.exec_driver_sql("SELECT 1")  # BEGIN IMMEDIATE: the lock is ours
            anna.phone.says("/id")
            await asyncio.sleep(0.5)
            assert not running.done()
            assert ids(anna) == 0
        await until(lambda: ids(anna) > 0)
        stop.set()
        await running
        assert ids(anna) == 1


class TestPolling:
    """What Telegram may answer to a poll."""

    def order(self, town: Town, *errors: ApiError) -> list[ApiError]:
        """These refusals for the next polls, one each; gives what is left of them."""
        left = list(errors)

        def fault(name: str, _params: object) -> None:
            if name == "getUpdates" and left:
                raise left.pop(0)

        town.telegram.before.append(fault)
        return left

    async def polls(self, town: Town, left: list[ApiError], monkeypatch: pytest.MonkeyPatch) -> list[float]:
        """Poll until all refusals are used up and an update is stored; gives the pauses."""
        pauses: list[float] = []

        async def pause(_stop: asyncio.Event, seconds: float) -> None:
            pauses.append(seconds)
            await asyncio.sleep(0)

        monkeypatch.setattr(ear, "_pause", pause)
        before = len(inbox(town))
        town.human("Anna").phone.says("/id")
        stop = asyncio.Event()
        polling = asyncio.create_task(town.bot.receiver.poll(stop))
        await until(lambda: polling.done() or (not left and len(inbox(town)) > before))
        stop.set()
        await polling
        return pauses

    async def test_telegram_is_down(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is asked again, later and later."""
        left = self.order(town, *[ApiError(502, "Bad Gateway")] * 3)
        assert await self.polls(town, left, monkeypatch) == [1, 2, 4]

    async def test_a_flood(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        """As long as Telegram says, and no longer."""
        assert await self.polls(town, self.order(town, too_many(7)), monkeypatch) == [7]

    async def test_the_token_is_revoked(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        """401 ends the polling."""
        with pytest.raises(InvalidToken):
            await self.polls(town, self.order(town, ApiError(401, "Unauthorized")), monkeypatch)

    async def test_a_newcomer_gives_way(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever has just begun and meets another poller stops, with a clear word."""
        with pytest.raises(AnotherPoller, match="another process polls with this BOT_TOKEN"):
            await self.polls(town, self.order(town, ApiError(409, "Conflict: terminated by other")), monkeypatch)

    async def test_who_was_there_first_goes_on(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever has polled for a while waits a second and goes on: the other will stop."""
        left: list[ApiError] = []

        def fault(name: str, _params: object) -> None:
            if name == "getUpdates" and town.clock.now == MORNING:
                town.clock.now += NEWCOMER
                raise ApiError(409, "Conflict: terminated by other")

        town.telegram.before.append(fault)
        assert await self.polls(town, left, monkeypatch) == [1]

    async def test_a_stop_ends_a_long_poll(self, town: Town) -> None:
        """Nobody has to wait for the 25 seconds of a poll that brings nothing."""
        request = SandboxRequest(town.telegram)
        api = f"https://api.telegram.org/bot{town.telegram.token}"
        receiver = Receiver(town.bot.desk, request, api, town.bot.ears.hear, town.clock)
        await receiver.catch_up()
        stop = asyncio.Event()
        polling = asyncio.create_task(receiver.poll(stop))
        await asyncio.sleep(0.05)
        stop.set()
        await asyncio.wait_for(polling, 1)
        assert receiver.offset == inbox(town)[-1].update_id + 1
