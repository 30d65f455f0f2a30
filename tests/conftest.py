"""What every test stands on: a clock that is wound by hand, and a migrated database of its own."""

import os

os.environ["PTB_TIMEDELTA"] = "true"

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import event

from storage import database as storage_database
from storage.database import Database
from tests.databases import ENGINES, Blank, Files, Server, set_up
from tests.rules import Clock, Town
from tests.telegram_facts.facts import watched_sandboxes

# the same examples on every machine, and no failure because a machine is slow
settings.register_profile("steady", derandomize=True, deadline=None, max_examples=30)
# thousands of new ones each time: HYPOTHESIS_PROFILE=long
settings.register_profile("long", deadline=None, max_examples=3000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """On which engine the tests are run that have a database."""
    parser.addoption(
        "--engine",
        choices=("some", *ENGINES, "rest"),
        default="some",
        help="some: everything on SQLite, and what is marked `both_engines` on PostgreSQL as well; rest: what that "
        "leaves out on PostgreSQL; sqlite: all but PostgreSQL; postgresql: only what has a database, all of it",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What has a database is run on each engine that was asked for."""
    if "engine" not in metafunc.fixturenames:
        return
    marks = {mark.name: mark.args for mark in metafunc.definition.iter_markers()}
    engines = {
        "some": ENGINES if "both_engines" in marks else ("sqlite",),
        "rest": () if "both_engines" in marks else ("postgresql",),
    }
    chosen = metafunc.config.getoption("--engine")
    metafunc.parametrize("engine", engines.get(chosen, (chosen,)), indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is about one engine is run on that one only; where it is PostgreSQL's turn, the rest is left out."""
    chosen = config.getoption("--engine")
    left_out = [item for item in items if not _belongs(item, chosen)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _belongs(item: pytest.Item, chosen: str) -> bool:
    called = getattr(item, "callspec", None)
    engine = called.params.get("engine") if called is not None else None
    only = next((mark.args for mark in item.iter_markers("only_on")), ENGINES)
    if engine is not None:
        return engine in only
    alone_there = "postgres" in getattr(item, "fixturenames", ())
    return {"some": True, "sqlite": not alone_there, "postgresql": alone_there, "rest": False}[chosen]


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
    set_up(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The server of this run, with a database for this worker."""
    server = Server()
    yield server
    server.close()


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """On which engine this test's database is: `sqlite` or `postgresql`."""
    return str(request.param)


@pytest.fixture
def blank(engine: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Blank:
    """Where this test's database comes from, on whichever engine."""
    if engine == "sqlite":
        return Files(request.getfixturevalue("template"))
    server: Server = request.getfixturevalue("postgres")
    make = storage_database.make_engine
    monkeypatch.setattr(storage_database, "make_engine", lambda url: server.engine if url == server.url else make(url))
    return server


@pytest.fixture
def empty(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any tables."""
    if engine == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: Server = request.getfixturevalue("postgres")
    url = server.create(f"{server.name}_empty")
    yield url
    server.drop(url)


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """One engine for all tests: it keeps its compiled statements, which would cost more than the tests themselves."""
    path = tmp_path_factory.mktemp("databases") / "doorstep.db"
    database = Database(f"sqlite:///{path}", Clock())
    # nobody pulls the plug in a test: not to wait for the disk
    event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    return database


@pytest.fixture
def database(blank: Blank, warm: Database, clock: Clock) -> Iterator[Database]:
    """A database as it is after the migration, on this test's clock."""
    if isinstance(blank, Server):
        made = Database(blank.fresh(Path()), clock)
        yield made
        made.close()
        return
    path = Path(str(warm.engine.url.database))
    warm.close()
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    blank.fresh(path.parent, path.name)
    warm.clock = clock
    yield warm
    warm.close()


@pytest.fixture
def town(database: Database, clock: Clock) -> Town:
    """A market with an operator, in which merchants, drivers and customers can be made and act."""
    return Town(database, clock)
