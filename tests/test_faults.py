"""Telegram's faults: what becomes of messages and taps, and what people see; tests/troubles.py lists them all."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from types import SimpleNamespace
from typing import Any

import pytest
from telegram import Bot
from telegram.error import NetworkError

from bot import buttons, receiver, voice
from bot import relay as mouth
from bot.dispatch import booking, notices
from bot.sandbox.errors import ApiError, bad_request
from bot.sandbox.server import create_app, serve
from bot.sandbox.telegram import Telegram
from bot.wire import AiohttpRequest, may_have_arrived
from storage.database import Database, Work
from tests.stories import quickly
from tests.stories.town import Human, Town
from tests.test_process import Installation


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
async def town(tmp_path: Path, template: Path) -> AsyncIterator[Town]:
    """A town whose Telegram may fail."""
    made = await Town(tmp_path, template).open()
    made.may_waste = True
    yield made
    made.telegram.before.clear()
    made.telegram.before.append(made._listen)
    await made.close()


def silent(town: Town, human: Human | None = None) -> list[str]:
    """From now on Telegram answers 502 to everything (about one chat); gives the calls that met it."""
    met: list[str] = []

    def fault(name: str, params: Mapping[str, Any]) -> None:
        if human is None or str(params.get("chat_id")) == str(human.id):
            met.append(name)
            raise ApiError(502, "Bad Gateway")

    town.telegram.before.append(fault)
    return met


async def test_hours_without_an_answer(town: Town, seconds: Seconds) -> None:
    """5xx for one chat for two hours: once a minute, others are not held up, and then what is true then is said."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await quickly.book(town, anna)
    met = silent(town, anna)
    await omar.taps("Accept")
    for minute in range(120):
        seconds.now += 60
        await omar.moves(36.1290 + minute / 100_000, -115.1700)  # he is there, and stuck
        await town.passes(minutes=1)
    await omar.taps("I'm at the pickup")
    await omar.taps("Picked up")
    omar.sees("Bring it to")
    await town.passes(seconds=70)
    assert 110 <= len(met) <= 140
    town.telegram.before.pop()
    seconds.now += 61
    await town.settle()
    assert len([text for text in anna.texts() if "Driver: Omar" in text]) == 1
    anna.sees_last("Omar has it")
    anna.sees_no("is at the counter")


async def _twice(town: Town, seconds: Seconds, kind: str) -> None:
    """The deed is done and nobody is told: a message comes twice, and the older card is closed at its first tap."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    await omar.taps("Accept")
    fault = town.telegram.faults.order(kind, 60, monotonic(), omar.id)
    await town.bot.desk.do(lambda work: notices.post(work, omar.id, f"job:{town.delivery().id}"))
    await town.bot.relay.drain()
    town.telegram.faults.lift(fault.number)
    orphan = omar.phone.messages[-1]["message_id"]
    seconds.now += 1
    await town.bot.relay.drain()
    cards = [m["message_id"] for m in omar.phone.messages if "Pick up at" in m.get("text", "") and "reply_markup" in m]
    assert cards[0] == orphan
    assert len(cards) == 2
    at_pickup = buttons.Step(town.delivery().id, "at_pickup").pack()
    await omar.does(omar.phone.taps, data=at_pickup, message_id=orphan)
    assert quickly.delivery(town, number).at_pickup_at is not None
    closed = omar.phone.chat.messages[orphan].message
    assert "reply_markup" not in closed
    assert omar.phone.buttons.count("Picked up (2 pieces)") == 1


async def test_an_answer_is_lost_after_the_deed(town: Town, seconds: Seconds) -> None:
    """A time-out: the message comes twice at most, and the older card is closed at its first tap."""
    await _twice(town, seconds, "lost")


async def test_connections_break(town: Town, seconds: Seconds) -> None:
    """A reset on the way: as with a time-out, for it may have arrived."""
    await _twice(town, seconds, "reset")


async def test_the_answer_to_an_edit_is_lost(town: Town, seconds: Seconds) -> None:
    """An edit that is made again changes nothing: success, and one card."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await quickly.book(town, anna)
    fault = town.telegram.faults.order("lost", 60, monotonic(), anna.id)
    await omar.taps("Accept")
    town.telegram.faults.lift(fault.number)
    for _ in range(3):
        seconds.now += 5
        await town.settle()
    assert not town.reads(lambda work: work.outbox.count_unsent())
    assert "Omar is on the way to the shop" in anna.last()


@pytest.mark.parametrize("how", ["time-out", "killed"])
async def test_an_edit_nobody_noted_and_then_all_as_before(town: Town, seconds: Seconds, how: str) -> None:
    """The card was changed unnoted, and then the step was undone: the card is changed back, though it was noted so."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    for button in ("Accept", "I'm at the pickup"):
        await omar.taps(button)
    undo = buttons.Step(town.delivery().id, "undo").pack()
    card = omar.phone.messages[-1]["message_id"]
    lost = town.telegram.faults.order("lost", 60, monotonic(), omar.id)
    await omar.taps("Picked up")
    town.telegram.faults.lift(lost.number)
    omar.sees_last("Bring it to")
    omar.phone.taps(data=undo, message_id=card)
    await town.bot.receiver.receive(0)
    await town.bot.receiver.drain()
    assert quickly.delivery(town, number).status == "assigned"
    seconds.now += 60
    if how == "killed":

        def untried(work: Work) -> None:
            work.session.connection().exec_driver_sql("UPDATE outbox SET attempts = 0, error = NULL")

        await town.bot.desk.do(untried)
        town.clock.now += timedelta(seconds=1)
        await town.restart()
    await town.settle()
    omar.sees_last("Pick up at")


async def test_a_connection_breaks_over_http() -> None:
    """The wire tells a broken connection from a refusal: what was asked may have been done."""
    telegram = Telegram(clock=lambda: datetime.now(UTC))
    anna = telegram.person("Anna")
    anna.start()
    serving = await serve(create_app(telegram), port=0)
    base = f"http://127.0.0.1:{serving.port}/bot"
    async with Bot(telegram.token, base, request=AiohttpRequest(), get_updates_request=AiohttpRequest()) as bot:
        telegram.faults.order("reset", 60, monotonic())
        with pytest.raises(NetworkError) as broken:
            await bot.send_message(anna.id, "hello")
    await serving.stop()
    assert may_have_arrived(broken.value)
    assert anna.messages[-1]["text"] == "hello"


async def test_away_for_two_minutes_in_the_middle(town: Town, seconds: Seconds) -> None:
    """502 to everything for 160 s: offers keep their time, taps that were forgotten are told of, nothing is lost."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    await town.passes(seconds=10)
    silent(town)
    omar.phone.taps("Accept")
    anna.phone.says("/status")
    for _ in range(8):
        with pytest.raises(NetworkError):
            await town.bot.receiver.receive(0)
        town.clock.now += timedelta(seconds=20)
        await town.bot.jobs.all_now()
    town.telegram.before.pop()
    seconds.now += 60
    await town.settle()
    await town.tick()
    omar.sees("I was away 10:00")
    assert omar.phone.buttons.count("Accept") == 1
    anna.sees("I am well")
    await omar.taps("Accept")
    assert quickly.delivery(town, number).status == "assigned"


async def test_updates_out_of_order(town: Town) -> None:
    """Two taps that overtake one another: the early step counts, the late one is refused kindly, neither is skipped."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    await omar.taps("Accept")
    card = omar.phone.messages[-1]["message_id"]
    delivery_id = town.delivery().id
    late = omar.phone.taps(data=buttons.Step(delivery_id, "at_pickup").pack(), message_id=card)
    early = omar.phone.taps(data=buttons.Step(delivery_id, "pick_up").pack(), message_id=card)
    first, second = town.telegram.world.take_updates(town.bot.receiver.offset, 10)
    for update in (second, first):
        await town.bot.desk.do(lambda work, update=update: receiver._store(work, [update]))  # type: ignore[misc]
        await town.bot.receiver.drain()
        await town.bot.relay.drain()
    assert quickly.delivery(town, number).status == "picked_up"
    assert early.answered
    assert late.toast is not None
    omar.sees("Bring it to")
    statuses = town.reads(lambda work: [work.inbox.get(update["update_id"]).status for update in (first, second)])
    assert statuses == ["done", "done"]
    await town.settle()


async def test_a_tap_is_too_old_to_be_answered(town: Town) -> None:
    """Its toast is lost, what it does is done, and the card says so."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    await omar.taps("Accept")
    tap = omar.phone.taps("I'm at the pickup")
    town.clock.now += timedelta(seconds=90)
    await town.settle()
    assert not tap.answered
    assert quickly.delivery(town, number).at_pickup_at is not None
    assert omar.can_tap("Picked up")


async def test_chat_not_found(town: Town) -> None:
    """400 "chat not found": nobody is there; what waits is dropped, and no operator is bothered."""
    anna = await quickly.merchant(town)

    def gone(name: str, params: Mapping[str, Any]) -> None:
        if name == "sendMessage" and str(params["chat_id"]) == str(anna.id):
            raise bad_request("chat not found")

    town.telegram.before.append(gone)
    await anna.says("/status")
    town.telegram.before.pop()
    assert town.reads(lambda work: work.people.get(anna.id).reachable) is False
    assert quickly.cases(town) == []
    await anna.says("/status")
    anna.sees("I am well")


async def test_a_driver_with_a_parcel_blocks_us(town: Town) -> None:
    """The operator is told at once; when the driver lets us in again, his job is before him as it is now."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await quickly.book(town, anna)
    for button in ("Accept", "I'm at the pickup", "Picked up"):
        await omar.taps(button)
    await omar.does(omar.phone.blocks)
    assert quickly.cases(town) == ["dark"]
    await town.passes(seconds=70)
    before = len(omar.phone.messages)
    await omar.does(omar.phone.unblocks)
    assert len(omar.phone.messages) > before
    omar.sees_last("Bring it to")
    await omar.taps("I'm at the door")


async def test_a_card_on_its_way_while_the_world_changes(town: Town) -> None:
    """A link's card is being sent when its delivery is cancelled: it does not stay as it was."""
    anna = await quickly.merchant(town)
    number = await quickly.book(town, anna)

    def cancelled(name: str, params: Mapping[str, Any]) -> None:
        if name == "sendMessage" and "https://t.me/" in str(params.get("text")):
            town.telegram.before.remove(cancelled)
            other = Database(str(town.settings_given["database_url"]), town.clock)
            with other.transaction() as work:
                booking.end(work, work.deliveries.get(town_delivery), "operator", town.olivia.id, "other", 0)
            other.close()

    town_delivery = town.delivery().id
    town.telegram.before.append(cancelled)
    await anna.taps("Customer's link")
    await town.settle()
    anna.sees(f"The link of {number} is over.")
    anna.sees_no("Send this link")


async def test_the_token_is_revoked(tmp_path: Path) -> None:
    """401 in the middle: the process stops with a clear word and exit code 1, and nothing that waited is lost."""
    here = Installation(tmp_path)
    try:
        await here.serve()
        process = await here.start()
        await process.tells("start.ready")
        here.telegram.faults.order("revoked", 600, monotonic())
        here.anna.person.says("/status")
        assert await process.ends(40) == 1
        assert "BOT_TOKEN: Telegram does not accept this token (any more)" in process.says()
        assert "Traceback" not in process.says()
        here.telegram.faults.lift()
        await here.start()
        await here.anna.sees("I am well")
    finally:
        await here.close()
