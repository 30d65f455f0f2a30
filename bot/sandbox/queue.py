"""The updates that wait for the bot, kept, confirmed and forgotten as Telegram does it."""

from collections.abc import Iterable
from itertools import takewhile
from typing import Any

KEPT = 24 * 3600.0  # seconds
KEPT_TAPS = 150.0  # seconds
REPEAT = 0.5  # seconds: a repeated offset within them is answered with one update
MAX_BATCH = 100
UNASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})  # only if asked for by name

Entry = dict[str, Any]  # {"update", "kind", "born"}


class Queue:
    """Updates by id, in order; times are seconds of the sandbox's clock."""

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}
        self._taps: dict[int, None] = {}
        self.allowed: list[str] | None = None
        self.polls = 0  # grows with every getUpdates; an older one that still waits is terminated
        self._last: tuple[int | None, float] | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def wanted(self, kind: str) -> bool:
        """Tell whether the bot asked for this kind of update."""
        return kind in self.allowed if self.allowed else kind not in UNASKED

    def put(self, update: dict[str, Any], kind: str, born: float) -> Entry:
        """Queue an update and give the entry that the journal keeps."""
        entry: Entry = {"update": update, "kind": kind, "born": born}
        self._keep(entry)
        return entry

    def _keep(self, entry: Entry) -> None:
        number = entry["update"]["update_id"]
        self._entries[number] = entry
        if entry["kind"] == "callback_query":
            self._taps[number] = None

    def clean(self, offset: int | None, now: float) -> list[int]:
        """Drop what is confirmed by the offset (negative: all but the last) and what is too old; give the ids."""
        if offset is not None and offset < 0:
            kept = list(self._entries)[offset:]
            offset = kept[0] if kept else 0
        # both stand in the order of their ids and births: the first that stays ends the search
        old = takewhile(lambda number: number < (offset or 0) or self._age(number, now) > KEPT, self._entries)
        forgotten = takewhile(lambda number: self._age(number, now) > KEPT_TAPS, self._taps)
        gone = list(dict.fromkeys([*old, *forgotten]))
        for number in gone:
            self.drop(number)
        return gone

    def _age(self, number: int, now: float) -> float:
        return float(now - self._entries[number]["born"])

    def clear(self) -> list[int]:
        """Drop everything; give the ids."""
        gone = list(self._entries)
        self._entries.clear()
        self._taps.clear()
        return gone

    def entries(self) -> Iterable[Entry]:
        """Give what waits, the oldest first."""
        return self._entries.values()

    def drop(self, number: int) -> bool:
        """Drop one update; tells whether it was there."""
        self._taps.pop(number, None)
        return self._entries.pop(number, None) is not None

    def peek(self, limit: int) -> list[dict[str, Any]]:
        """Give the oldest updates; they stay until they are confirmed."""
        batch = list(self._entries.values()) if len(self._entries) <= limit else self._first(limit)
        return [entry["update"] for entry in batch]

    def _first(self, limit: int) -> list[Entry]:
        found: list[Entry] = []
        for entry in self._entries.values():
            if len(found) == limit:
                break
            found.append(entry)
        return found

    def limit_for(self, offset: int | None, limit: int, now: float) -> int:
        """Give the batch size of a new getUpdates: 1 when it repeats the last offset too soon."""
        repeated = self._last is not None and self._last[0] == offset and 0 <= now - self._last[1] < REPEAT
        self._last = (offset, now)
        return 1 if repeated else max(1, min(limit, MAX_BATCH))

    def load(self, entries: Iterable[Entry]) -> None:
        """Take back the entries of the journal."""
        for entry in sorted(entries, key=lambda entry: int(entry["update"]["update_id"])):
            self._keep(entry)
