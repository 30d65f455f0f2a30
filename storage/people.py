"""People and the operators among them."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Table, bindparam
from sqlmodel import Session, col, delete, select

from storage.models import Operator, Person
from storage.rows import Missing

_PERSONS: Table = Person.__table__  # type: ignore[attr-defined]
COUNT = (
    _PERSONS.update()
    .where(_PERSONS.c.id == bindparam("who"))
    .values(said=_PERSONS.c.said + bindparam("more"))
    .returning(_PERSONS.c.said)
)


class People:
    """Queries about persons; a person's id is Telegram's."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now

    def get(self, person_id: int) -> Person:
        """The person; raises Missing where nobody has that id."""
        person = self.session.get(Person, person_id)
        if person is None:
            raise Missing(f"no person {person_id}")
        return person

    def find(self, person_id: int) -> Person | None:
        """The person, or None."""
        return self.session.get(Person, person_id)

    def meet(self, person_id: int, market_id: int, name: str, username: str | None, language: str) -> Person:
        """The person as he writes to us now: made at first sight, name kept current, language until he chose one."""
        person = self.session.get(Person, person_id)
        if person is None:
            person = Person(id=person_id, market_id=market_id, name=name, language=language, created_at=self.now)
            self.session.add(person)
        person.name, person.username = name, username
        if not person.chose_language:
            person.language = language
        return person

    def wrote(self, person: Person) -> None:
        """This person has written in his chat; counted by the database, for the relay counts at the same time."""
        person.started, person.said = True, col(Person.said) + 1  # type: ignore[assignment]

    def count_message(self, person_id: int, messages: int = 1) -> int:
        """So many messages more in this person's chat (ours or his); returns how many there are now."""
        counted = self.session.connection().execute(COUNT, {"who": person_id, "more": messages})
        return counted.scalar() or 0

    def operators(self) -> list[int]:
        """The ids of all operators."""
        return list(self.session.exec(select(Operator.person_id).order_by(col(Operator.person_id))).all())

    def is_operator(self, person_id: int) -> bool:
        """Whether this person runs the market."""
        return self.session.get(Operator, person_id) is not None

    def set_operators(self, market_id: int, ids: Iterable[int]) -> None:
        """Make the operators exactly these."""
        self.session.execute(delete(Operator))
        self.session.add_all(Operator(person_id=person_id, market_id=market_id) for person_id in sorted(set(ids)))
        self.session.flush()
