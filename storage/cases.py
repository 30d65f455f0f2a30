"""Cases: what needs an operator, until one has seen to it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from storage.models import Case
from storage.rows import find, swap

ABOUT = select(Case).where(
    Case.subject_id == bindparam("subject"),
    col(Case.kind).in_(bindparam("kinds", expanding=True)),
    col(Case.closed_at).is_(None),
)


class Cases:
    """Queries about operators' cases."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now

    def open(self, market_id: int, kind: str, subject_id: int, detail: str | None = None) -> Case | None:
        """Open a case; None where one of this kind is open about this subject."""
        if self.about(kind, subject_id) is not None:
            return None
        case = Case(market_id=market_id, kind=kind, subject_id=subject_id, detail=detail, opened_at=self.now)
        try:
            with self.session.begin_nested():
                self.session.add(case)
                self.session.flush()
        except IntegrityError:
            return None  # somebody opened it a moment ago: the index says so
        return case

    def about(self, kind: str, subject_id: int) -> Case | None:
        """The open case of this kind about this subject, or None."""
        return self.session.scalars(ABOUT, {"subject": subject_id, "kinds": [kind]}).first()

    def seen_to(self, kind: str, subject_id: int, since: datetime) -> bool:
        """Whether an operator has seen to this since then."""
        rows = select(Case.id).where(Case.kind == kind, Case.subject_id == subject_id, col(Case.closed_at) >= since)
        return self.session.exec(rows.where(col(Case.closed_by).is_not(None))).first() is not None

    def get(self, case_id: int) -> Case | None:
        """The case, or None."""
        return find(self.session, Case, case_id)

    def all_open(self) -> Sequence[Case]:
        """All open cases, oldest first."""
        return self.session.exec(select(Case).where(col(Case.closed_at).is_(None)).order_by(col(Case.id))).all()

    def close(self, case: Case, by: int | None = None) -> None:
        """This is seen to."""
        if case.closed_at is None:
            swap(self.session, case, {"closed_at": None}, {"closed_at": self.now, "closed_by": by})

    def close_about(self, subject_id: int, kinds: Sequence[str]) -> list[Case]:
        """Close the open cases of these kinds about this subject, and name them."""
        cases = list(self.session.scalars(ABOUT, {"subject": subject_id, "kinds": list(kinds)}).all())
        for case in cases:
            self.close(case)
        return cases
