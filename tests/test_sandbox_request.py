"""The in-process shell: python-telegram-bot speaks with the sandbox as with Telegram."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, RetryAfter
from telegram.ext import Application, ApplicationBuilder, CallbackQueryHandler, CommandHandler, ContextTypes

from bot.sandbox.errors import ApiError
from bot.sandbox.pictures import make_png
from bot.sandbox.request import SandboxRequest
from bot.sandbox.telegram import Telegram


def now() -> datetime:
    """Give the real time: these tests wait a little."""
    return datetime.now(UTC)


def make_bot(telegram: Telegram, token: str | None = None) -> Bot:
    """Build a bot of python-telegram-bot whose network is the sandbox."""
    request = SandboxRequest(telegram)
    return Bot(token or telegram.token, request=request, get_updates_request=request)


async def test_a_conversation() -> None:
    """A handler's answer is what the person reads; a tap's answer is a toast, the edit replaces the text."""
    telegram = Telegram(clock=now)
    builder: ApplicationBuilder = Application.builder()  # type: ignore[type-arg]
    request = SandboxRequest(telegram)
    app = builder.token(telegram.token).updater(None).request(request).get_updates_request(request).build()

    async def start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message
        keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("I have a shop", callback_data="shop")]])
        await update.message.reply_html("Who are <b>you</b>?", reply_markup=keyboard)

    async def tapped(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.callback_query
        await update.callback_query.answer("Fine")
        await update.callback_query.edit_message_text("You have a shop.")

    app.add_handler(CommandHandler("start", start))
    app.add_handler(CallbackQueryHandler(tapped))
    anna = telegram.person("Anna")
    async with app:
        anna.start()
        for update in await app.bot.get_updates(timeout=0):
            await app.process_update(update)
        assert anna.reads() == "me> /start\nbot> Who are you? [I have a shop]"
        tap = anna.taps("shop")
        for update in await app.bot.get_updates(offset=-1, timeout=0):
            await app.process_update(update)
    assert (tap.toast, anna.toasts) == ("Fine", ["Fine"])
    assert anna.reads() == "me> /start\nbot> You have a shop."
    assert anna.sounds == [(2, True)]
    assert (telegram.problems, telegram.wasted) == ([], [])


async def test_errors_are_the_library_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each refusal becomes the exception that python-telegram-bot raises for Telegram's own."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # without it a RetryAfter warns that its type will change
    telegram = Telegram(clock=now)
    anna = telegram.person("Anna")
    async with make_bot(telegram) as bot:
        with pytest.raises(BadRequest, match="Chat not found"):
            await bot.send_message(anna.id, "hi")
        anna.start()
        for number in range(5):
            await bot.send_message(anna.id, str(number))
        with pytest.raises(RetryAfter) as refused:
            await bot.send_message(anna.id, "too fast")
        assert refused.value.retry_after == timedelta(seconds=1)
        anna.blocks()
        with pytest.raises(Forbidden, match="blocked by the user"):
            await bot.send_message(anna.id, "hi")
    with pytest.raises(InvalidToken):
        await make_bot(telegram, "123:wrong").get_me()


async def test_files_go_both_ways() -> None:
    """What the bot uploads it can download again, byte by byte, and so it can a person's photo."""
    telegram = Telegram(clock=now)
    anna = telegram.person("Anna")
    anna.start()
    picture = make_png(3)
    async with make_bot(telegram) as bot:
        sent = await bot.send_photo(anna.id, picture, caption="a parcel")
        file = await bot.get_file(sent.photo[-1])
        assert bytes(await file.download_as_bytearray()) == picture
        await bot.send_document(anna.id, b"a,b", filename="list.csv")
        assert anna.messages[-1]["document"]["file_name"] == "list.csv"
        anna.photo(data=make_png(4))
        theirs = await bot.get_file(anna.messages[-1]["photo"][-1]["file_id"])
        assert bytes(await theirs.download_as_bytearray()) == make_png(4)


async def test_a_long_poll_ends_at_once_when_something_comes() -> None:
    """A poll that waits is woken by the update, long before its time is over."""
    telegram = Telegram(clock=now)
    anna = telegram.person("Anna")
    async with make_bot(telegram) as bot:
        poll = asyncio.create_task(bot.get_updates(timeout=30))
        await asyncio.sleep(0.02)
        assert not poll.done()
        await asyncio.to_thread(anna.start)
        async with asyncio.timeout(2):
            updates = await poll
    assert [update.message.text for update in updates if update.message] == ["/start"]


async def test_two_pollers() -> None:
    """The poll that waits is ended by a second one with Conflict; the second one gets the updates."""
    telegram = Telegram(clock=now)
    anna = telegram.person("Anna")
    async with make_bot(telegram) as bot:
        first = asyncio.create_task(bot.get_updates(timeout=30))
        await asyncio.sleep(0.02)
        second = asyncio.create_task(bot.get_updates(timeout=30))
        with pytest.raises(Conflict, match="only one bot instance"):
            await first
        anna.start()
        assert len(await second) == 1
    assert telegram.world.listeners == []


async def test_faults_can_be_ordered() -> None:
    """A hook before each call may refuse it: so tests make Telegram fail."""
    telegram = Telegram(clock=now)

    def down(method: str, params: object) -> None:
        if method == "sendMessage":
            raise ApiError(403, "Forbidden: out of order")

    anna = telegram.person("Anna")
    anna.start()
    telegram.before.append(down)
    async with make_bot(telegram) as bot:
        with pytest.raises(Forbidden, match="out of order"):
            await bot.send_message(anna.id, "hi")
    assert telegram.calls[-1].error == "403 Forbidden: out of order"
    assert telegram.problems == []
