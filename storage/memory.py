"""What the installation remembers: small facts by key, and what the geocoder answered."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm.util import identity_key
from sqlmodel import Session, SQLModel, col, select, update

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
        self._write(Meta, ("key",), {"key": key, "value": value})

    def replace(self, key: str, before: str | None, value: str) -> bool:
        """Remember a fact if what is known is still `before` (None: nothing); says whether it did."""
        if before is None:
            made: Any = _insert(self.session, Meta).values(key=key, value=value).on_conflict_do_nothing()
        else:
            made = update(Meta).where(col(Meta.key) == key, col(Meta.value) == before).values(value=value)
        changed = self.session.connection().execute(made.returning(col(Meta.key))).first() is not None
        self._forget(Meta, key)
        return changed

    def recall_all(self, prefix: str) -> dict[str, str]:
        """The facts whose keys begin so, by the rest of the key."""
        rows = self.session.exec(select(Meta).where(col(Meta.key).startswith(prefix, autoescape=True)))
        return {row.key.removeprefix(prefix): row.value for row in rows}

    def forget(self, key: str) -> None:
        """Forget a fact."""
        row = find(self.session, Meta, key)
        if row is not None:
            self.session.delete(row)
            self.session.flush()

    def known_places(self, key: str, since: datetime) -> list[dict[str, Any]] | None:
        """What the geocoder answered to this, if not longer ago than `since`."""
        row = find(self.session, KnownPlace, key)
        return None if row is None or row.at < since else row.places

    def know_places(self, key: str, places: list[dict[str, Any]]) -> None:
        """Remember what the geocoder answered."""
        self._write(KnownPlace, ("key",), {"key": key, "places": places, "at": self.now})

    def reserve(self, key: str, interval_s: float) -> datetime:
        """The moment at which this caller may go, one caller per interval (the geocoder's budget)."""
        while True:
            before = self.recall(key)
            free = self.now if before is None else max(self.now, datetime.fromisoformat(before))
            if self.replace(key, before, (free + timedelta(seconds=interval_s)).isoformat()):
                return free

    def _write(self, table: type[SQLModel], keys: tuple[str, ...], values: dict[str, Any]) -> None:
        """Insert a row, or overwrite the one that is there; two may do so at the same moment."""
        made = _insert(self.session, table).values(**values)
        rest = {name: made.excluded[name] for name in values if name not in keys}
        self.session.connection().execute(made.on_conflict_do_update(index_elements=keys, set_=rest))
        self._forget(table, values[keys[0]])

    def _forget(self, table: type[SQLModel], key: str) -> None:
        known = self.session.identity_map.get(identity_key(table, key))
        if known is not None:
            self.session.expire(known)


def _insert(session: Session, table: type[SQLModel]) -> Any:
    dialect = postgresql if session.connection().dialect.name == "postgresql" else sqlite
    return dialect.insert(table)
