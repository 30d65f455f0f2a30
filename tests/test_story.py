"""The story that plays itself: whole, again where the cast has joined, held and off script; and in a terminal."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import aiohttp
import pytest
import structlog
from sqlmodel import col, select
from typer.testing import CliRunner

from bot.__main__ import cli
from bot.playground import keys, plays, reading
from bot.playground import stage as staging
from bot.playground.acting import says, sees, waits
from bot.playground.demo import CAST
from bot.playground.indoors import indoors
from bot.playground.opening import OPENING
from bot.playground.plays import ENDED, FAILED, PAUSED, PLAYING, STOPPED, Play, Plays
from bot.playground.stage import Beat, Scene, Stage, Standing
from bot.playground.story import STORY
from bot.sandbox.server import create_app, serve
from storage.models import Delivery
from tests.hands import until

INFINITE = float("inf")
HELLO = Scene("Hello", (Beat("anna", "{anna} says hello.", says("/start"), (sees("anna", "welcome"),)),))
NEVER = Scene("Never", (Beat("anna", "{anna} waits.", waits(0), (sees("anna", "merchant-approved"),)),))


@pytest.fixture
def folder(tmp_path: Path, template: Path) -> Path:
    """A folder with a migrated database in it."""
    shutil.copy(template, tmp_path / "doorstep.db")
    return tmp_path


def again(stage: Stage) -> Stage:
    """The same town, for another playing."""
    return Stage(stage.telegram, stage.winder, stage.market, {part: stage.cast[part] for part in CAST})


def texts(stage: Stage, part: str) -> str:
    """All that the bot says in somebody's chat now."""
    return "\n".join(reading.said(message) for message in reading.newest(stage.cast[part]))


async def test_the_whole_story(folder: Path) -> None:
    """Played without a rest it ends as written; played again, nobody joins a second time."""
    async with indoors(folder, CAST, migrate=False) as stage:
        play = Play(stage, INFINITE)
        await play.play()
        assert (play.state, play.step) == (ENDED, play.steps), play.caption
        assert "Delivered" in texts(stage, "lena")
        assert "delivered" in texts(stage, "anna")
        assert "returned" in texts(stage, "anna")
        assert "I can't find “Fashn Sho”" in stage.cast["anna"].reads()
        assert "¡Gracias, Dana Duarte!" in texts(stage, "dana")
        assert "Somebody was quicker" in texts(stage, "mateo") + texts(stage, "omar") or "rápid" in texts(stage, "dana")
        loud = {part: sum(loud for _, loud in stage.cast[part].sounds) for part in CAST}
        assert loud["lena"] in (2, 3), "about to arrive, delivered; that it is picked up may be old by then"
        stood = await stage.winder.bot.life.do(
            lambda doorstep: doorstep.desk.do(
                lambda work: [one.status for one in work.session.exec(select(Delivery).order_by(col(Delivery.id)))]
            )
        )
        assert stood == ["delivered", "returned"]

        second = Play(again(stage), INFINITE, OPENING)
        await second.play()
        assert (second.state, second.step) == (ENDED, second.steps), second.caption
        assert stage.cast["anna"].reads().count("is approved") == 1
        assert stage.telegram.problems == []


async def test_held_and_stopped(folder: Path) -> None:
    """A pause holds the story and the town's clock; it goes on from there, or is stopped."""
    async with indoors(folder, CAST, migrate=False) as stage:
        play, clock = Play(stage, 50, [HELLO, *[HELLO] * 40]), stage.winder.clock
        play.start()
        await stage.until(lambda: "Doorstep" in texts(stage, "anna"), "Anna is greeted")
        play.pause()
        await asyncio.sleep(0.05)
        step, then = play.step, clock()
        await asyncio.sleep(0.15)
        assert (play.state, play.step, clock()) == (PAUSED, step, then)
        play.go_on()
        await stage.until(lambda: play.step > step, "it goes on")
        assert play.state == PLAYING
        assert (clock() - then).total_seconds() < 30
        await play.stop()
        assert (play.state, play.is_over, clock.held) == (STOPPED, True, False)


async def test_off_script(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was waited for in vain is said, by name; and a bot that is dead."""
    monkeypatch.setattr(staging, "PATIENCE_S", 0.1)
    async with indoors(folder, CAST, migrate=False) as stage:
        play = Play(stage, INFINITE, [NEVER])
        await play.play()
        assert play.state == FAILED
        assert "waited in vain until Anna sees “merchant-approved”" in play.caption

        bot = stage.winder.bot
        bot.kill()
        await until(lambda: bot.life.is_over)
        dead = Play(again(stage), INFINITE, [HELLO])
        await dead.play()
        assert (dead.state, "the bot is not running" in dead.caption) == (FAILED, True)


async def test_over_http(folder: Path) -> None:
    """Start, hold, go on, change the speed, stop; and what cannot be asked."""
    async with indoors(folder, CAST, migrate=False) as stage:
        routes = Plays(stage)
        serving = await serve(create_app(stage.telegram, more=routes.routes()), port=0)
        url = f"http://127.0.0.1:{serving.port}/api/play"
        async with aiohttp.ClientSession() as http:

            async def post(**body: object) -> tuple[int, dict[str, object]]:
                async with http.post(url, json=body) as answer:
                    return answer.status, await answer.json()

            async with http.get(url) as answer:
                idle = await answer.json()
            assert set(idle) == {"state", "scene", "caption", "who", "step", "steps", "speed"}
            assert (idle["state"], idle["step"]) == ("idle", 0)
            status, playing = await post(do="start", speed=10)
            assert (status, playing["state"], playing["speed"]) == (200, "playing", 10)
            assert (await post(do="start"))[0] == 409
            assert (await post(do="pause"))[1]["state"] == "paused"
            assert (await post(do="go on"))[1]["state"] == "playing"
            assert (await post(speed=2))[1]["speed"] == 2
            assert (await post(speed=11))[0] == 400
            assert (await post(do="dance"))[0] == 400
            assert (await post(do="stop"))[1]["state"] == "stopped"
        await serving.stop()


def test_captions_are_whole_sentences() -> None:
    """Each caption of the story is short and whole: a capital (or a name) first, an end last, two lines at most."""
    longest = 90
    for scene in STORY:
        for beat in scene.beats:
            words = beat.caption
            assert words[0].isupper() or words.startswith("{"), words
            assert words.endswith((".", "!")), words
            assert len(words) <= longest, words


async def test_keys_of_the_demo(folder: Path) -> None:
    """Space or p holds the story and lets it go on, q ends it even while it is held; other keys mean nothing."""
    async with indoors(folder, CAST, migrate=False) as stage:
        play, ended = Play(stage, 50, [HELLO] * 40), asyncio.Event()
        play.start()
        await stage.until(lambda: play.state == PLAYING, "it plays")
        states = []
        for key in (" ", "x", "p", "P", " "):
            keys.press(key, play, ended.set)
            states.append(play.state)
        assert states == [PAUSED, PAUSED, PLAYING, PAUSED, PLAYING]
        keys.press(" ", play, ended.set)
        assert not ended.is_set()
        keys.press("q", play, ended.set)
        assert ended.is_set()
        assert not stage.winder.clock.held
        await play.stop()


async def test_keys_are_read_from_a_terminal() -> None:
    """Keys are told one by one as they are pressed, the terminal is left as it was; a pipe has no keys."""
    termios = pytest.importorskip("termios")
    ours, theirs = os.openpty()
    pressed: list[str] = []
    try:
        with os.fdopen(theirs, encoding="utf-8") as terminal:
            before = termios.tcgetattr(terminal)
            with keys.listen(pressed.append, terminal) as has_keys:
                assert has_keys
                os.write(ours, b" q")
                await until(lambda: len(pressed) == 2)
            assert termios.tcgetattr(terminal) == before
    finally:
        os.close(ours)
    assert pressed == [" ", "q"]
    with StringIO() as pipe, keys.listen(pressed.append, pipe) as has_keys:
        assert not has_keys


async def test_a_job_in_hand(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who carries something must finish it first, or one starts over; no option of a command line is named."""
    async with indoors(folder, CAST, migrate=False) as stage:
        omar = stage.cast["omar"].id
        standing = replace(await stage.look_up(), carrying=frozenset({omar}))

        async def look_up() -> Standing:
            return standing

        monkeypatch.setattr(stage, "look_up", look_up)
        play = Play(stage, INFINITE, [HELLO])
        await play.play()
        assert (play.state, play.caption) == (FAILED, "Omar must finish the job in hand first. Or start over.")


class TestDemo:
    """`doorstep demo`, where there is no terminal."""

    @pytest.fixture(autouse=True)
    def _logs_as_before(self) -> Iterator[None]:
        yield
        structlog.reset_defaults()

    def test_in_lines(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Captions, what comes on each phone, and a summary; exit code 0."""
        monkeypatch.setattr(plays, "STORY", [HELLO])
        result = CliRunner().invoke(cli, ["demo", "--speed", "1000", "--language", "es"])
        assert result.exit_code == 0, result.output
        assert "[1/1] Anna says hello." in result.output
        assert "Anna    me> /start" in result.output
        assert "¿Quién eres?" in result.output
        assert "What each person got" in result.output
        assert "the bot sent 1 messages" in result.output

    def test_off_script(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Exit code 1, and what was waited for."""
        monkeypatch.setattr(plays, "STORY", [HELLO, NEVER])
        monkeypatch.setattr(staging, "PATIENCE_S", 0.2)
        result = CliRunner().invoke(cli, ["demo", "--speed", "1000"])
        assert result.exit_code == 1
        assert "Step 2 of 2, Never: waited in vain until Anna sees" in " ".join(result.output.split())

    def test_what_cannot_be(self) -> None:
        """A speed or a number of people that cannot be is refused by name, with what can be."""
        for arguments, option in (
            (["demo", "--speed", "0"], "--speed"),
            (["sandbox", "--drivers", "201"], "--drivers"),
            (["sandbox", "--merchants", "-1"], "--merchants"),
        ):
            result = CliRunner().invoke(cli, arguments)
            assert result.exit_code == 2
            assert option in result.output
