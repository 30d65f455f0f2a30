"""Script a sandbox from outside: the phones of its people, its clock, its faults, and what its bot did."""

import asyncio
import json
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from types import TracebackType
from typing import Any

import aiohttp

from bot.sandbox.answers import (
    JSON,
    CallRecord,
    Change,
    ChatView,
    Clock,
    Drive,
    Entry,
    FaultInfo,
    Message,
    OutboxRow,
    PersonInfo,
    Sent,
    TapAnswer,
    Town,
    read,
)

DEFAULT_URL = "http://127.0.0.1:8080"
Point = tuple[float, float]


class Refusal(Exception):
    """What the sandbox would not do; its sentence says how to go on."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Sandbox:
    """One running sandbox: `async with Sandbox("http://127.0.0.1:8080") as town: …` (or where SANDBOX_URL says)."""

    def __init__(self, url: str | None = None) -> None:
        self.url = (url or os.environ.get("SANDBOX_URL") or DEFAULT_URL).rstrip("/")
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "Sandbox":
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, sock_connect=10))
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.http.close()

    @property
    def http(self) -> aiohttp.ClientSession:
        """The open connection. Raises RuntimeError outside `async with`."""
        if self._http is None:
            raise RuntimeError("open it first: async with Sandbox() as town")
        return self._http

    async def ask(self, verb: str, path: str, body: Any = None, **query: Any) -> Any:
        """Call one route of /api and give its JSON, or its text where that is plain. Raises Refusal."""
        data = body if isinstance(body, aiohttp.FormData) else None
        sent = None if data is not None else body
        async with self.http.request(verb, f"{self.url}/api{path}", json=sent, data=data, params=query) as response:
            if response.content_type != "application/json":
                text = await response.text()
                if response.status >= 400:
                    raise Refusal(response.status, text)
                return text
            answer = await response.json()
            if response.status >= 400:
                raise Refusal(response.status, str(answer.get("error")))
            return answer

    # — the town —

    async def town(self) -> Town:
        """The bot, the places, the clock."""
        return read(Town, await self.ask("GET", "/town"))

    async def people(self) -> list[PersonInfo]:
        """Everybody with a phone."""
        return read(list[PersonInfo], await self.ask("GET", "/people"))

    async def person(self, name: str, language: str = "en", role: str = "") -> "Phone":
        """Give the phone of the person of this name, who comes to town where there is none."""
        found = next((one for one in await self.people() if one.name == name), None)
        if found is None:
            body = {"name": name, "language": language, "role": role}
            found = read(PersonInfo, await self.ask("POST", "/people", body))
        return Phone(self, found.id, found.name)

    async def events(self, since: int | None = None) -> AsyncGenerator[Change, None]:
        """Tell each change as it happens, from now on or from this `seq` on; ends when the sandbox does."""
        query = {} if since is None else {"since": since}
        async with self.http.get(f"{self.url}/api/events", params=query) as stream:
            async for line in stream.content:
                if line.startswith(b"data: "):
                    yield read(Change, json.loads(line[6:]))

    async def calls(self, since: int = 0) -> list[CallRecord]:
        """The bot's calls of the Bot API after this number, the oldest first."""
        return read(list[CallRecord], await self.ask("GET", "/calls", since=since))

    async def faults(self) -> list[FaultInfo]:
        """The faults in force."""
        return read(list[FaultInfo], await self.ask("GET", "/faults"))

    async def order_fault(self, kind: str, seconds: float = 60, chat: int | None = None) -> list[FaultInfo]:
        """Let Telegram be "slow", "down", a "flood", or have its answers "lost", for all or for one chat."""
        return read(
            list[FaultInfo], await self.ask("POST", "/faults", {"kind": kind, "seconds": seconds, "chat": chat})
        )

    async def lift(self, number: int | None = None) -> list[FaultInfo]:
        """End this fault, or all."""
        query = {} if number is None else {"number": number}
        return read(list[FaultInfo], await self.ask("DELETE", "/faults", **query))

    # — what only `doorstep sandbox` has: a clock to wind, a bot that can be killed, its database —

    async def clock(self) -> Clock:
        """The town's time."""
        return read(Clock, await self.ask("GET", "/clock"))

    async def wind(self, seconds: float) -> Clock:
        """Let time pass; comes back when everything that was due has happened."""
        return read(Clock, await self.ask("POST", "/clock", {"seconds": seconds}))

    async def kill_bot(self) -> None:
        """Kill the bot as `kill -9` does."""
        await self.ask("POST", "/bot", {"do": "kill"})

    async def start_bot(self) -> None:
        """Start the bot again."""
        await self.ask("POST", "/bot", {"do": "start"})

    async def timeline(self, limit: int = 150) -> list[Entry]:
        """The newest turns, messages and steps of deliveries, the oldest first."""
        return read(list[Entry], await self.ask("GET", "/timeline", limit=limit))

    async def outbox(self, limit: int = 100) -> list[OutboxRow]:
        """The newest messages of the bot: waiting, sent or dropped."""
        return read(list[OutboxRow], await self.ask("GET", "/outbox", limit=limit))

    async def deliveries(self) -> JSON:
        """Open deliveries, those of the last hour, and the drivers."""
        found: JSON = await self.ask("GET", "/deliveries")
        return found


class Phone:
    """One person's phone; every verb does what a finger does, and raises Refusal where a finger could not."""

    def __init__(self, town: Sandbox, person_id: int, name: str) -> None:
        self.town, self.id, self.name = town, person_id, name

    async def _do(self, verb: str, **body: Any) -> Any:
        given = {key: value for key, value in body.items() if value is not None}
        return await self.town.ask("POST", f"/people/{self.id}/{verb}", given)

    async def _sent(self, verb: str, **body: Any) -> int:
        number = read(Sent, await self._do(verb, **body)).message_id
        return number if isinstance(number, int) else 0

    # — seeing —

    async def chat(self) -> ChatView:
        """The chat with the bot as it is now."""
        return read(ChatView, await self.town.ask("GET", f"/people/{self.id}/chat"))

    async def text(self) -> str:
        """The chat as plain text, a line for each message."""
        return str(await self.town.ask("GET", f"/people/{self.id}/chat.txt"))

    async def sees(self, words: str, within_s: float = 10) -> Message:
        """Wait until the bot says these words (edits count) and give the newest message that holds them.

        Raises AssertionError with the whole chat after `within_s` seconds.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s), aclosing(self._views()) as views:
                async for view in views:
                    for message in reversed(view.messages):
                        if not message.mine and words in message.text:
                            return message
        raise AssertionError(f"{self.name} saw no {words!r} within {within_s:g} s:\n{await self.text()}")

    async def _views(self) -> AsyncGenerator[ChatView, None]:
        """The chat now, and again after each change of it."""
        view = await self.chat()
        yield view
        async with aclosing(self.town.events(view.seq)) as events:
            async for change in events:
                if self.id in change.chats:
                    yield await self.chat()

    # — writing and tapping —

    async def start(self, payload: str = "") -> int:
        """Press Start, perhaps with the payload of a deep link; gives the message's number, as all that send do."""
        return await self._sent("start", payload=payload)

    async def say(self, text: str, reply_to: int | None = None) -> int:
        """Type a text."""
        return await self._sent("say", text=text, reply_to=reply_to)

    async def tap(
        self, label: str | None = None, *, data: str | None = None, message_id: int | None = None, within_s: float = 10
    ) -> TapAnswer:
        """Tap an inline button, the newest message first: by data, or by label, for which it waits `within_s` seconds.

        The bot's answer is waited for up to 2 s.
        """
        if label is not None and data is None:
            with suppress(TimeoutError):  # the refusal says what buttons there are
                async with asyncio.timeout(within_s), aclosing(self._views()) as views:
                    async for view in views:
                        if any(label.lower() in shown.lower() for one in view.messages for shown in one.buttons):
                            break
        return read(TapAnswer, await self._do("tap", label=label, data=data, message_id=message_id))

    async def press(self, label: str) -> int:
        """Press a key of the reply keyboard."""
        return await self._sent("press", label=label)

    async def open_link(self, link: str) -> int:
        """Open a t.me link of the bot on this phone."""
        return await self._sent("open", link=link)

    async def edit(self, message_id: int, text: str) -> None:
        """Change an own text."""
        await self._do("edit", message_id=message_id, text=text)

    async def delete(self, message_id: int) -> None:
        """Delete a message."""
        await self._do("delete", message_id=message_id)

    # — where —

    async def pin(self, lat: float, lon: float) -> int:
        """Send a point (degrees)."""
        return await self._sent("pin", lat=lat, lon=lon)

    async def share_live(self, lat: float, lon: float, period: int = 3600) -> int:
        """Share a live location for so many seconds."""
        return await self._sent("live", lat=lat, lon=lon, period=period)

    async def move(self, lat: float, lon: float) -> None:
        """Move the live location."""
        await self._do("move", lat=lat, lon=lon)

    async def end(self) -> None:
        """Stop sharing."""
        await self._do("end")

    async def drive(self, *to: Point, speed: float = 1) -> Drive:
        """Drive to these points while sharing, at `speed` times 25 km/h."""
        return read(Drive, await self._do("drive", to=[list(point) for point in to], speed=speed))

    # — other things people send —

    async def photo(self, caption: str | None = None, data: bytes | None = None) -> int:
        """Send this picture, or one that is drawn for it."""
        if data is None:
            return await self._sent("photo", caption=caption)
        form = aiohttp.FormData({"caption": caption} if caption else {})
        form.add_field("photo", data, filename="photo.png")
        answer = await self.town.ask("POST", f"/people/{self.id}/photo", form)
        return int(answer["message_id"])

    async def album(self, count: int, caption: str | None = None) -> list[int]:
        """Send 2 to 10 pictures at once."""
        numbers = read(Sent, await self._do("photo", caption=caption, count=count)).message_id
        return numbers if isinstance(numbers, list) else []

    async def contact(self, name: str | None = None, phone: str | None = None) -> int:
        """Send a contact card: the own one, or this."""
        return await self._sent("contact", name=name, phone=phone)

    async def voice(self) -> int:
        """Send a voice message."""
        return await self._sent("voice")

    async def sticker(self) -> int:
        """Send a sticker."""
        return await self._sent("sticker")

    async def document(self, name: str = "note.txt") -> int:
        """Send a file."""
        return await self._sent("document", name=name)

    async def block(self) -> None:
        """Block the bot."""
        await self._do("block")

    async def unblock(self) -> None:
        """Let the bot speak again."""
        await self._do("unblock")
