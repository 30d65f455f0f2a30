"""What the API for people answers, as types: dataclasses that a script reads and the reference lists."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, TypeAdapter

JSON = dict[str, Any]
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class BotInfo:
    """The bot that lives in this town."""

    username: str
    name: str


@dataclass(frozen=True)
class Town:
    """The bot, the places on the map, the middle of it, and the town's clock."""

    bot: BotInfo
    places: list[JSON]
    center: tuple[float, float]
    now: datetime
    title: str
    offers: list[str] = field(default_factory=list)
    """What is served besides the phones, as in /api/…: a plain sandbox serves nothing more."""
    began: str = ""
    """Another one after each start."""
    zone: str | None = None


@dataclass(frozen=True)
class Position:
    """Where a phone was last (degrees); `message_id` is that of the live location while one is shared."""

    lat: float
    lon: float
    live: bool
    message_id: int | None


@dataclass(frozen=True)
class PersonInfo:
    """Somebody with a phone; `role` is for the page only, `drives` and `simulated` for who moves or acts by itself."""

    id: int
    name: str
    language: str
    role: str
    username: str | None
    started: bool
    blocked: bool
    unread: int
    position: Position | None
    simulated: bool = False
    drives: bool = False


@dataclass(frozen=True)
class Message:
    """A message as it is now: on the wire the Bot API's Message with `mine`, `loud`, `edited` and `reaction`."""

    raw: JSON

    @property
    def id(self) -> int:
        """Its number in this chat."""
        return int(self.raw["message_id"])

    @property
    def text(self) -> str:
        """Its text or caption; empty for a picture without one."""
        return str(self.raw.get("text") or self.raw.get("caption") or "")

    @property
    def mine(self) -> bool:
        """Whether the person wrote it, and not the bot."""
        return bool(self.raw["mine"])

    @property
    def loud(self) -> bool | None:
        """Whether it arrived with sound; None for what the person wrote."""
        loud: bool | None = self.raw["loud"]
        return loud

    @property
    def edited(self) -> bool:
        """Whether it was changed after it was sent."""
        return bool(self.raw["edited"])

    @property
    def reaction(self) -> str | None:
        """The emoji that the bot put on it."""
        reaction: str | None = self.raw["reaction"]
        return reaction

    @property
    def buttons(self) -> list[str]:
        """The labels of its inline buttons, row by row."""
        rows = self.raw.get("reply_markup", {}).get("inline_keyboard", [])
        return [str(button["text"]) for row in rows for button in row]


@dataclass(frozen=True)
class Toast:
    """What the bot answered to a tap."""

    at: datetime
    text: str
    alert: bool


@dataclass(frozen=True)
class Command:
    """One line of the bot's menu in this chat."""

    command: str
    description: str


@dataclass(frozen=True)
class ChatView:
    """One phone's chat with the bot, the oldest message first; `seq` is the number of the last change."""

    messages: list[Annotated[Message, BeforeValidator(Message)]]
    keyboard: JSON | None
    toasts: list[Toast]
    clipboard: str | None
    commands: list[Command]
    started: bool
    pinned: list[int]
    seq: int

    @property
    def keys(self) -> list[str]:
        """The labels of the reply keyboard."""
        rows = self.keyboard["keyboard"] if self.keyboard else []
        return [str(key["text"]) for row in rows for key in row]


@dataclass(frozen=True)
class Sent:
    """The number of what was sent; numbers for an album; none for acts that send nothing."""

    message_id: int | list[int] | None


@dataclass(frozen=True)
class TapAnswer:
    """What came of a tap: the bot's toast (None when none came in 2 s), a link to open, or a copied text."""

    id: str
    toast: str | None
    url: str | None
    copied: str | None


@dataclass(frozen=True)
class CallRecord:
    """One call of the bot, and its result or the words it was refused with."""

    number: int
    at: datetime
    method: str
    params: JSON
    result: Any
    error: str | None


@dataclass(frozen=True)
class FaultInfo:
    """A fault in force: its kind, whose chat (None: everybody's), the seconds left."""

    number: int
    kind: str
    chat: int | None
    left_s: float


@dataclass(frozen=True)
class Change:
    """One event of the stream: which chats changed, and whether people did."""

    seq: int
    chats: list[int]
    people: bool


@dataclass(frozen=True)
class Drive:
    """Whether somebody drives, where to (degrees), how fast (times 25 km/h), what is left."""

    drives: bool
    id: int | None = None
    to: list[tuple[float, float]] = field(default_factory=list)
    speed: float = 0.0
    left_m: float = 0.0
    left_s: float = 0.0


@dataclass(frozen=True)
class Clock:
    """The town's time, and by how many seconds it is ahead of the real one."""

    now: datetime
    ahead_s: float


@dataclass(frozen=True)
class Entry:
    """One thing that happened: a turn, a message of the bot, or a step of a delivery."""

    key: str
    kind: str
    at: datetime
    who: str
    text: str
    chat: int | None
    message_id: int | None
    failed: bool = False
    said: str | None = None
    """The first line of a message as it was then."""
    loud: bool | None = None
    delivery: str | None = None


@dataclass(frozen=True)
class OutboxRow:
    """One message of the bot in its outbox: waiting, sent or dropped."""

    id: int
    chat: int
    kind: str
    subject: str | None
    text_id: str | None
    loud: bool
    urgency: int
    due_at: datetime
    attempts: int
    sent_at: datetime | None
    dropped_at: datetime | None
    error: str | None
    message_id: int | None


def read(kind: type[Answer], body: Any) -> Answer:
    """Read what was answered as one of these types, or a list of one; raises pydantic's ValidationError."""
    found: Answer = _adapter(kind).validate_python(body)
    return found


_adapter: Any = cache(TypeAdapter)  # building one takes longer than reading
