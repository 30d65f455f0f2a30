"""Whatever arrives, in any order: no exception, no silence where an answer is due, nothing changed without a right.

`HYPOTHESIS_PROFILE=long uv run pytest -n 0 tests/stories/test_anything.py` tries thousands of sequences.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select
from structlog.testing import capture_logs
from telegram import Message, Update
from telegram.ext import filters

from bot import receiver
from storage import lifecycle
from storage.database import Work
from storage.models import Card, Delivery, Draft, Driver, Inbox, Offer, Outbox, Run
from tests.stories import crossroads
from tests.stories.anything import JSON, Arrivals, maimed
from tests.stories.crossroads import Crossroads
from tests.stories.town import MORNING, Town

log = logging.getLogger(__name__)

OUTSIDERS = ("sam", "carl", "ivo")
"""Who has no part in what is open: a stranger, another shop's customer, one who waits for an answer."""
MOST = 6
EXPECTED = ("chat not found", "query is too old", "query ID is invalid", "message to edit not found", "not found")
"""What Telegram rightly says about chats and taps that are none."""


class World:
    """The crossroads, put back to how they were before each sequence."""

    def __init__(self, town: Town, here: Crossroads) -> None:
        self.town, self.here = town, here
        self.numbers = count(2_000_000_000)
        self.tried = 0
        self.outsiders = {here.people[name].id for name in OUTSIDERS}
        self.known = {human.id for human in here.people.values()}
        self.before = sqlite3.connect(":memory:")
        with sqlite3.connect(town.path) as now:
            now.backup(self.before)
        people = {human.id: human for human in here.people.values()}
        senders = [{**human.phone.user.as_json()} for human in people.values()]
        cards = town.reads(lambda work: work.session.exec(select(Card)).all())
        messages: dict[int, list[int]] = {}
        for card in cards:
            messages.setdefault(card.chat_id, []).append(card.message_id)
        self.arrivals = Arrivals(here, senders, messages)

    def begin(self) -> None:
        """All is as it was."""
        with sqlite3.connect(self.town.path) as now:
            self.before.backup(now)
        self.town.clock.now = MORNING
        self.town.bot.ears.haste._turns.clear()
        self.town.bot.relay._held.clear()

    async def arrives(self, update: JSON, *, whole: bool = True) -> None:
        """One update, heard and answered; then all that must hold is looked at.

        One that is not `whole` (Telegram never sends such) may fail, but not for ever.
        """
        body = {"update_id": next(self.numbers), **update}
        sender = _user(update)
        strict = sender in self.outsiders or sender not in self.known
        before = await self._do(lambda work: crossroads.standing(work, sender)) if strict else {}
        drafts = await self._do(_drafts)
        newest = await self._do(lambda work: max((row.id for row in work.session.exec(select(Outbox))), default=0))
        position = receiver.read_position(body) is not None
        with capture_logs() as logs:
            await self._do(lambda work: receiver._store(work, [body]))
            await self.town.bot.receiver.drain()
            if not whole:
                await self._give_up()
            said = await self._do(lambda work: _said(work, newest))
            await self.town.bot.relay.drain()
        self.tried += 1
        errors = [entry for entry in logs if entry["log_level"] in ("error", "critical")]
        errors = [entry for entry in errors if whole or entry["event"] != "turn.failed"]
        assert errors == [], errors
        await self._check_mark(body, position, whole)
        if strict and not position:
            after = await self._do(lambda work: crossroads.standing(work, sender))
            assert [line for line in crossroads.differences(before, after) if not _his_own(line, sender)] == []
        await self._check_drafts(drafts, sender)
        await self._do(_check_invariants)
        if whole:
            await self._check_answer(body, said)
        if strict:
            self._check_secrets(sender)
        self._check_telegram()

    async def _do(self, piece: Any) -> Any:
        return await self.town.bot.desk.do(piece)

    async def _give_up(self) -> None:
        for seconds in (1, 5, 20):
            self.town.clock.now += timedelta(seconds=seconds)
            await self.town.bot.receiver.drain()
        self.town.clock.now = MORNING

    async def _check_mark(self, body: JSON, position: bool, whole: bool) -> None:
        """It is done; or it cannot be read by the library either, and is shown to the operator."""
        row = await self._do(lambda work: work.session.get(Inbox, body["update_id"]))
        if position:
            assert row is None
            return
        if row.status == "done":
            assert row.error in (None, "too quick"), row.error
            return
        assert row.status == "failed", row.error
        if not whole:
            return
        assert row.error.split(":")[0] == "malformed", row.error
        try:
            Update.de_json(body, self.town.bot.bot)
        except Exception:  # as it says
            return
        raise AssertionError("it can be read")

    async def _check_drafts(self, before: dict[int, tuple[int, str]], sender: int) -> None:
        """Nobody's conversation but the sender's own moves on, unless he may end it."""
        if sender in {self.here.people[name].id for name in ("anna", "olivia")}:
            return  # the owner may send staff away, whose bookings end with it
        after = await self._do(_drafts)
        moved = {draft for draft in before if after[draft] != before[draft]}
        assert {before[draft][0] for draft in moved} <= {sender}

    async def _check_answer(self, body: JSON, said: set[int]) -> None:
        """A tap is answered as a tap; what is said in private gets words, or did so a moment ago."""
        try:
            update = Update.de_json(body, self.town.bot.bot)
        except Exception:  # nobody knows who said it
            return
        user = update.effective_user
        if user is None or user.is_bot:
            return
        if update.callback_query is not None:
            made = [call for call in self.town.telegram.calls if call.method == "answerCallbackQuery"]
            assert update.callback_query.id in [c.params.get("callback_query_id", "") for c in made[-3:]]
        message = update.message
        if not isinstance(message, Message) or message.chat.type != "private" or message.chat.id != user.id:
            return
        if filters.StatusUpdate.ALL.check_update(update) or user.id in said:
            return
        person = await self._do(lambda work: work.people.find(user.id))
        assert person is not None
        assert person.hinted_at == MORNING or person.album == message.media_group_id is not None, "silence"

    def _check_secrets(self, sender: int) -> None:
        """Somebody without a part is told neither what is noted for the door, nor a link."""
        secrets = [word for word in self.here.secrets if word == "Gate code" or len(word) > 20]
        told = [call.params for call in list(self.town.telegram.calls)[-5:]]
        leaked = [params for params in told if str(params.get("chat_id")) == str(sender)]
        assert not [word for word in secrets if any(word in str(params) for params in leaked)]

    def _check_telegram(self) -> None:
        wrong = [line for line in self.town.telegram.problems if not any(words in line for words in EXPECTED)]
        self.town.telegram.problems.clear()
        self.town.telegram.wasted.clear()
        assert wrong == []


def _user(update: JSON) -> int:
    ((_, body),) = update.items()
    sender = body.get("from") or body.get("user") if isinstance(body, dict) else None
    number = sender.get("id") if isinstance(sender, dict) else None
    return number if isinstance(number, int) and abs(number) < 2**63 else 0


def _his_own(line: str, sender: int) -> bool:
    """What somebody without a part may bring about: himself as one who asks to join, and an update that is broken."""
    if line.startswith("+ operator_case") and "'kind': 'update'" in line:
        return True
    mine = (f"'owner_id': {sender},", f"'person_id': {sender},")
    return line.startswith(("+ merchant", "+ staff", "+ driver")) and any(words in line for words in mine)


def _drafts(work: Work) -> dict[int, tuple[int, str]]:
    rows = work.session.exec(select(Draft))
    return {row.id: (row.person_id, f"{row.version} {row.status} {row.answers} {row.complaint}") for row in rows}


def _said(work: Work, newest: int) -> set[int]:
    return set(work.session.exec(select(Outbox.chat_id).where(Outbox.id > newest)).all())


def _check_invariants(work: Work) -> None:
    """One driver a delivery, one run a driver, one offer a driver, and statuses that the lifecycle knows."""
    running = work.session.exec(select(Run).where(col(Run.ended_at).is_(None))).all()
    assert len({run.driver_id for run in running}) == len(running)
    offers = work.session.exec(select(Offer).where(Offer.status == lifecycle.OFFER_OPEN)).all()
    assert len({offer.driver_id for offer in offers}) == len(offers)
    for this in work.session.exec(select(Delivery)):
        assert this.status in lifecycle.STATUSES
        if this.status in lifecycle.WITH_DRIVER:
            assert this.run_id in {run.id for run in running}
            assert work.session.get_one(Driver, this.driver_id).status == "approved"
        assert (this.ended_at is not None) == (this.status in lifecycle.ENDS)
        assert this.customer_name
    drafts = work.session.exec(select(Draft.person_id).where(Draft.status == "open")).all()
    assert len(set(drafts)) == len(drafts)


@pytest.fixture
def world(home: Path, template: Path) -> Iterator[tuple[World, asyncio.Runner]]:
    """The crossroads, and the loop on which their bot runs."""
    with asyncio.Runner() as runner:
        town = Town(home, template)
        town.may_fail = town.may_waste = True
        runner.run(town.open())
        made = World(town, runner.run(crossroads.build(town)))
        yield made, runner
        log.info("%d updates tried", made.tried)
        made.before.close()
        runner.run(town.close())


CALM = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)


def test_sequences_of_anything(world: tuple[World, asyncio.Runner]) -> None:
    """Any sequence of updates, by anybody, at what is open."""
    town, runner = world

    @settings(suppress_health_check=CALM)
    @given(st.data())
    def arrive(data: st.DataObject) -> None:
        town.begin()
        for _ in range(data.draw(st.integers(1, MOST))):
            update, whole = town.arrivals.update(data.draw), bool(data.draw(st.integers(0, 7)))
            if not whole:
                update = maimed(data.draw, update)
            runner.run(town.arrives(update, whole=whole))

    arrive()
    assert town.tried >= 40
