"""The outbox: what is to be said, in the order it was decided, and the cards that lie in chats."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Table, bindparam, tuple_
from sqlalchemy import select as choose
from sqlmodel import Session, col, func, or_, select, update

from storage.models import Card
from storage.models import Outbox as Row
from storage.rows import INSERT, find

TIDY = 4
"""The urgency of what nobody waits for: it comes after everything else that a chat is to be told."""

# built once: what is asked many times a second

_LIVE = or_(col(Row.expires_at).is_(None), col(Row.expires_at) > bindparam("now"))
_WAITING = (col(Row.sent_at).is_(None), col(Row.dropped_at).is_(None), _LIVE, col(Row.due_at) <= bindparam("now"))
_FREE = (
    col(Row.id).not_in(bindparam("in_hand", expanding=True)),
    col(Row.chat_id).not_in(bindparam("held", expanding=True)),
)
DUE = (
    select(Row.chat_id, Row.id)
    .where(*_WAITING, *_FREE)
    .order_by(col(Row.urgency), col(Row.id))
    .limit(bindparam("limit"))
)
# the hot path speaks with the tables themselves: objects would cost three times as much
_ROWS: Table = Row.__table__  # type: ignore[attr-defined]
_CARDS: Table = Card.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Unsaid:
    """A row of the outbox that is due, as the relay reads it."""

    id: int
    chat_id: int
    kind: str
    subject: str | None
    text_id: str | None
    params: dict[str, Any]
    buttons: list[Any]
    loud: bool
    anew: bool
    urgency: int
    attempts: int
    created_at: datetime


TOGETHER = 16
"""So many rows of a chat are looked at together: a later one about the same card finds it as it should be."""
_READ = [_ROWS.c[field.name] for field in fields(Unsaid)]
_SAID_IN_ORDER = (_ROWS.c.urgency == TIDY, _ROWS.c.id)
_IN_CHATS = (
    choose(*_READ, func.row_number().over(partition_by=_ROWS.c.chat_id, order_by=_SAID_IN_ORDER).label("place"))
    .where(*_WAITING, _ROWS.c.chat_id.in_(bindparam("chats", expanding=True)))
    .subquery()
)
OF_CHATS = (
    choose(*(_IN_CHATS.c[column.name] for column in _READ))
    .where(_IN_CHATS.c.place <= TOGETHER)
    .order_by(_IN_CHATS.c.place)
)
CARDS_AT = select(Card).where(tuple_(col(Card.chat_id), col(Card.subject)).in_(bindparam("places", expanding=True)))
WRITE = _ROWS.insert()
MARK = (
    _ROWS.update()
    .where(_ROWS.c.id == bindparam("row"), _ROWS.c.sent_at.is_(None))
    .values(sent_at=bindparam("at"), message_id=bindparam("message"), error=None)
)
WITHDRAW = (
    _ROWS.update()
    .where(_ROWS.c.about == bindparam("this"), _ROWS.c.sent_at.is_(None), _ROWS.c.dropped_at.is_(None))
    .values(dropped_at=bindparam("at"), error="no longer true")
)
BY_MESSAGE = select(Card).where(Card.chat_id == bindparam("chat_id"), Card.message_id == bindparam("message_id"))
CARDS_OF = select(Card).where(Card.subject == bindparam("subject")).order_by(col(Card.chat_id))
_THIS: BindParameter[str] = bindparam("subject")
CHATS_OF = (
    choose(_CARDS.c.chat_id)
    .where(_CARDS.c.subject == _THIS)
    .union(
        choose(_ROWS.c.chat_id).where(
            _ROWS.c.kind == "card", _ROWS.c.subject == _THIS, _ROWS.c.sent_at.is_(None), _ROWS.c.dropped_at.is_(None)
        )
    )
)
NOTHING: dict[str, Any] = {
    "subject": None,
    "text_id": None,
    "params": {},
    "buttons": [],
    "loud": False,
    "anew": False,
    "urgency": 1,
    "about": None,
    "expires_at": None,
    "attempts": 0,
}


def _save(insert: Any) -> Any:
    """Insert a card, or overwrite the one that lies there."""
    made = insert(_CARDS)
    keys = ("chat_id", "subject")
    return made.on_conflict_do_update(
        index_elements=keys, set_={c.name: made.excluded[c.name] for c in _CARDS.c if c.name not in keys}
    )


SAVE = {dialect: _save(insert) for dialect, insert in INSERT.items()}
AS_SHOWN = (col(Card.shown_at), col(Card.chat_id), col(Card.message_id))
COUNT = select(func.count()).select_from(Row).where(*_WAITING, col(Row.urgency) != TIDY)


class Outbox:
    """Queries about messages to be sent and cards that were."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now
        self.wrote = False
        """Whether anything was written: then the relay is to be woken after the commit."""

    def write(self, chat_id: int, kind: str, *, due_in: float = 0, **values: Any) -> None:
        """Add a row, due now or in so many seconds."""
        due_at = self.now + timedelta(seconds=due_in)
        given = {**NOTHING, "chat_id": chat_id, "kind": kind, "created_at": self.now, "due_at": due_at, **values}
        self.session.connection().execute(WRITE, given)
        self.wrote = True

    def withdraw(self, about: str) -> None:
        """What was to be said about this is no longer true: drop what is not sent yet."""
        self.session.connection().execute(WITHDRAW, {"this": about, "at": self.now})

    def due(self, limit: int, in_hand: Collection[int], held_chats: Collection[int]) -> list[tuple[int, int]]:
        """Chat and id of the rows to be sent now, urgent ones first, oldest first among equals."""
        asked = {"now": self.now, "limit": limit, "in_hand": list(in_hand), "held": list(held_chats)}
        return [(chat_id, row_id) for chat_id, row_id in self.session.connection().execute(DUE, asked)]

    def of_chats(self, chats: Collection[int]) -> dict[int, list[Unsaid]]:
        """The first rows due in each of these chats, in the order in which they are to be said."""
        found: dict[int, list[Unsaid]] = {chat: [] for chat in chats}
        for row in self.session.connection().execute(OF_CHATS, {"now": self.now, "chats": list(chats)}):
            found[row.chat_id].append(Unsaid(*row))
        return found

    def cards_at(self, places: Collection[tuple[int, str]]) -> dict[tuple[int, str], Card]:
        """The cards that lie at these places (chat and subject)."""
        cards = self.session.scalars(CARDS_AT, {"places": list(places)}) if places else ()
        return {(card.chat_id, card.subject): card for card in cards}

    def get(self, row_id: int) -> Row | None:
        """The row, or None."""
        return find(self.session, Row, row_id)

    def mark_sent(self, ids: Collection[int], message_id: int | None = None) -> bool:
        """These have been said, by this message where they became (or changed) one; False where another said them."""
        rows = [{"row": row_id, "at": self.now, "message": message_id} for row_id in ids]
        return bool(rows) and self.session.connection().execute(MARK, rows).rowcount > 0

    def drop(self, ids: Collection[int], error: str) -> None:
        """These will not be sent; kept with the reason."""
        self.session.execute(update(Row).where(col(Row.id).in_(ids)).values(dropped_at=self.now, error=error))

    def put_off(self, ids: Collection[int], seconds: float, error: str) -> int:
        """Try these again later; returns how often the oldest has been tried."""
        values: dict[str, Any] = {"attempts": col(Row.attempts) + 1, "error": error}
        if seconds:  # else it has been due since it was: how long it waits is told to an operator
            values["due_at"] = self.now + timedelta(seconds=seconds)
        self.session.execute(update(Row).where(col(Row.id).in_(ids)).values(values))
        return self.session.exec(select(func.max(Row.attempts)).where(col(Row.id).in_(ids))).one() or 0

    def requeue(self, row: Row) -> None:
        """What was dropped is due again; of a card, all rows that were dropped with this one."""
        together = col(Row.id) == row.id
        if row.kind == "card":
            together = (col(Row.chat_id) == row.chat_id) & (col(Row.subject) == row.subject)
        fresh = {"dropped_at": None, "error": None, "attempts": 0, "due_at": self.now, "expires_at": None}
        self.session.execute(update(Row).where(together, col(Row.dropped_at) == row.dropped_at).values(fresh))
        self.wrote = True

    def wait(self, ids: Collection[int], seconds: float) -> None:
        """Not yet: look at these again in so many seconds."""
        due_at = self.now + timedelta(seconds=seconds)
        self.session.execute(update(Row).where(col(Row.id).in_(ids)).values(due_at=due_at))

    def count_unsent(self) -> int:
        """How many messages are due and wait, tidying up left aside."""
        return self.session.scalars(COUNT, {"now": self.now}).one()

    def count_answers(self, chat_id: int, urgency: int = 0) -> int:
        """How many answers (of this urgency) wait to be sent to this chat."""
        rows = select(func.count()).where(col(Row.sent_at).is_(None), col(Row.dropped_at).is_(None))
        return self.session.exec(rows.where(Row.chat_id == chat_id, Row.urgency == urgency)).one()

    def waits(self, chat_id: int, text_id: str) -> bool:
        """Whether this text waits to be sent to this chat."""
        rows = select(Row.id).where(col(Row.sent_at).is_(None), col(Row.dropped_at).is_(None))
        return self.session.exec(rows.where(Row.chat_id == chat_id, Row.text_id == text_id)).first() is not None

    def pictures(self, subject: str) -> list[tuple[int, int]]:
        """The QR pictures of this subject that lie in chats: chat and message."""
        rows = select(Row).where(Row.kind == "qr", Row.subject == subject, col(Row.message_id).is_not(None))
        return [(row.chat_id, row.message_id) for row in self.session.exec(rows) if row.message_id is not None]

    def move_chat(self, chat_id: int, to: int) -> None:
        """A group became a supergroup: what was meant for it goes to its new id."""
        unsent = col(Row.sent_at).is_(None) & col(Row.dropped_at).is_(None)
        self.session.execute(update(Row).where(col(Row.chat_id) == chat_id, unsent).values(chat_id=to))

    # cards

    def card(self, chat_id: int, subject: str) -> Card | None:
        """Where this subject's card lies in this chat, or None."""
        return find(self.session, Card, chat_id, subject)

    def card_by_message(self, chat_id: int, message_id: int) -> Card | None:
        """The card that is this message, or None where it is none (any more)."""
        return self.session.scalars(BY_MESSAGE, {"chat_id": chat_id, "message_id": message_id}).first()

    def cards_of(self, subject: str) -> Sequence[Card]:
        """This subject's cards that lie in chats."""
        return self.session.scalars(CARDS_OF, {"subject": subject}).all()

    def chats_of(self, subject: str) -> list[int]:
        """The chats in which this subject's card lies, or will: it may be on its way just now."""
        return sorted(self.session.connection().execute(CHATS_OF, {"subject": subject}).scalars())

    def open_cards(self) -> Sequence[Card]:
        """All cards that still have something to tap."""
        return self.session.exec(select(Card).where(col(Card.closed).is_(False)).order_by(*AS_SHOWN)).all()

    def save_card(
        self,
        chat_id: int,
        subject: str,
        message_id: int,
        *,
        content: str,
        said: int,
        media: str = "text",
        asked: str | None = None,
        line_id: int | None = None,
        closed: bool = False,
    ) -> None:
        """Remember a card's message, and what it shows now."""
        self.session.flush()
        connection = self.session.connection()
        card = {
            "chat_id": chat_id,
            "subject": subject,
            "message_id": message_id,
            "content": content,
            "said": said,
            "media": media,
            "asked": asked,
            "line_id": line_id,
            "closed": closed,
            "shown_at": self.now,
        }
        connection.execute(SAVE[connection.dialect.name], card)
        known = self.session.identity_map.get((Card, (chat_id, subject), None))
        if known is not None:
            self.session.expire(known)
