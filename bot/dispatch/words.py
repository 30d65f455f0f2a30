"""What is to be said, before anybody's language: a text id with typed parameters, as data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_WILD = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]")


def tame(text: str) -> str:
    """What somebody wrote without what no database holds (NUL, half characters) and what turns others' words around."""
    return _WILD.sub("", text)


@dataclass(frozen=True)
class Money:
    """An amount in minor units of a currency."""

    minor: int
    currency: str


@dataclass(frozen=True)
class Metres:
    """A distance, to be shown in the market's units."""

    metres: int


@dataclass(frozen=True)
class Window:
    """The earliest and the latest time of something."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Deadline:
    """A time to the second, for what is over in less than a minute."""

    at: datetime


@dataclass(frozen=True)
class Say:
    """A text by its id; parameters may be plain, typed (Money, Metres, Window, a time) or texts themselves."""

    id: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, text_id: str, **params: Any) -> "Say":
        """A text with these parameters."""
        return cls(text_id, params)


def dump(value: Any) -> Any:
    """A parameter as JSON can hold it."""
    match value:
        case Money(minor, currency):
            return {"$": "money", "minor": minor, "currency": currency}
        case Metres(metres):
            return {"$": "metres", "metres": metres}
        case Window(start, end):
            return {"$": "window", "start": start.isoformat(), "end": end.isoformat()}
        case Deadline(at):
            return {"$": "deadline", "at": at.isoformat()}
        case datetime():
            return {"$": "time", "at": value.isoformat()}
        case Say(text_id, params):
            return {"$": "say", "id": text_id, "params": dump_params(params)}
        case _:
            return value


def load(value: Any) -> Any:
    """A parameter as it was before `dump`."""
    if not isinstance(value, dict) or "$" not in value:
        return value
    match value["$"]:
        case "money":
            return Money(value["minor"], value["currency"])
        case "metres":
            return Metres(value["metres"])
        case "window":
            return Window(datetime.fromisoformat(value["start"]), datetime.fromisoformat(value["end"]))
        case "deadline":
            return Deadline(datetime.fromisoformat(value["at"]))
        case "time":
            return datetime.fromisoformat(value["at"])
        case _:
            return Say(value["id"], load_params(value["params"]))


def dump_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """All parameters as JSON can hold them."""
    return {name: dump(value) for name, value in params.items()}


def load_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """All parameters as they were before `dump_params`."""
    return {name: load(value) for name, value in params.items()}
