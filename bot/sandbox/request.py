"""The in-process shell: python-telegram-bot's network seam, answered by the sandbox without a network."""

import asyncio
import json
from time import monotonic
from typing import Any
from urllib.parse import unquote

from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.sandbox.content import Upload
from bot.sandbox.errors import ApiError, refusal
from bot.sandbox.polling import call
from bot.sandbox.telegram import Telegram


class SandboxRequest(BaseRequest):
    """Give it to `Application.builder().request(...)` and `.get_updates_request(...)`; any base URL will do."""

    def __init__(self, telegram: Telegram) -> None:
        self._telegram = telegram

    @property
    def read_timeout(self) -> float | None:
        """Give python-telegram-bot's default; nothing here reads from a wire."""
        return 5.0

    async def initialize(self) -> None:
        """Open nothing."""

    async def shutdown(self) -> None:
        """Close nothing."""

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = None,
        write_timeout: Any = None,
        connect_timeout: Any = None,
        pool_timeout: Any = None,
    ) -> tuple[int, bytes]:
        """Answer (HTTP status, body) as Telegram would; time-outs mean nothing here."""
        # A network always lets others run in between; without this, code that relies on it would never be caught.
        await asyncio.sleep(0)
        _, _, rest = url.partition("/file/bot")
        if rest:
            return self._download(*rest.split("/", 1))
        token, _, name = url.partition("/bot")[2].rpartition("/")
        params: dict[str, Any] = dict(request_data.json_parameters) if request_data else {}
        try:
            result = await call(self._telegram, token, name, params, _uploads(request_data))
        except ApiError as error:
            return error.code, refusal(error)
        if self._telegram.faults.loses(name, params, monotonic()):
            raise TimedOut  # it was done, and the bot waits for the answer in vain
        if self._telegram.faults.breaks(name, params, monotonic()):
            raise NetworkError("Connection reset by peer")
        return 200, json.dumps({"ok": True, "result": result}).encode()

    def _download(self, token: str, path: str) -> tuple[int, bytes]:
        known = unquote(token) == self._telegram.token
        file = self._telegram.world.file_by_path(unquote(path)) if known else None
        if file is None:
            return 404, refusal(ApiError(404, "Not Found"))
        return 200, file.data


def _uploads(request_data: RequestData | None) -> dict[str, Upload]:
    if request_data is None or not request_data.contains_files:
        return {}
    parts = request_data.multipart_data or {}
    return {name: (part[0], part[1] if isinstance(part[1], bytes) else part[1].read()) for name, part in parts.items()}
