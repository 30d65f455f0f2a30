"""Starting over: everything is forgotten and begun anew at the same address, while whoever knocks only waits."""

import asyncio
from io import StringIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from rich.console import Console

from bot.playground import CAST, Market, play
from bot.sandbox.server import free_port

WAIT_S = 30


async def ask(http: aiohttp.ClientSession, verb: str, path: str, body: object = None) -> Any:
    """What the sandbox answers."""
    async with http.request(verb, path, json=body) as answer:
        assert answer.status == 200, await answer.text()
        return await (answer.json() if answer.content_type == "application/json" else answer.text())


async def opened(http: aiohttp.ClientSession, besides: str = "") -> dict[str, Any]:
    """Wait for a town that is not that one; how it describes itself."""
    async with asyncio.timeout(WAIT_S):
        while True:
            try:
                town: dict[str, Any] = await ask(http, "GET", "/api/town")
            except aiohttp.ClientConnectionError:
                assert not besides, "the door is never shut"
            else:
                if town["began"] != besides:
                    return town
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("killed", [False, True])
async def test_starting_over(tmp_path: Path, killed: bool) -> None:
    """The chats, the database and the clock are new, the cast and the address are the same; a dead bot lives again."""
    stop, said, port = asyncio.Event(), StringIO(), free_port(8300 if killed else 8280)
    running = asyncio.create_task(
        play(port, tmp_path / "sandbox.db", False, stop, Console(file=said), Market(drivers=1, busy=True))
    )
    anna = CAST[1].id
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        town = await opened(http)
        assert {"clock", "fresh", "play", "timeline"} <= set(town["offers"])
        await ask(http, "POST", f"/api/people/{anna}/start", {})
        await ask(http, "POST", "/api/clock", {"seconds": 60})
        if killed:
            await ask(http, "POST", "/api/bot", {"do": "kill"})
        assert await ask(http, "POST", "/api/fresh", {}) == {"fresh": True}
        await opened(http, besides=town["began"])
        assert (await ask(http, "GET", "/api/clock"))["ahead_s"] == 0
        assert await ask(http, "GET", f"/api/people/{anna}/chat.txt") == ""
        people = {person["name"] for person in await ask(http, "GET", "/api/people") if not person["simulated"]}
        assert people == {one.name for one in CAST}
        await ask(http, "POST", f"/api/people/{anna}/start", {})
        for _ in range(20 * WAIT_S):
            if "Who are you?" in (chat := await ask(http, "GET", f"/api/people/{anna}/chat.txt")):
                break
            await asyncio.sleep(0.05)
        assert "Who are you?" in chat
    stop.set()
    async with asyncio.timeout(WAIT_S):
        await running
    assert said.getvalue().count("Doorstep's sandbox is at") == 1
