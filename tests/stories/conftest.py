"""A town for each story."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from storage import database
from tests.databases import Blank
from tests.stories.town import Town


@pytest.fixture(scope="session")
def warm_engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """One engine for all stories: it keeps its compiled statements, which would cost more than the stories."""
    engine = database.make_engine(f"sqlite:///{tmp_path_factory.mktemp('town')}/town.db")
    # nobody pulls the plug in a story: not to wait for the disk
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    return engine


@pytest.fixture
def home(warm_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where the town's database will be, empty."""
    make = database.make_engine
    path = Path(str(warm_engine.url.database))
    warm_engine.dispose()
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    monkeypatch.setattr(database, "make_engine", lambda url: warm_engine if str(path) in url else make(url))
    return path.parent


@pytest.fixture
async def town(home: Path, blank: Blank) -> AsyncIterator[Town]:
    """A town with a bot and an operator."""
    made = await Town(home, blank).open()
    yield made
    await made.close()
