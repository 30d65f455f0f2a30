"""The aiohttp request under python-telegram-bot, against small servers on this machine."""

import asyncio
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from io import BytesIO
from typing import Any

import pytest
from aiohttp import web
from telegram import Bot, InputFile, ReplyKeyboardRemove
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter

from bot.wire import AiohttpRequest, NeverSent, Timeouts, may_have_arrived

TOKEN = "4242424242:AAsecret-secret_secret-secret_secre"
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """A Bot API of one answer, which keeps what it was asked."""

    def __init__(self) -> None:
        self.answer: Answer = self._echo
        self.seen: list[dict[str, Any]] = []
        self.connections: set[object] = set()
        self.together = self.most_together = 0

    async def _echo(self, request: web.Request) -> web.Response:
        form: dict[str, Any] = {}
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                form[name] = {"name": value.filename, "type": value.content_type, "bytes": value.file.read().decode()}
            else:
                form[name] = value
        return web.json_response({"ok": True, "result": {"path": request.path, "form": form}})

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append({"method": request.method, "headers": dict(request.headers), "path": request.raw_path})
        self.connections.add(request.transport)
        self.together += 1
        self.most_together = max(self.most_together, self.together)
        try:
            return await self.answer(request)
        finally:
            self.together -= 1

    async def start(self) -> web.AppRunner:
        """Listen on a free port."""
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/bot{TOKEN}/sendMessage"
        return runner


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # or RetryAfter warns, which here is an error
    server = Server()
    runner = await server.start()
    yield server
    await runner.cleanup()


@pytest.fixture
async def wire(server: Server) -> AsyncIterator[AiohttpRequest]:
    async with AiohttpRequest() as wire:
        yield wire


def parameters(**values: object) -> RequestData:
    return RequestData([RequestParameter.from_input(name, value) for name, value in values.items()])


def answering(status: int, body: dict[str, object] | bytes) -> Answer:
    async def answer(_: web.Request) -> web.Response:
        if isinstance(body, bytes):
            return web.Response(status=status, body=body)
        return web.json_response(body, status=status)

    return answer


async def slowly(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    raise AssertionError("nobody waits so long")


async def test_parameters_arrive_as_telegram_reads_them(server: Server, wire: AiohttpRequest) -> None:
    """Text goes plain, everything else as JSON, and what is None not at all."""
    data = parameters(chat_id=7, text="Ünï & <b>=+", reply_markup=ReplyKeyboardRemove(), caption=None)
    answer = await wire.post(server.url, data)
    assert answer == {
        "path": f"/bot{TOKEN}/sendMessage",
        "form": {"chat_id": "7", "text": "Ünï & <b>=+", "reply_markup": '{"remove_keyboard": true}'},
    }
    assert server.seen[0]["headers"]["User-Agent"] == AiohttpRequest.USER_AGENT


async def test_a_call_without_parameters_works(server: Server, wire: AiohttpRequest) -> None:
    """getMe has nothing to say."""
    assert await wire.post(server.url, RequestData([])) == {"path": f"/bot{TOKEN}/sendMessage", "form": {}}
    assert await wire.post(server.url) == {"path": f"/bot{TOKEN}/sendMessage", "form": {}}


@pytest.mark.parametrize("content", [b"picture", BytesIO(b"picture")], ids=["bytes", "handle"])
async def test_files_are_uploaded_with_name_and_type(server: Server, wire: AiohttpRequest, content: Any) -> None:
    """A photo arrives under its name, accents included, beside the other parameters; a second try works as well."""
    photo = InputFile(content, filename='Tür "2".png')
    data = parameters(chat_id=7, photo=photo)
    for _ in range(2):
        answer = await wire.post(server.url, data)
        assert isinstance(answer, dict)
        assert answer["form"] == {
            "chat_id": "7",
            "photo": {"name": 'Tür "2".png', "type": "image/png", "bytes": "picture"},
        }


async def test_a_file_handle_survives_the_upload(server: Server, wire: AiohttpRequest) -> None:
    """An open file that is not read into memory beforehand is sent and left open for its owner to close."""
    handle = BytesIO(b"picture")
    data = parameters(photo=InputFile(handle, filename="a.png", read_file_handle=False))
    for _ in range(2):
        answer = await wire.post(server.url, data)
        assert isinstance(answer, dict)
        assert answer["form"]["photo"]["bytes"] == "picture"
    assert not handle.closed


async def test_a_file_is_fetched(server: Server, wire: AiohttpRequest) -> None:
    """`retrieve` gives the bytes as they are."""
    server.answer = answering(200, b"\x00\xff raw")
    assert await wire.retrieve(server.url) == b"\x00\xff raw"
    assert server.seen[0]["method"] == "GET"


async def test_connections_are_kept(server: Server, wire: AiohttpRequest) -> None:
    """Twenty calls one after the other share one connection."""
    for _ in range(20):
        await wire.post(server.url, parameters(text="x"))
    assert len(server.connections) == 1


async def test_no_more_connections_than_allowed(server: Server) -> None:
    """Calls over the limit wait for a place and are all answered."""

    async def answer(_: web.Request) -> web.Response:
        await asyncio.sleep(0.02)
        return web.json_response({"ok": True, "result": True})

    server.answer = answer
    async with AiohttpRequest(connections=3) as wire:
        assert await asyncio.gather(*(wire.post(server.url) for _ in range(12))) == [True] * 12
    assert server.most_together == 3


async def test_a_slow_answer_times_out_and_may_have_arrived(server: Server, wire: AiohttpRequest) -> None:
    """The call's own read time-out ends it, with TimedOut: Telegram may have sent the message."""
    server.answer = slowly
    with pytest.raises(TimedOut) as caught:
        await wire.post(server.url, parameters(text="x"), read_timeout=0.1)
    assert may_have_arrived(caught.value)
    assert len(server.seen) == 1


async def test_the_default_read_time_out_holds(server: Server) -> None:
    """A call that names no time-out takes the request's own, which getUpdates reads too."""
    server.answer = slowly
    async with AiohttpRequest(timeouts=Timeouts(read=0.1)) as wire:
        assert wire.read_timeout == 0.1
        with pytest.raises(TimedOut):
            await wire.post(server.url, parameters(text="x"))


async def test_none_is_no_limit(server: Server) -> None:
    """None, given for a call, waits longer than the default would."""

    async def answer(_: web.Request) -> web.Response:
        await asyncio.sleep(0.3)
        return web.json_response({"ok": True, "result": True})

    server.answer = answer
    async with AiohttpRequest(timeouts=Timeouts(read=0.05, write=0.05)) as wire:
        assert await wire.post(server.url, parameters(text="x"), read_timeout=None) is True


async def test_a_stalled_upload_times_out(server: Server, wire: AiohttpRequest) -> None:
    """A server that stops reading does not hold an upload for ever."""

    over, gone = asyncio.Event(), asyncio.Event()

    async def stall(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.transport.abort()
        gone.set()

    listener = await asyncio.start_server(stall, "127.0.0.1", 0, limit=1024)
    port = listener.sockets[0].getsockname()[1]
    upload = parameters(photo=InputFile(b"x" * (32 << 20), filename="big.png"))
    with pytest.raises(TimedOut):
        await wire.post(
            f"http://127.0.0.1:{port}/bot{TOKEN}/sendPhoto",
            upload,
            read_timeout=0.1,
            write_timeout=0.2,
            connect_timeout=0.2,
        )
    over.set()
    await gone.wait()
    listener.close()
    await listener.wait_closed()


async def test_a_slow_upload_is_no_slow_answer(server: Server, wire: AiohttpRequest) -> None:
    """The read time-out starts when everything is written: a thin line may take its time."""

    async def sip(request: web.Request) -> web.Response:
        size = 0
        async for chunk in request.content.iter_chunked(1 << 20):
            size += len(chunk)
            await asyncio.sleep(0.05)
        return web.json_response({"ok": True, "result": {"size": size}})

    server.answer = sip
    upload = parameters(photo=InputFile(b"x" * (24 << 20), filename="big.png"))
    answer = await wire.post(server.url, upload, read_timeout=0.6)
    assert isinstance(answer, dict)
    assert answer["size"] > 24 << 20


async def test_a_refused_connection_was_never_sent(wire: AiohttpRequest) -> None:
    """Nobody listens: a NetworkError that is no TimedOut, with aiohttp's error as its cause."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(NetworkError, match="ClientConnectorError") as caught:
        await wire.post(f"http://127.0.0.1:{port}/bot{TOKEN}/getMe")
    assert isinstance(caught.value, NeverSent)
    assert not isinstance(caught.value, TimedOut)
    assert isinstance(caught.value.__cause__, OSError)
    assert not may_have_arrived(caught.value)


async def test_a_connect_time_out_was_never_sent(wire: AiohttpRequest) -> None:
    """A full backlog keeps the connection waiting: that is told apart from a slow answer."""
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        await asyncio.sleep(0.05)
        port = deaf.getsockname()[1]
        with pytest.raises(NeverSent, match="ConnectionTimeoutError"):
            await wire.post(f"http://127.0.0.1:{port}/bot{TOKEN}/getMe", connect_timeout=0.2)


async def test_a_full_pool_says_that_nothing_was_sent(server: Server) -> None:
    """Waiting for a connection has a time-out of its own."""
    server.answer = slowly
    async with AiohttpRequest(connections=1) as wire:
        first = asyncio.create_task(wire.post(server.url, read_timeout=1))
        await asyncio.sleep(0.05)
        with pytest.raises(NeverSent, match="nothing was sent"):
            await wire.post(server.url, pool_timeout=0.05)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        server.answer = answering(200, {"ok": True, "result": True})
        assert await wire.post(server.url) is True, "a cancelled call gives its place back"
    assert len(server.seen) == 2


async def test_a_connection_that_breaks_may_have_arrived(server: Server, wire: AiohttpRequest) -> None:
    """Telegram hangs up before it answers: NetworkError, and nobody can say whether the message went out."""

    async def hang_up(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    server.answer = hang_up
    with pytest.raises(NetworkError, match="ServerDisconnectedError") as caught:
        await wire.post(server.url, parameters(text="x"))
    assert not isinstance(caught.value, NeverSent | TimedOut)
    assert may_have_arrived(caught.value)
    assert len(server.seen) == 1, "aiohttp must not repeat a message by itself"


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}, BadRequest),
        (401, {"ok": False, "error_code": 401, "description": "Unauthorized"}, InvalidToken),
        (403, {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}, Forbidden),
        (409, {"ok": False, "error_code": 409, "description": "Conflict: terminated"}, Conflict),
        (429, {"ok": False, "description": "Too Many Requests", "parameters": {"retry_after": 9}}, RetryAfter),
        (400, {"ok": False, "description": "x", "parameters": {"migrate_to_chat_id": -100}}, ChatMigrated),
    ],
)
async def test_refusals_keep_their_kind(
    server: Server, wire: AiohttpRequest, status: int, body: dict[str, object], error: type[Exception]
) -> None:
    """Telegram's refusals come out as python-telegram-bot names them, and surely did nothing."""
    server.answer = answering(status, body)
    with pytest.raises(error) as caught:
        await wire.post(server.url, parameters(text="x"))
    assert type(caught.value) is error
    assert not may_have_arrived(caught.value)  # type: ignore[arg-type]  # all six are TelegramErrors


async def test_a_server_error_may_have_arrived(server: Server, wire: AiohttpRequest) -> None:
    """A 502 page instead of JSON is a NetworkError."""
    server.answer = answering(502, b"<html>Bad Gateway</html>")
    with pytest.raises(NetworkError, match="Bad Gateway") as caught:
        await wire.post(server.url, parameters(text="x"))
    assert may_have_arrived(caught.value)


async def test_the_token_stays_out_of_errors(wire: AiohttpRequest) -> None:
    """Neither message nor traceback of a failed call shows the token, which aiohttp writes into several of its own."""
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        await asyncio.sleep(0.05)
        host = f"127.0.0.1:{deaf.getsockname()[1]}"
        for url in (f"http://{host}/bot{TOKEN}/getMe", f"http:///bot{TOKEN}/getMe", f"http://[/bot{TOKEN}/getMe"):
            with pytest.raises(NetworkError) as caught:
                await wire.post(url, connect_timeout=0.1)
            assert TOKEN not in "".join(traceback.format_exception(caught.value))


async def test_the_proxy_of_the_environment_is_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY with a password is used and NO_PROXY respected."""
    proxied: list[tuple[str, str | None]] = []

    async def answer(request: web.Request) -> web.Response:
        proxied.append((request.raw_path, request.headers.get("Proxy-Authorization")))
        return web.json_response({"ok": True, "result": True})

    server.answer = answer
    address = server.url.split("/")[2]
    monkeypatch.setenv("http_proxy", f"http://anna:secret@{address}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    async with AiohttpRequest() as wire:
        assert await wire.post(f"http://telegram.invalid/bot{TOKEN}/getMe") is True
        assert await wire.post(server.url) is True
    assert proxied == [
        (f"http://telegram.invalid/bot{TOKEN}/getMe", "Basic YW5uYTpzZWNyZXQ="),
        (f"/bot{TOKEN}/sendMessage", None),
    ]


async def test_it_opens_and_closes_more_than_once(server: Server) -> None:
    """initialize and shutdown may be repeated; a closed request says what to do."""
    wire = AiohttpRequest()
    with pytest.raises(NetworkError, match="not initialized"):
        await wire.post(server.url)
    for _ in range(2):
        await wire.initialize()
        await wire.initialize()
        assert isinstance(await wire.post(server.url), dict)
        await wire.shutdown()
        await wire.shutdown()


async def test_a_bot_speaks_through_it(server: Server) -> None:
    """python-telegram-bot's Bot works on this request as on its own."""
    server.answer = answering(
        200, {"ok": True, "result": {"id": 42, "is_bot": True, "first_name": "Doorstep", "username": "doorstep_bot"}}
    )
    base = server.url.split(TOKEN)[0]
    bot = Bot(TOKEN, base_url=base, request=AiohttpRequest(), get_updates_request=AiohttpRequest())
    async with bot:
        assert bot.username == "doorstep_bot"
