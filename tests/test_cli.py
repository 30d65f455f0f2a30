"""The command line: help, what is wrong with a start and how to mend it, migrate, doctor, and the sandbox itself."""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from io import StringIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from rich.console import Console

from bot import __main__ as line
from bot import app as doorstep
from bot import playground
from bot.doctor import Finding, Verdict, examine
from bot.sandbox.server import Serving, create_app, serve
from bot.sandbox.telegram import Telegram
from bot.settings import MARKET, Settings, load_market, load_settings
from storage.database import Database
from tests.hands import Process, until

TOKEN = "4242424242:SANDBOX"
OLIVIA = 900


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A folder without .env, an environment without our variables, wide lines; logs are afterwards as before."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(line.out, "_width", 300)
    monkeypatch.setattr(line.err, "_width", 300)
    yield tmp_path
    structlog.reset_defaults()


@pytest.fixture
def doorstep_(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs `doorstep …` with these settings; gives the exit code, and what was written to both outputs."""

    def run(*arguments: str, **settings: str) -> tuple[int, str]:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["doorstep", *arguments])
        with pytest.raises(SystemExit) as ended:
            line.main()
        written = capsys.readouterr()
        return int(ended.value.code or 0), written.out + written.err

    return run


Run = Callable[..., tuple[int, str]]


class TestHelp:
    """Whoever asks is answered."""

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("--help",), "local delivery inside a Telegram chat"),
            (("-h",), "local delivery inside a Telegram chat"),
            (("run", "--help"), "BOT_TOKEN and OPERATORS"),
            (("sandbox", "--help"), "--fresh"),
            (("migrate", "--help"), "market.toml"),
            (("doctor", "--help"), "how to mend it"),
            (("backup", "--help"), "while the bot runs"),
            (("restore", "--help"), "What was there is kept"),
        ],
    )
    def test_help(self, doorstep_: Run, arguments: tuple[str, ...], words: str) -> None:
        """Every command says what it does and what it can be told."""
        code, written = doorstep_(*arguments)
        assert code == 0
        assert words in " ".join(re.sub(r"[│\n]", " ", written).split())

    def test_every_command_has_its_line(self, doorstep_: Run) -> None:
        """Without a command all of them are listed."""
        _, written = doorstep_()
        for command in ("run", "sandbox", "migrate", "doctor", "backup", "restore"):
            assert re.search(rf"│ {command} +[A-Z]", written)

    def test_no_such_command(self, doorstep_: Run) -> None:
        """A typing error is told, with exit code 2."""
        code, written = doorstep_("rum")
        assert code == 2
        assert "No such command 'rum'" in written


class TestWhatStopsAStart:
    """Exit code 2, the name of the variable, and how to mend it."""

    def test_nothing_is_set(self, doorstep_: Run) -> None:
        """Both settings that must be there are named at once."""
        code, written = doorstep_("run")
        assert code == 2
        assert "BOT_TOKEN is missing. Get one from @BotFather" in written
        assert "OPERATORS is empty" in written
        assert "/id" in written

    @pytest.mark.parametrize(
        ("name", "value", "mend"),
        [
            ("BOT_TOKEN", "hello", "@BotFather"),
            ("OPERATORS", "@olivia", "123456789,987654321"),
            ("OPERATORS", "", "/id"),
            ("BOT_API_URL", "localhost", "https://api.telegram.org"),
            ("DATABASE_URL", "mysql://host/name", "sqlite:///doorstep.db"),
            ("MARKET_FILE", "nowhere.toml", "cannot read nowhere.toml"),
            ("GEOCODER", "nominatum", "nominatum"),
            ("GEOCODER_OPTIONS", "{", '{"user_agent": "doorstep"}'),
            ("GEOCODER_OPTIONS", '{"colour": "red"}', "colour"),
            ("PUBLIC_URL", "https://bot.example.org", "WEBHOOK_SECRET is missing"),
            ("LOG_LEVEL", "LOUD", "'INFO'"),
            ("LOG_FORMAT", "xml", "'json'"),
        ],
    )
    def test_a_bad_value(self, doorstep_: Run, name: str, value: str, mend: str) -> None:
        """Each setting, with a value that cannot be."""
        code, written = doorstep_("run", **{"BOT_TOKEN": TOKEN, "OPERATORS": "900", name: value})
        assert code == 2
        assert name in written
        assert mend in written
        assert "Traceback" not in written

    def test_a_folder_that_is_not_there(self, doorstep_: Run) -> None:
        """The database cannot be made: its setting is named, with exit code 1."""
        code, written = doorstep_("run", BOT_TOKEN=TOKEN, OPERATORS="900", DATABASE_URL="sqlite:///nowhere/doorstep.db")
        assert code == 1
        assert "DATABASE_URL: the database cannot be used (unable to open database file)" in written

    def test_brackets_are_not_eaten(self, doorstep_: Run, folder: Path) -> None:
        """What a file or a path says reaches the eye as it is."""
        (folder / "[my] market.toml").write_text("languages = [", encoding="utf-8")
        code, written = doorstep_("migrate", MARKET_FILE="[my] market.toml")
        assert code == 2
        assert "MARKET_FILE: [my] market.toml is no TOML" in written


class TestMigrate:
    """`doorstep migrate`."""

    def test_an_empty_folder(self, doorstep_: Run, folder: Path) -> None:
        """The tables are made and the market is loaded; a second time changes nothing."""
        for _ in range(2):
            code, written = doorstep_("migrate")
            assert code == 0
            assert "The database is up to date, with the market Las Vegas." in written
        database = Database(f"sqlite:///{folder / 'doorstep.db'}", doorstep.now)
        with database.transaction() as work:
            assert (work.market.title, work.tariff_version) == ("Las Vegas", 1)
        database.close()

    def test_a_market_of_ones_own(self, doorstep_: Run, folder: Path) -> None:
        """A changed tariff is a new version; a language without texts stops it."""
        doorstep_("migrate")
        text = MARKET.read_text(encoding="utf-8")
        (folder / "mine.toml").write_text(text.replace("base = 499", "base = 599"), encoding="utf-8")
        assert doorstep_("migrate", MARKET_FILE="mine.toml")[0] == 0
        database = Database(f"sqlite:///{folder / 'doorstep.db'}", doorstep.now)
        with database.transaction() as work:
            assert (work.market.tariff.base, work.tariff_version) == (599, 2)
        database.close()
        (folder / "mine.toml").write_text(text.replace('["en", "es"]', '["en", "tlh"]'), encoding="utf-8")
        code, written = doorstep_("migrate", MARKET_FILE="mine.toml")
        assert code == 2
        assert "MARKET_FILE: languages" in written
        assert "tlh" in written


class Clinic:
    """A bot whose settings are all well, on a Telegram of our own, until a test spoils one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, serving: Serving) -> None:
        self._patch, self.folder = monkeypatch, folder
        self.set(
            BOT_TOKEN=TOKEN,
            BOT_API_URL=f"http://127.0.0.1:{serving.port}",
            OPERATORS=str(OLIVIA),
            GEOCODER="gazetteer",
        )
        doorstep.migrate(load_settings())
        with self.database() as database, database.transaction() as work:
            person = work.people.meet(OLIVIA, work.market_id, "Olivia", None, "en")
            person.started = True

    def set(self, **settings: str) -> None:
        """Set these variables."""
        for name, value in settings.items():
            self._patch.setenv(name, value)

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The database, closed at the end."""
        database = Database(load_settings().database_url, doorstep.now)
        yield database
        database.close()

    async def wrong(self) -> dict[str, Finding]:
        """What is wrong, by what was looked at; each has its mend."""
        found = {finding.what: finding for finding in await examine() if finding.verdict is Verdict.WRONG}
        assert all(finding.words and finding.mend for finding in found.values())
        return found

    async def unseen(self) -> dict[str, Finding]:
        """What could not be looked at, by its name; each says why."""
        found = {finding.what: finding for finding in await examine() if finding.verdict is Verdict.UNSEEN}
        assert all(finding.words for finding in found.values())
        return found


@pytest.fixture
async def clinic(monkeypatch: pytest.MonkeyPatch, folder: Path) -> AsyncIterator[Clinic]:
    """Everything is well."""
    telegram = Telegram(clock=lambda: datetime.now(UTC), token=TOKEN)
    serving = await serve(create_app(telegram), port=0)
    yield Clinic(monkeypatch, folder, serving)
    await serving.stop()


@asynccontextmanager
async def telling(date: str | timedelta | None) -> AsyncIterator[str]:
    """A server that refuses everything and tells a time with it: this one, one so far from now, or none; its URL."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        told = format_datetime(datetime.now(UTC) + date, usegmt=True) if isinstance(date, timedelta) else date
        header = f"Date: {told}\r\n" if told else ""
        writer.write(f"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n{header}\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


class TestDoctor:
    """`doorstep doctor`: one thing wrong at a time."""

    async def test_all_is_well(self, clinic: Clinic) -> None:
        """Each setting has its line, and none needs mending."""
        findings = await examine()
        assert [finding.what for finding in findings if finding.verdict is not Verdict.WELL] == []
        words = {finding.what: finding.words for finding in findings}
        assert words["BOT_TOKEN"] == "@doorstep_sandbox_bot answers"
        assert words["DATABASE_URL"] == "sqlite, up to date"
        assert words["zone"].startswith("America/Los_Angeles: it is ")
        assert words["market"] == "Las Vegas, USD, en, es"
        assert words[f"operator {OLIVIA}"] == "has pressed Start"
        assert words["GEOCODER"] == "gazetteer answers: the market's center is near 3601 S Las Vegas Blvd"
        assert re.fullmatch(r"\d s away from the Bot API's", words["clock"])

    async def test_no_token(self, clinic: Clinic) -> None:
        """Where to get one."""
        clinic.set(BOT_TOKEN="")
        assert {what: finding.mend for what, finding in (await clinic.wrong()).items()} == {
            "BOT_TOKEN": "get one from @BotFather (/newbot), write it into .env"
        }

    async def test_a_wrong_token(self, clinic: Clinic) -> None:
        """Telegram does not know it."""
        clinic.set(BOT_TOKEN="4242424242:UNKNOWN")
        wrong = await clinic.wrong()
        assert set(wrong) == {"BOT_TOKEN"}
        assert wrong["BOT_TOKEN"].words == "Telegram does not accept it"

    async def test_telegram_is_away(self, clinic: Clinic) -> None:
        """The address is named that could not be reached; everything else is looked at all the same."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        clinic.set(BOT_API_URL=f"http://127.0.0.1:{port}")
        wrong = await clinic.wrong()
        assert set(wrong) == {"BOT_API_URL"}
        assert wrong["BOT_API_URL"].words == "does not answer"
        assert wrong["BOT_API_URL"].mend == f"is it reachable from here? curl -I http://127.0.0.1:{port}"
        unseen = await clinic.unseen()
        assert set(unseen) == {"BOT_TOKEN", "clock"}
        assert unseen["clock"].words == "not compared: the Bot API does not answer"
        assert "timedatectl" in unseen["clock"].mend

    @pytest.mark.parametrize(
        ("date", "verdict", "words"),
        [
            (None, Verdict.UNSEEN, "not compared: the Bot API's answers do not say what time it is"),
            ("yesterday", Verdict.UNSEEN, "not compared: the Bot API's answers do not say what time it is"),
            (timedelta(0), Verdict.WELL, r"\d s away from the Bot API's"),
            (timedelta(minutes=-5), Verdict.WRONG, r"(299|30\d) s away from the Bot API's"),
        ],
    )
    async def test_the_clock(self, clinic: Clinic, date: str | timedelta | None, verdict: Verdict, words: str) -> None:
        """It is compared with the time that the Bot API tells; where none is told, no tick says that it is well."""
        async with telling(date) as url:
            clinic.set(BOT_API_URL=url)
            found = {finding.what: finding for finding in await examine()}["clock"]
        assert found.verdict is verdict
        assert re.fullmatch(words, found.words)
        assert ("timedatectl" in found.mend) is (verdict is not Verdict.WELL)

    async def test_a_time_without_a_zone(self, clinic: Clinic) -> None:
        """ "-0000" is how RFC 5322 writes UTC that says nothing of where it is told."""
        async with telling(f"{datetime.now(UTC):%a, %d %b %Y %H:%M:%S} -0000") as url:
            clinic.set(BOT_API_URL=url)
            found = {finding.what: finding for finding in await examine()}["clock"]
        assert found.verdict is Verdict.WELL

    async def test_not_migrated(self, clinic: Clinic) -> None:
        """A database without tables."""
        (clinic.folder / "empty.db").touch()
        clinic.set(DATABASE_URL="sqlite:///empty.db")
        wrong = await clinic.wrong()
        assert wrong["DATABASE_URL"].words == "the tables are not of today's form"
        assert wrong["DATABASE_URL"].mend.startswith("doorstep migrate")
        assert set(await clinic.unseen()) == {f"operator {OLIVIA}"}

    async def test_a_database_that_cannot_be_opened(self, clinic: Clinic) -> None:
        """A folder that is not there."""
        clinic.set(DATABASE_URL="sqlite:///nowhere/doorstep.db")
        wrong = await clinic.wrong()
        assert set(wrong) == {"DATABASE_URL"}
        assert wrong["DATABASE_URL"].words == "there is no nowhere/doorstep.db yet"
        assert set(await clinic.unseen()) == {f"operator {OLIVIA}"}

    async def test_a_database_server_that_is_away(self, clinic: Clinic) -> None:
        """What it said is told in one line, and nothing of what stands in it is called well."""
        clinic.set(DATABASE_URL="postgresql://doorstep:secret@127.0.0.1:9/doorstep")
        wrong = await clinic.wrong()
        assert set(wrong) == {"DATABASE_URL"}
        assert "Connection refused" in wrong["DATABASE_URL"].words
        assert not re.search(r"\n|secret", wrong["DATABASE_URL"].words)
        assert set(await clinic.unseen()) == {f"operator {OLIVIA}"}

    async def test_a_database_of_another_bot(self, clinic: Clinic) -> None:
        """Which one it belongs to."""
        with clinic.database() as database, database.transaction() as work:
            work.memory.note("bot_id", "77")
        assert (await clinic.wrong())["DATABASE_URL"].words == "it belongs to bot 77"
        clinic.set(BOT_TOKEN="")
        assert "77" in (await clinic.unseen())["the database's bot"].words

    async def test_an_operator_who_has_not_started(self, clinic: Clinic) -> None:
        """A bot cannot write first: each operator that has not pressed Start is named."""
        clinic.set(OPERATORS=f"{OLIVIA},901")
        wrong = await clinic.wrong()
        assert set(wrong) == {"operator 901"}
        assert "press Start" in wrong["operator 901"].mend

    async def test_no_operator(self, clinic: Clinic) -> None:
        """Nobody could approve anybody."""
        clinic.set(OPERATORS="")
        assert set(await clinic.wrong()) == {"OPERATORS"}

    async def test_the_geocoder_is_down(self, clinic: Clinic) -> None:
        """It is named once, with what is the matter in plain words, and what that means until it is mended."""
        clinic.set(
            GEOCODER="nominatim",
            GEOCODER_OPTIONS='{"user_agent": "doorstep", "domain": "127.0.0.1:9", "scheme": "http"}',
        )
        wrong = await clinic.wrong()
        assert set(wrong) == {"GEOCODER"}
        assert wrong["GEOCODER"].words == "nominatim does not answer (connection refused)"
        assert wrong["GEOCODER"].mend == (
            "is it reachable from here? (until then people send pins instead of addresses)"
        )

    async def test_a_geocoder_of_another_town(self, clinic: Clinic) -> None:
        """The gazetteer knows one town: a market elsewhere would find no address."""
        text = re.sub(r"center = \[.*\]", "center = [53.8, -1.55]", MARKET.read_text(encoding="utf-8"))
        (clinic.folder / "leeds.toml").write_text(text, encoding="utf-8")
        clinic.set(MARKET_FILE="leeds.toml")
        wrong = await clinic.wrong()
        assert wrong["GEOCODER"].words == "gazetteer knows nothing at the market's center"
        assert "leeds.toml" in wrong["GEOCODER"].mend

    async def test_no_such_geocoder(self, clinic: Clinic) -> None:
        """geopy has none of that name."""
        clinic.set(GEOCODER="nominatum")
        assert "nominatum" in (await clinic.wrong())["GEOCODER"].words

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("America/Los_Angeles", "America/Las_Vegas", "zone: Value error, no such time zone: 'America/Las_Vegas'"),
            ("base = 499", "base = -1", "tariff.base"),
            ("[market]", "[market", "is no TOML"),
        ],
    )
    async def test_a_bad_market(self, clinic: Clinic, old: str, new: str, words: str) -> None:
        """What is wrong in the file, and which file."""
        text = MARKET.read_text(encoding="utf-8").replace(old, new)
        (clinic.folder / "mine.toml").write_text(text, encoding="utf-8")
        clinic.set(MARKET_FILE="mine.toml")
        wrong = await clinic.wrong()
        assert words in wrong["market"].words
        assert wrong["market"].mend == "mend mine.toml"

    async def test_no_market(self, clinic: Clinic) -> None:
        """The file is not there."""
        clinic.set(MARKET_FILE="nowhere.toml")
        assert "cannot read nowhere.toml" in (await clinic.wrong())["market"].words
        assert set(await clinic.unseen()) == {"zone", "GEOCODER"}

    async def test_bad_settings(self, clinic: Clinic) -> None:
        """Settings that cannot be read are all that is said."""
        clinic.set(LOG_LEVEL="LOUD", OPERATORS="Olivia")
        findings = await examine()
        assert [(finding.verdict, finding.words.partition(":")[0]) for finding in findings] == [
            (Verdict.WRONG, "OPERATORS"),
            (Verdict.WRONG, "LOG_LEVEL"),
            (Verdict.UNSEEN, "not looked at before the settings can be read"),
        ]

    def test_as_a_command(self, doorstep_: Run) -> None:
        """Well and wrong have their marks, the mend its arrow; something wrong is exit code 1."""
        code, written = doorstep_("doctor", BOT_API_URL="http://127.0.0.1:9", GEOCODER="gazetteer")
        assert code == 1
        assert "✓ market: Las Vegas" in written
        assert "✗ BOT_TOKEN: missing" in written
        assert "    → get one from @BotFather" in written
        assert "? clock: not compared" in written
        assert "✓ clock" not in written

    def test_what_nobody_looked_at_is_not_wrong(self, doorstep_: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """It has a mark of its own, and is no reason for another exit code."""

        async def found() -> list[Finding]:
            return [Finding("settings", Verdict.WELL, "read"), Finding("clock", Verdict.UNSEEN, "not compared", "look")]

        monkeypatch.setattr(line, "examine", found)
        assert doorstep_("doctor") == (0, "✓ settings: read\n? clock: not compared\n    → look\n")


class Page:
    """The sandbox as somebody with a browser, or a script, meets it."""

    def __init__(self, http: aiohttp.ClientSession, said: str) -> None:
        self.http = http
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found is not None, said
        self.url = found[0]

    async def get(self, path: str) -> Any:
        """What is there, as JSON or text."""
        async with self.http.get(self.url + path) as answer:
            assert answer.status == 200, path
            return await (answer.json() if answer.content_type == "application/json" else answer.text())

    async def does(self, person: int, verb: str, **body: Any) -> None:
        """Let a person do something."""
        async with self.http.post(f"{self.url}/api/people/{person}/{verb}", json=body) as answer:
            assert answer.status == 200, await answer.text()

    async def sees(self, person: int, words: str) -> str:
        """Wait for these words in a person's chat; gives the chat."""
        chat = ""
        for _ in range(300):
            chat = str(await self.get(f"/api/people/{person}/chat.txt"))
            if words in chat:
                return chat
            await asyncio.sleep(0.05)
        raise AssertionError(f"waited in vain for {words!r}:\n{chat}")


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A browser of sorts."""
    async with aiohttp.ClientSession() as session:
        yield session


class TestSandbox:
    """`doorstep sandbox`."""

    async def test_as_a_process(self, folder: Path, http: aiohttp.ClientSession) -> None:
        """Page and API are served on the next free port, the bot answers, Ctrl-C ends it cleanly."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            process = await Process(folder, "sandbox", "--port", str(port)).start()
            try:
                await process.tells("is at http")
                page = Page(http, process.says())
                assert page.url != f"http://127.0.0.1:{port}"
                assert "<html" in await page.get("/")
                town = await page.get("/api/town")
                assert (town["title"], town["bot"]["username"]) == ("Doorstep · Las Vegas", "doorstep_sandbox_bot")
                people = await page.get("/api/people")
                assert {"operator", "merchant", "driver", "customer"} <= {person["role"] for person in people}
                await page.does(903, "start")
                await page.sees(903, "¿Quién eres?")
                process.signal(signal.SIGINT)
                assert await process.ends() == 0
            finally:
                await process.kill()
        assert "Traceback" not in process.says()
        assert "Error" not in process.says()
        assert {"sandbox.db", "sandbox.telegram.db"} <= set(os.listdir(folder))

    async def test_a_taken_port_is_said(self, folder: Path) -> None:
        """Moving on to the next free port is told in a line of its own, before the address."""
        stop, said = asyncio.Event(), StringIO()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            console = Console(file=said, width=300)
            running = asyncio.create_task(playground.play(port, folder / "taken.db", False, stop, console))
            await until(lambda: "is at http" in said.getvalue() or running.done())
            stop.set()
            await running
        first, second = said.getvalue().splitlines()[:2]
        used = re.fullmatch(rf"Port {port} is taken; using (\d+)\.", first)
        assert used is not None, first
        assert f"is at http://127.0.0.1:{used[1]} " in second

    async def test_play_on_tomorrow(self, folder: Path, http: aiohttp.ClientSession) -> None:
        """Chats and what was begun in them outlast a restart; --fresh forgets both."""
        data = folder / "played.db"

        @asynccontextmanager
        async def playing(*, fresh: bool = False) -> AsyncIterator[Page]:
            stop, said = asyncio.Event(), StringIO()
            console = Console(file=said, width=300)
            running = asyncio.create_task(playground.play(8080, data, fresh, stop, console))
            await until(lambda: "is at http" in said.getvalue() or running.done())
            yield Page(http, said.getvalue())
            stop.set()
            await running

        async with playing() as page:
            await page.does(901, "start")
            await page.sees(901, "Who are you?")
        async with playing() as page:
            assert "Who are you?" in await page.sees(901, "me> /start")
            await page.does(901, "tap", label="I have a shop")
            await page.sees(901, "What is your shop called?")
        async with playing(fresh=True) as page:
            assert await page.get("/api/people/901/chat.txt") == ""
            await page.does(901, "start")
            assert "shop called" not in await page.sees(901, "Who are you?")

    def test_what_the_page_draws(self) -> None:
        """Places with a name and a point, the mall among them, and streets as lines."""
        drawn = playground.places(load_market(MARKET))
        malls = [place for place in drawn if place["kind"] == "mall"]
        streets = [place for place in drawn if place["kind"] == "street"]
        assert [mall["name"] for mall in malls] == ["Fashion Show"]
        assert streets
        assert all(len(street["line"]) >= 2 for street in streets)
        assert len({place["name"] for place in drawn}) == len(drawn) > 30


async def test_waiting_in_vain_is_said() -> None:
    """What these tests wait for with a deadline fails when that is over, and says what was seen."""
    with pytest.raises(AssertionError, match="in vain for nothing"):
        await until(lambda: False, 0.05, lambda: "for nothing")
