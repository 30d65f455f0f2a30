"""The town's time, which the tool and the bot's processes read from one file: quicker than ours, and wound."""

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path


class SharedClock:
    """Called, it tells the time in aware UTC; `speed` seconds pass in the town for each of ours."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_at = -1
        self._began = self._town = self._speed = 0.0

    @classmethod
    def begin(cls, path: Path, speed: float) -> "SharedClock":
        """A new clock in this file, which begins now."""
        made = cls(path)
        made._write(time.time(), time.time(), speed)
        return made

    def __call__(self) -> datetime:
        """The time in the town."""
        return datetime.fromtimestamp(self._seconds(), UTC)

    def _seconds(self) -> float:
        changed = self.path.stat().st_mtime_ns
        if changed != self._read_at:
            self._began, self._town, self._speed = json.loads(self.path.read_text())
            self._read_at = changed
        return self._town + (time.time() - self._began) * self._speed

    def _write(self, began: float, town: float, speed: float) -> None:
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps([began, town, speed]))
        os.replace(new, self.path)  # nobody reads half of it

    def wind(self, seconds: float) -> None:
        """Let so many seconds pass in the town at once."""
        self._write(time.time(), self._seconds() + seconds, self._speed)

    def stop(self) -> None:
        """Let time stand still in the town."""
        self._write(time.time(), self._seconds(), 0.0)
