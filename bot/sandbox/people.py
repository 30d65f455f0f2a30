"""The people's side: a person with a phone; what it does reaches the bot as updates."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.sandbox.chats import act, buttons_of, describe, find_button, press_button, write
from bot.sandbox.content import MAX_TEXT, document_json, photo_sizes
from bot.sandbox.entities import find_entities
from bot.sandbox.pictures import make_png
from bot.sandbox.records import JSON, Chat, Stored, Tap, User
from bot.sandbox.world import World

Point = tuple[float, float]


class Person:
    """A human who speaks with the bot; every verb does what a finger on a phone does, at once."""

    def __init__(self, world: World, user: User) -> None:
        self._world = world
        self.user = user

    def __repr__(self) -> str:
        return f"<Person {self.id} {self.name}>"

    @property
    def id(self) -> int:
        """Give the Telegram id, which is the id of the private chat too."""
        return self.user.id

    @property
    def name(self) -> str:
        """Give the whole name."""
        return self.user.name

    @property
    def language(self) -> str:
        """Give the language of the phone, which the bot sees as `language_code`."""
        return self.user.language

    @property
    def username(self) -> str | None:
        """Give the @name without the sign, if there is one."""
        return self.user.username

    # — what is seen —

    @property
    def chat(self) -> Chat:
        """Give the private chat with the bot."""
        return self._world.private_chat(self.user)

    @property
    def messages(self) -> list[JSON]:
        """Give the chat's messages of both sides as they are now, the oldest first."""
        return [stored.message for stored in self.chat.messages.values()]

    @property
    def sounds(self) -> list[tuple[int, bool]]:
        """Give (message_id, loud) of every arrival; edits make none."""
        return list(self._world.sounds.get(self.id, []))

    @property
    def toasts(self) -> list[str]:
        """Give the texts that answered the person's taps."""
        return [str(toast["text"]) for toast in self.user.toasts]

    @property
    def keyboard(self) -> JSON | None:
        """Give the reply keyboard that is shown, or None."""
        return self.chat.keyboard

    @property
    def clipboard(self) -> str | None:
        """Give what a copy button copied last."""
        return self.user.clipboard

    @property
    def position(self) -> JSON | None:
        """Give where the phone was last: {"lat", "lon", "live", "message_id"}; a live location ends by itself."""
        place = self.user.position
        if place and place["live"]:
            stored = self.chat.messages.get(place["message_id"])
            if stored is None or stored.until is None or stored.until <= self._world.now():
                return {**place, "live": False, "message_id": None}
        return place

    @property
    def buttons(self) -> list[str]:
        """Give the labels of all inline buttons of the bot in this chat, the newest message first."""
        found = reversed(self.chat.messages.values())
        return [button["text"] for stored in found for button in buttons_of(stored.message)]

    def reads(self) -> str:
        """Give the chat as plain text, a line for each message."""
        lines = [describe(stored, self._world.bot["id"]) for stored in self.chat.messages.values()]
        if self.keyboard:
            labels = (f"[{button['text']}]" for row in self.keyboard["keyboard"] for button in row)
            lines.append("keyboard: " + " ".join(labels))
        return "\n".join(lines)

    # — writing —

    def start(self, payload: str = "") -> int:
        """Press Start, or Restart after a block; a payload comes from a deep link. Gives the message's id."""
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,64}", payload):
            raise LookupError(f"a start payload is at most 64 of A-Z a-z 0-9 _ -, not {payload!r}")
        if self.user.blocked:
            self.unblocks()
        return self.says(f"/start {payload}".strip())

    def says(self, text: str, reply_to: int | None = None) -> int:
        """Type a text; what is longer than 4096 goes in pieces, as the apps do. Gives the (last) message's id."""
        text = text.strip()
        if not text:
            raise LookupError("an app does not send an empty message")
        number = 0
        for at in range(0, len(text), MAX_TEXT):
            piece = text[at : at + MAX_TEXT]
            entities = find_entities(piece)
            number = self._send({"text": piece} | ({"entities": entities} if entities else {}), reply_to=reply_to)
        return number

    def forwards(self, text: str) -> int:
        """Forward a text of somebody who hides the own account."""
        origin = {"type": "hidden_user", "sender_user_name": "Somebody", "date": self._world.date() - 60}
        return self._send({"forward_origin": origin, "text": text})

    def edits(self, message_id: int, text: str) -> None:
        """Change an own text; the bot gets an edited_message."""
        stored = self._own(message_id)
        entities = find_entities(text)
        kept = {key: value for key, value in stored.message.items() if key not in ("text", "entities")}
        self._edit(stored, kept | {"text": text} | ({"entities": entities} if entities else {}))

    def deletes(self, message_id: int) -> None:
        """Delete a message of either side; the bot hears nothing of it."""
        if message_id not in self.chat.messages:
            raise LookupError(f"{self.name} has no message {message_id}")
        with self._world.change():
            self._world.remove(self.chat, message_id)

    # — buttons —

    def taps(
        self,
        label: str | None = None,
        *,
        data: str | None = None,
        message_id: int | None = None,
        follow: bool = True,
    ) -> Tap:
        """Tap an inline button, by its label or its data; the Tap's `answers` fill when the bot answers.

        By label: on the newest message that has it, an exact label before one that contains it. By data and
        message_id the button may be gone already: that is a tap that crossed an edit. Raises LookupError.
        A link button opens its link on this phone (see `opens`) unless `follow` is off.
        """
        if label is None and data is None:
            raise LookupError("name the label or the data of a button")
        with self._world.change():
            found, button = find_button(self.chat, label, data, message_id, self.name)
            return press_button(self._world, self.user, self.chat, found, button, self.opens if follow else None)

    def press(self, label: str) -> int:
        """Press a button of the reply keyboard: its text is sent, or the contact or position it asks for."""
        rows = self.keyboard["keyboard"] if self.keyboard else []
        every = [button for row in rows for button in row]
        chosen = next((b for b in every if b["text"] == label), None)
        chosen = chosen or next((b for b in every if label.lower() in b["text"].lower()), None)
        if chosen is None:
            raise LookupError(f"{self.name} has no key {label!r}; there are {[b['text'] for b in every]}")
        keyboard, asked_in = self.chat.keyboard or {}, self.chat.keyboard_message
        with self._world.change():
            if keyboard.get("one_time_keyboard"):
                self.chat.keyboard = None
                self._world.touch_chat(self.chat)
            if chosen.get("request_contact"):
                return self.contact(reply_to=asked_in)
            if chosen.get("request_location"):
                lat, lon = self._whereabouts()
                return self._send({"location": _point(lat, lon)}, reply_to=asked_in)
            return self.says(chosen["text"])

    def opens(self, link: str) -> int | None:
        """Open a link: the bot's own t.me link presses Start with its payload; others only open a browser (None)."""
        parts = urlsplit(link if "://" in link else f"https://{link}")
        if parts.hostname in ("t.me", "telegram.me") and parts.path.strip("/") == self._world.bot["username"]:
            return self.start(parse_qs(parts.query).get("start", [""])[0])
        return None

    # — where —

    def _whereabouts(self) -> Point:
        if self.user.position:
            return self.user.position["lat"], self.user.position["lon"]
        if self._world.center:
            return self._world.center
        raise LookupError(f"the phone of {self.name} does not know where it is; send a pin first")

    def _placed(self, lat: float, lon: float, live: bool, message_id: int | None) -> None:
        self.user.position = {"lat": lat, "lon": lon, "live": live, "message_id": message_id}
        self._world.touch_user(self.user)

    def sends_pin(self, lat: float, lon: float) -> int:
        """Send a point (degrees) chosen on the map; while a live location is shared, that stays the position."""
        with self._world.change():
            number = self._send({"location": _point(lat, lon)})
            if not (self.position and self.position["live"]):
                self._placed(lat, lon, False, None)
            return number

    def shares_live(self, lat: float, lon: float, period: int = 3600) -> int:
        """Share a live location for a period in seconds; gives the message's id."""
        with self._world.change():
            location = {**_point(lat, lon), "live_period": period}
            number = self._send({"location": location}, until=self._world.now() + period)
            self._placed(lat, lon, True, number)
            return number

    def moves(self, lat: float, lon: float, message_id: int | None = None) -> None:
        """Move a live location: an edited_message, and none when the point is the same (a parked phone is silent)."""
        with self._world.change():
            stored = self._live(message_id)
            old = stored.message["location"]
            self._placed(lat, lon, True, stored.message["message_id"])
            if (old["latitude"], old["longitude"]) != (lat, lon):
                self._edit(stored, {**stored.message, "location": {**old, **_point(lat, lon)}})

    def ends_live(self, message_id: int | None = None) -> None:
        """Stop sharing: an edited_message without live_period."""
        with self._world.change():
            stored = self._live(message_id)
            old = stored.message["location"]
            self._placed(old["latitude"], old["longitude"], False, None)
            point = _point(old["latitude"], old["longitude"])
            self._edit(replace(stored, until=None), {**stored.message, "location": point})

    def _live(self, message_id: int | None) -> Stored:
        now = self._world.now()
        for stored in reversed(self.chat.messages.values()):
            live = stored.until is not None and stored.until > now and stored.sender == self.id
            if live and message_id in (None, stored.message["message_id"]):
                return stored
        raise LookupError(f"{self.name} shares no live location now; share one first")

    # — other things people send —

    def photo(self, caption: str | None = None, data: bytes | None = None, count: int = 1) -> int | list[int]:
        """Send a picture, or an album of `count` (one update each); gives the id, or the ids of an album."""
        with self._world.change():
            group: JSON = {}
            if count > 1:
                group = {"media_group_id": str(13_000_000_000_000_000 + self._world.count("album"))}
            numbers = []
            for index in range(count):
                picture = data or make_png(self._world.counters.get("file", 0) + 1)
                file = self._world.keep_file(picture, "photo", "photo.jpg", ".jpg")
                said: JSON = {"caption": caption} if caption and index == 0 else {}
                numbers.append(self._send({**group, "photo": photo_sizes(file), **said}))
            return numbers if count > 1 else numbers[0]

    def contact(
        self,
        name: str | None = None,
        phone: str | None = None,
        user_id: int | None = None,
        *,
        reply_to: int | None = None,
    ) -> int:
        """Send a contact card: the own one by default (with user_id, and the phone as digits without a plus)."""
        if name is None and phone is None:
            name, phone, user_id = self.name, self.user.phone.lstrip("+"), self.id
        first, _, last = (name or phone or "").partition(" ")
        card: JSON = {"phone_number": phone or "", "first_name": first}
        card |= ({"last_name": last} if last else {}) | ({"user_id": user_id} if user_id else {})
        return self._send({"contact": card}, reply_to=reply_to)

    def voice(self) -> int:
        """Send two seconds of voice."""
        with self._world.change():
            file = self._world.keep_file(b"OggS" + bytes(60), "voice", "voice.ogg", ".oga")
            meta = {"duration": 2, "mime_type": "audio/ogg", "file_size": len(file.data)}
            return self._send({"voice": {"file_id": file.id, "file_unique_id": file.unique_id, **meta}})

    def sticker(self) -> int:
        """Send a sticker."""
        with self._world.change():
            file = self._world.keep_file(make_png(7, 64, 64), "sticker", "sticker.webp", ".webp")
            meta = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
            return self._send(
                {"sticker": {"file_id": file.id, "file_unique_id": file.unique_id, "emoji": "📦", **meta}}
            )

    def document(self, name: str, data: bytes = b"a document") -> int:
        """Send a file under this name."""
        with self._world.change():
            extension = "." + name.rsplit(".", 1)[1] if "." in name else ""
            return self._send({"document": document_json(self._world.keep_file(data, "document", name, extension))})

    def blocks(self) -> None:
        """Block the bot: it hears of it, and gets 403 from now on."""
        self._membership("member", "kicked", blocked=True)

    def unblocks(self) -> None:
        """Let the bot speak again."""
        self._membership("kicked", "member", blocked=False)

    def _membership(self, old: str, new: str, *, blocked: bool) -> None:
        if self.user.blocked == blocked:
            return
        with self._world.change():
            self.user.blocked = blocked
            self._world.touch_user(self.user)
            self._world.push(
                "my_chat_member",
                {
                    "chat": self._world.chat_json(self.chat),
                    "from": self.user.as_json(),
                    "date": self._world.date(),
                    "old_chat_member": _member(self._world.bot, old),
                    "new_chat_member": _member(self._world.bot, new),
                },
            )

    # — inside —

    def _send(self, content: JSON, *, reply_to: int | None = None, until: float | None = None) -> int:
        if self.user.blocked:
            raise LookupError(f"{self.name} has blocked the bot; unblocks() or start() first")
        return write(self._world, self.user, self.chat, content, reply_to=reply_to, until=until)

    def _own(self, message_id: int) -> Stored:
        stored = self.chat.messages.get(message_id)
        if stored is None or stored.sender != self.id:
            raise LookupError(f"{self.name} wrote no message {message_id}")
        return stored

    def _edit(self, stored: Stored, message: JSON) -> None:
        with self._world.change():
            changed = {**message, "edit_date": self._world.date()}
            self._world.store(self.chat, replace(stored, message=changed, edited=True))
            act(self._world, self.user)
            self._world.push("edited_message", changed)


def _point(lat: float, lon: float) -> dict[str, float]:
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise LookupError(f"{lat}, {lon} is no point on Earth (latitude -90..90, longitude -180..180)")
    return {"latitude": lat, "longitude": lon}


def _member(bot: Mapping[str, Any], status: str) -> JSON:
    return {"user": dict(bot), "status": status} | ({"until_date": 0} if status == "kicked" else {})
