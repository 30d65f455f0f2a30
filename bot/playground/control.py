"""What the page and scripts can do besides phoning: the clock, the bot's life, what happened, what is open."""

import asyncio
import re
from collections.abc import Callable
from html import unescape
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.playground import chronicle
from bot.playground.life import Bot
from bot.playground.winding import Busy, Winder
from bot.sandbox.people_api import read_body
from bot.sandbox.telegram import Telegram
from storage.database import Database, Work

T = TypeVar("T")
AHEAD = "town_clock_ahead_s"
TAGS = re.compile(r"</?\w[^>]*>")


class Control:
    """The routes of a town that only its playground can serve; `database` is a reader's own door to the bot's."""

    def __init__(self, telegram: Telegram, winder: Winder, bot: Bot, database: Database) -> None:
        self.telegram, self.winder, self.bot, self.database = telegram, winder, bot, database
        with database.transaction() as work:
            winder.clock.wind(max(0.0, float(work.memory.recall(AHEAD) or 0)))

    def routes(self) -> list[Route]:
        """List what the server mounts."""
        return [
            Route("/api/clock", self.clock, methods=["GET"]),
            Route("/api/clock", self.wind, methods=["POST"]),
            Route("/api/bot", self.look_at_bot, methods=["GET"]),
            Route("/api/bot", self.change_bot, methods=["POST"]),
            Route("/api/timeline", self.timeline, methods=["GET"]),
            Route("/api/deliveries", self.deliveries, methods=["GET"]),
            Route("/api/outbox", self.outbox, methods=["GET"]),
        ]

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    async def read(self, query: Callable[[Work], T]) -> T:
        """Ask the bot's database, off the loop."""

        def ask() -> T:
            with self.database.transaction() as work:
                return query(work)

        return await asyncio.to_thread(ask)

    # the clock

    async def clock(self, _: Request) -> Response:
        """The time in the town, and by how much it is ahead of the real one."""
        clock = self.winder.clock
        return JSONResponse({"now": clock().isoformat(), "ahead_s": clock.ahead.total_seconds()})

    async def wind(self, request: Request) -> Response:
        """Wind the clock by `seconds`; answers when all that was due has happened."""
        seconds = (await read_body(request)).get("seconds")
        if not isinstance(seconds, int | float):
            raise HTTPException(400, 'say by how much: {"seconds": 60}')
        try:
            await self.winder.wind(float(seconds))
        except ValueError as error:
            raise HTTPException(400, str(error)) from None
        except Busy:
            raise HTTPException(409, "the clock is being wound; wait until that is done") from None
        ahead = str(self.winder.clock.ahead.total_seconds())
        await self.read(lambda work: work.memory.note(AHEAD, ahead))
        return await self.clock(request)

    # the bot's life

    async def look_at_bot(self, _: Request) -> Response:
        """Whether the bot is alive."""
        return JSONResponse({"alive": self.bot.alive})

    async def change_bot(self, request: Request) -> Response:
        """Kill the bot where it stands, or start it again: {"do": "kill"} or {"do": "start"}."""
        match (await read_body(request)).get("do"):
            case "kill":
                self.bot.kill()
            case "start":
                self.bot.start_again()
            case _:
                raise HTTPException(400, 'the bot can be told {"do": "kill"} or {"do": "start"}')
        return await self.look_at_bot(request)

    # what happened, what is open

    async def timeline(self, request: Request) -> Response:
        """The newest turns, messages and steps of deliveries, the oldest first; `?limit=` (1–500) says how many."""
        limit = min(500, max(1, _number(request.query_params.get("limit", "150"))))
        entries = await self.read(lambda work: chronicle.timeline(work, limit))
        self._add_what_was_said(entries)
        return _json(entries)

    def _add_what_was_said(self, entries: list[dict[str, Any]]) -> None:
        """The first line of each message as it was then: it may have been edited since."""
        spoken: dict[tuple[int, int], list[tuple[str, str]]] = {}
        for call in list(self.telegram.calls):
            text = str(call.params.get("text") or call.params.get("caption") or "")
            result = call.result if isinstance(call.result, dict) else {}
            number = call.params.get("message_id") or result.get("message_id")
            if text and number and call.error is None:
                key = (int(call.params.get("chat_id") or 0), int(number))
                spoken.setdefault(key, []).append((call.at.isoformat(), text))
        for entry in entries:
            said = spoken.get((entry["chat"] or 0, entry["message_id"] or 0), []) if entry["kind"] == "message" else []
            before = [text for at, text in said if at <= entry["at"]]
            if before:
                entry["said"] = plain_line(before[-1])

    async def deliveries(self, _: Request) -> Response:
        """Open deliveries and those that ended in the last hour: where from, where to, who carries them; drivers."""
        return _json(await self.read(chronicle.town))

    async def outbox(self, request: Request) -> Response:
        """The newest messages of the bot, sent, waiting or dropped."""
        limit = min(500, max(1, _number(request.query_params.get("limit", "100"))))
        return _json(await self.read(lambda work: chronicle.outbox(work, limit)))


def plain_line(text: str) -> str:
    """The first line of what was said in Telegram's HTML, as people read it."""
    lines = [line for line in unescape(TAGS.sub("", text)).splitlines() if line.strip()]
    return lines[0] if lines else ""


def _json(body: Any) -> Response:
    return JSONResponse(body)


def _number(text: str) -> int:
    if not text.isdigit():
        raise HTTPException(400, f"a number, not {text!r}")
    return int(text)
