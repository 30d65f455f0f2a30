"""The face of a card: its lines, its buttons, and the one line that is left of it when it is posted anew."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.buttons import Tap
from bot.dispatch.geo import Point
from bot.dispatch.words import Say
from storage.database import Work


@dataclass(frozen=True)
class Key:
    """A button: a tap, or a link, or something to copy."""

    label: Say
    tap: Tap | None = None
    url: str | None = None
    copy: str | None = None
    style: Literal["", "primary", "success", "danger"] = ""


Rows = tuple[tuple[Key, ...], ...]


@dataclass(frozen=True)
class Face:
    """What a card shows now."""

    lines: tuple[Say, ...]
    rows: Rows = ()
    map: tuple[Point, str, str] | None = None
    """A point with title and address, sent as a venue above the lines."""
    contact: bool = False
    """The phone's own button to send a contact takes the place of the rows."""
    line: Say | None = None
    """What is left when the card is posted anew; nothing but the buttons goes where this is empty."""
    asks: str | None = None
    """The question that this card asks, where it is a conversation's."""
    secret: bool = False
    """It shows a PIN: the message cannot be forwarded or copied."""
    answers: str | None = None
    """The question whose answer `line` is: it is left only of the message that asked it."""


Painter = Callable[[Work, int, int], Face | None]
"""Renders the subject with this id for this chat; None where there is nothing to show."""


def rows(*given: tuple[Key, ...] | Key | None) -> Rows:
    """Rows of buttons, the empty ones left out."""
    made = [(row,) if isinstance(row, Key) else row for row in given if row]
    return tuple(row for row in made if row)
