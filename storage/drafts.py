"""Drafts: the conversations in hand, one open question per person."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from storage.models import Draft
from storage.rows import must_swap, swap

OPEN = select(Draft).where(Draft.person_id == bindparam("who"), Draft.status == "open")


class Drafts:
    """Queries about drafts."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now

    def get(self, draft_id: int) -> Draft | None:
        """The draft, or None."""
        return self.session.get(Draft, draft_id)

    def open(self, person_id: int) -> Draft | None:
        """The conversation that this person is in, or None."""
        return self.session.scalars(OPEN, {"who": person_id}).first()

    def parked(self, person_id: int) -> list[Draft]:
        """Conversations that he left for another, newest first."""
        rows = select(Draft).where(Draft.person_id == person_id, Draft.status == "parked")
        return list(self.session.exec(rows.order_by(col(Draft.updated_at).desc(), col(Draft.id).desc())).all())

    def add(self, draft: Draft) -> Draft:
        """Store a new open draft; IntegrityError where the person has one open."""
        self.session.add(draft)
        self.session.flush()
        return draft

    def write(self, draft: Draft, **values: Any) -> None:
        """Change an open draft by compare-and-set on its version, which grows; raises Raced."""
        expected = {"version": draft.version, "status": draft.status}
        must_swap(self.session, draft, expected, {"version": draft.version + 1, "updated_at": self.now, **values})

    def complain(self, draft: Draft, words: list[Any]) -> bool:
        """Say what is wrong with an open draft, whose version stays; False where it changed meanwhile."""
        return swap(self.session, draft, {"version": draft.version, "status": "open"}, {"complaint": words})

    def about_something(self) -> list[Draft]:
        """All open drafts that are about a delivery, a merchant or a driver."""
        return list(self.session.exec(select(Draft).where(Draft.status == "open", col(Draft.subject_id).is_not(None))))

    def untouched_since(self, before: datetime) -> list[Draft]:
        """Open and parked drafts that nobody has touched since then."""
        rows = select(Draft).where(col(Draft.status).in_(("open", "parked")), col(Draft.updated_at) < before)
        return list(self.session.exec(rows).all())

    def open_forms(self, form: str) -> list[Draft]:
        """All open drafts of this form."""
        return list(self.session.exec(select(Draft).where(Draft.form == form, Draft.status == "open")).all())
