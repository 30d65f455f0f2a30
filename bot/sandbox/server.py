"""The HTTP shell: the Bot API for any bot, the people's API, and the page."""

import asyncio
import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from bot.sandbox.content import Upload
from bot.sandbox.errors import ApiError, bad_request, refusal
from bot.sandbox.people_api import PeopleApi
from bot.sandbox.pictures import mime_of
from bot.sandbox.polling import call
from bot.sandbox.posting import post_updates
from bot.sandbox.reference import reference_routes
from bot.sandbox.telegram import Telegram

PAGE = Path(__file__).parent / "page"
NO_PAGE = (
    "The sandbox runs; its page is not installed. Its API for people is under /api, its Bot API under /bot<token>/."
)


def create_app(
    telegram: Telegram,
    *,
    places: Sequence[Mapping[str, Any]] = (),
    roles: Mapping[int, str] | None = None,
    title: str = "Doorstep",
    zone: str | None = None,
    more: Sequence[BaseRoute] = (),
) -> Starlette:
    """Build the web application over one Telegram; `places` are {"name", "address", "lat", "lon", "kind"}.

    `more` are routes of whoever runs the sandbox, served before the page.
    """
    offers = sorted({route.path.removeprefix("/api/") for route in more if isinstance(route, Route)})
    api = PeopleApi(telegram, places, roles or {}, title, zone, offers)
    reached = [*more, *api.routes()]
    routes: list[BaseRoute] = [
        Route("/bot{token}/{method}", _BotApi(telegram).answer, methods=["GET", "POST"]),
        Route("/file/bot{token}/{path:path}", _BotApi(telegram).download, methods=["GET"]),
        *reached,
        *reference_routes(reached),
    ]
    if (PAGE / "index.html").exists():
        routes.append(Mount("/", _Page(directory=PAGE, html=True)))
    else:
        routes.append(Route("/", _no_page))
    app = Starlette(routes=routes, exception_handlers={HTTPException: _refused})
    app.state.telegram = telegram
    return app


class _Page(StaticFiles):
    """The page's files, never from a stale cache."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


async def _no_page(_: Request) -> Response:
    return PlainTextResponse(NO_PAGE)


async def _refused(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return JSONResponse({"error": getattr(error, "detail", str(error))}, status_code=status)


class _BotApi:
    """What api.telegram.org answers."""

    def __init__(self, telegram: Telegram) -> None:
        self._telegram = telegram

    async def answer(self, request: Request) -> Response:
        """Answer one call: query, urlencoded form, multipart or JSON."""
        token, method = request.path_params["token"], request.path_params["method"]
        try:
            params, files = await _read(request)
            await asyncio.sleep(self._telegram.faults.delay_s(method, params, monotonic()))
            result = await call(self._telegram, token, method, params, files)
        except ApiError as error:
            return Response(refusal(error), error.code, media_type="application/json")
        if self._telegram.faults.loses(method, params, monotonic()):
            return Response(status_code=502)  # it was done, and nobody is told so
        if self._telegram.faults.breaks(method, params, monotonic()):
            return _Broken()
        return Response(json.dumps({"ok": True, "result": result}), media_type="application/json")

    async def download(self, request: Request) -> Response:
        """Serve a file that getFile named."""
        known = request.path_params["token"] == self._telegram.token
        file = self._telegram.world.file_by_path(request.path_params["path"]) if known else None
        if file is None:
            return Response(refusal(ApiError(404, "Not Found")), 404, media_type="application/json")
        return Response(file.data, media_type=mime_of(file.data))


class _Broken(Response):
    """An answer that ends before its first byte: the connection is closed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = [(b"content-length", b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": head})


async def _read(request: Request) -> tuple[dict[str, Any], dict[str, Upload]]:
    params: dict[str, Any] = dict(request.query_params)
    files: dict[str, Upload] = {}
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise bad_request("can't parse JSON object")
        params |= body
    elif kind.startswith(("multipart/form-data", "application/x-www-form-urlencoded")):
        async with request.form() as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    files[name] = (value.filename or name, await value.read())
                else:
                    params[name] = value
    return params, files


# — serving —


class Serving(uvicorn.Server):
    """A running server: set `should_exit`, or await `stop()`; it leaves the process's signals alone."""

    task: "asyncio.Task[None]"
    posting: "asyncio.Task[None]"  # updates to the bot's webhook
    port: int

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signals: whoever runs the bot and the server together decides."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what waits (long polls, event streams), then close."""
        app: Any = self.config.app
        telegram: Telegram = app.state.telegram
        telegram.closing = True
        telegram.world.wake()
        try:
            await super().shutdown(sockets)
            await self.posting
        finally:
            telegram.closing = False  # a bot in this process may poll on

    async def stop(self) -> None:
        """Stop and wait until all is closed."""
        self.should_exit = True
        await self.task


async def serve(
    app: Starlette, host: str = "127.0.0.1", port: int = 8080, door: socket.socket | None = None
) -> Serving:
    """Start serving on this loop and come back when it listens; raises OSError when the port is taken (0: any).

    A `door` is a listening socket of `listen` instead, which stays open when this server ends: who knocks then waits.
    """
    app.state.telegram.closing = False
    sock = door.dup() if door is not None else listen(host, port)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=3
    )
    server = Serving(config)
    server.port = sock.getsockname()[1]
    server.task = asyncio.create_task(server.serve(sockets=[sock]))
    while not server.started:
        if server.task.done():
            server.task.result()
            raise RuntimeError("the sandbox's server ended before it listened")
        await asyncio.sleep(0.01)
    server.posting = asyncio.create_task(post_updates(app.state.telegram))
    return server


def listen(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """Open a listening socket; raises OSError when the port is taken."""
    # asyncio switches Nagle's delay off only where the protocol is named; without that each answer takes 40 ms
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(256)
    except OSError:
        sock.close()
        raise
    return sock


def free_port(preferred: int, host: str = "127.0.0.1") -> int:
    """Give the preferred port, or the next that is free."""
    for port in range(preferred, min(preferred + 100, 65536)):
        try:
            with socket.create_server((host, port)):
                return port
        except OSError:
            continue
    raise OSError(f"no free port from {preferred} on; name another with --port")
