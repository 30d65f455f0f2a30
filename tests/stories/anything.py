"""Whatever the Bot API may send: updates built from aiogram's models, valid and odd, and pointed at what is open."""

import types
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import aiogram.types
from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bot.buttons import Tap
from bot.chat import ears
from tests.stories.crossroads import Crossroads

Draw = Callable[[st.SearchStrategy[Any]], Any]
JSON = dict[str, Any]

KINDS = sorted(name for name in aiogram.types.Update.model_fields if name != "update_id")
"""Every kind of update that the Bot API has, whether we ask for it or not."""
MORNING = 1_795_024_800

ODD = (
    "",
    " ",
    "\x00",
    "\u202e\u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd",
    "\x07\x1b[31m\r\n\t",
    "<b>&amp;<script>",
    "a" * 4096,
    "🛵" * 2000,
    "\ud83d",
    "'; DROP TABLE delivery; --",
    "{ $name } %s {0}",
    "0",
    "-1",
    "٣",
    "1e999",
    "99999999999999999999",
    "½",
)
ANSWERS = (
    *("2", "20", "M", "a box", "Bellagio", "Lena Lopez", "702 555 0177", "+1 702 555 0142", "now", "in 30 min"),
    *("10:30", "25:99", "tomorrow at 9", "0000", "1234", "9999", "no", "yes", "x" * 61, "Skip", "Cancel", "← Back"),
)
NUMBERS = (0, 1, -1, 2, 7, 2**31, 2**53, 2**63 - 1, -(2**63), 1 - 2**31)
PLACES = (0.0, 36.1277, -115.1722, 90.0, -90.0, 180.0, -180.0, 89.999999, 36.1126)

words = st.one_of(st.sampled_from(ODD), st.sampled_from(ANSWERS), st.text(max_size=40))
numbers = st.one_of(st.sampled_from(NUMBERS), st.integers(-(2**63), 2**63 - 1))
places = st.one_of(st.sampled_from(PLACES), st.floats(-180, 180, allow_nan=False))
moments = st.one_of(st.just(MORNING), st.integers(0, 2**31 - 1))


# from the models


@cache
def _fields(model: type[BaseModel]) -> tuple[list[tuple[str, FieldInfo]], list[tuple[str, FieldInfo]]]:
    """The fields that a model must have, and those that it may have."""
    every = list(model.model_fields.items())
    return [one for one in every if one[1].is_required()], [one for one in every if not one[1].is_required()]


def build(draw: Draw, model: type[BaseModel], depth: int = 2, most: int = 3) -> JSON:
    """An object of this model as JSON: what it must have, and at most `most` of what it may have."""
    needed, optional = _fields(model)
    chosen = list(needed)
    if depth > 0 and optional:
        chosen += draw(st.lists(st.sampled_from(optional), max_size=most, unique_by=lambda one: one[0]))
    return {info.alias or name: _value(draw, name, info.annotation, depth - 1) for name, info in chosen}


def _value(draw: Draw, name: str, kind: Any, depth: int) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _value(draw, name, inner[0], depth)
    if origin in (Union, types.UnionType):
        return _value(draw, name, draw(st.sampled_from([one for one in inner if one is not type(None)])), depth)
    if origin is Literal:
        return draw(st.sampled_from(inner))
    if origin is list:
        return [_value(draw, name, inner[0], depth) for _ in range(draw(st.integers(0, 2)))]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return build(draw, kind, depth, 1)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return draw(st.sampled_from(list(kind))).value
    return draw(_plain(name, kind))


def _plain(name: str, kind: Any) -> st.SearchStrategy[Any]:
    if kind is bool:
        return st.booleans()
    if kind is datetime or name.endswith("date"):
        return moments
    if kind is float:
        return places
    if kind is int:
        return numbers
    return words


# pointed at what is open


class Arrivals:
    """Draws updates that may arrive at these crossroads."""

    def __init__(self, here: Crossroads, senders: Sequence[JSON], messages: dict[int, list[int]]) -> None:
        self.here, self.senders, self.messages = here, senders, messages
        real = {kind.code: [tap.pack() for tap in here.taps(kind)] for kind in Tap.__subclasses__()}
        codes = [kind.code for kind in Tap.__subclasses__()]
        forged = st.builds(
            lambda code, parts: ":".join([code, *parts])[:64],
            st.sampled_from(codes),
            st.lists(st.one_of(numbers.map(str), words), max_size=4),
        )
        true = st.sampled_from(sorted(real)).flatmap(lambda code: st.sampled_from(real[code]))
        self.data = st.one_of(true, true, true, true, forged, words)
        payloads = st.one_of(st.sampled_from(here.links), words, st.binary(max_size=64).map(lambda raw: raw.hex()[:64]))
        commands = st.sampled_from([*ears.COMMANDS, "frobnicate", "start@other_bot", "DELIVER"])
        self.texts = st.one_of(
            words,
            st.builds(lambda name, rest: f"/{name} {rest}".strip(), commands, st.one_of(st.just(""), words)),
            payloads.map(lambda payload: f"/start {payload}"),
        )

    def update(self, draw: Draw) -> JSON:
        """One update: pointed at what is open, or any of the Bot API's."""
        number = draw(st.integers(0, 9))
        if number < 3:
            return {"callback_query": self.tap(draw)}
        if number < 7:
            return self.message(draw)
        kind = draw(st.sampled_from(KINDS))
        info = aiogram.types.Update.model_fields[kind]
        body = _value(draw, kind, info.annotation, 3)
        return {info.alias or kind: self.placed(draw, body) if isinstance(body, dict) else body}

    def sender(self, draw: Draw) -> JSON:
        """Somebody of the town, or a stranger."""
        if draw(st.integers(0, 9)):
            return dict(draw(st.sampled_from(self.senders)))
        return {"id": draw(st.integers(1, 2**53)), "is_bot": False, "first_name": draw(words)}

    def chat(self, draw: Draw, sender: JSON) -> JSON:
        """Mostly the sender's private chat."""
        if draw(st.integers(0, 5)):
            return {"id": sender["id"], "type": "private", "first_name": sender["first_name"]}
        kind = draw(st.sampled_from(("group", "supergroup", "channel")))
        return {"id": -draw(st.integers(1, 2**40)), "type": kind, "title": draw(words)}

    def placed(self, draw: Draw, body: JSON) -> JSON:
        """The same, mostly from somebody of the town, in a chat that exists."""
        if not draw(st.integers(0, 4)):
            return body
        sender = self.sender(draw)
        place = {"chat": self.chat(draw, sender)} if "chat" in body else {}
        return {**body, **place, **({"from": sender} if "from" in body or "chat" in body else {})}

    def tap(self, draw: Draw) -> JSON:
        """A tap: on a card that lies there or on any message, with data that are real, stale, forged or nonsense."""
        sender = self.sender(draw)
        lying = self.messages.get(sender["id"]) or [1]
        message = {
            "message_id": draw(st.one_of(st.sampled_from(lying), st.integers(1, 2**31))),
            "date": draw(st.sampled_from((0, MORNING))),
            "chat": {"id": sender["id"], "type": "private", "first_name": sender["first_name"]},
        }
        if draw(st.booleans()):
            message |= {"text": draw(words)}
        body: JSON = {"id": str(draw(st.integers(1, 2**62))), "from": sender, "chat_instance": "1"}
        if draw(st.integers(0, 9)):
            body["message"] = message
        if draw(st.integers(0, 9)):
            body["data"] = draw(self.data)
        return body

    def message(self, draw: Draw) -> JSON:
        """Something said: words, a place, a contact, a photo, now or edited."""
        sender = self.sender(draw)
        base = {"message_id": draw(st.integers(1, 2**31)), "date": MORNING, "chat": self.chat(draw, sender)}
        base["from"] = sender
        what = draw(st.sampled_from(("text", "text", "text", "location", "live", "contact", "photo", "album")))
        said = getattr(self, f"_{what}")(draw, sender)
        edited = what == "live" or not draw(st.integers(0, 5))
        if edited:
            return {"edited_message": {**base, **said, "edit_date": MORNING}}
        return {"message": {**base, **said}}

    def _text(self, draw: Draw, _sender: JSON) -> JSON:
        text = draw(self.texts)
        command = {"type": "bot_command", "offset": 0, "length": len(text.split()[0]) if text.split() else 0}
        return {"text": text, **({"entities": [command]} if text.startswith("/") else {})}

    def _location(self, draw: Draw, _sender: JSON) -> JSON:
        return {"location": {"latitude": draw(places), "longitude": draw(places)}}

    def _live(self, draw: Draw, sender: JSON) -> JSON:
        location = self._location(draw, sender)["location"]
        return {"location": {**location, "live_period": draw(st.sampled_from((60, 0, -1, 0x7FFFFFFF, 2**62)))}}

    def _contact(self, draw: Draw, sender: JSON) -> JSON:
        card: JSON = {"phone_number": draw(st.one_of(words, st.just("17025550111"))), "first_name": draw(words)}
        if draw(st.booleans()):
            card["user_id"] = draw(st.sampled_from((sender["id"], 1)))
        return {"contact": card}

    def _photo(self, draw: Draw, _sender: JSON) -> JSON:
        size = {"file_id": "AgAC", "file_unique_id": "AQAD", "width": 1, "height": 1}
        return {"photo": [size] * draw(st.integers(0, 2)), **({"caption": draw(words)} if draw(st.booleans()) else {})}

    def _album(self, draw: Draw, sender: JSON) -> JSON:
        return {**self._photo(draw, sender), "media_group_id": draw(st.sampled_from(("7", "8")))}


def maimed(draw: Draw, update: JSON) -> JSON:
    """The same with a part missing or of another kind, as no Telegram should send it."""
    ((kind, body),) = update.items()
    if not isinstance(body, dict) or not body:
        return update
    name = draw(st.sampled_from(sorted(body)))
    rest = {key: value for key, value in body.items() if key != name}
    if draw(st.booleans()):
        rest[name] = draw(st.one_of(st.none(), numbers, words, st.just([]), st.just({})))
    return {kind: rest}
