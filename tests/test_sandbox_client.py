"""Scripting the sandbox: the typed client, the reference of the API, and other bots against it, over a real port."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any, get_args

import pytest
from aiohttp import web
from rich.console import Console
from telegram import Update
from telegram.ext import ApplicationBuilder, CommandHandler, ContextTypes

from bot import playground
from bot.sandbox import people_api
from bot.sandbox.__main__ import read_arguments, run
from bot.sandbox.client import Refusal, Sandbox
from bot.sandbox.pictures import make_png
from bot.sandbox.reference import ABOUT, ACTS, TYPES, Line, describe_types, list_lines
from bot.sandbox.server import Serving, create_app, serve
from bot.sandbox.telegram import Telegram
from tests.hands import until
from tests.telegram_facts.facts import inline

README = Path(__file__).parent.parent / "README.md"
TOKEN = "77:FOREIGN"


@asynccontextmanager
async def open_town() -> AsyncIterator[tuple[Telegram, Sandbox, Serving]]:
    """A sandbox for somebody else's bot, and a client of it."""
    telegram = Telegram(clock=lambda: datetime.now(UTC), token=TOKEN, username="foreign_bot", name="Foreign")
    server = await serve(create_app(telegram), port=0)
    try:
        async with Sandbox(f"http://127.0.0.1:{server.port}") as town:
            yield telegram, town, server
    finally:
        await server.stop()


def say(telegram: Telegram, chat_id: int, text: str, **params: Any) -> int:
    """Let the bot say something."""
    sent = telegram.call(TOKEN, "sendMessage", {"chat_id": chat_id, "text": text, **params})
    return int(sent["message_id"])


async def test_the_client_does_what_a_finger_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every verb of the client reaches the chat, and what is answered is typed."""
    monkeypatch.setattr(people_api, "TOAST_WAIT", 0.02)
    async with open_town() as (telegram, town, _):
        anna = await town.person("Anna")
        assert (await town.person("Anna")).id == anna.id
        await anna.start("abc")
        number = say(telegram, anna.id, "pick", reply_markup=inline("Accept", "Decline"))
        assert (await anna.tap("acc")).toast is None
        await anna.tap(data="Decline", message_id=number)
        said = await anna.say("helo", reply_to=number)
        await anna.edit(said, "hello")
        await anna.pin(36.1, -115.1)
        await anna.share_live(36.1, -115.1)
        await anna.move(36.2, -115.1)
        assert (await anna.drive((36.3, -115.1), speed=2)).drives is True
        await anna.end()
        await anna.photo("mine", make_png(3))
        await anna.photo()
        assert len(await anna.album(3, "three")) == 3
        await anna.contact()
        await anna.voice()
        await anna.sticker()
        await anna.document("a.txt")
        say(telegram, anna.id, "menu", reply_markup={"keyboard": [["Menu"]]})
        assert (await anna.chat()).keys == ["Menu"]
        await anna.press("menu")
        await anna.open_link("https://t.me/foreign_bot?start=xyz")
        await anna.delete(await anna.say("gone"))
        lines = (await anna.text()).splitlines()
        assert lines[:4] == ["me> /start abc", "bot> pick [Accept] [Decline]", "me> hello", lines[3]]
        assert lines[-3:] == ["me> Menu", "me> /start xyz", "keyboard: [Menu]"]
        await anna.block()
        with pytest.raises(Refusal, match="has blocked the bot"):
            await anna.say("x")
        await anna.unblock()
        view = await anna.chat()
        shown = view.messages[1]
        assert (shown.text, shown.buttons, shown.mine, shown.loud) == ("pick", ["Accept", "Decline"], False, True)
        assert view.messages[2].edited
        assert [call.method for call in await town.calls(since=1)] == ["sendMessage"]
        (fault,) = await town.order_fault("slow", 30, anna.id)
        assert (fault.kind, fault.chat, await town.lift(fault.number)) == ("slow", anna.id, [])
        (person,) = await town.people()
        assert (person.name, person.started, person.blocked) == ("Anna", True, False)
        assert (await town.town()).bot.username == "foreign_bot"


async def test_seeing_waits_for_the_bot() -> None:
    """`sees` and `tap` wait for what comes later, edits too, and say what was there when they waited in vain."""
    async with open_town() as (telegram, town, _):
        anna = await town.person("Anna")
        await anna.start()
        seeing = asyncio.create_task(anna.sees("found"))
        tapping = asyncio.create_task(anna.tap(label="Yes", within_s=5))
        await asyncio.sleep(0.05)
        number = say(telegram, anna.id, "searching")
        edit = {"chat_id": anna.id, "message_id": number, "text": "found it", "reply_markup": inline("Yes")}
        telegram.call(TOKEN, "editMessageText", edit)
        assert (await seeing).id == number
        await until(lambda: len(telegram.world.taps) == 1)
        tap = next(iter(telegram.world.taps))
        telegram.call(TOKEN, "answerCallbackQuery", {"callback_query_id": tap, "text": "Done"})
        assert (await tapping).toast == "Done"
        with pytest.raises(
            AssertionError, match=r"Anna saw no 'lost' within 0.05 s:\nme> /start\nbot> found it \[Yes\]"
        ):
            await anna.sees("lost", within_s=0.05)
        with pytest.raises(Refusal, match="no button 'No'"):
            await anna.tap("No", within_s=0.05)


# — the reference —


def unread(kind: Any, body: Any, path: str = "") -> list[str]:
    """Name the keys of an answer that its type has no field for, and the fields it lacks."""
    if isinstance(body, list):
        return [found for item in body for found in unread((get_args(kind) or (kind,))[0], item, path)]
    kind = next((one for one in get_args(kind) if is_dataclass(one)), kind)
    if not is_dataclass(kind) or not isinstance(body, dict) or "raw" in {field.name for field in fields(kind)}:
        return []
    known = {field.name: field.type for field in fields(kind)}
    inside = [
        found for key, value in body.items() if key in known for found in unread(known[key], value, f"{path}.{key}")
    ]
    return [f"{path}.{key}" for key in body if key not in known] + inside


async def test_every_example_of_the_reference_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each route of the sandbox is called with the body that the reference shows, and answers as its type says."""
    monkeypatch.setattr(people_api, "TOAST_WAIT", 0.02)
    async with open_town() as (telegram, town, server):
        anna = telegram.person("Anna")
        lines = [Line(answers=None, **{k: line[k] for k in ("verb", "path", "does", "body")})
                 for line in (await town.ask("GET", ""))["routes"]]  # fmt: skip
        assert lines == [Line(line.verb, line.path, line.does, line.body, None) for line in _lines(server)]
        for line in lines:
            _prepare(telegram, anna, line)
            if line.path in ("/api/events", "/api/files/{file_id}"):
                continue  # the one never ends, the other answers bytes
            path = line.path.removeprefix("/api").replace("{id}", str(anna.id))
            answer = await town.ask(line.verb, path, line.body)
            if kind := TYPES.get(line.name):
                assert unread(kind, answer) == [], line.name


def _lines(server: Serving) -> list[Line]:
    app: Any = server.config.app
    return list_lines(app.routes)


def _prepare(telegram: Telegram, anna: Any, line: Line) -> None:
    """Make the world in which an example makes sense: messages, buttons, a live location, nobody blocked."""
    anna.unblocks()
    telegram.world.pace = None
    telegram.world.counters["message"] = 0
    anna.chat.messages.clear()
    anna.start()
    say(telegram, anna.id, "x", reply_markup=inline("Accept"))
    say(telegram, anna.id, "x", reply_markup={"keyboard": [["Menu"]]})
    if line.path.endswith(("/move", "/end", "/drive")):
        anna.shares_live(36.1, -115.1)


async def test_every_route_is_described() -> None:
    """Each route says what it does, and shows a body if it takes one (mend: its docstring, sandbox/reference.py)."""
    async with open_town() as (_, _town, server):
        lines = _lines(server)
    assert [line.name for line in lines if not line.does] == []
    assert [line.name for line in lines if line.verb in ("POST", "PATCH") and line.body is None] == []
    assert set(ACTS) == set(people_api.VERBS)
    assert {line.path.rsplit("/", 1)[1] for line in lines if line.path.startswith("/api/people/{id}/")} >= set(ACTS)


async def test_the_reference_in_a_browser() -> None:
    """A browser is shown a page with the same routes and types, and a call to copy for each."""
    async with open_town() as (_, town, server):
        page = await _get(town, "/api/", "text/html")
        assert ABOUT.split(";")[0] in page.replace("&#x27;", "'")
        assert [line.path for line in _lines(server) if f"{line.verb} {line.path}" not in page] == []
        assert [name for name in describe_types() if name not in page] == []
        assert f"curl -X POST {town.url}/api/people/{{id}}/voice -d '{{}}'" in page.replace("&#x27;", "'")
        assert "<html" not in await _get(town, "/api", "application/json")


async def _get(town: Sandbox, path: str, accept: str) -> str:
    async with town.http.get(town.url + path, headers={"Accept": accept}) as response:
        return await response.text()


# — other people's bots —


async def greet(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    """What the foreign bot does."""
    assert update.message is not None
    await update.message.reply_text("Hello from PTB")


async def test_a_bot_of_python_telegram_bot_polls_here() -> None:
    """Somebody's own Application, with its default updater and client, needs a base_url and nothing else."""
    async with open_town() as (telegram, town, _):
        anna = await town.person("Anna")
        bot = ApplicationBuilder().token(TOKEN).base_url(f"{town.url}/bot").build()
        bot.add_handler(CommandHandler("start", greet))
        async with bot:
            await bot.start()
            assert bot.updater is not None
            await bot.updater.start_polling()
            await anna.start()
            assert (await anna.sees("Hello from PTB")).loud
            await bot.updater.stop()
            await bot.stop()
        assert telegram.problems == []


async def test_a_bot_of_aiogram_polls_here_or_has_a_webhook() -> None:
    """aiogram's Dispatcher, first polling, then by a webhook whose answers carry its calls."""
    aiogram = import_module("aiogram")
    aiohttp_session = import_module("aiogram.client.session.aiohttp").AiohttpSession
    servers = import_module("aiogram.client.telegram").TelegramAPIServer
    hooks = import_module("aiogram.webhook.aiohttp_server")
    async with open_town() as (telegram, town, _):
        anna = await town.person("Anna")
        bot = aiogram.Bot(TOKEN, session=aiohttp_session(api=servers.from_base(town.url)))
        dispatcher = aiogram.Dispatcher()

        async def echo(message: Any) -> Any:
            return message.answer(f"aiogram heard {message.text}")

        dispatcher.message.register(echo)
        polling = asyncio.create_task(dispatcher.start_polling(bot, handle_signals=False, close_bot_session=False))
        await anna.start()
        await anna.sees("aiogram heard /start")
        await dispatcher.stop_polling()
        await polling
        handler = hooks.SimpleRequestHandler(dispatcher, bot, handle_in_background=False, secret_token="s-3")
        async with listening(handler.handle) as url:
            await bot.set_webhook(url, secret_token="s-3")
            await anna.say("ping")
            await anna.sees("aiogram heard ping")
        await bot.session.close()
        assert telegram.problems == []


@asynccontextmanager
async def listening(handle: Callable[[web.Request], Any]) -> AsyncIterator[str]:
    """A little HTTP server; gives its URL."""
    app = web.Application()
    app.router.add_post("/hook", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        yield f"http://127.0.0.1:{port}/hook"
    finally:
        await runner.cleanup()


async def test_a_bare_sandbox_for_any_bot(capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m bot.sandbox` serves a Telegram with the token and name that were asked for."""
    stop = asyncio.Event()
    arguments = read_arguments(["--token", "5:X", "--username", "my_bot", "--port", "0", "--people", "Zoe"])
    running = asyncio.create_task(run(arguments, stop))
    said = StringIO()
    await until(lambda: said.write(capsys.readouterr().out) or said.getvalue())
    url = re.search(r"http://127\.0\.0\.1:\d+", said.getvalue())
    assert url is not None
    async with Sandbox(url[0]) as town:
        assert [person.name for person in await town.people()] == ["Zoe"]
        async with town.http.get(f"{url[0]}/bot5:X/getMe") as response:
            assert (await response.json())["result"]["username"] == "my_bot"
    stop.set()
    await running
    with pytest.raises(SystemExit):
        read_arguments(["--token", "abc"])


# — the README, and what only the whole playground has —


async def test_the_readme_s_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The README's script runs as it stands against `doorstep sandbox`; the playground's routes answer as typed."""
    text = README.read_text(encoding="utf-8")
    found = re.search(r"## Scripting the sandbox.*?```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    code = compile(found[1], "README.md", "exec")
    stop, said = asyncio.Event(), StringIO()
    console = Console(file=said, width=300)
    playing = asyncio.create_task(playground.play(8080, tmp_path / "s.db", False, stop, console))
    await until(lambda: "is at http" in said.getvalue() or playing.done())
    url = re.search(r"is at (\S+)", said.getvalue())
    assert url is not None
    monkeypatch.setenv("SANDBOX_URL", url[1])
    try:
        await asyncio.to_thread(exec, code, {"__name__": "__main__"})
        async with Sandbox() as town:
            await _look_at_the_playground(town)
    finally:
        stop.set()
        await playing


async def _look_at_the_playground(town: Sandbox) -> None:
    for line in (await town.ask("GET", ""))["routes"]:
        assert line["verb"] == "GET" or line["body"] is not None or line["verb"] == "DELETE", line
        kind = TYPES.get(f"{line['verb']} {line['path']}")
        if kind and line["verb"] == "GET" and "{" not in line["path"]:
            assert unread(kind, await town.ask("GET", line["path"].removeprefix("/api"))) == [], line["path"]
    assert {entry.kind for entry in await town.timeline()} >= {"turn", "message"}
    assert all(row.sent_at for row in await town.outbox() if row.attempts and not row.error)
    before = await town.clock()
    assert (await town.wind(10)).ahead_s == before.ahead_s + 10
    await town.kill_bot()
    await town.start_bot()
    assert (await town.deliveries())["deliveries"] == []
