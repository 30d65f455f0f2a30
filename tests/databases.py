"""Databases as they are after the migration, made anew for each test in the cheapest way, on either engine."""

import os
import shutil
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

from bot.settings import MARKET, load_market
from storage import database
from storage.database import Database
from tests import postgres
from tests.rules import Clock

ENGINES = ("sqlite", "postgresql")


def set_up(url: str) -> None:
    """Migrate an empty database and load the shipped market into it."""
    made = Database(url, Clock())
    made.migrate()
    with made.transaction() as work:
        work.markets.load(load_market(MARKET))
    made.close()


class Files:
    """SQLite: a file, copied from one that was migrated once."""

    def __init__(self, template: Path) -> None:
        self.template = template

    def fresh(self, folder: Path, name: str = "town.db") -> str:
        """The URL of a migrated database in this folder, and of no other."""
        shutil.copy(self.template, folder / name)
        return f"sqlite:///{folder / name}"


class Server:
    """PostgreSQL: one database a worker, and one engine that keeps its compiled statements; emptied for each test.

    To delete some hundred rows takes 0.3 ms, to truncate the tables 13 ms, to copy a database 20 ms.
    """

    def __init__(self) -> None:
        self.server = postgres.server()
        self.name = f"doorstep_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
        self.url = self.create(self.name)
        set_up(self.url)
        self._rows = postgres.connect(self.server, self._name(self.url))
        self._rows.execute("SET lock_timeout = '10s'")
        self._rows.execute("CREATE SCHEMA kept")
        self._rows.execute("CREATE TABLE kept.market AS TABLE public.market")
        self._empty = self._statements()
        self.engine: Engine = database.make_engine(self.url)
        # what a test closes, the next one need not open
        setattr(self.engine, "dispose", lambda close=True: None)  # noqa: B010

    def create(self, name: str) -> str:
        """Make an empty database; its URL."""
        with postgres.connect(self.server, self.server.database or "postgres") as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.server.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Throw a database away, whoever is still in it."""
        with postgres.connect(self.server, self.server.database or "postgres") as connection:
            connection.execute(f'DROP DATABASE "{self._name(url)}" WITH (FORCE)')

    def fresh(self, _folder: Path, name: str = "town.db") -> str:
        """The URL of the worker's database, as it was after the migration."""
        assert name == "town.db", "there is one database for a test"
        self._rows.execute(self._empty)
        return self.url

    def close(self) -> None:
        """Leave nothing behind."""
        self._rows.close()
        Engine.dispose(self.engine)
        self.drop(self.url)

    def _name(self, url: str) -> str:
        return str(make_url(url).database)

    def _statements(self) -> bytes:
        tables = [table.name for table in reversed(SQLModel.metadata.sorted_tables)]
        found = self._rows.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'").fetchall()
        words = [f"DELETE FROM public.{table}" for table in tables]  # noqa: S608
        words += [f"SELECT setval('public.{name}', 1, false)" for (name,) in found if name != "market_id_seq"]
        words += ["INSERT INTO public.market TABLE kept.market"]
        return ("BEGIN; " + "; ".join(words) + "; COMMIT").encode()


Blank = Files | Server
"""Where a test's database comes from."""
