"""The one door to the database: an engine, and transactions that hand out a unit of work."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from storage.cases import Cases
from storage.deliveries import Deliveries
from storage.drafts import Drafts
from storage.drivers import Drivers
from storage.erasing import Erasing
from storage.inbox import Inbox
from storage.locks import alone
from storage.markets import Known, Markets, MarketSettings
from storage.memory import Memory
from storage.merchants import Merchants
from storage.offers import Offers
from storage.outbox import Outbox
from storage.people import People
from storage.rows import let_go

Clock = Callable[[], datetime]
AGAIN = 4
"""So often a piece of work is tried that PostgreSQL breaks off because it crossed another's way."""
CROSSED = ("40P01", "40001")
"""PostgreSQL's words for a deadlock and for what cannot be put in a row."""
MIGRATIONS = Path(__file__).parent / "migrations"


class Work:
    """A unit of work: one transaction, one moment, and the queries to be made in it."""

    def __init__(self, session: Session, now: datetime, known: list[Known] | None = None) -> None:
        """`known` remembers the market from one transaction to the next; it changes only by `migrate`, at a start."""
        self.session, self.now = session, now
        self._known = known if known is not None else []
        self.happened: list[tuple[str, str, float]] = []
        """What whoever counts is told once it is committed: event, how it came out, and a figure."""
        self.people = People(session, now)
        self.merchants = Merchants(session, now)
        self.drivers = Drivers(session, now)
        self.deliveries = Deliveries(session, now)
        self.offers = Offers(session, now)
        self.drafts = Drafts(session, now)
        self.cases = Cases(session, now)
        self.inbox = Inbox(session, now)
        self.outbox = Outbox(session, now)
        self.memory = Memory(session, now)
        self.erasing = Erasing(session, now)
        self.markets = Markets(session, self._known)

    def alone(self, part: str) -> None:
        """Wait until no other process does this, and keep others out until the end of the transaction."""
        alone(self.session.connection(), part)

    @property
    def market(self) -> MarketSettings:
        """The market's settings as last loaded."""
        return self.markets.only().settings

    @property
    def market_id(self) -> int:
        """The market's key, for the rows that belong to it."""
        return self.markets.only().id

    @property
    def tariff_version(self) -> int:
        """The version of the settings that a quote is made by."""
        return self.markets.only().version


@dataclass(frozen=True)
class Outcome:
    """What became of a piece of work: its result, or what it raised."""

    result: Any
    error: Exception | None
    work: Work | None

    @property
    def wrote(self) -> bool:
        """Whether it put something into the outbox."""
        return self.error is None and self.work is not None and self.work.outbox.wrote


class _Spoiled(Exception):
    """A piece broke the transaction that it shared."""


class Database:
    """An engine and its transactions; SQLite in a file, or PostgreSQL."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.url, self.clock = url, clock
        self._market: list[Known] = []
        self.engine = make_engine(url)

    @property
    def is_sqlite(self) -> bool:
        """Whether one thread must do all the writing."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Work]:
        """One transaction: committed at the end, rolled back by any exception."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield Work(session, self.clock(), self._market)

    def share(self, pieces: Sequence[Callable[[Work], Any]]) -> list[Outcome]:
        """Run pieces of work one after the other in one transaction, each in a savepoint of its own.

        Each has its own outcome: one that raises changes nothing and spoils nobody else's work. All are committed at
        once; what fails the commit is raised, and nothing has happened. A piece may be run twice, so it must not do
        anything that a rollback does not undo.
        """
        if len(pieces) > 1:
            with suppress(_Spoiled):
                return self._share(pieces)
        return [self._alone(piece) for piece in pieces]

    def _share(self, pieces: Sequence[Callable[[Work], Any]]) -> list[Outcome]:
        outcomes = []
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            driver = session.connection().connection.driver_connection
            for piece in pieces:
                work = Work(session, self.clock(), self._market)
                _mark(driver, "SAVEPOINT")
                try:
                    outcome = Outcome(piece(work), None, work)
                    session.flush()
                except Exception as error:
                    if not session.is_active or isinstance(error, DBAPIError):
                        raise _Spoiled from error  # the session is gone with it: each on his own
                    _mark(driver, "ROLLBACK TO")
                    outcome = Outcome(None, error, work)
                _mark(driver, "RELEASE")
                let_go(session)  # the next one looks for himself
                outcomes.append(outcome)
        return outcomes

    def _alone(self, piece: Callable[[Work], Any]) -> Outcome:
        for left in reversed(range(AGAIN)):
            try:
                with self.transaction() as work:
                    result = piece(work)
            except Exception as error:
                if left and getattr(getattr(error, "orig", None), "sqlstate", None) in CROSSED:
                    continue
                return Outcome(None, error, None)
            return Outcome(result, None, work)
        raise AssertionError

    def migrate(self) -> None:
        """Bring the tables to the newest form."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def close(self) -> None:
        """Let go of every connection, and of what was known."""
        self._market.clear()
        self.engine.dispose()


def _mark(driver: Any, command: str) -> None:
    """A savepoint's command, past SQLAlchemy, which takes ten times as long for it."""
    try:
        driver.execute(f"{command} piece")
    except Exception as error:  # the transaction is gone: each on his own, who will learn why
        raise _Spoiled from error


def make_engine(url: str) -> Engine:
    """The engine for this database: SQLite made durable and orderly, PostgreSQL as it is."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    # parameters are people's names and addresses: no error may carry them into a log
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": 30, "check_same_thread": False})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    # the driver's own BEGIN comes too late and is deferred: we issue it ourselves
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
