"""The voice: what each kind of letter asks of the Bot API."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import segno
import structlog
from telegram import Bot, BotCommand, BotCommandScopeChat, InputFile, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.letters import Letter
from bot.logs import plain
from bot.pace import Pace

log = structlog.get_logger()

SILENT = ("nothing", "unreachable", "broken", "commands")
"""Kinds of letter that put nothing into the chat, and need no pace."""


class Deposed(Exception):
    """Another process has this token's mouth now."""


async def always() -> bool:
    """Nobody else speaks for this token."""
    return True


class Voice:
    """Says letters with a bot; raises TelegramError where Telegram refuses, and Deposed where it is not ours to speak.

    `may_speak` is asked before each message, after its wait.
    """

    def __init__(self, bot: Bot, pace: Pace | None) -> None:
        self.bot, self.pace = bot, pace
        self.may_speak: Callable[[], Awaitable[bool]] = always
        self._mapped: set[int] = set()
        """Rows whose map was sent and whose words were not yet: the map is not sent again."""

    async def speak(self, letter: Letter) -> tuple[int | None, int]:
        """Send it; returns the new message's id, if there is one, and how many messages came into the chat."""
        if letter.kind in SILENT:
            return await self._say(letter)
        async with self._paced(letter.chat_id):
            return await self._say(letter)

    async def _say(self, letter: Letter) -> tuple[int | None, int]:
        if not await self.may_speak():
            raise Deposed
        match letter.kind:
            case "edit":
                return await self._edit(letter)
            case "post":
                return await self._post(letter)
            case "photo" | "qr":
                return await self._photo(letter), 1
            case "commands":
                made = [BotCommand(name, words) for name, words in letter.commands]
                await self.bot.set_my_commands(made, scope=BotCommandScopeChat(letter.chat_id))
            case "close" | "delete":
                await self._tidy(letter)
        return None, 0

    @asynccontextmanager
    async def _paced(self, chat_id: int) -> AsyncIterator[None]:
        """Wait until one message may go to this chat; Telegram counts it somewhen before the end of this."""
        if self.pace is None:
            yield
            return
        if wait := self.pace.wait(chat_id):
            await asyncio.sleep(wait)
        self.pace.leaves()
        try:
            yield
        finally:
            self.pace.lands(chat_id)

    async def _post(self, letter: Letter) -> tuple[int, int]:
        if letter.map is None or letter.ids[0] in self._mapped:
            return await self._text(letter), 1
        (lat, lon), title, address = letter.map
        venue = {"latitude": lat, "longitude": lon, "title": title, "address": address or title}
        await self.bot.send_venue(letter.chat_id, disable_notification=True, **venue)  # type: ignore[arg-type]
        self._mapped.add(letter.ids[0])
        async with self._paced(letter.chat_id):
            return await self._text(letter), 2

    async def _text(self, letter: Letter) -> int:
        sent = await self.bot.send_message(
            letter.chat_id,
            letter.text,
            parse_mode=ParseMode.HTML,
            reply_markup=letter.markup,
            disable_notification=not letter.loud,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
            protect_content=letter.secret or None,
        )
        self._mapped.discard(letter.ids[0])
        return sent.message_id

    async def _edit(self, letter: Letter) -> tuple[int | None, int]:
        assert letter.old is not None
        if letter.media == "keyboard" or letter.old.media == "keyboard":
            return None, 0  # a message with a reply keyboard cannot take another; it says what it said
        try:
            await self.bot.edit_message_text(
                letter.text,
                letter.chat_id,
                letter.old.message_id,
                parse_mode=ParseMode.HTML,
                reply_markup=letter.markup,  # type: ignore[arg-type]
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        except BadRequest as error:
            if "not modified" in error.message:
                return None, 0
            if "not found" in error.message or "can't be edited" in error.message:
                return await self._post(letter)
            raise
        return None, 0

    async def _photo(self, letter: Letter) -> int:
        photo: str | InputFile = letter.photo or ""
        if letter.kind == "qr":
            photo = InputFile(await asyncio.to_thread(_picture, letter.photo or ""), filename="qr.png")
        sent = await self.bot.send_photo(
            letter.chat_id,
            photo,
            caption=letter.text,
            parse_mode=ParseMode.HTML,
            disable_notification=not letter.loud,
            protect_content=letter.secret or None,
        )
        return sent.message_id

    async def _tidy(self, letter: Letter) -> None:
        """Take the buttons off a message, leave a line of it, or take it away; one that cannot be touched stays."""
        chat_id, message_id = letter.chat_id, int(letter.subject or 0)
        try:
            if letter.kind == "delete":
                await self.bot.delete_message(chat_id, message_id)
            elif letter.text:
                await self.bot.edit_message_text(letter.text, chat_id, message_id, parse_mode=ParseMode.HTML)
            else:
                await self.bot.edit_message_reply_markup(chat_id, message_id, reply_markup=None)
        except BadRequest as error:
            log.info("relay.nothing_to_tidy", error=plain(error.message))

    def room(self, most: int) -> tuple[int, dict[int, float]]:
        """How many of so many messages may go out now, and which chats may not be spoken to for how many seconds."""
        if self.pace is None:
            return most, {}
        return min(most, self.pace.room()), self.pace.resting()

    def room_in(self) -> float:
        """The seconds until one more message may go out."""
        return self.pace.room_in() if self.pace is not None else 0.0

    async def rest(self, seconds: float) -> None:
        """Say nothing for so long."""
        await asyncio.sleep(seconds)

    def spare_in(self, chat_id: int) -> float:
        """The seconds until something that nobody waits for may go to this chat."""
        return self.pace.spare_in(chat_id) if self.pace is not None else 0.0


def _picture(url: str) -> bytes:
    """The link as a QR code, in PNG."""
    buffer = io.BytesIO()
    segno.make(url, error="m", micro=False).save(buffer, kind="png", scale=8, border=4)
    return buffer.getvalue()
