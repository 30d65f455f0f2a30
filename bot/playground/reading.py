"""What one reads off a phone: the buttons by what they mean, the words in whichever language, where the map leads."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot import buttons
from bot.dispatch.words import Say
from bot.sandbox.chats import buttons_of
from bot.sandbox.people import Person
from bot.texts import Reader, Texts
from storage.database import Clock
from storage.markets import MarketSettings

JSON = dict[str, Any]
Point = tuple[float, float]

LOOK_BACK = 40
"""Nobody scrolls farther up than so many messages."""
ANYTHING = "\ue000"
PARAMETERS = (
    *(
        "address",
        "at",
        "customer",
        "driver",
        "mall",
        "market",
        "merchant",
        "metres",
        "minutes",
        "name",
        "note",
        "number",
    ),
    *("pay", "phone", "pin", "price", "reason", "text", "until", "what", "window"),
)


@dataclass(frozen=True)
class Key:
    """An inline button of ours on somebody's phone."""

    message: JSON
    label: str
    tap: buttons.Tap

    @property
    def message_id(self) -> int:
        """The message it belongs to."""
        return int(self.message["message_id"])


def newest(person: Person) -> Iterator[JSON]:
    """The bot's messages on this phone, the newest first."""
    for stored in islice(reversed(person.chat.messages.values()), LOOK_BACK):
        if stored.sender != person.id:
            yield stored.message


def keys(person: Person, kind: type[buttons.Tap] = buttons.Tap, /, **fields: Any) -> list[Key]:
    """The buttons that mean this, the newest message first."""
    found = []
    for message in newest(person):
        for button in buttons_of(message):
            tap = buttons.unpack(button.get("callback_data", ""))
            if isinstance(tap, kind) and all(getattr(tap, name, None) == value for name, value in fields.items()):
                found.append(Key(message, button["text"], tap))
    return found


def key(person: Person, kind: type[buttons.Tap] = buttons.Tap, /, **fields: Any) -> Key | None:
    """The newest button that means this, or None."""
    return next(iter(keys(person, kind, **fields)), None)


def tap(person: Person, found: Key) -> None:
    """Tap it."""
    person.taps(data=found.tap.pack(), message_id=found.message_id)


def said(message: JSON) -> str:
    """The words of a message."""
    return str(message.get("text") or message.get("caption") or message.get("venue", {}).get("title", ""))


def marked(message: JSON, entity: str) -> str | None:
    """The first words of a message that are marked so (`bold`, `code`)."""
    text = said(message).encode("utf-16-le")
    for found in message.get("entities") or message.get("caption_entities") or ():
        if found["type"] == entity:
            start = 2 * found["offset"]
            return text[start : start + 2 * found["length"]].decode("utf-16-le")
    return None


def map_point(message: JSON) -> Point | None:
    """Where the map button of a card leads, or None where it has none."""
    for button in buttons_of(message):
        for value in parse_qs(urlsplit(button.get("url", "")).query).values():
            match = re.fullmatch(r"(-?\d+\.\d+),(-?\d+\.\d+)", value[0])
            if match:
                return float(match[1]), float(match[2])
    return None


def contact_key(person: Person) -> str | None:
    """The label of the key that sends one's own number, or None where it is not shown."""
    rows = person.keyboard["keyboard"] if person.keyboard else []
    return next((str(one["text"]) for row in rows for one in row if one.get("request_contact")), None)


class Words:
    """Knows the bot's words again on a phone, in every language, whatever stands for their values."""

    def __init__(self, texts: Texts, market: MarketSettings, clock: Clock) -> None:
        self.texts, self.market, self.clock = texts, market, clock
        self._pattern = lru_cache(maxsize=512)(self._make)

    def _make(self, text_id: str) -> re.Pattern[str]:
        shapes = set()
        for language in self.texts.languages:
            reader = Reader(language, self.market, self.clock())
            plain = self.texts.plain(Say(text_id, dict.fromkeys(PARAMETERS, ANYTHING)), reader)
            shape = re.escape(re.sub(r"</?\w+>", "", plain).strip())
            shapes.add(shape.replace(re.escape(ANYTHING), ".*?"))
        return re.compile("|".join(sorted(shapes)), re.DOTALL)

    def stand_in(self, text_id: str, message: JSON) -> bool:
        """Whether this message says so."""
        return self._pattern(text_id).search(said(message)) is not None
