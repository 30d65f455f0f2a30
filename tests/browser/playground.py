"""What a playground serves besides the phones, scripted: a clock, a bot's life, a time line, deliveries, a story."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

SHORT_S = 0.4


class ScriptedPlayground:
    """Answers as the real one does; a test writes what is to be told, and reads what was ordered."""

    def __init__(self) -> None:
        self.ahead_s = 0.0
        self.alive = True
        self.timeline: list[dict[str, Any]] = []
        self.deliveries: list[dict[str, Any]] = []
        self.play: dict[str, Any] = {
            "state": "idle",
            "scene": "",
            "caption": "",
            "who": None,
            "step": 0,
            "steps": 10,
            "speed": 1.0,
        }
        self.told: list[dict[str, Any]] = []

    def routes(self) -> list[Route]:
        """List what the server mounts."""
        return [
            Route("/api/clock", self._clock, methods=["GET", "POST"]),
            Route("/api/bot", self._bot, methods=["GET", "POST"]),
            Route("/api/timeline", self._timeline, methods=["GET"]),
            Route("/api/deliveries", self._deliveries, methods=["GET"]),
            Route("/api/play", self._play, methods=["GET", "POST"]),
            Route("/api/fresh", self._fresh, methods=["POST"]),
        ]

    async def _clock(self, request: Request) -> Response:
        if request.method == "POST":
            await asyncio.sleep(SHORT_S)
            self.ahead_s += (await request.json())["seconds"]
        now = datetime.now(UTC) + timedelta(seconds=self.ahead_s)
        return JSONResponse({"now": now.isoformat(), "ahead_s": self.ahead_s})

    async def _bot(self, request: Request) -> Response:
        if request.method == "POST":
            self.alive = (await request.json())["do"] == "start"
        return JSONResponse({"alive": self.alive})

    async def _timeline(self, _: Request) -> Response:
        return JSONResponse(self.timeline)

    async def _deliveries(self, _: Request) -> Response:
        return JSONResponse({"deliveries": self.deliveries, "drivers": []})

    async def _play(self, request: Request) -> Response:
        if request.method == "POST":
            order = await request.json()
            self.told.append(order)
            states = {"start": "playing", "pause": "paused", "go on": "playing", "stop": "stopped"}
            self.play["state"] = states.get(order.get("do"), self.play["state"])
            self.play["speed"] = order.get("speed", self.play["speed"])
        return JSONResponse(self.play)

    async def _fresh(self, request: Request) -> Response:
        self.told.append({"do": "fresh"})
        return JSONResponse({"fresh": True})

    # what a test lets happen

    def happens(self, kind: str, who: str, text: str, **more: Any) -> None:
        """Add an entry to the time line, now."""
        at = (datetime.now(UTC) + timedelta(seconds=self.ahead_s)).isoformat()
        self.timeline.append(
            {"key": f"{kind}:{len(self.timeline)}", "kind": kind, "at": at, "who": who, "text": text, **more}
        )

    def books(self, number: str, status: str, driver: int | None = None, **more: Any) -> None:
        """Have this delivery in town, from Fashion Show to the Bellagio."""
        delivery = {
            "id": len(self.deliveries) + 1,
            "number": number,
            "status": status,
            "merchant": "Mia's Shoes",
            "customer": "Carl",
            "pickup": [36.1276, -115.1716],
            "dropoff": [36.1126, -115.1767],
            "driver": driver,
            "at_pickup": False,
            "at_dropoff": False,
            "booked_at": datetime.now(UTC).isoformat(),
            "eta_at": None,
            "ended_at": None,
        }
        self.deliveries = [*(one for one in self.deliveries if one["number"] != number), {**delivery, **more}]
