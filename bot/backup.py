"""`doorstep backup` and `doorstep restore`: a copy of the database while the bot runs, and the way back from it."""

import os
import shlex
import shutil
import sqlite3
import subprocess
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import URL, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

import storage.models  # noqa: F401 - the tables register themselves
from bot.settings import Settings
from storage.database import MIGRATIONS

ARCHIVE = b"PGDMP"
"""How a file of pg_dump's custom format begins."""
FOREIGN = "was made by a version of Doorstep that this one does not know; renew this one first"
OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
OURS = ("alembic_version", *SQLModel.metadata.tables)


class CannotCopy(Exception):
    """The copy cannot be made, or not be used; the words say why, and how to mend it."""


def back_up(settings: Settings, to: Path | None, now: datetime) -> Path:
    """Copy the database, as it is at one moment, into a new file that only its owner may read; gives the file.

    Whoever writes meanwhile need not wait. Raises CannotCopy.
    """
    url = make_url(settings.database_url)
    sqlite = url.get_backend_name() == "sqlite"
    stem = Path(url.database or "doorstep").stem
    to = to or Path(f"{stem}-{now:%Y%m%d-%H%M%S}.{'db' if sqlite else 'dump'}")
    if to.exists():
        raise CannotCopy(f"{to} exists; name another file, or take it away")
    part = to.with_name(f"{to.name}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # it holds names and addresses
        if sqlite:
            _copy(_file(url), part)
        else:
            _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={part}")
        _keep(part, to)
    except OSError as error:
        raise CannotCopy(f"{to} cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return to


def restore(settings: Settings, source: Path, now: datetime) -> Path | None:
    """Put a copy in the place of the database; gives the file in which the present one is kept, where there was one.

    Raises CannotCopy where the copy is none, or of another bot, or the database is in use.
    """
    if not source.is_file():
        raise CannotCopy(f"there is no file {source}")
    url = make_url(settings.database_url)
    with source.open("rb") as file:
        archive = file.read(len(ARCHIVE)) == ARCHIVE
    if url.get_backend_name() == "sqlite":
        if archive:
            raise CannotCopy(f"{source} is a copy of a PostgreSQL database, and DATABASE_URL names SQLite")
        return _restore_file(settings, source, _file(url), now)
    if not archive:
        raise CannotCopy(f"{source} is no copy of a PostgreSQL database, and DATABASE_URL names one")
    return _restore_server(settings, source, url, now)


# SQLite


def _file(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise CannotCopy("DATABASE_URL names no file")
    return Path(url.database)


def _copy(source: Path, to: Path) -> None:
    """SQLite's online backup in one step: one reading transaction, which in WAL mode holds up no writer."""
    if not source.is_file():
        raise CannotCopy(f"there is no database {source}")
    try:
        with closing(sqlite3.connect(source, timeout=30)) as reading, closing(sqlite3.connect(to)) as writing:
            reading.backup(writing)
            writing.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
            _check(writing, to)
    except sqlite3.Error as error:
        raise CannotCopy(f"{source} cannot be copied: {error}") from None


def _check(connection: sqlite3.Connection, path: Path) -> None:
    try:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise CannotCopy(f"{path} is damaged or no database: {found}")


def _keep(part: Path, to: Path) -> None:
    """Only what is whole, and on the disk, gets its name."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(to)


def _restore_file(settings: Settings, source: Path, target: Path, now: datetime) -> Path | None:
    try:
        with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as copy:
            _check(copy, source)
            version = copy.execute("SELECT version_num FROM alembic_version").fetchone()
            bot = copy.execute("SELECT value FROM meta WHERE key = 'bot_id'").fetchone()
    except sqlite3.Error as error:
        raise CannotCopy(f"{source} is no copy of Doorstep's database: {error}") from None
    if version is None or version[0] not in _known_versions():
        raise CannotCopy(f"{source} {FOREIGN}")
    copied = bot[0] if bot else None
    _check_token(settings, copied)
    if target.exists():
        _check_bot(copied, _bot_of_file(target), "the present database is")
    aside = target.with_name(f"{target.name}.before-{now:%Y%m%d-%H%M%S}") if target.exists() else None
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _copy(source, part)
        if aside is not None:
            target.replace(aside)
        _keep(part, target)
    except OSError as error:
        raise CannotCopy(f"{target} cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return aside


def _bot_of_file(path: Path) -> str | None:
    """Whose database this is; raises CannotCopy where somebody has it open: only who is alone may leave WAL mode."""
    try:
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
            found = connection.execute("SELECT value FROM meta WHERE key = 'bot_id'").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise CannotCopy(f"{path} is in use ({error}); stop the bot first") from None
    except sqlite3.DatabaseError:  # damaged, or none: it is put aside
        return None
    return str(found[0]) if found else None


def _known_versions() -> set[str]:
    return {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}


def _check_token(settings: Settings, copied: str | None) -> None:
    if settings.bot_token is not None:
        _check_bot(copied, settings.token.partition(":")[0], "BOT_TOKEN is")


def _check_bot(copied: str | None, expected: str | None, whose: str) -> None:
    if copied is not None and expected is not None and copied != expected:
        raise CannotCopy(f"the copy belongs to bot {copied}, and {whose} of bot {expected}")


# PostgreSQL


def _restore_server(settings: Settings, source: Path, url: URL, now: datetime) -> Path | None:
    facts = _run("pg_restore", None, "--data-only", "--table=meta", "--table=alembic_version", "--file=-", str(source))
    rows = [line.split("\t") for line in facts.splitlines()]
    if not any(row[0] in _known_versions() for row in rows):
        raise CannotCopy(f"{source} {FOREIGN}")
    copied = next((row[1] for row in rows if row[0] == "bot_id"), None)
    _check_token(settings, copied)
    engine = create_engine(url, hide_parameters=True)
    try:
        with engine.connect() as connection:
            others = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if connection.execute(text(others)).scalar_one():
                raise CannotCopy(f"the database {url.database} is in use; stop the bot first")
            tables = [name for name in inspect(connection).get_table_names() if name in OURS]
            present = None
            if "meta" in tables:
                present = connection.execute(text("SELECT value FROM meta WHERE key = 'bot_id'")).scalar()
        _check_bot(copied, present, "the present database is")
        aside = back_up(settings, Path(f"{url.database}-before-{now:%Y%m%d-%H%M%S}.dump"), now) if tables else None
        with engine.begin() as connection:  # also what a later version has made
            for name in tables:
                connection.execute(text(f'DROP TABLE "{name}" CASCADE'))
    finally:
        engine.dispose()
    try:
        _run("pg_restore", url, "--no-owner", "--no-privileges", "--single-transaction", str(source))
    except CannotCopy as error:
        kept = f"; what was there before is in {aside}" if aside is not None else ""
        raise CannotCopy(f"{error}{kept}") from None
    return aside


def _run(program: str, url: URL | None, *arguments: str) -> str:
    """Run one of PostgreSQL's programs; the password goes by the environment, where nobody else reads it."""
    environment = dict(os.environ)
    command = [program, *arguments]
    if url is not None:
        plain = url.set(drivername="postgresql")
        if plain.password:
            environment["PGPASSWORD"] = plain.password
        # set(password=None) would leave it as it is
        bare = URL.create("postgresql", plain.username, None, plain.host, plain.port, plain.database, plain.query)
        command.insert(1, f"--dbname={bare.render_as_string()}")
    if shutil.which(program) is None:
        raise CannotCopy(
            f"{program} is not installed here; it comes with PostgreSQL's client programs (apt install "
            f"postgresql-client). Elsewhere: {shlex.join(command)}"
        )
    try:
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError as error:
        raise CannotCopy(f"{program} cannot be run: {error.strerror or error}") from None
    if ran.returncode:
        said = ran.stderr.strip().splitlines()
        raise CannotCopy(f"{program} failed: {said[-1] if said else f'exit code {ran.returncode}'}")
    return ran.stdout
