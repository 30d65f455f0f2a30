"""The one port: /healthz says whether all is well, /metrics what was done and how much waits."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError

from bot import web
from bot.dispatch import notices
from bot.dispatch.words import Say
from bot.metrics import Metrics
from bot.sandbox.errors import ApiError
from storage.database import Work
from tests.stories import quickly
from tests.stories.town import Town

README = Path(__file__).parent.parent / "README.md"


@pytest.fixture
async def town(tmp_path: Path, template: Path) -> AsyncIterator[Town]:
    """A town whose bot polls, and has a port for whoever watches it."""
    made = await Town(tmp_path, template, listen="127.0.0.1:0").open()
    assert made.bot.web is not None
    await made.bot.web.open()
    yield made
    await made.close()


async def get(town: Town, path: str) -> tuple[int, Any]:
    """What the port answers: status, and JSON or text."""
    assert town.bot.web is not None
    host, port = town.bot.web.address
    async with aiohttp.ClientSession() as session, session.get(f"http://{host}:{port}{path}") as answer:
        return answer.status, await (answer.json() if answer.content_type == "application/json" else answer.text())


async def scrape(town: Town) -> dict[str, float]:
    """Every sample that has a value, by name and labels, as Prometheus reads them."""
    _, text = await get(town, "/metrics")
    return {
        sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class TestHealth:
    """/healthz: 200 where all is well, else 503."""

    async def test_well(self, town: Town) -> None:
        """It says what it looked at, in seconds."""
        anna = town.human("Anna")
        await anna.starts()
        town.clock.now += timedelta(seconds=7)
        status, told = await get(town, "/healthz")
        assert status == 200
        assert told == {
            "live": True,
            "ready": True,
            "mode": "polling",
            "database": True,
            "outbox": {"waiting": 0, "oldest_s": None},
            "inbox": {"waiting": 0, "oldest_s": None},
            "telegram_heard_s_ago": 7.0,
            "last_update_stored_s_ago": 7.0,
            "late_sweeps": [],
        }

    async def test_messages_wait(self, town: Town) -> None:
        """The relay lags behind."""
        await town.bot.desk.do(lambda work: notices.say(work, town.olivia.id, Say("apology")))
        town.clock.now += timedelta(seconds=119)
        await town.bot.receiver.receive(0)
        await town.bot.jobs.all_now()
        assert (await get(town, "/healthz"))[0] == 200
        town.clock.now += timedelta(seconds=2)
        status, told = await get(town, "/healthz")
        assert (status, told["ready"], told["outbox"]) == (503, False, {"waiting": 1, "oldest_s": 121.0})
        assert told["late_sweeps"] == []

    async def test_telegram_is_silent(self, town: Town) -> None:
        """Nothing was heard for two minutes."""
        town.clock.now += timedelta(seconds=121)
        status, told = await get(town, "/healthz")
        assert (status, told["telegram_heard_s_ago"]) == (503, 121.0)

    async def test_a_sweep_is_late(self, town: Town) -> None:
        """It is named."""
        town.clock.now += timedelta(seconds=100)
        status, told = await get(town, "/healthz")
        assert (status, told["late_sweeps"]) == (503, ["duty", "offers", "watching"])
        await town.tick()
        assert (await get(town, "/healthz"))[1]["late_sweeps"] == []

    @pytest.mark.parametrize("how", ["raises", "hangs"])
    async def test_the_database_is_away(self, town: Town, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
        """It is not ready, and lives; whoever asks meanwhile is answered too, and asks the database nothing more."""
        asked = []

        async def do(_piece: object) -> None:
            asked.append(how)
            if how == "hangs":
                await asyncio.sleep(1)
            raise OperationalError("SELECT", {}, Exception("gone"))

        monkeypatch.setattr(web, "PATIENCE_S", 0.05)
        monkeypatch.setattr(town.bot.desk, "do", do)
        answers = await asyncio.gather(*(get(town, "/healthz") for _ in range(5)))
        assert {status for status, _ in answers} == {503}
        assert all(told["live"] and not told["ready"] and not told["database"] for _, told in answers)
        assert (await get(town, "/healthz/live")) == (200, {"live": True})
        figures = await scrape(town)
        assert figures["doorstep_database_answers"] == 0
        assert "doorstep_outbox_waiting" not in figures
        assert len(asked) == 1 or how == "raises"
        monkeypatch.undo()
        await asyncio.sleep(0)

    async def test_nothing_else(self, town: Town) -> None:
        """There is no page, and where updates are polled no webhook."""
        for path in ("/", "/telegram", "/docs"):
            assert (await get(town, path))[0] == 404


class TestMetrics:
    """/metrics: what this process did, and how the bot is."""

    async def test_a_delivery(self, town: Town) -> None:
        """Turns, refusals, messages, offers and the time to an accept are counted as they happen."""
        anna = await quickly.merchant(town)
        omar, dana = await quickly.drivers(town, "Omar", "Dana", at=[quickly.NEARBY, quickly.north(1.5)])
        before = await scrape(town)
        await quickly.book(town, anna)
        await town.tick()
        await omar.taps("Decline")
        await town.passes(seconds=12, step=4)
        await dana.taps("Accept")
        await omar.says("/open")
        after = await scrape(town)

        def grew(name: str) -> float:
            return after.get(name, 0) - before.get(name, 0)

        assert grew("doorstep_turns_total done") == 2
        assert grew("doorstep_turns_total refused") == 1
        assert grew("doorstep_turn_seconds_count") == 3
        assert grew("doorstep_refusals_total NotYours") == 1
        assert grew("doorstep_offers_total made") == 2
        assert grew("doorstep_offers_total declined") == 1
        assert grew("doorstep_offers_total accepted") == 1
        assert (grew("doorstep_accept_seconds_count"), grew("doorstep_accept_seconds_sum")) == (1, 12)
        assert grew("doorstep_sends_total post sent") >= 3
        assert (after["doorstep_deliveries assigned"], after["doorstep_database_answers"]) == (1, 1)
        assert (after["doorstep_outbox_waiting"], after["doorstep_inbox_waiting"]) == (0, 0)

    async def test_what_waits(self, town: Town) -> None:
        """Depth and age of the outbox and of the inbox."""
        anna = town.human("Anna")
        await town.bot.desk.do(lambda work: notices.say(work, town.olivia.id, Say("apology")))
        anna.phone.says("/id")
        await town.bot.receiver.receive(0)
        town.clock.now += timedelta(seconds=30)
        found = await scrape(town)
        assert (found["doorstep_outbox_waiting"], found["doorstep_outbox_age_seconds"]) == (1, 30)
        assert (found["doorstep_inbox_waiting"], found["doorstep_inbox_age_seconds"]) == (1, 30)
        assert found["doorstep_telegram_silence_seconds"] == 30
        await town.bot.receiver.drain()
        await town.bot.relay.drain()

    async def test_only_what_is_committed(self, town: Town) -> None:
        """What a rollback undid did not happen."""

        def fails(work: Work) -> None:
            work.happened.append(("offer", "made", 0))
            raise LookupError

        with pytest.raises(LookupError):
            await town.bot.desk.do(fails)
        assert "doorstep_offers_total made" not in await scrape(town)

    async def test_telegram_refuses(self, town: Town) -> None:
        """By the kind of error."""

        def refuse(method: str, _params: object) -> None:
            if method == "sendMessage":
                raise ApiError(403, "Forbidden: bot was blocked by the user")

        town.telegram.before.append(refuse)
        town.human("Anna").phone.says("/id")
        await town.settle()
        town.telegram.before.remove(refuse)
        assert (await scrape(town))["doorstep_sends_total post Forbidden"] >= 1

    def test_a_registry_of_its_own(self) -> None:
        """Two bots in one process do not meet; the library's own registry knows neither."""
        one, other = Metrics(), Metrics()
        one.turn("done", 0.01)
        assert b'doorstep_turns_total{outcome="done"} 1.0' in one.show(None)
        assert b"doorstep_turns_total{" not in other.show(None)
        assert not [name for name in REGISTRY._names_to_collectors if name.startswith("doorstep")]

    async def test_each_has_its_line_in_the_readme(self, town: Town) -> None:
        """Nobody has to scrape to know what there is."""
        _, text = await get(town, "/metrics")
        names = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
        names = {name for name in names if not name.endswith("_created")}
        assert len(names) >= 14
        told = README.read_text(encoding="utf-8")
        assert [name for name in sorted(names) if f"`{name}" not in told] == []
