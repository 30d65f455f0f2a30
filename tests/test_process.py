"""The real process over real HTTP: `doorstep run` against a Bot API server, started, killed, doubled and stopped."""

import asyncio
import re
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import app as doorstep
from bot.receiver import NEWCOMER
from bot.sandbox.server import Serving, create_app, serve
from bot.sandbox.telegram import Telegram
from bot.settings import load_settings
from storage.database import Database
from tests import rules
from tests.hands import Phone, Process, until

TOKEN = "4242424242:SANDBOX"
FASHION_SHOW = (36.1277, -115.1722)


class Installation:
    """A folder with a database in which a merchant and a driver are approved, and a Telegram on a port."""

    def __init__(self, folder: Path, url: str = "") -> None:
        """The database is a file in that folder where no other is given, empty."""
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = url or f"sqlite:///{folder / 'doorstep.db'}"
        self.telegram = Telegram(clock=doorstep.now, token=TOKEN)
        self.serving: Serving | None = None
        self.processes: list[Process] = []
        doorstep.migrate(load_settings(_env_file=None, database_url=self.url))
        self.database = Database(self.url, doorstep.now)
        earlier = rules.Clock(datetime.now(UTC) - timedelta(hours=3))
        people = rules.Town(self.database, earlier)
        job = people.job("delivered")
        people.relay()
        earlier.wind(minutes=70)
        people.relay()  # nothing of it is left to be said
        with self.database.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE delivery SET draft_id = NULL")  # `people` had made it up
        self.operator = people.operator
        self.anna, self.omar = self.phone("Anna", job.merchant), self.phone("Omar", job.driver)
        self.lena = self.phone("Lena", job.customer)
        self.phone("Olga", self.operator)

    def phone(self, name: str, person_id: int | None = None) -> Phone:
        """A person with a phone, who has pressed Start in good time."""
        person = self.telegram.person(name, id=person_id)
        person.start()
        return Phone(person)

    async def serve(self) -> None:
        """Let Telegram be reached."""
        self.serving = await serve(create_app(self.telegram), port=self.port)

    async def start(self, *arguments: str, **settings: str) -> Process:
        """Start the bot."""
        usual = {
            "BOT_TOKEN": TOKEN,
            "BOT_API_URL": f"http://127.0.0.1:{self.port}",
            "DATABASE_URL": self.url,
            "OPERATORS": str(self.operator),
            "GEOCODER": "gazetteer",
        }
        process = await Process(self.folder, *(arguments or ("run",)), **{**usual, **settings}).start()
        self.processes.append(process)
        return process

    def reads(self, statement: str) -> list[Any]:
        """What the database holds, in one column."""
        with self.database.engine.connect() as connection:
            return [row[0] for row in connection.exec_driver_sql(statement).all()]

    async def close(self) -> None:
        """End everything."""
        for process in self.processes:
            await process.kill()
        if self.serving is not None:
            await self.serving.stop()
        self.database.close()


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Installation]:
    """An installation whose Telegram is not reachable yet."""
    made = Installation(tmp_path)
    yield made
    await made.close()


async def test_the_story_with_the_real_process(here: Installation) -> None:
    """The bot waits for Telegram, is killed in the middle of a booking, goes on, and brings the parcel to the door."""
    anna, omar, lena = here.anna, here.omar, here.lena
    first = await here.start()
    await first.tells("start.telegram_is_away")
    await here.serve()
    await anna.taps("🛍 I have a shop")
    await anna.taps("Same as last time")
    await anna.sees("Shall I book this?")
    first.signal(signal.SIGKILL)
    assert await first.ends() == -signal.SIGKILL
    await anna.taps("Confirm")  # nobody is there to hear it
    second = await here.start()
    omar.person.shares_live(*FASHION_SHOW)
    await second.tells("start.ready")
    began = asyncio.get_running_loop().time()
    await omar.taps("Accept")
    await anna.sees("Omar is on the way to the shop")
    anna.person.taps("Customer's link")
    link = re.search(r"https://t\.me/\S+", await anna.sees("https://t.me/"))
    assert link is not None
    lena.person.opens(link[0])
    await lena.taps("It's mine")
    await omar.taps("I'm at the pickup")
    await omar.taps("Picked up (1 piece)")
    await omar.taps("I'm at the door")
    await lena.sees("is at the door")
    await omar.taps("Delivered")
    omar.person.photo()
    await omar.sees("delivered")
    assert here.reads("SELECT status FROM delivery ORDER BY id") == ["delivered", "delivered"]
    assert here.telegram.problems == []

    # somebody starts a second one: he came later, and gives way
    await asyncio.sleep(max(0.0, began + NEWCOMER.total_seconds() - asyncio.get_running_loop().time()))
    third = await here.start()
    fourth = await here.start(DATABASE_URL=f"sqlite:///{here.folder / 'own.db'}")
    assert [await third.ends(60), await fourth.ends(60)] == [1, 1]
    assert "another process works with this database; stop it first" in third.says()
    assert "another process polls with this BOT_TOKEN; stop it first" in fourth.says()
    assert "Traceback" not in third.says() + fourth.says()
    assert not second.ended()

    # the last turn is in hand when it is told to stop
    def stop(name: str, _params: Mapping[str, Any]) -> None:
        if name == "answerCallbackQuery":
            second.signal(signal.SIGTERM)

    here.telegram.before.append(stop)
    said = len(anna.texts())
    anna.person.says("/status")
    await until(lambda: len(anna.texts()) > said)
    omar.person.taps("Undo")
    assert await second.ends() == 0
    assert "Traceback" not in second.says() + first.says()
    assert here.reads("SELECT status FROM delivery ORDER BY id") == ["delivered", "picked_up"]
    assert here.reads("SELECT count(*) FROM inbox WHERE status != 'done'") == [0]


async def test_what_stops_a_start(here: Installation) -> None:
    """A token that Telegram does not know, a database of another bot: a clear word, and exit code 1."""
    await here.serve()
    with here.database.transaction() as work:
        work.memory.note("bot_id", "77")
    foreign = await here.start()
    unknown = await here.start(BOT_TOKEN="4242424242:UNKNOWN", DATABASE_URL=f"sqlite:///{here.folder / 'new.db'}")
    assert [await process.ends() for process in here.processes] == [1, 1]
    assert "BOT_TOKEN: Telegram does not accept this token" in unknown.says()
    assert "DATABASE_URL: this database belongs to bot 77, and BOT_TOKEN is of bot 4242424242" in foreign.says()
    for process in here.processes:
        assert "Traceback" not in process.says()
        assert "UNKNOWN" not in process.says()
