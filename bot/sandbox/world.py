"""What the sandbox remembers: users, chats, messages, files, taps and the updates that wait for the bot."""

import base64
import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.sandbox.errors import bad_request
from bot.sandbox.journal import Journal
from bot.sandbox.limits import Pace
from bot.sandbox.queue import Queue
from bot.sandbox.records import JSON, Chat, File, Stored, Tap, User, from_plain, to_plain
from bot.sandbox.webhooks import Post, Webhook

FIRST_PERSON = 710_000_001
KEPT_CHANGES = 2000
KEPT_TOASTS = 100
BUTTONS_KEPT = 3
"""Messages with buttons are kept so many times longer."""


class World:
    """The state of one Telegram with one bot in it; every change happens inside `change()`."""

    def __init__(self, clock: Callable[[], datetime], bot: JSON, journal: Path | None, pacing: bool) -> None:
        self.clock = clock
        self.bot = bot
        self.lock = threading.RLock()
        self.listeners: list[Callable[[], None]] = []
        self.seq = 0
        self.changes: deque[tuple[int, frozenset[int], bool]] = deque(maxlen=KEPT_CHANGES)
        self.users: dict[int, User] = {}
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, File] = {}
        self.taps: dict[str, Tap] = {}
        self.sounds: dict[int, list[tuple[int, bool]]] = {}
        self.settings: JSON = {}  # commands, names, webhook: what the bot set about itself
        self.counters: dict[str, int] = {}
        self.queue = Queue()
        self.webhook = Webhook()
        self.pace = Pace() if pacing else None
        self.center: tuple[float, float] | None = None  # where a phone without a position is
        self._depth = 0
        self._dirty: dict[tuple[str, str], Any] = {}
        self._changed_chats: set[int] = set()
        self._changed_people = False
        self._journal = Journal(journal) if journal else None
        if self._journal:
            self._load(self._journal)
        # Without a journal the numbers still go on from one process to the next, for a bot whose database stays.
        self.counters.setdefault("update", max(0, int(self.now() - 1_700_000_000)))

    def now(self) -> float:
        """Give the clock's time in seconds since 1970."""
        return self.clock().timestamp()

    def date(self) -> int:
        """Give the clock's time as Telegram writes it: whole seconds."""
        return int(self.now())

    # — changes —

    @contextmanager
    def change(self) -> Iterator[None]:
        """Hold the lock; at the end of the outermost, write the journal and wake the listeners."""
        with self.lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0 and self._dirty:
                    self._settle()

    def _settle(self) -> None:
        self.seq += 1
        self.changes.append((self.seq, frozenset(self._changed_chats), self._changed_people))
        if self._journal:
            self._dirty["counters", ""] = self.counters
            self._journal.write((kind, key, to_plain(value)) for (kind, key), value in self._dirty.items())
        self._dirty.clear()
        self._changed_chats.clear()
        self._changed_people = False
        self.wake()

    def wake(self) -> None:
        """Let everybody who waits look again."""
        for listener in list(self.listeners):
            listener()

    def touch_user(self, user: User) -> None:
        """Remember that a person changed."""
        self._dirty["user", str(user.id)] = user
        self._changed_people = True

    def touch_chat(self, chat: Chat) -> None:
        """Remember that a chat changed apart from its messages."""
        self._dirty["chat", str(chat.id)] = chat
        self._changed_chats.add(chat.id)

    def touch_settings(self) -> None:
        """Remember that the bot changed what it says about itself."""
        self._dirty["settings", ""] = self.settings

    def touch_tap(self, tap: Tap) -> None:
        """Remember a tap or its answer."""
        self._dirty["tap", tap.id] = tap
        self._changed_chats.add(tap.chat_id)

    def forget_tap(self, tap_id: str) -> None:
        """Drop an old tap."""
        del self.taps[tap_id]
        self._dirty["tap", tap_id] = None

    def count(self, name: str, first: int = 1) -> int:
        """Give the next number of a row of numbers that never starts again."""
        self.counters[name] = self.counters.get(name, first - 1) + 1
        return self.counters[name]

    # — chats and messages —

    def private_chat(self, user: User) -> Chat:
        """Give the chat of a person and the bot, made when missing."""
        chat = self.chats.get(user.id)
        if chat is None:
            chat = self.chats[user.id] = Chat(user.id, "private", members=[user.id])
            self.touch_chat(chat)
        return chat

    def chat_json(self, chat: Chat) -> JSON:
        """Give the Bot API's Chat."""
        if chat.kind == "private":
            user = self.users[chat.id].as_json()
            names: JSON = {key: user[key] for key in ("username", "first_name", "last_name") if key in user}
            return {"id": chat.id, **names, "type": "private"}
        return {"id": chat.id, "title": chat.title, "type": chat.kind} | ({"is_forum": True} if chat.forum else {})

    def next_message_id(self, chat: Chat) -> int:
        """Number a message: supergroups count for themselves, all private chats of a bot share one row."""
        return self.count(f"message{chat.id}" if chat.kind == "supergroup" else "message")

    def store(self, chat: Chat, stored: Stored) -> None:
        """Keep a message as it is now."""
        message_id = int(stored.message["message_id"])
        chat.messages[message_id] = stored
        self._dirty["message", f"{chat.id}:{message_id}"] = stored
        self._changed_chats.add(chat.id)

    def remove(self, chat: Chat, message_id: int) -> None:
        """Take a message out of its chat."""
        del chat.messages[message_id]
        self._dirty["message", f"{chat.id}:{message_id}"] = None
        self._changed_chats.add(chat.id)
        if message_id in chat.pinned:
            chat.pinned.remove(message_id)
            self.touch_chat(chat)

    def forget_old(self, chat: Chat, kept: int) -> None:
        """Drop a chat's oldest messages beyond so many, but those with buttons later, and what is shared live never."""
        many = len(chat.messages)
        if many <= kept:
            return
        now = self.now()
        for index, (message_id, stored) in enumerate(list(chat.messages.items())[: many - kept]):
            usable = "reply_markup" in stored.message and many - index <= BUTTONS_KEPT * kept
            if not usable and (stored.until is None or stored.until <= now):
                self.remove(chat, message_id)
        self.sounds[chat.id] = self.sounds.get(chat.id, [])[-kept:]

    def push(self, kind: str, body: JSON) -> int:
        """Queue an update for the bot and give its id; kinds that it did not ask for are dropped (0)."""
        if not self.queue.wanted(kind):
            return 0
        update_id = self.count("update")
        entry = self.queue.put({"update_id": update_id, kind: body}, kind, self.now())
        self._dirty["update", str(update_id)] = entry
        return update_id

    def take_updates(self, offset: int | None, limit: int) -> list[JSON]:
        """Confirm what lies below the offset, forget what is too old, and give the next updates."""
        with self.change():
            for gone in self.queue.clean(offset, self.now()):
                self._dirty["update", str(gone)] = None
            return self.queue.peek(limit)

    def posts(self) -> list[Post]:
        """Give the updates that are posted to the webhook now, and forget what is too old."""
        hook = self.settings.get("webhook")
        if not hook or not len(self.queue):
            return []
        with self.change():
            for gone in self.queue.clean(None, self.now()):
                self._dirty["update", str(gone)] = None
            return self.webhook.due(hook, list(self.queue.entries()), self.now())

    def confirm(self, update_id: int) -> None:
        """Drop one update that the webhook took."""
        if self.queue.drop(update_id):
            self._dirty["update", str(update_id)] = None

    def forget_updates(self) -> None:
        """Drop every update that waits (`drop_pending_updates`)."""
        for gone in self.queue.clear():
            self._dirty["update", str(gone)] = None

    # — files —

    def keep_file(self, data: bytes, kind: str, name: str, extension: str) -> File:
        """Store bytes under a new file_id."""
        number = self.count("file")
        digest = hashlib.sha256(f"{self.bot['id']}:{number}".encode()).digest()
        prefix = {
            "photo": "AgACAgQAAxkB",
            "document": "BQACAgQAAxkB",
            "voice": "AwACAgQAAxkB",
            "sticker": "CAACAgQAAxkB",
        }
        file_id = prefix.get(kind, "BQACAgQAAxkB") + base64.urlsafe_b64encode(digest).decode().rstrip("=")
        unique = base64.urlsafe_b64encode(hashlib.sha256(data + kind.encode()).digest()[:11]).decode().rstrip("=")
        folder = {"photo": "photos", "voice": "voice", "sticker": "stickers"}.get(kind, "documents")
        file = File(file_id, unique, f"{folder}/file_{number}{extension}", kind, name, data)
        self.files[file_id] = file
        self._dirty["file", file_id] = file
        if self._journal:
            self._journal.write_blob(file_id, data)
        return file

    def file_by_path(self, path: str) -> File | None:
        """Find the file that `getFile` named with this path."""
        return next((file for file in self.files.values() if file.path == path), None)

    # — after a restart —

    def _load(self, journal: Journal) -> None:
        for key, value in journal.read("user"):
            self.users[int(key)] = from_plain(User, value)
        for key, value in journal.read("chat"):
            self.chats[int(key)] = from_plain(Chat, value)
        for key, value in journal.read("message"):
            chat_id, message_id = key.split(":")
            self.chats[int(chat_id)].messages[int(message_id)] = from_plain(Stored, value)
        for chat in self.chats.values():
            chat.messages = dict(sorted(chat.messages.items()))
            arrived = ((number, bool(s.loud)) for number, s in chat.messages.items() if s.loud is not None)
            self.sounds[chat.id] = list(arrived)
        for key, value in journal.read("tap"):
            self.taps[key] = from_plain(Tap, value)
        blobs = journal.read_blobs()
        for key, value in journal.read("file"):
            self.files[key] = from_plain(File, value | {"data": blobs[key]})
        self.queue.load(value for _, value in journal.read("update"))
        for _, value in journal.read("counters"):
            self.counters = value
        for _, value in journal.read("settings"):
            self.settings = value
        self.queue.allowed = self.settings.get("allowed_updates")

    def close(self) -> None:
        """Close the journal's file."""
        if self._journal:
            self._journal.close()


def find_message(chat: Chat, message_id: int, words: str) -> Stored:
    """Give a message of a chat, or raise the 400 that says `words`."""
    stored = chat.messages.get(message_id)
    if stored is None:
        raise bad_request(words)
    return stored
