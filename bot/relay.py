"""The mouth: sends what the outbox holds, in order per chat, urgent chats first, and records what was sent."""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot import letters
from bot.desk import Desk, is_away
from bot.dispatch import notices, reach
from bot.letters import Letter
from bot.logs import plain
from bot.metrics import Metrics
from bot.pace import Pace
from bot.texts import Texts
from bot.voice import Deposed, Voice
from storage.database import Work
from storage.erasing import FORGOTTEN
from storage.models import Card
from storage.outbox import Unsaid

log = structlog.get_logger()

IN_HAND = 16
"""So many may be sent and not yet recorded: what a crash can repeat."""
TICK = 1.0
LONGEST_BACK_OFF = 60.0
OWN_TROUBLE = 3
"""After so many tries in vain it is that chat's own trouble, where no other fails: nobody else is held up."""
LAST_WORDS = 5.0
"""So many seconds are given at the end to what the last turns had to say; the rest is sent after the next start."""
UNREACHABLE = ("chat not found", "user is deactivated", "bot was kicked", "peer_id_invalid")


class Relay:
    """One bot token's mouth. `pace` is None where the other side has no limits (tests)."""

    def __init__(
        self, desk: Desk, bot: Bot, texts: Texts, pace: Pace | None = None, metrics: Metrics | None = None
    ) -> None:
        self.desk, self.voice, self.texts = desk, Voice(bot, pace), texts
        self.metrics = metrics or Metrics()
        self._wake = asyncio.Event()
        self._began = desk.database.clock()
        """What was to be said before may have been said by a relay that was killed before it could note so."""
        self._busy: dict[int, tuple[int, ...]] = {}
        self._held: dict[int, float] = {}
        self._hold_all = 0.0
        self._paced = 0.0
        """So many seconds until the pace lets more be said; 0 where it holds nothing back."""
        self._picking = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._fatal: BaseException | None = None
        self._ending = asyncio.Event()
        self._failing: set[int] = set()
        desk.listeners.append(self._wake.set)

    def wake(self) -> None:
        """Look into the outbox now."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Send until told to stop; then say what is due and finish. Raises InvalidToken when the token is revoked."""
        self._ending.clear()
        self._began = self.desk.database.clock()  # another may have relayed until now, and have been killed
        while not stop.is_set():
            self._wake.clear()
            try:
                await self._start_some()
            except DBAPIError as error:  # the database is away: look again at the next tick
                log.warning("outbox.unreadable", error=type(error).__name__)
            if self._fatal is not None:
                raise self._fatal
            await self._rest(stop)
        with suppress(TimeoutError, DBAPIError):
            async with asyncio.timeout(LAST_WORDS):
                if await self.voice.may_speak():
                    await self.drain()
        self._ending.set()
        await self._finish()

    async def drain(self) -> None:
        """Send all that is due and can be sent now (for tests and for the end of a run)."""
        while await self._start_some() or self._tasks or await self._held_back():
            if not self._tasks:
                await self.voice.rest(min(TICK, self._paced))
            await self._finish()
            if self._fatal is not None:
                raise self._fatal

    async def _held_back(self) -> bool:
        """Whether the pace alone is why nothing is sent now, though something is due."""
        if not self._paced:
            return False
        room, resting = self.voice.room(IN_HAND)
        return room <= 0 or any((await self.desk.do(lambda work: work.outbox.of_chats(resting))).values())

    async def _rest(self, stop: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (self._wake, stop)]
        await asyncio.wait(waits, timeout=min(TICK, self._paced or TICK), return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _finish(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _start_some(self) -> int:
        async with self._picking:  # who picks must know what was picked before
            return await self._pick()

    async def _pick(self) -> int:
        now = time.monotonic()
        # a letter is chosen when it can be said at once: none waits with a place in hand, and the urgent come first
        room, resting = self.voice.room(IN_HAND - len(self._busy))
        self._paced = min(resting.values(), default=0.0) if room > 0 else self.voice.room_in()
        if room <= 0 or now < self._hold_all:
            return 0
        self._held = {chat: until for chat, until in self._held.items() if until > now}
        in_hand = [row for rows in self._busy.values() for row in rows]
        held = [*self._busy, *self._held, *resting]
        write = partial(_write, self.texts, self._began)
        picked = await self.desk.do(lambda work: letters.pick(work, write, room, in_hand, held))
        for letter in picked:
            self._busy[letter.chat_id] = letter.ids
            self._start(self._deliver(letter))
        return len(picked)

    def _start(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, letter: Letter) -> None:
        try:
            await self._send(letter)
        except InvalidToken as error:
            self._fatal = error
        except Deposed:  # the row stays unsent: whoever relays now sends it
            log.info("relay.deposed", **letters.describe(letter))
            self._held[letter.chat_id] = time.monotonic() + TICK
        except Exception:  # the database is away: the row stays unsent and is taken up again
            log.exception("relay.failed", **letters.describe(letter))
            self._held[letter.chat_id] = time.monotonic() + TICK
        finally:
            self._busy.pop(letter.chat_id, None)
            self._wake.set()

    async def _send(self, letter: Letter) -> None:
        spare_in = self.voice.spare_in(letter.chat_id) if letter.patient else 0
        if spare_in:
            await self.desk.do(lambda work: work.outbox.wait(letter.ids, spare_in))
            return
        try:
            message_id, messages = await self.voice.speak(letter)
        except InvalidToken:
            raise
        except TelegramError as error:
            self.metrics.sent(letter.kind, type(error).__name__)
            await self._failed(letter, error)
        else:
            self.metrics.sent(letter.kind, "sent")
            self._failing.discard(letter.chat_id)
            await self._remember(letter, message_id, messages)

    async def _remember(self, letter: Letter, message_id: int | None, messages: int) -> None:
        """Record what was said. While the database cannot take it, the chat waits: else it would be said once more."""
        while True:
            try:
                await self.desk.do(lambda work: _record(work, letter, message_id, messages))
            except Exception as error:
                words = type(error).__name__
                if not is_away(error):
                    log.exception("relay.recorded_in_part", **letters.describe(letter))
                    await self.desk.do(partial(_note_only, letter=letter, error=words))
                    return
                if self._ending.is_set():
                    raise
                log.warning("relay.cannot_record", error=words, **letters.describe(letter))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._ending.wait(), TICK)
            else:
                return

    async def _failed(self, letter: Letter, error: TelegramError) -> None:
        match error:
            case RetryAfter():
                self._hold(letter.chat_id, error)
            case ChatMigrated():
                await self.desk.do(lambda work: work.outbox.move_chat(letter.chat_id, error.new_chat_id))
            case Forbidden():
                await self.desk.do(lambda work: _unreachable(work, letter))
            case BadRequest() if any(words in error.message.lower() for words in UNREACHABLE):
                await self.desk.do(lambda work: _unreachable(work, letter))
            case BadRequest():
                await self.desk.do(lambda work: _give_up(work, letter, error.message))
            case _:
                await self._try_again(letter, error)

    async def _try_again(self, letter: Letter, error: TelegramError) -> None:
        log.warning("relay.again", error=type(error).__name__, **letters.describe(letter))
        tries = await self.desk.do(lambda work: work.outbox.put_off(letter.ids, 0, type(error).__name__))
        wait = min(LONGEST_BACK_OFF, 2.0 ** min(tries - 1, 6) / 2)
        self._failing.add(letter.chat_id)
        if isinstance(error, NetworkError) and (tries <= OWN_TROUBLE or len(self._failing) > 1):
            self._hold_all = time.monotonic() + min(wait, 5.0)
        self._held[letter.chat_id] = time.monotonic() + wait

    def _hold(self, chat_id: int, error: RetryAfter) -> None:
        """This chat waits; everything does when several chats are told to at once: then the limit is the bot's own."""
        wait = error.retry_after
        seconds = wait if isinstance(wait, int) else wait.total_seconds()
        now = time.monotonic()
        self._held[chat_id] = now + seconds
        if sum(until > now for until in self._held.values()) >= 3:
            self._hold_all = now + seconds


def _write(texts: Texts, began: datetime, work: Work, waiting: Sequence[Unsaid], old: Card | None) -> Letter:
    row = waiting[0]
    try:
        return letters.write(work, texts, waiting, old, began)
    except (LookupError, ValueError) as error:
        log.exception("relay.cannot_render", row=row.id)
        return Letter((row.id,), row.chat_id, "broken", text=f"{type(error).__name__} in row {row.id}")


def _record(work: Work, letter: Letter, message_id: int | None, messages: int) -> None:
    if letter.kind == "broken":
        _give_up(work, letter, letter.text)
        return
    if letter.kind == "unreachable":
        work.outbox.drop(letter.ids, "unreachable")
        return
    # the person first, as turns do: whoever takes rows crosswise waits for ever
    said = work.people.count_message(letter.chat_id, messages) if messages else 0
    if message_id and not said and _is_forgotten(work, letter):
        notices.take_away(work, letter.chat_id, message_id)  # it was on its way when he asked to be forgotten
        return
    if not work.outbox.mark_sent(letter.ids, message_id or (letter.old.message_id if letter.old is not None else None)):
        return  # another relay has taken over meanwhile, and said it as well: its message is the one that counts
    if letter.subject is None or letter.kind not in ("post", "edit"):
        return
    old, edited = letter.old, message_id is None and letter.old is not None
    work.outbox.save_card(
        letter.chat_id,
        letter.subject,
        message_id or (old.message_id if old else 0),
        media=old.media if edited and old else letter.media,
        content=letter.content,
        said=old.said if edited and old else said,
        asked=letter.asks,
        line_id=old.line_id if edited and old else _shrink(work, letter),
        closed=letter.markup is None,
    )
    reach.shown(work, letter.subject)


def _is_forgotten(work: Work, letter: Letter) -> bool:
    row = work.outbox.get(letter.ids[0])
    return row is not None and row.error == FORGOTTEN


def _note_only(work: Work, letter: Letter, error: str) -> None:
    """What was said cannot be recorded as it should be: that it was said is, or it would be said again for ever."""
    work.outbox.mark_sent(letter.ids)
    if not (letter.subject or "").startswith("case:"):
        notices.raise_case(work, "message", letter.ids[0], error)


def _shrink(work: Work, letter: Letter) -> int | None:
    """A card was posted anew: of the old message a line is left; returns that line's message.

    A line that only points downwards takes the place of the one before it; an answer's line stays.
    """
    old, line = letter.old, letter.old_line
    if old is None or old.media != "text":
        return None
    if line is None and old.closed:
        return None
    notices.tidy(work, letter.chat_id, old.message_id, line)
    if line is None or letter.asks is not None:
        return None
    if old.line_id is not None:
        notices.take_away(work, letter.chat_id, old.line_id)
    return old.message_id


def _unreachable(work: Work, letter: Letter) -> None:
    work.outbox.drop(letter.ids, "unreachable")
    reach.lost(work, letter.chat_id)


def _give_up(work: Work, letter: Letter, error: str) -> None:
    error = plain(error)  # Telegram quotes what it does not like
    log.error("relay.given_up", error=error, **letters.describe(letter))
    work.outbox.drop(letter.ids, error)
    if not (letter.subject or "").startswith("case:"):  # a case about a case would go on for ever
        notices.raise_case(work, "message", letter.ids[0], error[:200])
