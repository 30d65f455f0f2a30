"""The one HTTP port: the webhook where there is one, /healthz for whoever watches, /metrics for Prometheus."""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import structlog
import uvicorn
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.desk import Desk
from bot.dispatch import health
from bot.dispatch.health import Health
from bot.metrics import Metrics
from bot.settings import BadSettings

log = structlog.get_logger()

PATIENCE_S = 3.0
"""A database that does not answer within so many seconds does not answer."""
TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Web:
    """Serves on this process's loop; `routes` are the webhook's, where updates are posted."""

    def __init__(
        self, address: tuple[str, int], desk: Desk, metrics: Metrics, mode: str, routes: Sequence[BaseRoute] = ()
    ) -> None:
        self.address, self.desk, self.metrics, self.mode = address, desk, metrics, mode
        self._asking: asyncio.Task[Health] | None = None
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None
        own = [
            Route("/healthz", self._healthz),
            Route("/healthz/live", self._live),
            Route("/metrics", self._metrics),
        ]
        self.app = Starlette(routes=[*routes, *own])

    async def open(self) -> None:
        """Listen; raises BadSettings where the port cannot be had."""
        sock = _listen(*self.address)
        self.address = sock.getsockname()[:2]
        config = uvicorn.Config(
            self.app,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=3,
        )
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[sock]))
        while not self._server.started and not self._serving.done():  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
        log.info("web.open", host=self.address[0], port=self.address[1])

    async def close(self) -> None:
        """Finish what is being answered, and listen no more."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
        if self._asking is not None:
            with suppress(Exception):
                await self._asking

    async def _live(self, _: Request) -> Response:
        """This process answers: for whoever sends requests here, or would start it anew."""
        return JSONResponse({"live": True})

    async def _healthz(self, _: Request) -> Response:
        """Whether all is well, and with what: 200, else 503."""
        found = await self._look()
        if found is None:
            return JSONResponse({"live": True, "ready": False, "mode": self.mode, "database": False}, 503)
        told: dict[str, Any] = {
            "live": True,
            "ready": found.is_well,
            "mode": self.mode,
            "database": True,
            "outbox": {"waiting": found.messages, "oldest_s": _seconds(found, found.oldest_message)},
            "inbox": {"waiting": found.updates, "oldest_s": _seconds(found, found.oldest_update)},
            "telegram_heard_s_ago": _seconds(found, found.heard_at),
            "last_update_stored_s_ago": _seconds(found, found.stored_at),
            "late_sweeps": list(found.late),
        }
        return JSONResponse(told, 200 if found.is_well else 503)

    async def _metrics(self, _: Request) -> Response:
        return Response(self.metrics.show(await self._look()), media_type=TEXT)

    async def _look(self) -> Health | None:
        """How the bot is; None where the database does not answer. Whoever asks meanwhile waits for the same answer."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self.desk.do(health.look))
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await asyncio.shield(self._asking)
        except (TimeoutError, SQLAlchemyError) as error:
            log.warning("health.unknown", error=type(error).__name__)
            return None


def _seconds(found: Health, moment: Any) -> float | None:
    return None if moment is None else round(found.since(moment), 3)


class _Server(uvicorn.Server):
    """A server that leaves the process's signals alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none: the process decides when to stop."""
        yield


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # with the protocol named asyncio sends small answers at once; without, each takes 40 ms
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(256)
    except OSError as error:
        sock.close()
        raise BadSettings([f"LISTEN: cannot listen on {host}:{port}: {error.strerror or error}"]) from None
    return sock
