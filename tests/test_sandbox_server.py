"""The HTTP shell: any bot and any script, over a real port."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from bot.sandbox.pictures import make_png
from bot.sandbox.server import Serving, create_app, free_port, serve
from bot.sandbox.telegram import Telegram
from tests.telegram_facts.facts import inline

MALL = {"name": "Fashion Show", "address": "3200 S Las Vegas Blvd", "lat": 36.1281, "lon": -115.1716, "kind": "mall"}


class Line:
    """A running server and a client of it."""

    def __init__(self, telegram: Telegram, server: Serving, http: aiohttp.ClientSession) -> None:
        self.telegram, self.server, self.http = telegram, server, http
        self.anna = telegram.person("Anna")

    async def ask(self, verb: str, path: str, **kwargs: Any) -> tuple[int, Any]:
        """Give (status, JSON or text) of a request; "<bot>" and "<anna>" in the path are filled in."""
        path = path.replace("<bot>", f"/bot{self.telegram.token}").replace("<anna>", f"/api/people/{self.anna.id}")
        async with self.http.request(verb, f"http://127.0.0.1:{self.server.port}{path}", **kwargs) as response:
            if response.content_type == "application/json":
                return response.status, await response.json()
            return response.status, await response.text()


@asynccontextmanager
async def open_line() -> AsyncIterator[Line]:
    """Serve a fresh town on a free port."""
    telegram = Telegram(clock=lambda: datetime.now(UTC))
    anna = telegram.person("Anna")
    app = create_app(telegram, places=[MALL], roles={anna.id: "merchant"}, title="Las Vegas")
    server = await serve(app, port=0)
    try:
        async with aiohttp.ClientSession() as http:
            yield Line(telegram, server, http)
    finally:
        await server.stop()


async def test_bot_api_takes_every_form_of_parameters() -> None:
    """Query, urlencoded form, JSON and multipart mean the same (core.telegram.org/bots/api#making-requests)."""
    async with open_line() as line:
        line.anna.start()
        chat = str(line.anna.id)
        markup = json.dumps(inline("Go"))
        form = aiohttp.FormData({"chat_id": chat, "caption": "four"})
        form.add_field("photo", make_png(1), filename="p.png")
        answers = [
            await line.ask("GET", "<bot>/sendMessage", params={"chat_id": chat, "text": "one"}),
            await line.ask("POST", "<bot>/sendMessage", data={"chat_id": chat, "text": "two", "reply_markup": markup}),
            await line.ask("POST", "<bot>/sendMessage", json={"chat_id": line.anna.id, "text": "three"}),
            await line.ask("POST", "<bot>/sendPhoto", data=form),
        ]
        assert [status for status, _ in answers] == [200] * 4
        assert line.anna.reads().splitlines()[1:] == ["bot> one", "bot> two [Go]", "bot> three", "bot> (photo) four"]
        file_id = answers[3][1]["result"]["photo"][-1]["file_id"]
        _, file = await line.ask("GET", "<bot>/getFile", params={"file_id": file_id})
        url = f"http://127.0.0.1:{line.server.port}/file/bot{line.telegram.token}/{file['result']['file_path']}"
        async with line.http.get(url) as response:
            assert (response.content_type, await response.read()) == ("image/png", make_png(1))


@pytest.mark.usefixtures("lenient")
async def test_bot_api_refusals() -> None:
    """A refusal has ok false, the code and words, and its code as HTTP status."""
    async with open_line() as line:
        status, body = await line.ask("POST", "<bot>/sendMessage", json={"chat_id": 999, "text": "x"})
        assert (status, body) == (400, {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"})
        assert (await line.ask("POST", "<bot>/sendDice"))[0] == 404
        assert (await line.ask("POST", "/bot1:no/getMe"))[0] == 401
        status, body = await line.ask(
            "POST", "<bot>/sendMessage", data="[", headers={"Content-Type": "application/json"}
        )
        assert (status, body["description"]) == (400, "Bad Request: can't parse JSON object")
        line.anna.start()
        for number in range(6):
            status, body = await line.ask(
                "POST", "<bot>/sendMessage", json={"chat_id": line.anna.id, "text": str(number)}
            )
        assert (status, body["parameters"]) == (429, {"retry_after": 1})


async def test_people_s_api_plays_a_conversation() -> None:
    """Start, say, tap with its toast, press, pin, live, photo and contact; the chat shows it all."""
    async with open_line() as line:
        status, town = await line.ask("GET", "/api/town")
        assert (status, town["places"], town["title"], town["center"]) == (
            200,
            [MALL],
            "Las Vegas",
            [36.1281, -115.1716],
        )
        await line.ask("POST", "<anna>/start", json={"payload": "abc"})
        line.telegram.call(
            line.telegram.token, "sendMessage", {"chat_id": line.anna.id, "text": "hi", "reply_markup": inline("Go")}
        )
        tap = asyncio.create_task(line.ask("POST", "<anna>/tap", json={"label": "go"}))
        _, updates = await line.ask("GET", "<bot>/getUpdates", params={"timeout": 5})
        while "callback_query" not in updates["result"][-1]:
            after = updates["result"][-1]["update_id"] + 1
            _, updates = await line.ask("GET", "<bot>/getUpdates", params={"timeout": 5, "offset": after})
        query = updates["result"][-1]["callback_query"]
        await line.ask("POST", "<bot>/answerCallbackQuery", json={"callback_query_id": query["id"], "text": "Done"})
        status, answer = await tap
        assert (status, answer["toast"], answer["url"], answer["copied"]) == (200, "Done", None, None)
        await line.ask("POST", "<anna>/say", json={"text": "hello", "reply_to": 2})
        await line.ask("POST", "<anna>/pin", json={"lat": 36.1, "lon": -115.1})
        _, live = await line.ask("POST", "<anna>/live", json={"lat": 36.1, "lon": -115.1, "period": 600})
        await line.ask("POST", "<anna>/move", json={"lat": 36.2, "lon": -115.1})
        _, people = await line.ask("GET", "/api/people")
        assert people[0]["position"] == {"lat": 36.2, "lon": -115.1, "live": True, "message_id": live["message_id"]}
        assert (people[0]["role"], people[0]["unread"]) == ("merchant", 0)
        await line.ask("POST", "<anna>/end")
        await line.ask("POST", "<anna>/photo", json={"caption": "two", "count": 2})
        form = aiohttp.FormData()
        form.add_field("photo", make_png(9), filename="mine.png")
        await line.ask("POST", "<anna>/photo", data=form)
        await line.ask("POST", "<anna>/contact")
        _, text = await line.ask("GET", "<anna>/chat.txt")
        assert text.splitlines() == [
            "me> /start abc",
            "bot> hi [Go]",
            "me> hello",
            "me> (location 36.10000, -115.10000)",
            "me> (location 36.20000, -115.10000)",
            "me> (photo) two",
            "me> (photo)",
            "me> (photo)",
            "me> (contact Anna 17024500001)",
        ]
        _, chat = await line.ask("GET", "<anna>/chat")
        assert [(m["mine"], m["loud"], m["edited"]) for m in chat["messages"][:2]] == [
            (True, None, False),
            (False, True, False),
        ]
        assert chat["toasts"][0]["text"] == "Done"
        file_id = chat["messages"][-2]["photo"][-1]["file_id"]
        async with line.http.get(f"http://127.0.0.1:{line.server.port}/api/files/{file_id}") as response:
            assert await response.read() == make_png(9)
        _, calls = await line.ask("GET", "/api/calls", params={"since": "1"})
        assert [call["method"] for call in calls] == ["answerCallbackQuery"]


async def test_people_come_and_change() -> None:
    """A person is added, renamed, set to a language and a role."""
    async with open_line() as line:
        status, ben = await line.ask("POST", "/api/people", json={"name": "Ben", "language": "es", "role": "driver"})
        assert (status, ben["language"], ben["role"]) == (200, "es", "driver")
        _, ben = await line.ask("PATCH", f"/api/people/{ben['id']}", json={"name": "Benito"})
        assert (ben["name"], ben["language"]) == ("Benito", "es")
        assert (await line.ask("POST", "/api/people", json={"name": "Benito"}))[0] == 400


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/api/people/5/say", {"text": "x"}, 404, "GET /api/people"),
        ("<anna>/say", {}, 400, "'text' is missing"),
        ("<anna>/say", {"text": " "}, 400, "empty message"),
        ("<anna>/fly", {}, 404, "a person can block"),
        ("<anna>/tap", {"label": "Accept"}, 400, "no button 'Accept'"),
        ("<anna>/tap", {}, 400, "label or the data"),
        ("<anna>/press", {"label": "Menu"}, 400, "no key 'Menu'"),
        ("<anna>/move", {"lat": 1, "lon": 1}, 400, "share one first"),
        ("<anna>/pin", {"lat": "north", "lon": 1}, 400, "north"),
        ("<anna>/pin", {"lat": 136, "lon": 1}, 400, "no point on Earth"),
        ("<anna>/say", ["x"], 400, "JSON object"),
    ],
)
async def test_mistakes_are_explained(path: str, body: object, status: int, words: str) -> None:
    """What a person cannot do is 400 or 404 with a sentence that says how to go on."""
    async with open_line() as line:
        got, answer = await line.ask("POST", path, json=body)
        assert got == status
        assert words in answer["error"]


async def test_events_tell_what_changed() -> None:
    """The event stream names the chats that changed since a number, and goes on as things happen."""
    async with open_line() as line:
        line.anna.start()
        url = f"http://127.0.0.1:{line.server.port}/api/events?since=0"
        async with line.http.get(url) as stream, asyncio.timeout(5):
            first = await _event(stream)
            assert (first["chats"], first["people"]) == ([line.anna.id], True)
            line.anna.says("more")
            second = await _event(stream)
            assert (second["chats"], second["seq"] > first["seq"]) == ([line.anna.id], True)


async def _event(stream: aiohttp.ClientResponse) -> Any:
    async for line in stream.content:
        if line.startswith(b"data: "):
            return json.loads(line[6:])
    raise AssertionError("the stream ended")


async def test_stopping_ends_what_waits() -> None:
    """A long poll and an event stream end at once when the server stops."""
    async with open_line() as line:
        poll = asyncio.create_task(line.ask("GET", "<bot>/getUpdates", params={"timeout": 40}))
        stream = asyncio.create_task(line.ask("GET", "/api/events"))
        await asyncio.sleep(0.1)
        async with asyncio.timeout(3):
            await line.server.stop()
            assert (await poll)[1] == {"ok": True, "result": []}
            assert (await stream)[1] == ": listening\n\n"


async def test_a_taken_port() -> None:
    """free_port names the next port when the preferred one is taken."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port(port) > port
