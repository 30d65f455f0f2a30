"""What the installation remembers: small facts by key, and what the geocoder answered."""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from storage.models import KnownPlace, Meta
from storage.rows import find


class Memory:
    """Facts by key, and known places."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now

    def recall(self, key: str) -> str | None:
        """The fact, or None."""
        row = find(self.session, Meta, key)
        return None if row is None else row.value

    def note(self, key: str, value: str) -> None:
        """Remember a fact."""
        self.session.merge(Meta(key=key, value=value))
        self.session.flush()

    def recall_all(self, prefix: str) -> dict[str, str]:
        """The facts whose keys begin so, by the rest of the key."""
        rows = self.session.exec(select(Meta).where(col(Meta.key).startswith(prefix, autoescape=True)))
        return {row.key.removeprefix(prefix): row.value for row in rows}

    def forget(self, key: str) -> None:
        """Forget a fact."""
        row = self.session.get(Meta, key)
        if row is not None:
            self.session.delete(row)
            self.session.flush()

    def known_places(self, key: str, since: datetime) -> list[dict[str, Any]] | None:
        """What the geocoder answered to this, if not longer ago than `since`."""
        row = find(self.session, KnownPlace, key)
        return None if row is None or row.at < since else row.places

    def know_places(self, key: str, places: list[dict[str, Any]]) -> None:
        """Remember what the geocoder answered."""
        self.session.merge(KnownPlace(key=key, places=places, at=self.now))

    def reserve(self, key: str, interval_s: float) -> datetime:
        """The moment at which this caller may go, one caller per interval (the geocoder's budget)."""
        before = self.recall(key)
        free = self.now if before is None else max(self.now, datetime.fromisoformat(before))
        self.note(key, (free + timedelta(seconds=interval_s)).isoformat())
        return free
