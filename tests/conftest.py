"""What every test stands on: a clock that is wound by hand, and a migrated database of its own."""

import os

os.environ["PTB_TIMEDELTA"] = "true"

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import event

from bot.settings import MARKET, load_market
from storage.database import Database
from tests.rules import Clock, Town
from tests.telegram_facts.facts import watched_sandboxes

# the same examples on every machine, and no failure because a machine is slow
settings.register_profile("steady", derandomize=True, deadline=None, max_examples=40)
# thousands of new ones each time: HYPOTHESIS_PROFILE=long
settings.register_profile("long", deadline=None, max_examples=3000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture(autouse=True)
def strictly(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every call of the bot to every sandbox of a test is one that Telegram takes, unless the test is `lenient`."""
    with watched_sandboxes() as problems:
        yield
    if "lenient" not in request.fixturenames:
        assert problems() == []


@pytest.fixture
def lenient() -> None:
    """For tests that call the sandbox wrongly on purpose: `@pytest.mark.usefixtures("lenient")`."""


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still at ten in the morning of a November day in Las Vegas, until it is wound."""
    return Clock()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file, migrated and with the shipped market loaded, to be copied."""
    path = tmp_path_factory.mktemp("template") / "doorstep.db"
    database = Database(f"sqlite:///{path}", Clock())
    database.migrate()
    with database.transaction() as work:
        work.markets.load(load_market(MARKET))
    database.close()
    return path


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """One engine for all tests: it keeps its compiled statements, which would cost more than the tests themselves."""
    path = tmp_path_factory.mktemp("databases") / "doorstep.db"
    database = Database(f"sqlite:///{path}", Clock())
    # nobody pulls the plug in a test: not to wait for the disk
    event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    return database


@pytest.fixture
def database(template: Path, warm: Database, clock: Clock) -> Iterator[Database]:
    """A database as it is after the migration, in a file, on this test's clock."""
    path = Path(str(warm.engine.url.database))
    warm.close()
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copy(template, path)
    warm.clock = clock
    yield warm
    warm.close()


@pytest.fixture
def town(database: Database, clock: Clock) -> Town:
    """A market with an operator, in which merchants, drivers and customers can be made and act."""
    return Town(database, clock)
