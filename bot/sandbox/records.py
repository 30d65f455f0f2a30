"""The records that a Telegram keeps: users, chats, messages, files and taps, and how the journal writes them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

JSON = dict[str, Any]


@dataclass
class User:
    """A human with a phone; `position` is {"lat", "lon", "live", "message_id"} or None."""

    id: int
    name: str
    language: str = "en"
    username: str | None = None
    role: str = ""
    phone: str = ""
    known: bool = False  # to the bot: it has seen an update of this person
    started: bool = False  # its private chat is open
    blocked: bool = False
    clipboard: str | None = None
    position: JSON | None = None
    toasts: list[JSON] = field(default_factory=list)
    unread: int = 0
    simulated: bool = False  # nobody's hands: no phone on the page

    def as_json(self) -> JSON:
        """Give the Bot API's User."""
        first, _, last = self.name.partition(" ")
        user: JSON = {"id": self.id, "is_bot": False, "first_name": first}
        if last:
            user["last_name"] = last
        if self.username:
            user["username"] = self.username
        return user | {"language_code": self.language}


@dataclass
class Stored:
    """A message and what only its chat knows of it; `loud` is None for what a person wrote."""

    message: JSON
    sender: int
    loud: bool | None = None
    edited: bool = False
    fixed: bool = False  # sent with a reply keyboard: Telegram does not edit such a message
    until: float | None = None  # a live location ends
    reaction: str | None = None


@dataclass
class Chat:
    """A private chat (its id is the person's) or a group (negative id)."""

    id: int
    kind: str
    title: str = ""
    members: list[int] = field(default_factory=list)
    keyboard: JSON | None = None
    keyboard_message: int = 0
    pinned: list[int] = field(default_factory=list)
    forum: bool = False
    topics: dict[str, str] = field(default_factory=dict)
    messages: dict[int, Stored] = field(default_factory=dict)


@dataclass
class File:
    """Bytes that the bot or a person sent."""

    id: str
    unique_id: str
    path: str
    kind: str
    name: str
    data: bytes = b""


@dataclass
class Tap:
    """One press of a button; `answers` are the bot's {"text", "alert", "url"}; the phone sets `url` and `copied`."""

    id: str
    user_id: int
    chat_id: int
    message_id: int
    data: str | None
    at: float
    answered: bool = False
    answers: list[JSON] = field(default_factory=list)
    url: str | None = None
    copied: str | None = None

    @property
    def toast(self) -> str | None:
        """Give the text of the bot's answer, or None."""
        return next((str(answer["text"]) for answer in self.answers if answer["text"]), None)


def to_plain(value: Any) -> Any:
    """Turn a record into what JSON can hold, without what the journal keeps elsewhere."""
    if isinstance(value, Chat):
        names = [f.name for f in fields(value) if f.name != "messages"]
        return {name: getattr(value, name) for name in names}
    if isinstance(value, File):
        return {f.name: getattr(value, f.name) for f in fields(value) if f.name != "data"}
    if isinstance(value, Stored):
        return {f.name: getattr(value, f.name) for f in fields(value)}
    return asdict(value) if isinstance(value, User | Tap) else value


def from_plain(cls: type[Any], value: Mapping[str, Any]) -> Any:
    """Build a record again from what the journal holds."""
    return cls(**value)
