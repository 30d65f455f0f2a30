"""What a run leaves behind: the rows of the database, what lies in the chats, and what every card would say now."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlmodel import SQLModel, col, select

from bot import letters
from bot.cards import render
from bot.dispatch import notices
from bot.playground.reading import said as words_of
from bot.sandbox.entities import parse_html
from bot.sandbox.telegram import Telegram
from bot.settings import load_market
from bot.texts import Reader, Texts
from storage.database import Database, Work
from storage.models import Card, Case, Delivery, DeliveryEvent, Draft, Driver, Inbox, Link, Offer, Outbox, Person, Run
from tests.crashes.stage import Said

Row = TypeVar("Row", bound=SQLModel)

PASSING = (*notices.MENUS, "where:")
"""Cards that are called up and tell of that moment: nobody keeps them true."""


@dataclass(frozen=True)
class Face:
    """Words and buttons, as they lie in a chat or should."""

    text: str
    buttons: tuple[tuple[str, str], ...]


@dataclass
class Evidence:
    """Everything that the proofs look at."""

    now: datetime
    deliveries: list[Delivery]
    events: list[DeliveryEvent]
    offers: list[Offer]
    runs: list[Run]
    drafts: list[Draft]
    drivers: list[Driver]
    links: list[Link]
    outbox: list[Outbox]
    inbox: list[Inbox]
    cards: list[Card]
    cases: list[Case]
    people: list[Person]
    meant: dict[tuple[int, str], Face | None]
    """By chat and subject: what the card should show now, rendered from the database."""
    shown: dict[tuple[int, int], Face]
    """By chat and message: what lies there."""
    said: list[Said]
    killed: dict[int, bool] = field(default_factory=dict)
    """The lives of the bot, and whether they ended by a kill."""
    acknowledged: dict[int, dict[str, Any]] = field(default_factory=dict)
    confirmed: dict[int, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    """What Telegram refused because the bot was wrong."""


def gather(database: Database, telegram: Telegram, market: Path, clock: Callable[[], datetime]) -> Evidence:
    """Read it all, in one transaction; nothing may be going on."""
    texts = Texts(load_market(market).languages)
    with database.transaction() as work:
        cards = _all(work, Card)
        return Evidence(
            now=clock(),
            deliveries=_all(work, Delivery),
            events=_all(work, DeliveryEvent),
            offers=_all(work, Offer),
            runs=_all(work, Run),
            drafts=_all(work, Draft),
            drivers=_all(work, Driver),
            links=_all(work, Link),
            outbox=_all(work, Outbox),
            inbox=_all(work, Inbox),
            cards=cards,
            cases=_all(work, Case),
            people=_all(work, Person),
            meant={(card.chat_id, card.subject): _meant(work, texts, card) for card in cards if not _passing(card)},
            shown=_shown(telegram),
            said=[],
            problems=list(telegram.problems),
        )


def _all(work: Work, table: type[Row]) -> list[Row]:
    keys = table.__mapper__.primary_key  # type: ignore[attr-defined]
    return list(work.session.exec(select(table).order_by(*(col(key) for key in keys))).all())


def _passing(card: Card) -> bool:
    return card.subject.startswith(PASSING) or card.media == "keyboard"


def _meant(work: Work, texts: Texts, card: Card) -> Face | None:
    face = render(work, card.subject, card.chat_id)
    person = work.people.find(card.chat_id)
    if face is None or person is None:
        return None
    reader = Reader(person.language, work.market, work.now)
    text, _ = parse_html("\n".join(texts.html(line, reader) for line in face.lines))
    markup = letters.keyboard(face, texts, reader)
    rows = markup.to_dict().get("inline_keyboard", []) if markup is not None else []
    return Face(text.strip(), _buttons(rows))


def _shown(telegram: Telegram) -> dict[tuple[int, int], Face]:
    found = {}
    for chat in telegram.world.chats.values():
        for number, stored in chat.messages.items():
            if stored.sender == telegram.bot["id"]:
                rows = stored.message.get("reply_markup", {}).get("inline_keyboard", [])
                found[chat.id, number] = Face(words_of(stored.message).strip(), _buttons(rows))
    return found


def _buttons(rows: Sequence[Sequence[dict[str, Any]]]) -> tuple[tuple[str, str], ...]:
    every = [button for row in rows for button in row]
    return tuple((button["text"], button.get("callback_data") or button.get("url") or "") for button in every)
