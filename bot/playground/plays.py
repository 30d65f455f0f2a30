"""Playing the story: slowly enough to watch, pausable, and the routes by which a page starts and shows it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.playground.stage import Beat, OffScript, Scene, Stage
from bot.playground.story import STORY
from bot.sandbox.people_api import read_body

log = structlog.get_logger()

SLOWEST, FASTEST = 0.5, 10.0
BEFORE_S, PER_LETTER_S, AFTER_S = 0.6, 0.015, 0.6
"""At speed 1: to read the caption before it happens, and to see what has come of it."""

IDLE, PLAYING, PAUSED, ENDED, STOPPED, FAILED = "idle", "playing", "paused", "ended", "stopped", "failed"


class Play:
    """One playing of the story on one stage; `state` says how it stands, the rest where it is."""

    def __init__(self, stage: Stage, speed: float = 1.0, story: Sequence[Scene] | None = None) -> None:
        self.stage, self.speed, self.story = stage, speed, STORY if story is None else story
        self.state, self.scene, self.caption, self.who = IDLE, "", "", 0
        self.told: list[tuple[int, str]] = []
        """The captions so far, each with its step: for whoever looks now and then only."""
        self.step, self.steps = 0, sum(len(scene.beats) for scene in self.story)
        self._going = asyncio.Event()
        self._going.set()
        self._task: asyncio.Task[None] | None = None
        stage.rest = self.rest

    # by hand

    def start(self) -> None:
        """Play it beside whatever else goes on."""
        self._task = asyncio.create_task(self.play())

    @property
    def is_on(self) -> bool:
        """Whether it is being played (or paused)."""
        return self.state in (PLAYING, PAUSED)

    @property
    def is_over(self) -> bool:
        """Whether it was started and has come to its end, whichever."""
        return self._task is not None and self._task.done()

    def pause(self) -> None:
        """Hold it and the town's clock: no offer lapses meanwhile."""
        if self.state == PLAYING:
            self.state = PAUSED
            self._going.clear()
            self.stage.winder.clock.hold()

    def go_on(self) -> None:
        """Go on after a pause."""
        if self.state == PAUSED:
            self.state = PLAYING
            self.stage.winder.clock.let_go()
            self._going.set()

    async def stop(self) -> None:
        """End it where it is."""
        self.go_on()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    # by itself

    async def play(self) -> None:
        """Play it to its end; where it does not go as written, the caption says what was waited for."""
        self.state = PLAYING
        try:
            await self._check()
            for scene in self.story:
                await self.stage.look_up()
                if scene.over(self.stage):
                    self.step += len(scene.beats)
                    continue
                self.scene = scene.title
                for beat in scene.beats:
                    await self._act(beat)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                self._end(STOPPED, "Stopped.")
                raise
            self._end(FAILED, "The bot was killed in the middle of it. The story ends here.")
        except (OffScript, LookupError) as off:
            self._end(FAILED, f"{self._named(str(off.args[0] if off.args else off))}.")
        except Exception as error:
            log.exception("play.failed", scene=self.scene, caption=self.caption)
            self._end(FAILED, f"The story broke ({type(error).__name__}); the log says why.")
        else:
            self._end(ENDED, "One parcel is delivered, one is back in the shop. Now with your own hands!")

    def _end(self, state: str, caption: str) -> None:
        self.go_on()
        self.state, self.caption, self.who = state, caption, 0

    async def _check(self) -> None:
        standing = await self.stage.look_up()
        busy = [person.name for person in self.stage.drivers if person.id in standing.carrying]
        if busy:
            raise OffScript(f"{' and '.join(busy)} must finish the job in hand first. Or start over")

    async def _act(self, beat: Beat) -> None:
        person = self.stage.cast[beat.who]
        self.step += 1
        self.caption, self.who = self._named(beat.caption), person.id
        self.told.append((self.step, self.caption))
        await self.rest(BEFORE_S + PER_LETTER_S * len(self.caption))
        self.stage.mark()
        await beat.act(self.stage, person)
        for sight in beat.then:
            await self.stage.sees(sight)
        await self.rest(AFTER_S)

    def _named(self, words: str) -> str:
        for part, name in self.stage.names().items():
            words = words.replace(f"{{{part}}}", name)
        return words

    async def rest(self, seconds: float) -> None:
        """Let so many seconds pass at speed 1; a pause is waited out."""
        await asyncio.sleep(seconds / self.speed)
        await self._going.wait()

    def as_json(self) -> dict[str, Any]:
        """Describe it, as GET /api/play does."""
        return {
            "state": self.state,
            "scene": self.scene,
            "caption": self.caption,
            "who": self.who or None,
            "step": self.step,
            "steps": self.steps,
            "speed": self.speed,
        }


class Plays:
    """The routes that start, hold, stop and show the story."""

    def __init__(self, stage: Stage) -> None:
        self._cast, self._stage = dict(stage.cast), stage
        self.now = Play(stage)

    @property
    def is_on(self) -> bool:
        """Whether the story is being played."""
        return self.now.is_on

    def routes(self) -> list[Route]:
        """List what the server mounts."""
        return [
            Route("/api/play", self.look, methods=["GET"]),
            Route("/api/play", self.change, methods=["POST"]),
        ]

    async def look(self, _: Request) -> Response:
        """How it stands: {"state", "scene", "caption", "who", "step", "steps", "speed"}.

        `state` is idle, playing, paused, ended, stopped or failed (then the caption says why); `who` acts now, by id.
        """
        return JSONResponse(self.now.as_json())

    async def change(self, request: Request) -> Response:
        """{"do": "start" | "pause" | "go on" | "stop"} and/or {"speed": 0.5–10}; answers how it stands then."""
        body = await read_body(request)
        speed = body.get("speed", self.now.speed)
        if not isinstance(speed, int | float) or not SLOWEST <= speed <= FASTEST:
            raise HTTPException(400, f"the speed is {SLOWEST:g} to {FASTEST:g}")
        match body.get("do"):
            case "start":
                if self.now.is_on:
                    raise HTTPException(409, "the story is being played; stop it first")
                self.now = Play(_afresh(self._stage, self._cast), float(speed))
                self.now.start()
                await asyncio.sleep(0)
            case "pause":
                self.now.pause()
            case "go on":
                self.now.go_on()
            case "stop":
                await self.now.stop()
            case None if "speed" in body:
                pass
            case _:
                raise HTTPException(400, 'the story can be told {"do": "start"}, "pause", "go on" or "stop"')
        self.now.speed = float(speed)
        return await self.look(request)

    async def close(self) -> None:
        """End what is played."""
        await self.now.stop()


def _afresh(stage: Stage, cast: dict[str, Any]) -> Stage:
    return Stage(stage.telegram, stage.winder, stage.market, cast)
