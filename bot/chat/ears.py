"""Routes each update to its deed by python-telegram-bot's handlers, and sees every turn through to its mark."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from telegram import Bot, CallbackQuery, Chat, ChatMember, Update
from telegram.error import TelegramError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot.chat import haste, hearing, merchant, operator, person, privacy, taps, turn
from bot.chat.turn import Deed, Turn
from bot.desk import Desk
from bot.dispatch import notices, reach
from bot.dispatch.refusals import Refused
from bot.dispatch.words import Say
from bot.forms.questions import FoundPlace
from bot.logs import plain
from bot.metrics import Metrics
from bot.places import Places, PlacesUnavailable
from bot.texts import Reader, Texts
from storage.database import Work
from storage.rows import Raced

log = structlog.get_logger()

TRIES = 3
BACK_OFF = (1.0, 5.0, 20.0)
ASK_S = 4.0
"""How long the geocoder may take, in seconds."""

COMMANDS: dict[str, Deed] = {
    "start": person.start,
    "help": person.help_,
    "status": person.status,
    "language": person.language,
    "cancel": person.cancel,
    "id": person.my_id,
    "privacy": privacy.privacy,
    "forget": privacy.forget,
    "deliver": merchant.deliver,
    "staff": merchant.staff,
    "open": operator.open_list,
}

Context = ContextTypes.DEFAULT_TYPE
Callback = Callable[[Update, Context], Coroutine[Any, Any, None]]


class Ears:
    """Hears one update at a time for each person; a turn is done if and only if its mark is committed."""

    def __init__(self, desk: Desk, bot: Bot, texts: Texts, places: Places, metrics: Metrics | None = None) -> None:
        self.desk, self.bot, self.texts, self.places = desk, bot, texts, places
        self.metrics = metrics or Metrics()
        self.haste = haste.Haste(desk.database.clock)
        self._failures: dict[int, Exception] = {}
        self._refused: set[int] = set()
        self.application = self._application()

    def _application(self) -> Application[Any, Any, Any, Any, Any, Any]:
        application = ApplicationBuilder().bot(self.bot).updater(None).job_queue(None).build()
        private = filters.ChatType.PRIVATE
        add = application.add_handler
        add(CallbackQueryHandler(self._deed(taps.tapped)))  # no pattern: a game's button must be answered, too
        for name, deed in COMMANDS.items():
            add(CommandHandler(name, self._deed(deed), filters.UpdateType.MESSAGE & private))
        add(MessageHandler(filters.UpdateType.MESSAGE & private & ~filters.StatusUpdate.ALL, self._listen))
        add(MessageHandler(filters.UpdateType.EDITED_MESSAGE & private, self._deed(hearing.edited)))
        groups = filters.UpdateType.MESSAGE & filters.ChatType.GROUPS
        add(MessageHandler(groups & (filters.COMMAND | _ReplyToUs(self)), self._deed(self._in_group)))
        add(ChatMemberHandler(self._deed(_membership), ChatMemberHandler.MY_CHAT_MEMBER))
        add(TypeHandler(Update, self._ignore))
        application.add_error_handler(self._note_failure)
        return application

    async def hear(self, update_id: int, body: dict[str, Any]) -> None:
        """See one stored update through: to its mark, or to another try, or to its mark as failed."""
        began = time.perf_counter()
        outcome = await self._hear(update_id, body)
        if update_id in self._refused:
            self._refused.remove(update_id)
            outcome = "refused" if outcome == "done" else outcome
        self.metrics.turn(outcome, time.perf_counter() - began)

    async def _hear(self, update_id: int, body: dict[str, Any]) -> str:
        try:
            update = Update.de_json(body, self.bot)
            if update.update_id != update_id:
                raise ValueError("update_id differs")
        except Exception as error:  # malformed in ways that nobody can foresee: shown to the operator, not tried again
            words = f"malformed: {type(error).__name__}"
            log.warning("turn.malformed", update=update_id, error=words)
            await self._settle(lambda work: _fail(work, update_id, None, words))
            return "malformed"
        await self.application.process_update(update)
        failure = self._failures.pop(update_id, None)
        if failure is None:
            return "done"
        await self._failed(update, failure)
        return "failed"

    def _deed(self, deed: Deed) -> Callback:
        async def callback(update: Update, _context: Context) -> None:
            await self._take(update, deed)

        return callback

    async def _take(self, update: Update, deed: Deed) -> None:
        deed = self.haste.guard(update, deed)
        try:
            toast = await self.desk.do(
                lambda work: self._toast(work, update, turn.take(work, self.texts, update, deed))
            )
        except Refused as refused:
            no = refused
            self._refused.add(update.update_id)
            self.metrics.refused(type(no).__name__)
            toast = await self.desk.do(
                lambda work: self._toast(work, update, turn.refuse(work, self.texts, update, no))
            )
        if update.callback_query is not None:
            await self._answer_tap(update.callback_query, toast)

    async def _answer_tap(self, query: CallbackQuery, toast: str | None) -> None:
        """Best effort, after the commit: it may be lost, and is then."""
        try:
            await self.bot.answer_callback_query(query.id, text=toast)
        except TelegramError as error:
            log.info("tap.unanswered", error=plain(error.message))

    def _toast(self, work: Work, update: Update, say: Say | None) -> str | None:
        """The words that answer a tap, in the person's language; None where nothing answers or nothing is said."""
        if say is None or update.callback_query is None:
            return None
        known = work.people.find(update.callback_query.from_user.id)
        language = known.language if known else self.texts.languages[0]
        return self.texts.plain(say, Reader(language, work.market, work.now))[:200]

    async def _listen(self, update: Update, _context: Context) -> None:
        try:
            await self._take(update, hearing.listen)
        except hearing.AskFirst as first:
            found = await self._ask(first.wanted)
            await self._take(update, partial(hearing.listen, found=found))

    async def _ask(self, wanted: hearing.Wanted) -> hearing.Found:
        try:
            async with asyncio.timeout(ASK_S):
                if wanted.pin is not None:
                    place = await self.places.describe(*wanted.pin, wanted.language)
                    places = [place] if place is not None else []
                else:
                    places = await self.places.find(wanted.text or "", wanted.near, wanted.language)
        except (PlacesUnavailable, TimeoutError) as error:
            log.warning("places.unavailable", error=type(error).__name__)
            return hearing.Found(wanted, (), down=True)
        known = [FoundPlace(place.label, (place.lat, place.lon), place.area) for place in places]
        return hearing.Found(wanted, known, down=False)

    def _in_group(self, this: Turn) -> None:
        command = (this.message.text or "").split("@", 1)
        if len(command) == 2 and command[1].split()[0].lower() != self.bot.username.lower():
            return  # another bot's command
        hearing.in_group(this, self.bot.username)

    async def _ignore(self, update: Update, _context: Context) -> None:
        await self.desk.do(lambda work: work.inbox.mark(update.update_id))

    async def _note_failure(self, update: object, context: Context) -> None:
        if isinstance(update, Update) and context.error is not None:
            self._failures[update.update_id] = context.error

    async def _failed(self, update: Update, error: Exception) -> None:
        """Infrastructure: again, as often as it takes. Anything else: three tries, then failed, with an apology."""
        update_id = update.update_id
        if isinstance(error, OperationalError | InterfaceError) or (
            isinstance(error, DBAPIError) and error.connection_invalidated
        ):
            log.warning("turn.waits", update=update_id, error=type(error).__name__)
            await self._settle(lambda work: work.inbox.put_off(update_id, 1.0, type(error).__name__, count=False))
            return
        if isinstance(error, Raced):  # a sweep, or another worker, was there first: look again
            await self._settle(lambda work: work.inbox.put_off(update_id, 0.1, "raced", count=True))
            return
        log.error("turn.failed", update=update_id, exc_info=error)
        words = f"{type(error).__name__} in update {update_id}"
        await self._settle(lambda work: _try_again(work, update, words))

    async def _settle(self, piece: Callable[[Work], object]) -> None:
        try:
            await self.desk.do(piece)
        except DBAPIError:  # the database is away: the update stays as it is and is claimed again
            log.warning("turn.unsettled")
            await asyncio.sleep(1.0)


class _ReplyToUs(filters.MessageFilter):
    """A message in a group that answers one of ours."""

    def __init__(self, ears: Ears) -> None:
        super().__init__()
        self._ears = ears

    def filter(self, message: Any) -> bool:
        answered = message.reply_to_message
        return bool(answered and answered.from_user and answered.from_user.id == self._ears.bot.id)


def _membership(this: Turn) -> None:
    """Somebody blocked us, or let us in again."""
    change = this.update.my_chat_member
    if change is None or change.chat.type != Chat.PRIVATE:
        return
    if change.new_chat_member.status == ChatMember.BANNED:
        reach.lost(this.work, this.person.id)
    else:
        reach.found(this.work, this.person.id)


def _try_again(work: Work, update: Update, error: str) -> None:
    stored = work.inbox.get(update.update_id)
    if stored.attempts + 1 < TRIES:
        work.inbox.put_off(update.update_id, BACK_OFF[stored.attempts], error, count=True)
        return
    user = update.effective_user
    chat = update.effective_chat
    private = user is not None and chat is not None and chat.type == Chat.PRIVATE
    _fail(work, update.update_id, user.id if user is not None and private else None, error)


def _fail(work: Work, update_id: int, person_id: int | None, error: str) -> None:
    work.inbox.mark(update_id, "failed", error)
    if person_id is not None and work.people.find(person_id) is not None:
        notices.say(work, person_id, Say("apology"), urgency=notices.NOW_PLEASE)
    notices.raise_case(work, "update", update_id, error[:200])
