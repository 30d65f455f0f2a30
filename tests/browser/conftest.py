"""A town for the browser: the sandbox's server in a thread, a scripted bot that polls it over HTTP, and a Chromium."""

import asyncio
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from starlette.applications import Starlette

from bot.sandbox.server import create_app, serve
from bot.sandbox.telegram import Telegram
from tests.browser.playground import ScriptedPlayground

ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NO_CHROMIUM = (
    "The page is tested in a real browser and there is no Chromium here. "
    "Install it with `apt-get update && apt-get install -y chromium`, or name one in the variable CHROMIUM."
)
PLACES = [
    {"name": "Fashion Show", "address": "3200 Las Vegas Blvd S", "lat": 36.1276, "lon": -115.1716, "kind": "mall"},
    {"name": "The Venetian", "address": "3355 Las Vegas Blvd S", "lat": 36.1212, "lon": -115.1697, "kind": "place"},
    {"name": "Bellagio", "address": "3600 Las Vegas Blvd S", "lat": 36.1126, "lon": -115.1767, "kind": "place"},
    {"name": "The STRAT", "address": "2000 Las Vegas Blvd S", "lat": 36.1475, "lon": -115.1566, "kind": "place"},
    {"name": "Mandalay Bay", "address": "3950 Las Vegas Blvd S", "lat": 36.0921, "lon": -115.1744, "kind": "place"},
]
CAST = {101: ("Olga", "operator"), 102: ("Mia", "merchant"), 103: ("Dana", "driver"), 104: ("Carl", "customer")}
PAGE_TIMEOUT_MS = 8_000


class ScriptedBot(threading.Thread):
    """A bot that knows a handful of answers, enough to show everything that the page can draw."""

    def __init__(self, port: int, token: str) -> None:
        super().__init__(daemon=True)
        self._port = port
        self._token = token
        self._stopped = threading.Event()
        self.heard: list[dict[str, Any]] = []

    def call(self, method: str, **params: Any) -> Any:
        """Call the Bot API; raises AssertionError with Telegram's words when it is refused."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            body = json.dumps(params)
            connection.request("POST", f"/bot{self._token}/{method}", body, {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        assert answer["ok"], f"{method}: {answer}"
        return answer["result"]

    def run(self) -> None:
        """Poll until stopped; then the server may be gone in the middle of an answer."""
        try:
            self._poll()
        except (OSError, HTTPException):
            if not self._stopped.is_set():
                raise

    def _poll(self) -> None:
        offset = 0
        while not self._stopped.is_set():
            for update in self.call("getUpdates", offset=offset, timeout=1):
                offset = update["update_id"] + 1
                self.heard.append(update)
                if "callback_query" in update:
                    self._tapped(update["callback_query"])
                elif "message" in update:
                    self._told(update["message"])

    def stop(self) -> None:
        """Stop after the poll in hand."""
        self._stopped.set()

    def _told(self, message: dict[str, Any]) -> None:
        chat = message["chat"]["id"]
        text = message.get("text", "")
        if text.startswith("/start "):
            self.call("sendMessage", chat_id=chat, text=f"You followed {text.split()[1]}.")
        elif text == "/start":
            share = {"text": "Send my number", "request_contact": True}
            markup = {"keyboard": [[share], [{"text": "Later"}]], "resize_keyboard": True}
            self.call("sendMessage", chat_id=chat, text="Welcome! How do we reach you?", reply_markup=markup)
        elif text == "/deliver":
            self._show_card(chat)
        elif "contact" in message:
            gone = {"remove_keyboard": True}
            self.call("sendMessage", chat_id=chat, text="Thank you.", reply_markup=gone, disable_notification=True)
        elif "location" in message and "live_period" not in message["location"]:
            point = message["location"]
            place = {"latitude": point["latitude"], "longitude": point["longitude"]}
            self.call("sendVenue", chat_id=chat, title="Is this right?", address="3355 Las Vegas Blvd S", **place)
        elif "photo" in message:
            photo = message["photo"][-1]["file_id"]
            self.call("sendPhoto", chat_id=chat, photo=photo, caption="<b>Proof</b>", parse_mode="HTML")
        elif text:
            self.call("sendMessage", chat_id=chat, text=f"You said {text}")

    def _show_card(self, chat: int) -> None:
        link = "https://t.me/doorstep_sandbox_bot?start=c_abc123"
        share = f"https://t.me/share/url?url={quote(link, safe='')}"
        accept = {"text": "Accept", "callback_data": "accept", "style": "success"}
        cancel = {"text": "Cancel", "callback_data": "cancel", "style": "danger"}
        keyboard = [
            [accept, {"text": "Decline", "callback_data": "decline"}],
            [{"text": "Share", "url": share}, {"text": "Copy link", "copy_text": {"text": link}}],
            [cancel],
        ]
        text = "📦 <b>Delivery K7Q2M</b>\nto <i>The Venetian &amp; Palazzo</i>"
        markup = {"inline_keyboard": keyboard}
        self.call("sendMessage", chat_id=chat, text=text, parse_mode="HTML", reply_markup=markup)

    def _tapped(self, tap: dict[str, Any]) -> None:
        if tap["data"] == "cancel":
            words = "It costs $4.20 to cancel now."
            self.call("answerCallbackQuery", callback_query_id=tap["id"], text=words, show_alert=True)
            return
        self.call("answerCallbackQuery", callback_query_id=tap["id"], text=f"You chose {tap['data']}.")
        card = {"chat_id": tap["message"]["chat"]["id"], "message_id": tap["message"]["message_id"]}
        self.call("editMessageText", **card, text="K7Q2M is yours.")


@dataclass
class Town:
    """What a test holds: the core to look into, the bot, and where the page is."""

    telegram: Telegram
    bot: ScriptedBot
    playground: ScriptedPlayground
    url: str
    errors: list[str] = field(default_factory=list)


class Server(threading.Thread):
    """The sandbox's server on a thread and loop of its own."""

    def __init__(self, app: Starlette) -> None:
        super().__init__(daemon=True)
        self._app = app
        self._listens = threading.Event()
        self._over = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.port = 0

    def run(self) -> None:
        """Serve until stopped."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        serving = await serve(self._app, port=0)
        self.port = serving.port
        self._listens.set()
        await self._over.wait()
        await serving.stop()

    def wait(self) -> None:
        """Come back when it listens."""
        assert self._listens.wait(timeout=10), "the sandbox's server did not start"

    def stop(self) -> None:
        """Take it down."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._over.set)
        self.join(timeout=10)


@pytest.fixture
def alone() -> bool:
    """Whether the sandbox has no playground around it, as another bot's has none."""
    return False


@pytest.fixture
def town(alone: bool) -> Iterator[Town]:
    """Serve a town with four people and a scripted bot, and take it down again."""
    telegram = Telegram(clock=lambda: datetime.now(UTC), pacing=False)
    for number, (name, _) in CAST.items():
        telegram.person(name, id=number)
    playground = ScriptedPlayground()
    roles = {number: role for number, (_, role) in CAST.items()}
    app = create_app(
        telegram, places=PLACES, roles=roles, title="Doorstep sandbox", more=[] if alone else playground.routes()
    )
    server = Server(app)
    server.start()
    server.wait()
    bot = ScriptedBot(server.port, telegram.token)
    bot.call("setMyCommands", commands=[{"command": "deliver", "description": "Book a delivery"}])
    bot.start()
    town = Town(telegram, bot, playground, f"http://127.0.0.1:{server.port}/")
    yield town
    bot.stop()
    server.stop()  # ends the poll in hand too
    bot.join(timeout=10)
    assert not town.errors, f"the page complained: {town.errors}"
    assert not telegram.problems


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start the machine's Chromium once for all tests; fails, with the way to get one, where there is none."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    if not os.path.exists(path):
        pytest.fail(NO_CHROMIUM)
    expect.set_options(timeout=PAGE_TIMEOUT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, town: Town) -> Iterator[Callable[[int, int], Page]]:
    """Give a function that opens the town's page in a window of (width, height); what the console says is kept."""
    context = chromium.new_context(locale="en-US", timezone_id="America/Los_Angeles", reduced_motion="reduce")
    context.set_default_timeout(PAGE_TIMEOUT_MS)

    def complain(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            town.errors.append(message.text)

    def open_window(width: int, height: int) -> Page:
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.on("console", complain)
        page.on("pageerror", lambda error: town.errors.append(str(error)))
        page.goto(town.url)
        page.locator(".phone").first.wait_for()
        return page

    yield open_window
    context.close()
