"""Locks between processes: what a worker holds by its session with PostgreSQL, and the one process of a SQLite file."""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Concatenate, Final, ParamSpec, TypeVar

import psycopg
from sqlalchemy import Connection, Engine, text

P = ParamSpec("P")
R = TypeVar("R")

FAMILY: Final = 0x446F6F72
"""The first half of our locks' keys; people's turns have the one-key space, which is apart, to themselves."""
PARTS: Final = {"migrate": 0, "relay": 1, "poll": 2, "sweep": 3, "start": 4}
"""What is done by one at a time."""
WORKER: Final = "doorstep worker"
"""How a worker's session calls itself, so that others know it."""
CHANNEL: Final = "doorstep"
# a host that is gone without a word is noticed within seconds
ALERT: Final = {
    "connect_timeout": 5,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
}

OUST = """
SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = %s AND pid != pg_backend_pid()
AND clock_timestamp() - state_change > make_interval(secs => %s)
"""
HOLDS = """
SELECT EXISTS (SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory' AND granted
AND objsubid = 2 AND classid = %s AND objid = %s)
"""
TAKEN = """
SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks
WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid != pg_backend_pid()
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
CLAIM = "SELECT who FROM unnest(%s::bigint[]) AS asked(who) WHERE pg_try_advisory_lock(who)"
STILL = "SELECT update_id FROM inbox WHERE update_id = ANY(%s) AND status = 'new'"
FREE = "SELECT pg_advisory_unlock(who) FROM unnest(%s::bigint[]) AS held(who)"


class Lost(Exception):
    """The session has ended, and nothing is held by it any more."""


class InUse(Exception):
    """Another process works with this SQLite database."""


def alone(connection: Connection, part: str) -> None:
    """Wait until nobody else does this, and keep others out until the transaction ends (SQLite has one writer)."""
    if connection.dialect.name == "postgresql":
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:family, :part)"), {"family": FAMILY, "part": PARTS[part]}
        )


def _or_lost(
    deed: "Callable[Concatenate[Hold, P], R]",
) -> "Callable[Concatenate[Hold, P], R]":
    def done(self: "Hold", /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return deed(self, *args, **kwargs)
        except psycopg.Error as error:
            self.close()
            raise Lost(type(error).__name__) from error

    return done


class Hold:
    """A worker's session with PostgreSQL and what it holds; it all is free at once when the session ends.

    Everything it does shows in the session's own record, so that others see its pulse; every verb raises Lost where
    the session is over, and the next one begins a new session, which holds nothing.
    """

    def __init__(self, engine: Engine) -> None:
        self._arguments = engine.dialect.create_connect_args(engine.url)
        self._session: psycopg.Connection[Any] | None = None

    def _ask(self, words: str, *values: object) -> list[Any]:
        if self._session is None:
            self._session = connect(self._arguments)
        return self._session.execute(words.encode(), values).fetchall()

    @_or_lost
    def take(self, part: str) -> bool:
        """Take a part that nobody has; False where somebody does."""
        return bool(self._ask("SELECT pg_try_advisory_lock(%s, %s)", FAMILY, PARTS[part])[0][0])

    @_or_lost
    def holds(self, part: str) -> bool:
        """Whether the part is ours, as the server says."""
        return bool(self._ask(HOLDS, FAMILY, PARTS[part])[0][0])

    @_or_lost
    def leave(self, part: str) -> None:
        """Give a part back."""
        self._ask("SELECT pg_advisory_unlock(%s, %s)", FAMILY, PARTS[part])

    @_or_lost
    def oust(self, silent_s: float) -> list[int]:
        """End the sessions of workers who have shown no pulse for so long; says which (this one's pulse shows)."""
        return [row[0] for row in self._ask(OUST, WORKER, silent_s)]

    @_or_lost
    def taken(self) -> list[int]:
        """The people whose turns other workers have in hand."""
        return [row[0] for row in self._ask(TAKEN)]

    @_or_lost
    def claim(self, turns: Collection[tuple[int, int]]) -> set[int]:
        """Of these (update and person), the updates that are ours to handle: nobody else has that person's turn."""
        ours = {row[0] for row in self._ask(CLAIM, [person for _, person in turns])}
        claimed = [update for update, person in turns if person in ours]
        # somebody may have handled it, and let go of the person, since we looked
        still = {row[0] for row in self._ask(STILL, claimed)} if claimed else set()
        settled = [person for update, person in turns if person in ours and update not in still]
        if settled:
            self._ask(FREE, settled)
        return still

    @_or_lost
    def free(self, people: Collection[int]) -> None:
        """The turns of these people are over."""
        self._ask(FREE, list(people))

    @_or_lost
    def shout(self, words: str) -> None:
        """Tell the other workers."""
        self._ask("SELECT pg_notify(%s, %s)", CHANNEL, words)

    def close(self) -> None:
        """End the session."""
        session, self._session = self._session, None
        if session is not None:
            with suppress(psycopg.Error):
                session.close()


def connect(arguments: Any, name: str = WORKER) -> "psycopg.Connection[Any]":
    """A session of one's own, in which every statement is a transaction."""
    args, kwargs = arguments
    return psycopg.connect(*args, **{**ALERT, **kwargs, "autocommit": True, "application_name": name})


def listen(engine: Engine, goes_on: Callable[[], bool]) -> Iterator[str]:
    """What other workers shout, as long as it goes on; an empty word twice a second. Raises psycopg.Error."""
    with connect(engine.dialect.create_connect_args(engine.url), "doorstep listener") as session:
        session.execute(f"LISTEN {CHANNEL}".encode())
        while goes_on():
            for note in session.notifies(timeout=0.5, stop_after=1):
                yield note.payload
            yield ""


@contextmanager
def one_process(path: Path, within_s: float = 0.0) -> Iterator[None]:
    """Keep every other process from working with this SQLite database; raises InUse where one does for so long.

    The lock is the system's own, on a file beside the database: it goes with the process, however that ends.
    """
    with path.with_name(f"{path.name}-lock").open("a") as file:
        until = time.monotonic() + within_s
        while True:
            try:
                _lock(file)
            except InUse:
                if time.monotonic() >= until:
                    raise
                time.sleep(0.1)
            else:
                break
        yield


def _lock(file: IO[str]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
        except OSError:
            raise InUse from None
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise InUse from None
