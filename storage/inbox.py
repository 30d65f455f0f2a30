"""The inbox: updates stored before they are confirmed, claimed in order, marked when done."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, or_, select

from storage.models import Inbox as Update
from storage.rows import Missing

# built once: it is asked many times a second
_FREE = col(Update.person_id).not_in(bindparam("busy", expanding=True))
_DUE = or_(col(Update.not_before).is_(None), col(Update.not_before) <= bindparam("now"))
_OLDER = aliased(Update)
_WAITS_BEHIND = (
    select(_OLDER.update_id)
    .where(_OLDER.person_id == Update.person_id, _OLDER.status == "new", _OLDER.update_id < Update.update_id)
    .exists()
)
_NEW = select(Update).where(col(Update.status) == "new", _DUE, _FREE, ~_WAITS_BEHIND)
_UPDATES: Table = Update.__table__  # type: ignore[attr-defined]
BEGIN = (
    _UPDATES.update()
    .where(_UPDATES.c.update_id == bindparam("number"), _UPDATES.c.status == "new")
    .values(status="done", done_at=bindparam("at"), error=None)
)
# two receivers may hear the same update at the same moment
STORE = {
    "sqlite": sqlite.insert(_UPDATES).on_conflict_do_nothing().returning(_UPDATES.c.update_id),
    "postgresql": postgresql.insert(_UPDATES).on_conflict_do_nothing().returning(_UPDATES.c.update_id),
}
WAITING = _NEW.order_by(col(Update.update_id)).limit(bindparam("limit"))


class Inbox:
    """Queries about updates in hand."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now

    def store(self, update_id: int, person_id: int, body: dict[str, Any]) -> bool:
        """Keep an update; False where it came before (Telegram may say the same thing twice)."""
        values = {"update_id": update_id, "person_id": person_id, "body": body, "status": "new", "attempts": 0}
        connection = self.session.connection()
        stored = connection.execute(STORE[connection.dialect.name], {**values, "received_at": self.now})
        return stored.first() is not None

    def last(self) -> int | None:
        """The highest update id ever stored, or None."""
        return self.session.exec(select(func.max(Update.update_id))).first()

    def waiting(self, limit: int, busy: Collection[int]) -> Sequence[Update]:
        """The oldest update of each person whose turn is not in hand, where it may be handled now; oldest first.

        A person's later updates wait behind one that was put off: turns are taken in the order of arrival.
        """
        return self.session.scalars(WAITING, {"now": self.now, "limit": limit, "busy": list(busy)}).all()

    def get(self, update_id: int) -> Update:
        """The update; raises Missing where there is none."""
        update = self.session.get(Update, update_id)
        if update is None:
            raise Missing(f"no update {update_id}")
        return update

    def begin(self, update_id: int) -> bool:
        """Mark a new update as done, by compare-and-set; False where it is settled or unknown."""
        marked = self.session.connection().execute(BEGIN, {"number": update_id, "at": self.now})
        return marked.rowcount == 1

    def mark(self, update_id: int, status: str = "done", error: str | None = None) -> None:
        """This update is done (or has failed for good)."""
        update = self.get(update_id)
        update.status, update.error, update.done_at = status, error, self.now

    def put_off(self, update_id: int, seconds: float, error: str, *, count: bool) -> int:
        """Try this update again later; returns how often it has been tried (`count` says if this try counts)."""
        update = self.get(update_id)
        update.attempts += count
        update.not_before, update.error = self.now + timedelta(seconds=seconds), error
        return update.attempts

    def count_waiting(self) -> int:
        """How many updates wait."""
        return self.session.exec(select(func.count()).select_from(Update).where(Update.status == "new")).one()
