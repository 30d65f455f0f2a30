"""`doorstep backup` and `restore`: what a copy holds, that the bot goes on from it, and what is refused."""

import os
import signal
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.backup import CannotCopy, back_up, restore
from bot.settings import Settings, load_settings
from storage.database import Database
from tests.hands import until
from tests.rules import Clock, Town
from tests.test_process import Installation

NOW = datetime(2026, 11, 22, 21, 5, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the commands are given."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def live(folder: Path, template: Path, clock: Clock) -> Iterator[Database]:
    """A database in a file, with a market in which something has happened, that somebody has open."""
    (folder / "doorstep.db").write_bytes(template.read_bytes())
    database = Database("sqlite:///doorstep.db", clock)
    Town(database, clock).job("delivered")
    with database.transaction() as work:
        work.memory.note("bot_id", "4242424242")
    yield database
    database.close()


def settings(**given: str) -> Settings:
    """The settings of this folder's bot."""
    return load_settings(_env_file=None, bot_token="4242424242:SANDBOX", **given)


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything in a database."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in tables}  # noqa: S608


class TestBackup:
    """A copy of one moment."""

    def test_all_rows(self, live: Database, folder: Path) -> None:
        """Everything is in it, in one file with the time in its name that only its owner may read."""
        made = back_up(settings(), None, NOW)
        assert made == Path("doorstep-20261122-210500.db")
        assert rows(made) == rows(folder / "doorstep.db")
        assert len(rows(made)["delivery"]) == 1
        assert stat.S_IMODE(made.stat().st_mode) == 0o600
        assert sorted(path.name for path in folder.iterdir() if "-2026" in path.name or "part" in path.name) == [
            made.name
        ]

    def test_while_somebody_writes(self, live: Database, folder: Path) -> None:
        """Each copy is of one moment: of what one transaction wrote it has all or nothing, and nobody had to wait."""
        stop, written, errors = threading.Event(), [0], []

        def write() -> None:
            while not stop.is_set():
                try:
                    with live.transaction() as work:
                        for key in ("one", "other"):
                            work.memory.note(key, str(written[0] + 1))
                    written[0] += 1
                except Exception as error:
                    errors.append(error)

        writer = threading.Thread(target=write)
        writer.start()
        seen = []
        try:
            for number in range(8):
                before = written[0]
                copy = back_up(settings(), Path(f"copy-{number}.db"), NOW)
                facts = {str(key): str(value) for key, value in rows(copy)["meta"]}
                assert facts.get("one") == facts.get("other")
                assert int(facts.get("one", "0")) >= before
                seen.append(facts.get("one"))
                while written[0] == before and not errors:
                    pass
        finally:
            stop.set()
            writer.join()
        assert errors == []
        assert len(set(seen)) > 1

    def test_nothing_is_overwritten(self, live: Database, folder: Path) -> None:
        """A copy that is there stays as it is."""
        (folder / "kept.db").write_text("precious")
        with pytest.raises(CannotCopy, match=r"kept\.db exists; name another file"):
            back_up(settings(), Path("kept.db"), NOW)
        assert (folder / "kept.db").read_text() == "precious"

    def test_nothing_to_copy(self, folder: Path) -> None:
        """No database is made by looking for one, and no half of a copy is left."""
        with pytest.raises(CannotCopy, match=r"there is no database doorstep\.db"):
            back_up(settings(), Path("copy.db"), NOW)
        with pytest.raises(CannotCopy, match="cannot be written: No such file or directory"):
            back_up(settings(), folder / "nowhere" / "copy.db", NOW)
        assert list(folder.iterdir()) == []

    def test_a_damaged_database(self, live: Database, folder: Path) -> None:
        """A copy that is not whole gets no name."""
        live.close()
        path = folder / "doorstep.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
        whole = path.read_bytes()
        path.write_bytes(whole[:8192] + os.urandom(len(whole) - 8192))
        with pytest.raises(CannotCopy, match=r"damaged|cannot be copied"):
            back_up(settings(), Path("copy.db"), NOW)
        assert [found.name for found in folder.glob("copy*")] == []


class TestRestore:
    """The way back."""

    def test_all_rows(self, live: Database, folder: Path) -> None:
        """The database is as the copy has it; what was there is kept beside it, with what came since."""
        copy = back_up(settings(), None, NOW)
        with live.transaction() as work:
            work.memory.note("later", "1")
        live.close()
        aside = restore(settings(), copy, NOW)
        assert aside == Path("doorstep.db.before-20261122-210500")
        assert rows(folder / "doorstep.db") == rows(copy)
        assert ("later", "1") in rows(aside)["meta"]

    def test_where_there_is_none(self, live: Database, folder: Path) -> None:
        """On another machine: nothing is put aside."""
        copy = back_up(settings(), None, NOW)
        assert restore(settings(database_url="sqlite:///other.db"), copy, NOW) is None
        assert rows(folder / "other.db") == rows(copy)

    def test_in_use(self, live: Database, folder: Path) -> None:
        """As long as anybody has it open it is not replaced."""
        copy = back_up(settings(), None, NOW)
        with pytest.raises(CannotCopy, match=r"doorstep\.db is in use .*stop the bot first"):
            restore(settings(), copy, NOW)
        live.close()
        assert restore(settings(), copy, NOW) is not None

    def test_of_another_bot(self, live: Database, folder: Path) -> None:
        """Neither under another token, nor in the place of another bot's database."""
        copy = back_up(settings(), None, NOW)
        with pytest.raises(CannotCopy, match="the copy belongs to bot 4242424242, and BOT_TOKEN is of bot 77"):
            restore(load_settings(_env_file=None, bot_token="77:OTHERS"), copy, NOW)
        with live.transaction() as work:
            work.memory.note("bot_id", "77")
        live.close()
        before = rows(folder / "doorstep.db")
        with pytest.raises(CannotCopy, match="and the present database is of bot 77"):
            restore(load_settings(_env_file=None), copy, NOW)
        assert rows(folder / "doorstep.db") == before

    def test_what_is_no_copy(self, live: Database, folder: Path) -> None:
        """Nothing is touched where the file is none of ours, is damaged, or newer than we are."""
        live.close()
        before = rows(folder / "doorstep.db")
        (folder / "words.txt").write_text("hello " * 1000)
        with closing(sqlite3.connect("else.db")) as other:
            other.execute("CREATE TABLE x (y)")
        copy = back_up(settings(), Path("newer.db"), NOW)
        with closing(sqlite3.connect(copy)) as newer, newer:
            newer.execute("UPDATE alembic_version SET version_num = 'of tomorrow'")
        (folder / "archive.dump").write_bytes(b"PGDMP....")
        for name, words in (
            ("nowhere.db", r"there is no file nowhere\.db"),
            ("words.txt", "damaged or no database"),
            ("else.db", r"else\.db is no copy of Doorstep's database"),
            ("newer.db", "a version of Doorstep that this one does not know"),
            ("archive.dump", "a copy of a PostgreSQL database, and DATABASE_URL names SQLite"),
        ):
            with pytest.raises(CannotCopy, match=words):
                restore(settings(), Path(name), NOW)
        with pytest.raises(CannotCopy, match=r"newer\.db is no copy of a PostgreSQL database"):
            restore(settings(database_url="postgresql://host/name"), Path("newer.db"), NOW)
        assert rows(folder / "doorstep.db") == before


DUE = (
    "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND dropped_at IS NULL "
    "AND due_at < strftime('%Y-%m-%d %H:%M:%f', 'now')"
)


async def test_the_bot_goes_on_from_it(tmp_path: Path) -> None:
    """Copied while the real bot runs, restored after it has lost its database: the draft goes on where it was."""
    here = Installation(tmp_path)
    try:
        await here.serve()
        first = await here.start()
        await first.tells("start.ready")
        await here.anna.taps("🛍 I have a shop")
        await here.anna.taps("Same as last time")
        await here.anna.sees("Shall I book this?")
        await until(lambda: here.reads(DUE) == [0])
        copied = await here.start("backup", "copy.db")
        assert await copied.ends() == 0, copied.says()
        refused = await here.start("restore", "copy.db")
        assert await refused.ends() == 1
        assert "is in use" in refused.says()
        assert "stop the bot first" in refused.says()
        assert "Traceback" not in refused.says()

        first.signal(signal.SIGKILL)
        await first.ends()
        here.database.close()
        lose(tmp_path)
        restored = await here.start("restore", "copy.db")
        assert await restored.ends() == 0, restored.says()
        second = await here.start()
        await second.tells("start.ready")
        await here.anna.taps("Confirm")
        await until(lambda: here.reads("SELECT status FROM delivery ORDER BY id")[1:] == ["requested"])
        assert "Traceback" not in second.says()
        assert here.telegram.problems == []
    finally:
        await here.close()


def lose(folder: Path) -> None:
    """The database is gone, with all that lies beside it."""
    for path in folder.glob("doorstep.db*"):
        path.unlink()


SCRIPT = """#!/bin/sh
echo "$0 $@" >> calls
echo "password $PGPASSWORD" >> calls
for part in "$@"; do case "$part" in --file=?*.part) echo PGDMP > "${part#--file=}";; esac; done
exit ${FAILS:-0}
"""


class TestPostgreSQL:
    """By PostgreSQL's own programs."""

    URL = "postgresql://anna:p%40ss@db.example.org:5433/doorstep"

    def test_the_command(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """pg_dump is run, in its own format; the password is not in its command, which others can read."""
        programs = folder / "programs"
        programs.mkdir()
        (programs / "pg_dump").write_text(SCRIPT)
        (programs / "pg_dump").chmod(0o755)
        monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
        made = back_up(settings(database_url=self.URL), None, NOW)
        assert made == Path("doorstep-20261122-210500.dump")
        called, password = (folder / "calls").read_text().splitlines()
        assert "--dbname=postgresql://anna@db.example.org:5433/doorstep --format=custom --no-owner" in called
        assert "p%40ss" not in called
        assert "p@ss" not in called
        assert password == "password p@ss"
        assert stat.S_IMODE(made.stat().st_mode) == 0o600
        monkeypatch.setenv("FAILS", "1")
        with pytest.raises(CannotCopy, match="pg_dump failed: exit code 1"):
            back_up(settings(database_url=self.URL), Path("second.dump"), NOW)
        assert list(folder.glob("second*")) == []

    def test_it_is_missing(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What to install is said, and what to type elsewhere; the password is not."""
        monkeypatch.setattr("bot.backup.shutil.which", lambda _name: None)
        with pytest.raises(CannotCopy) as refused:
            back_up(settings(database_url=self.URL), None, NOW)
        assert "pg_dump is not installed here" in str(refused.value)
        assert "apt install postgresql-client" in str(refused.value)
        assert "pg_dump --dbname=postgresql://anna@db.example.org:5433/doorstep --format=custom" in str(refused.value)
        assert "ss@db" not in str(refused.value)
