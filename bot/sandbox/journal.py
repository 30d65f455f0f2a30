"""The sandbox's memory on disk: one SQLite file that a restart reads back."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS records (kind TEXT, key TEXT, value TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blobs (key TEXT PRIMARY KEY, data BLOB NOT NULL);
"""


class Journal:
    """Records by kind and key, and the bytes of files; every `write` is one transaction."""

    def __init__(self, path: Path) -> None:
        # The sandbox locks around every change, so one connection may be used from any thread.
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")  # survives a killed process, which is what we need
        self._db.executescript(SCHEMA)

    def write(self, rows: Iterable[tuple[str, str, Any]]) -> None:
        """Store each (kind, key, value); a value of None deletes the record."""
        written: list[tuple[str, str, str]] = []
        deleted: list[tuple[str, str]] = []
        for kind, key, value in rows:
            if value is None:
                deleted.append((kind, key))
            else:
                written.append((kind, key, json.dumps(value, ensure_ascii=False, separators=(",", ":"))))
        self._db.execute("BEGIN")
        try:
            self._db.executemany("DELETE FROM records WHERE kind = ? AND key = ?", deleted)
            self._db.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", written)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def write_blob(self, key: str, data: bytes) -> None:
        """Store the bytes of one file."""
        self._db.execute("INSERT OR REPLACE INTO blobs VALUES (?, ?)", (key, data))

    def read(self, kind: str) -> Iterator[tuple[str, Any]]:
        """Give back (key, value) of every record of a kind."""
        for key, value in self._db.execute("SELECT key, value FROM records WHERE kind = ?", (kind,)).fetchall():
            yield key, json.loads(value)

    def read_blobs(self) -> dict[str, bytes]:
        """Give back the bytes of every file by its key."""
        return dict(self._db.execute("SELECT key, data FROM blobs").fetchall())

    def close(self) -> None:
        """Close the file; what was written stays."""
        self._db.close()
