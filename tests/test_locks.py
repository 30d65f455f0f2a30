"""What processes hold against one another: parts and turns by a session with PostgreSQL, a file beside SQLite."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy.engine import make_url

from bot import workers
from bot.workers import Several
from storage import locks
from storage.database import Database, make_engine
from storage.locks import Hold, InUse, Lost, one_process
from tests import postgres
from tests.databases import Server
from tests.hands import Process, until
from tests.rules import Clock

pytestmark = pytest.mark.both_engines

HELD = """
    SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE locktype = 'advisory' AND datname = current_database()
"""
ANNA, OMAR, GROUP = 6_000_000_001, 6_000_000_002, -1_001_234_567_890


@pytest.fixture
def database(postgres: Server, clock: Clock) -> Iterator[Database]:
    """The worker's database, empty, and nobody holds anything there any more."""
    made = Database(postgres.fresh(Path()), clock)
    with made.engine.connect() as connection:
        # a session of the test before takes a moment to end on the server, and its locks with it
        assert soon(lambda: connection.exec_driver_sql(HELD).scalar() == 0)
    yield made
    made.close()


@pytest.fixture
def one(database: Database) -> Iterator[Hold]:
    """A worker's session."""
    hold = Hold(database.engine)
    yield hold
    hold.close()


@pytest.fixture
def other(database: Database) -> Iterator[Hold]:
    """Another worker's session."""
    hold = Hold(database.engine)
    yield hold
    hold.close()


def soon(true: Callable[[], bool]) -> bool:
    """Whether this is so before long: the server hears of a session's end a moment later."""
    for _ in range(1000):
        if true():
            return True
        time.sleep(0.02)
    return False


def store(database: Database, *updates: tuple[int, int]) -> None:
    """Keep these updates of these people."""
    with database.transaction() as work:
        work.inbox.store((update_id, person_id, {"update_id": update_id}) for update_id, person_id in updates)


class TestParts:
    """What one does at a time."""

    def test_one_has_it(self, one: Hold, other: Hold) -> None:
        """Who has a part knows it; nobody else gets it until it is given back."""
        assert one.take("relay")
        assert (one.holds("relay"), other.holds("relay")) == (True, False)
        assert not other.take("relay")
        assert other.take("poll")
        one.leave("relay")
        assert other.take("relay")
        assert not one.holds("relay")

    def test_free_with_the_session(self, one: Hold, other: Hold) -> None:
        """When a session ends, however it does, all that it held is free."""
        assert one.take("relay")
        one.close()
        assert soon(lambda: other.take("relay"))

    def test_who_is_silent_is_ousted(self, one: Hold, other: Hold, database: Database) -> None:
        """A session without a pulse is ended, and learns it at its next word; one with a pulse is let be."""
        assert one.take("relay")
        assert other.oust(60) == []
        assert len(other.oust(0)) == 1
        with pytest.raises(Lost):
            one.holds("relay")
        assert soon(lambda: other.take("relay"))
        assert not one.take("relay")  # in a session anew

    def test_a_name_of_its_own(self, database: Database) -> None:
        """A DATABASE_URL that names its application is taken all the same: workers know one another by theirs."""
        named = make_engine(f"{database.url}&application_name=mine")
        hold = Hold(named)
        assert hold.take("relay")
        hold.close()
        named.dispose()

    def test_nobody_else_is_ousted(self, one: Hold, database: Database) -> None:
        """Whoever is no worker (a migration that takes its time, a backup) is let be."""
        url = make_url(database.url)
        with postgres.connect(url, str(url.database)) as somebody:
            assert one.oust(0) == []
            assert somebody.execute("SELECT 1").fetchone() == (1,)


class TestTurns:
    """Turns of one person are one worker's."""

    def test_one_person_one_worker(self, one: Hold, other: Hold, database: Database) -> None:
        """Whoever claims a person's turn has it alone until it is over; ids of groups and large ids are told apart."""
        store(database, (1, ANNA), (2, OMAR), (3, GROUP))
        assert one.claim([(1, ANNA), (3, GROUP)]) == {1, 3}
        assert other.claim([(1, ANNA), (2, OMAR), (3, GROUP)]) == {2}
        assert sorted(other.taken()) == [GROUP, ANNA]
        assert one.taken() == [OMAR]
        one.free([ANNA])
        assert other.claim([(1, ANNA)]) == {1}

    def test_what_is_done_meanwhile(self, one: Hold, other: Hold, database: Database) -> None:
        """An update that somebody handled since we looked is not ours, and its person is free at once."""
        store(database, (1, ANNA), (2, ANNA))
        with database.transaction() as work:
            assert work.inbox.begin(1)
        assert one.claim([(1, ANNA)]) == set()
        assert other.claim([(2, ANNA)]) == {2}

    def test_claimed_again_before_it_was_let_go(self, one: Hold, other: Hold, database: Database) -> None:
        """The next turn of a person may be claimed before the last is let go: he is free when both are over."""
        store(database, (1, ANNA), (2, ANNA))
        assert one.claim([(1, ANNA)]) == {1}
        assert one.claim([(2, ANNA)]) == {2}
        one.free([ANNA])
        assert other.claim([(2, ANNA)]) == set()
        one.free([ANNA])
        assert other.claim([(2, ANNA)]) == {2}


def test_shouting(one: Hold, database: Database) -> None:
    """What one shouts, the others hear at once."""
    heard, over, ready = [], Event(), Event()

    def listen() -> None:
        for words in locks.listen(database.engine, lambda: not over.is_set()):
            ready.set()
            if words:
                heard.append(words)
                over.set()

    listening = Thread(target=listen)
    listening.start()
    assert ready.wait(10)
    one.shout("outbox")
    listening.join(10)
    assert heard == ["outbox"]


async def test_a_part_that_is_lost(database: Database, other: Hold, monkeypatch: pytest.MonkeyPatch) -> None:
    """The session ends under a worker who has a part: he stops, stands by while another has it, and takes it again."""
    monkeypatch.setattr(workers, "GOOD_FOR", 0.0)
    worker, stop = Several(database, {}), asyncio.Event()
    began: list[asyncio.Event] = []

    async def work(over: asyncio.Event) -> None:
        began.append(over)
        await over.wait()

    doing = asyncio.create_task(worker.do_part("relay", stop, work))
    try:
        await until(lambda: began)
        assert await worker.holds("relay")
        assert not await worker.holds("poll")
        other.oust(0)
        assert not await worker.holds("relay")
        await until(began[0].is_set)
        await until(lambda: len(began) > 1)
        assert await worker.holds("relay")
    finally:
        stop.set()
        await doing
        await worker.close()
    assert other.take("relay")  # given back before the session ended


class TestOneProcess:
    """SQLite's file is one process's."""

    def test_a_second_one_is_refused(self, tmp_path: Path) -> None:
        """Who comes second is refused; when the first has gone, the next may come."""
        with one_process(tmp_path / "doorstep.db"):
            with pytest.raises(InUse), one_process(tmp_path / "doorstep.db"):
                pass
            with one_process(tmp_path / "another.db"):
                pass
        with one_process(tmp_path / "doorstep.db"):
            pass


async def test_migrating_at_once(empty: str, tmp_path: Path) -> None:
    """Two processes that start at once on an empty database migrate it once, and both go on."""
    started = [await Process(tmp_path, "migrate", DATABASE_URL=empty).start() for _ in range(2)]
    assert [await process.ends(60) for process in started] == [0, 0], [process.says() for process in started]
    database = Database(empty, Clock())
    with database.transaction() as work:
        assert work.market.key == "las-vegas"
        assert work.tariff_version == 1
    database.close()
