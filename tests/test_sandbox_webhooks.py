"""The webhook's postman, over a real port: who answers, who refuses, who is not there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.sandbox import posting
from bot.sandbox.server import create_app, serve
from bot.sandbox.telegram import Telegram
from bot.sandbox.webhooks import SECRET
from tests.hands import until
from tests.telegram_facts.facts import inline


class Hook:
    """A bot that listens: it keeps what it got, and answers what it was told to."""

    def __init__(self) -> None:
        self.got: list[tuple[str | None, dict[str, Any]]] = []
        self.answers: list[web.Response] = []
        self.hold: asyncio.Event | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Take an update."""
        update = await request.json()
        if self.hold is not None and "message" in update:
            await self.hold.wait()
        self.got.append((request.headers.get(SECRET), update))
        return self.answers.pop(0) if self.answers else web.Response()


@asynccontextmanager
async def hooked(hook: Hook) -> AsyncIterator[tuple[Telegram, str]]:
    """A served sandbox, and the URL of the bot."""
    telegram = Telegram(clock=lambda: datetime.now(UTC), pacing=False)
    app = web.Application()
    app.router.add_post("/hook", hook.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server = await serve(create_app(telegram), port=0)
    try:
        yield telegram, f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    finally:
        await server.stop()
        await runner.cleanup()


def info(telegram: Telegram) -> dict[str, Any]:
    """What getWebhookInfo says."""
    found: dict[str, Any] = telegram.call(telegram.token, "getWebhookInfo", {})
    return found


async def test_updates_are_posted_and_answers_are_calls() -> None:
    """Each update comes once with the secret; JSON, a form and multipart in an answer are calls of the Bot API."""
    hook = Hook()
    async with hooked(hook) as (telegram, url):
        anna = telegram.person("Anna")
        said = {"method": "sendMessage", "chat_id": str(anna.id)}
        parts = aiohttp.MultipartWriter("form-data")
        for name, value in {**said, "text": "by parts"}.items():
            parts.append(value).set_content_disposition("form-data", name=name)
        form = aiohttp.FormData({**said, "text": "by form"})()
        hook.answers = [
            web.json_response({**said, "text": "by json"}),
            web.Response(body=form, content_type="application/x-www-form-urlencoded"),
            web.Response(body=parts, headers=parts.headers),
            web.Response(text="ok"),
        ]
        telegram.call(telegram.token, "setWebhook", {"url": url, "secret_token": "s-3"})
        anna.start()
        for text in ("two", "three", "four"):
            anna.says(text)
        await until(lambda: len(hook.got) == 4 and info(telegram)["pending_update_count"] == 0)
        assert [(secret, update["message"]["text"]) for secret, update in hook.got] == [
            ("s-3", "/start"),
            ("s-3", "two"),
            ("s-3", "three"),
            ("s-3", "four"),
        ]
        assert [m["text"] for m in anna.messages if m["from"]["is_bot"]] == ["by json", "by form", "by parts"]
        assert telegram.problems == []


async def test_a_refused_update_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a 500 the same update comes again, and getWebhookInfo tells of it; nobody there is told too."""
    monkeypatch.setattr(posting, "LOOK", 0.02)
    hook = Hook()
    hook.answers = [web.Response(status=500), web.Response(status=302, headers={"Location": "/else"})]
    async with hooked(hook) as (telegram, url):
        telegram.call(telegram.token, "setWebhook", {"url": url})
        telegram.person("Anna").start()
        await until(lambda: len(hook.got) == 2)
        assert hook.got[0] == hook.got[1]
        await until(lambda: info(telegram)["last_error_message"] == "Wrong response from the webhook: 302 Found")
        telegram.call(telegram.token, "setWebhook", {"url": "http://127.0.0.1:9/hook"})
        await until(lambda: info(telegram).get("last_error_message") == "Connection refused")
        assert info(telegram)["pending_update_count"] == 1


async def test_a_slow_message_holds_up_no_tap() -> None:
    """Taps come beside messages, for they are another queue; a server that stops lets go of what is under way."""
    hook = Hook()
    hook.hold = asyncio.Event()
    async with hooked(hook) as (telegram, url):
        anna = telegram.person("Anna")
        anna.start()
        telegram.call(telegram.token, "sendMessage", {"chat_id": anna.id, "text": "x", "reply_markup": inline("Go")})
        telegram.call(telegram.token, "setWebhook", {"url": url})
        anna.says("two")
        anna.taps("Go")
        await until(lambda: len(hook.got) == 1)
        assert hook.got[0][1]["callback_query"]["data"] == "Go"
        assert info(telegram)["pending_update_count"] == 2
