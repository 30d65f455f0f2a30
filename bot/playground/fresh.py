"""Starting over from the page: new chats, a new database and a new bot, while the door stays open."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


class Fresh:
    """The wish to start over; `either` comes when it was uttered, or when all is to end anyway."""

    def __init__(self, stop: asyncio.Event) -> None:
        self.wanted = False
        self.either = asyncio.Event()
        self._watching = asyncio.create_task(self._watch(stop))

    async def _watch(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.either.set()

    def routes(self) -> list[Route]:
        """List what the server mounts."""
        return [Route("/api/fresh", self.begin_anew, methods=["POST"])]

    async def begin_anew(self, _: Request) -> Response:
        """Forget all chats and the database, and begin anew; `began` of GET /api/town is another when that is done."""
        self.wanted = True
        self.either.set()
        return JSONResponse({"fresh": True})

    def close(self) -> None:
        """Wait for nothing any more."""
        self._watching.cancel()
