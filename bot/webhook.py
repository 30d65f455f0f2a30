"""The webhook: tells Telegram where to post, stores what is posted before saying so, and watches that it arrives."""

import asyncio
import json
import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from telegram import Bot, WebhookInfo
from telegram.error import InvalidToken, RetryAfter, TelegramError

from bot.dispatch import away
from bot.metrics import Metrics
from bot.receiver import KINDS, LAST_MODE, WEBHOOK, AnotherPoller, Receiver
from storage.database import Work

log = structlog.get_logger()

PATH = "/telegram"
SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
MOST_BYTES = 1 << 20
"""An update is some kilobytes; what is larger is none."""
CONNECTIONS = 40
"""So many posts at once: as many as share a commit, and some."""
LOOK_S = 15.0
"""So often we ask whether Telegram can post; it must be well below the gap after which we were away."""
LATELY = timedelta(seconds=150)
"""Telegram lets up to two minutes pass between two tries of one update: an error of that age is still the present."""


class NoUpdate(Exception):
    """What was posted is no update; `status` is the answer."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Webhook:
    """Where Telegram posts updates to; `url` is the public address."""

    def __init__(self, url: str, secret: str, bot: Bot, receiver: Receiver, metrics: Metrics) -> None:
        self.url, self.bot, self.receiver, self.metrics = url + PATH, bot, receiver, metrics
        self._secret = secret
        # a proxy may pass the path as it came, or without its beginning
        paths = dict.fromkeys((PATH, urlsplit(self.url).path))
        self.routes: list[BaseRoute] = [Route(path, self.take, methods=["POST"]) for path in paths]

    async def begin(self) -> None:
        """Let Telegram post here, what is pending first; raises TelegramError."""
        await self.receiver.desk.do(_note_mode)
        await self.bot.set_webhook(
            self.url,
            secret_token=self._secret,
            allowed_updates=list(KINDS),
            max_connections=CONNECTIONS,
            drop_pending_updates=False,
        )

    async def take(self, request: Request) -> Response:
        """Answer a post: 200 when the update is stored, 4xx where it is none, 503 where it cannot be stored now."""
        status = await self._take(request)
        self.metrics.posted(status)
        return Response(status_code=status)

    async def _take(self, request: Request) -> int:
        given = request.headers.get(SECRET, "")
        if not secrets.compare_digest(given.encode(), self._secret.encode()):
            return 403
        try:
            update = await _read(request)
        except NoUpdate as none:
            return none.status
        try:
            await self._store(update)
        except Exception as error:  # not stored: Telegram keeps it, and posts it again
            log.warning("webhook.not_stored", update=update["update_id"], error=type(error).__name__)
            return 503
        return 200

    async def _store(self, update: dict[str, Any]) -> None:
        try:
            await self.receiver.take([update])
        except IntegrityError:  # posted twice at once, and another worker was quicker: now it is known
            await self.receiver.take([update])

    async def watch(self, stop: asyncio.Event) -> None:
        """Until told to stop, see that Telegram can post to us; raises AnotherPoller or InvalidToken."""
        while not stop.is_set():
            wait = LOOK_S
            try:
                await self.look()
            except InvalidToken:
                raise
            except RetryAfter as error:
                again = error.retry_after
                wait = float(again) if isinstance(again, int) else again.total_seconds()
            except (TelegramError, DBAPIError) as error:
                log.warning("webhook.unknown", error=type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await stop.wait()

    async def look(self) -> None:
        """Ask Telegram how the posting goes: if it goes, that nothing comes means that nobody said anything."""
        info = await self.bot.get_webhook_info()
        if info.url != self.url:
            raise AnotherPoller(
                "the webhook was taken away: another process polls with this BOT_TOKEN, or has set another; "
                "stop it first"
            )
        if cannot_post(info, self.receiver.clock()):
            log.warning("webhook.fails", pending=info.pending_update_count, error=info.last_error_message)
        else:
            await self.receiver.desk.do(away.heard)


def cannot_post(info: WebhookInfo, now: datetime) -> bool:
    """Whether something waits at Telegram that it has lately failed to post."""
    failed_at = info.last_error_date
    return bool(info.pending_update_count) and failed_at is not None and now - failed_at < LATELY


def _note_mode(work: Work) -> None:
    work.memory.note(LAST_MODE, WEBHOOK)


async def _read(request: Request) -> dict[str, Any]:
    """The update in a post; raises NoUpdate."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                raise NoUpdate(413)
        update = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError, ClientDisconnect):
        raise NoUpdate(400) from None
    number = update.get("update_id") if isinstance(update, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**63:
        raise NoUpdate(400)  # nothing to store it by
    return update  # type: ignore[no-any-return]


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")
