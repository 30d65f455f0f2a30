"""Updates in: polled, stored in the inbox, and only then confirmed; then each person's turns one after the other."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError
from telegram.request import BaseRequest, RequestData
from telegram.request._requestparameter import RequestParameter

from bot.desk import Desk
from bot.dispatch import away, duty
from bot.dispatch.duty import Position
from bot.dispatch.geo import on_earth
from bot.workers import Several
from storage.database import Work
from storage.locks import Lost

log = structlog.get_logger()

POLL_S = 25
BATCH = 100
SIDE_BY_SIDE = 32
LAST_POSITION = "last_position_update"
LAST_MODE, WEBHOOK, POLLING = "updates_come_by", "webhook", "polling"
NEWCOMER = timedelta(seconds=5)
"""Who has polled for less than this when two pollers meet is the one that came later."""
KINDS = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of update that we ask Telegram for."""

Hear = Callable[[int, dict[str, Any]], Coroutine[Any, Any, None]]


class AnotherPoller(Exception):
    """Somebody else polls with this token."""


class Receiver:
    """Polls, stores, and hands the stored updates to `hear`, one at a time for each person."""

    def __init__(self, desk: Desk, request: BaseRequest, api: str, hear: Hear, clock: Callable[[], datetime]) -> None:
        self.desk, self.request, self.api, self.hear, self.clock = desk, request, api, hear, clock
        self.offset: int | None = None
        self._behind: int | None = None
        """After a webhook: the update up to which some may still be pending at Telegram, though later ones came."""
        self._polls_since: datetime | None = None
        self._noted = clock()
        """When it was last written down that Telegram answers."""
        self.workers: Several | None = None
        """The other processes that handle turns, where there are any."""
        self.heir = False
        """Whether we poll in the place of a process that may not have ended yet."""
        self._wake = asyncio.Event()
        self._turns: dict[int, asyncio.Task[None]] = {}
        self._claiming = asyncio.Lock()

    def wake(self) -> None:
        """Look into the inbox now."""
        self._wake.set()

    def tell(self) -> None:
        """Something was stored: look into the inbox now, whoever can."""
        self._wake.set()
        if self.workers is not None:
            self.workers.shout("inbox")

    async def catch_up(self) -> None:
        """Go on from the last stored update; if we were away, tell those who may have tapped in vain."""
        self.offset, self._behind = await self.desk.do(_next_offset)
        await self.desk.do(away.heard)
        self._noted = self.clock()

    async def poll(self, stop: asyncio.Event) -> None:
        """Poll until told to stop. Raises AnotherPoller or InvalidToken."""
        self._polls_since = self.clock() - (NEWCOMER if self.heir else timedelta())
        back_off = 1.0
        while not stop.is_set() and (self.workers is None or await self.workers.holds("poll")):
            try:
                if not await _unless(stop, self.receive(POLL_S)):
                    return
                back_off = 1.0
            except Conflict as error:
                await self._conflict(error, stop)
            except InvalidToken:
                raise
            except RetryAfter as error:
                wait = error.retry_after
                await _pause(stop, wait if isinstance(wait, int) else wait.total_seconds())
            except (TelegramError, DBAPIError) as error:  # the database may be away, too: then they come again
                log.warning("poll.failed", error=type(error).__name__, again_in_s=back_off)
                await _pause(stop, back_off)
                back_off = min(back_off * 2, 30.0)

    async def _conflict(self, error: Conflict, stop: asyncio.Event) -> None:
        """Two pollers: the one that came later gives way."""
        if "webhook" in error.message:
            raise AnotherPoller(
                "a webhook was set for this bot while we polled; whoever set it must take it away"
            ) from None
        if self._polls_since is None or self.clock() - self._polls_since < NEWCOMER:
            raise AnotherPoller("another process polls with this BOT_TOKEN; stop it first") from None
        log.warning("poll.conflict")
        await _pause(stop, 1.0)

    async def receive(self, wait_s: int) -> int:
        """Get the next updates (waiting up to `wait_s` seconds), store them, and only then move the offset."""
        asked = {"timeout": wait_s, "limit": BATCH, "allowed_updates": list(KINDS), "offset": self.offset}
        parameters = [RequestParameter.from_input(key, value) for key, value in asked.items() if value is not None]
        answer = await self.request.post(
            f"{self.api}/getUpdates", RequestData(parameters=parameters), read_timeout=wait_s + 10
        )
        updates: list[dict[str, Any]] = answer  # type: ignore[assignment] # PTB types it for all methods at once
        if updates or self.clock() - self._noted >= away.NOTE_EVERY:
            await self.desk.do(lambda work: _store(work, updates))
            self._noted = self.clock()
        if updates:
            self.offset = max(int(update["update_id"]) for update in updates) + 1
            self.tell()
        if self._behind is not None and (not updates or (self.offset or 0) >= self._behind):
            await self.desk.do(lambda work: work.memory.note(LAST_MODE, POLLING))
            self._behind = None
        return len(updates)

    async def take(self, updates: list[dict[str, Any]]) -> None:
        """Store updates that were posted to us; they are handled by and by."""
        await self.desk.do(lambda work: _store(work, updates))
        self.tell()

    async def work(self, stop: asyncio.Event) -> None:
        """Handle stored updates until told to stop; then finish the turns in hand."""
        while not stop.is_set():
            self._wake.clear()
            try:
                await self._start_turns()
            except (DBAPIError, Lost) as error:  # the database is away: look again at the next tick
                log.warning("inbox.unreadable", error=type(error).__name__)
            except Exception:  # whatever it is, the next tick looks again
                log.exception("inbox.unreadable")
            await _unless(stop, self._wake.wait())
        if self._turns:
            await asyncio.wait(self._turns.values())

    async def drain(self) -> None:
        """Handle everything that waits and may be handled now (for tests)."""
        while await self._start_turns() or self._turns:
            if self._turns:
                await asyncio.wait(self._turns.values())

    async def _start_turns(self) -> int:
        async with self._claiming:  # who claims must know what was claimed before
            return await self._claim()

    async def _claim(self) -> int:
        room = SIDE_BY_SIDE - len(self._turns)
        if room <= 0:
            return 0
        busy = [*self._turns, *(await self.workers.taken() if self.workers is not None else ())]
        waiting = await self.desk.do(lambda work: _claim(work, room, busy))
        if self.workers is not None:
            ours = await self.workers.claim([(update_id, person_id) for update_id, person_id, _ in waiting])
            waiting = [entry for entry in waiting if entry[0] in ours]
        for update_id, person_id, body in waiting:
            task = asyncio.create_task(self.hear(update_id, body))
            self._turns[person_id] = task
            task.add_done_callback(partial(self._over, person_id))
        return len(waiting)

    def _over(self, person_id: int, task: asyncio.Task[None]) -> None:
        del self._turns[person_id]
        if self.workers is not None:
            self.workers.free(person_id)
        if not task.cancelled() and task.exception() is not None:
            log.error("turn.broke", exc_info=task.exception())
        self._wake.set()


async def _unless(stop: asyncio.Event, awaited: Awaitable[object]) -> bool:
    """Await it, unless told to stop first; says whether it came to its end."""
    job, stopping = asyncio.ensure_future(awaited), asyncio.ensure_future(stop.wait())
    done, _ = await asyncio.wait((job, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if job in done:
        job.result()
        return True
    job.cancel()
    return False


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    await _unless(stop, asyncio.sleep(seconds))


def _next_offset(work: Work) -> tuple[int | None, int | None]:
    """From where to poll, and up to where nobody knows what is pending.

    A webhook's updates come in no one order: an older one may be pending still, and an offset behind it would confirm
    it unheard. After a webhook we ask for all that is pending; what we have already is not stored twice.
    """
    known = (work.inbox.last(), work.memory.recall(LAST_POSITION))
    after = max((int(update_id) + 1 for update_id in known if update_id is not None), default=None)
    if work.memory.recall(LAST_MODE) == WEBHOOK:
        return None, after or 0
    return after, None


def _claim(work: Work, room: int, busy: list[int]) -> list[tuple[int, int, dict[str, Any]]]:
    """The oldest waiting update of each person whose turn is not in hand."""
    return [(update.update_id, update.person_id, update.body) for update in work.inbox.waiting(room, busy)]


def _store(work: Work, updates: Iterable[dict[str, Any]]) -> None:
    """Keep a batch: positions go to the drivers, everything else to the inbox. One transaction."""
    away.heard(work)
    positions: dict[int, Position] = {}
    turns = []
    for update in updates:
        number, position = int(update["update_id"]), read_position(update)
        if position is not None:
            positions[number] = position
        else:
            turns.append((number, speaker(update), update))
    work.inbox.store(turns)
    if positions:
        # no row of the inbox tells that they came: the offset must move past them all the same
        work.memory.note(LAST_POSITION, str(max(positions)))
        duty.move(work, positions.values())


def speaker(update: dict[str, Any]) -> int:
    """Whose update this is: the sender's id, else the chat's, else 0."""
    for part in update.values():
        if isinstance(part, dict):
            for field in ("from", "user", "chat", "sender_chat"):
                found = part.get(field)
                if isinstance(found, dict) and isinstance(found.get("id"), int):
                    return int(found["id"])
    return 0


def read_position(update: dict[str, Any]) -> Position | None:
    """The live position that this update reports, or None where it is something else.

    Telegram sends one as an edited message; without `live_period` the sharing has just ended.
    """
    message = update.get("edited_message")
    if not isinstance(message, dict) or not isinstance(message.get("location"), dict):
        return None
    try:
        location, sender = message["location"], int(message["from"]["id"])
        start = datetime.fromtimestamp(int(message["date"]), UTC)
        at = datetime.fromtimestamp(int(message["edit_date"]), UTC)
        point = (float(location["latitude"]), float(location["longitude"]))
        period = location.get("live_period")
        until = at if period is None else duty.live_until(start, int(period))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return Position(sender, point, at, until) if on_earth(point) else None
