"""Figures: how much waits, since when, and how many deliveries stand where; for whoever watches the bot."""

from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, or_, select

from storage.models import Delivery, Inbox, Outbox
from storage.outbox import TIDY


class Figures:
    """Counts over whole tables, each by an index; asked every few seconds, never in a turn but `/status`."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now

    def messages(self) -> tuple[int, datetime | None]:
        """How many messages are due and wait, tidying up left aside, and since when the oldest does."""
        found = select(func.count(), func.min(Outbox.due_at)).where(*self._unsaid())
        number, oldest = self.session.exec(found).one()
        return number, oldest

    def oldest_messages(self, limit: int) -> list[Outbox]:
        """The messages that have waited longest."""
        rows = select(Outbox).where(*self._unsaid()).order_by(col(Outbox.due_at), col(Outbox.id))
        return list(self.session.exec(rows.limit(limit)).all())

    def _unsaid(self) -> tuple[ColumnElement[bool], ...]:
        return (
            col(Outbox.sent_at).is_(None),
            col(Outbox.dropped_at).is_(None),
            col(Outbox.due_at) <= self.now,
            or_(col(Outbox.expires_at).is_(None), col(Outbox.expires_at) > self.now),
            col(Outbox.urgency) != TIDY,
        )

    def updates(self) -> tuple[int, datetime | None]:
        """How many updates are stored and not handled, and since when the oldest is."""
        found = select(func.count(), func.min(Inbox.received_at)).where(Inbox.status == "new")
        number, oldest = self.session.exec(found).one()
        return number, oldest

    def last_update_at(self) -> datetime | None:
        """When the newest update was stored."""
        newest = select(Inbox.received_at).order_by(col(Inbox.update_id).desc()).limit(1)
        return self.session.exec(newest).first()

    def deliveries(self) -> dict[str, int]:
        """How many deliveries there are in each status."""
        counted = select(Delivery.status, func.count()).group_by(Delivery.status)
        return dict(self.session.exec(counted).all())
