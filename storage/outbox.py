"""The outbox: what is to be said, in the order it was decided, and the cards that lie in chats."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm.util import identity_key
from sqlmodel import Session, col, func, or_, select, update

from storage.models import Card
from storage.models import Outbox as Row

TIDY = 4
"""The urgency of what nobody waits for: it comes after everything else that a chat is to be told."""

# built once: what is asked many times a second

_LIVE = or_(col(Row.expires_at).is_(None), col(Row.expires_at) > bindparam("now"))
_WAITING = (col(Row.sent_at).is_(None), col(Row.dropped_at).is_(None), _LIVE, col(Row.due_at) <= bindparam("now"))
_FREE = (
    col(Row.id).not_in(bindparam("in_hand", expanding=True)),
    col(Row.chat_id).not_in(bindparam("held", expanding=True)),
)
_OF_CHAT = col(Row.chat_id) == bindparam("chat_id")
_THIS_CARD = (_OF_CHAT, col(Row.kind) == "card", col(Row.subject) == bindparam("subject"))
DUE = select(Row).where(*_WAITING, *_FREE).order_by(col(Row.urgency), col(Row.id)).limit(bindparam("limit"))
FIRST_OF = select(Row).where(*_WAITING, _OF_CHAT).order_by(col(Row.urgency) == TIDY, col(Row.id)).limit(1)
SAME_CARD = select(Row).where(*_WAITING, *_THIS_CARD).order_by(col(Row.id))
OF_CHATS = (
    select(Row)
    .where(*_WAITING, col(Row.chat_id).in_(bindparam("chats", expanding=True)))
    .order_by(col(Row.urgency) == TIDY, col(Row.id))
)
# the hot path speaks with the tables themselves: objects would cost three times as much
_ROWS: Table = Row.__table__  # type: ignore[attr-defined]
_CARDS: Table = Card.__table__  # type: ignore[attr-defined]
WRITE = _ROWS.insert()
MARK = (
    _ROWS.update()
    .where(_ROWS.c.id.in_(bindparam("ids", expanding=True)))
    .values(sent_at=bindparam("at"), message_id=bindparam("message"), error=None)
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


SAVE = {"sqlite": _save(sqlite.insert), "postgresql": _save(postgresql.insert)}
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
        statement = update(Row).where(
            col(Row.about) == about, col(Row.sent_at).is_(None), col(Row.dropped_at).is_(None)
        )
        self.session.execute(statement.values(dropped_at=self.now, error="no longer true"))

    def due(self, limit: int, in_hand: Collection[int], held_chats: Collection[int]) -> Sequence[Row]:
        """Rows to be sent now, urgent ones first, oldest first among equals."""
        asked = {"now": self.now, "limit": limit, "in_hand": list(in_hand), "held": list(held_chats)}
        return self.session.scalars(DUE, asked).all()

    def of_chats(self, chats: Collection[int]) -> dict[int, list[Row]]:
        """All rows due in each of these chats, in the order in which they are to be said."""
        found: dict[int, list[Row]] = {chat: [] for chat in chats}
        for row in self.session.scalars(OF_CHATS, {"now": self.now, "chats": list(chats)}):
            found[row.chat_id].append(row)
        return found

    def first_of(self, chat_id: int) -> Row | None:
        """The oldest row due in this chat: messages of one chat are sent in order, tidying up comes last."""
        return self.session.scalars(FIRST_OF, {"now": self.now, "chat_id": chat_id}).first()

    def same_card(self, row: Row) -> Sequence[Row]:
        """All due rows that say that this card is stale; one rendering satisfies them all."""
        asked = {"now": self.now, "chat_id": row.chat_id, "subject": row.subject}
        return self.session.scalars(SAME_CARD, asked).all()

    def get(self, row_id: int) -> Row | None:
        """The row, or None."""
        return self.session.get(Row, row_id)

    def mark_sent(self, ids: Collection[int], message_id: int | None = None) -> None:
        """These have been said, by this message where they became (or changed) one."""
        self.session.connection().execute(MARK, {"ids": list(ids), "at": self.now, "message": message_id})

    def drop(self, ids: Collection[int], error: str) -> None:
        """These will not be sent; kept with the reason."""
        self.session.execute(update(Row).where(col(Row.id).in_(ids)).values(dropped_at=self.now, error=error))

    def put_off(self, ids: Collection[int], seconds: float, error: str) -> int:
        """Try these again later; returns how often the oldest has been tried."""
        due_at = self.now + timedelta(seconds=seconds)
        values = {"due_at": due_at, "attempts": col(Row.attempts) + 1, "error": error}
        self.session.execute(update(Row).where(col(Row.id).in_(ids)).values(values))
        return self.session.exec(select(func.max(Row.attempts)).where(col(Row.id).in_(ids))).one() or 0

    def wait(self, ids: Collection[int], seconds: float) -> None:
        """Not yet: look at these again in so many seconds."""
        due_at = self.now + timedelta(seconds=seconds)
        self.session.execute(update(Row).where(col(Row.id).in_(ids)).values(due_at=due_at))

    def count_unsent(self) -> int:
        """How many messages are due and wait, tidying up left aside."""
        return self.session.scalars(COUNT, {"now": self.now}).one()

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
        return self.session.get(Card, (chat_id, subject))

    def card_by_message(self, chat_id: int, message_id: int) -> Card | None:
        """The card that is this message, or None where it is none (any more)."""
        rows = select(Card).where(Card.chat_id == chat_id, Card.message_id == message_id)
        return self.session.exec(rows).first()

    def chats_of(self, subject: str) -> list[int]:
        """The chats in which this subject's card lies, or will: it may be on its way just now."""
        lying = select(Card.chat_id).where(Card.subject == subject)
        coming = select(Row.chat_id).where(
            Row.kind == "card", Row.subject == subject, col(Row.sent_at).is_(None), col(Row.dropped_at).is_(None)
        )
        return sorted({*self.session.exec(lying), *self.session.exec(coming)})

    def open_cards(self) -> Sequence[Card]:
        """All cards that still have something to tap."""
        return self.session.exec(select(Card).where(col(Card.closed).is_(False)).order_by(col(Card.shown_at))).all()

    def save_card(self, card: Card) -> None:
        """Remember a card's message."""
        self.session.flush()
        dialect = self.session.connection().dialect.name
        self.session.connection().execute(SAVE[dialect], card.model_dump())
        known = self.session.identity_map.get(identity_key(Card, (card.chat_id, card.subject)))
        if known is not None:
            self.session.expire(known)
