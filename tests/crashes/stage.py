"""The stage of a crash run: a Telegram on HTTP that knows which life of the bot said what, and the lives themselves."""

import asyncio
import os
import re
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from bot.sandbox.content import Uploads
from bot.sandbox.server import Serving, create_app, serve
from bot.sandbox.telegram import Call, Telegram
from tests.crashes.clock import SharedClock
from tests.hands import Process

ROOT = Path(__file__).parents[2]
TOKEN = "4242424242:SANDBOX"
POSTS = ("sendMessage", "sendPhoto")
"""What a letter ends with when it puts something into a chat (a map before it belongs to it)."""
READY = "start.ready"
PATIENCE_S = 60.0

LIFE: ContextVar[int] = ContextVar("LIFE", default=0)
"""Which life of the bot makes the call that is carried out just now."""


@dataclass(frozen=True)
class Said:
    """Something that was put into a chat or changed there: by which life of the bot, and what came of it."""

    life: int
    method: str
    chat_id: int
    message_id: int
    text: str
    loud: bool


def as_said(life: int, method: str, params: Mapping[str, Any], result: Any) -> Said | None:
    """What a call of the bot put into a chat, None where it put nothing there."""
    if not isinstance(result, dict) or "message_id" not in result:
        return None
    words = result.get("text") or result.get("caption") or ""
    quiet = str(params.get("disable_notification", "")).lower() == "true"
    return Said(life, method, int(result["chat"]["id"]), int(result["message_id"]), str(words), not quiet)


def said_in(calls: list[Call]) -> list[Said]:
    """What these calls put into chats."""
    found = [as_said(0, call.method, call.params, call.result) for call in calls]
    return [said for said in found if said is not None]


class Watched(Telegram):
    """A Telegram that notes who said what; `trap` is told of each call between the deed and the answer."""

    def __init__(self, clock: SharedClock) -> None:
        super().__init__(clock=clock, token=TOKEN, pacing=False)
        self.said: list[Said] = []
        self.trap: Callable[[int, str, Any], None] | None = None

    def call(self, token: str, method: str, params: Mapping[str, Any], files: Uploads | None = None) -> Any:
        """Carry it out and note it."""
        result = super().call(token, method, params, files)
        said = as_said(LIFE.get(), method, params, result)
        if said is not None:
            self.said.append(said)
        if self.trap is not None:
            self.trap(LIFE.get(), method, result)
        return result


class Lives:
    """Reads from the address which life of the bot calls: each is given an address of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        found = re.fullmatch(r"/life(\d+)(/.*)", scope["path"]) if scope["type"] == "http" else None
        if found is not None:
            LIFE.set(int(found[1]))
            scope = {**scope, "path": found[2], "raw_path": found[2].encode()}
        await self.app(scope, receive, send)


class Bot(Process):
    """`doorstep run` on the town's clock."""

    module = "tests.crashes.bot"


@dataclass
class Life:
    """One life of the bot, from its start to its end."""

    number: int
    process: Bot
    began: float
    ready_s: float | None = None
    killed: bool = False
    plan: str = ""

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self.process.child is not None
        return self.process.child.pid

    def kill(self) -> None:
        """Kill it with -9, at once."""
        if self.process.ended():
            return
        with suppress(ProcessLookupError):  # it has just come to its end, by a trap or by itself
            os.kill(self.pid, 9)
            self.killed = True


@dataclass
class Stage:
    """A Telegram on a port, and the bot's lives."""

    folder: Path
    telegram: Watched
    settings: dict[str, str]
    lives: list[Life] = field(default_factory=list)
    serving: Serving | None = None
    port: int = 0

    async def open(self) -> None:
        """Let Telegram be reached."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        app = create_app(self.telegram)
        app.add_middleware(Lives)
        self.serving = await serve(app, port=self.port)

    async def begin_life(self) -> Life:
        """Start a process of the bot."""
        number = len(self.lives) + 1
        settings = {**self.settings, "BOT_API_URL": f"http://127.0.0.1:{self.port}/life{number}"}
        process = Bot(self.folder, "run", **settings)
        began = monotonic()
        await process.start()
        life = Life(number, process, began)
        self.lives.append(life)
        return life

    async def until_ready(self, life: Life) -> bool:
        """Wait until it polls (or works beside one that does); False where it came to its end first."""
        while READY not in life.process.says():
            if life.process.ended():
                return False
            if monotonic() - life.began > PATIENCE_S:
                raise TimeoutError(f"the bot does not begin:\n{life.process.says()[-3000:]}")
            await asyncio.sleep(0.02)
        life.ready_s = life.ready_s or monotonic() - life.began
        return True

    async def close(self) -> None:
        """End everything."""
        for life in self.lives:
            await life.process.kill()
        if self.serving is not None:
            await self.serving.stop()
