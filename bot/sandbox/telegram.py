"""Telegram as the bot and its people meet it: one object without input or output of its own."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any

from bot.sandbox.asking import ASKING
from bot.sandbox.content import Uploads
from bot.sandbox.editing import EDITING
from bot.sandbox.errors import BENIGN, NOT_MODIFIED, TWO_POLLERS, WEBHOOK_CAME, ApiError, UnknownParameterError
from bot.sandbox.faults import Faults
from bot.sandbox.groups import Group
from bot.sandbox.parameters import BY_LOWER, read_parameters
from bot.sandbox.people import Person
from bot.sandbox.profile import PROFILE, commands_for
from bot.sandbox.queue import MAX_BATCH
from bot.sandbox.records import JSON, Chat, File, Tap, User
from bot.sandbox.sending import SENDING
from bot.sandbox.walking import Walks
from bot.sandbox.webhooks import Post, called
from bot.sandbox.world import FIRST_PERSON, World

HANDLERS = {**SENDING, **EDITING, **ASKING, **PROFILE}
KEPT_CALLS = 2000
FIRST_GROUP = 1_002_000_000_000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Call:
    """One call of the bot: its answer, or the words it was refused with."""

    number: int
    at: datetime
    method: str
    params: dict[str, Any]
    result: Any = None
    error: str | None = None


class Telegram:
    """A Telegram with one bot: `call` is the bot's side, `person` and `group` the people's."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        token: str = "4242424242:SANDBOX",  # noqa: S107 - opens nothing
        username: str = "doorstep_sandbox_bot",
        name: str = "Doorstep",
        journal: Path | None = None,
        pacing: bool = True,
    ) -> None:
        bot = {"id": int(token.split(":")[0]), "is_bot": True, "first_name": name, "username": username}
        self.token = token
        self.world = World(clock, bot, journal, pacing)
        self.calls: deque[Call] = deque(maxlen=KEPT_CALLS)
        self.problems: list[str] = []  # refused because the bot was wrong
        self.wasted: list[str] = []  # edits that changed nothing
        self.faults = Faults()
        self.walks = Walks(self.world)
        self.before: list[Callable[[str, Mapping[str, Any]], None]] = []  # may raise ApiError: faults to order
        self.people: dict[int, Person] = {user.id: Person(self.world, user) for user in self.world.users.values()}
        groups = (chat for chat in self.world.chats.values() if chat.kind != "private")
        self.groups: dict[int, Group] = {chat.id: Group(self.world, chat) for chat in groups}
        self.closing = False  # a server goes down: what waits ends
        self._numbers = count(1)

    @property
    def clock(self) -> Callable[[], datetime]:
        """Give the clock; it may be replaced by one that is wound."""
        return self.world.clock

    @clock.setter
    def clock(self, clock: Callable[[], datetime]) -> None:
        self.world.clock = clock

    @property
    def seq(self) -> int:
        """Give a number that grows at each change."""
        return self.world.seq

    @property
    def listeners(self) -> list[Callable[[], None]]:
        """Give what is called after each change (from the thread that made it)."""
        return self.world.listeners

    @property
    def bot(self) -> JSON:
        """Give the bot's User."""
        return self.world.bot

    @property
    def sent_files(self) -> dict[str, File]:
        """Give every file of this Telegram by its file_id, whoever sent it."""
        return self.world.files

    def close(self) -> None:
        """Close the journal's file."""
        self.world.close()

    # — the people —

    def person(
        self,
        name: str,
        *,
        id: int | None = None,  # noqa: A002 - what Telegram calls it
        language: str | None = None,
        username: str | None = None,
        simulated: bool = False,
    ) -> Person:
        """Give the person of this id, or else of this name; made when there is none (language "en" then)."""
        with self.world.change():
            if id is not None:
                found = self.people.get(id)
            else:
                found = next((person for person in self.people.values() if person.name == name), None)
            if found is None:
                number = id or self.world.count("person", FIRST_PERSON)
                user = User(number, name, language or "en", username, phone=f"+1702{4300000 + number % 600000:07d}")
                user.simulated = simulated
                self.world.users[number] = user
                found = self.people[number] = Person(self.world, user)
                self.world.touch_user(user)
            return found

    def change_person(
        self, person: Person, *, name: str | None = None, language: str | None = None, role: str | None = None
    ) -> None:
        """Rename a person, set the phone's language, or say what role it plays (for the page only)."""
        with self.world.change():
            person.user.name = name or person.user.name
            person.user.language = language or person.user.language
            person.user.role = role if role is not None else person.user.role
            self.world.touch_user(person.user)

    def group(self, title: str, people: Iterable[Person], *, forum: bool = False) -> Group:
        """Give the group of this title, made (as a supergroup) when there is none, with these members."""
        with self.world.change():
            found = next((group for group in self.groups.values() if group.chat.title == title), None)
            if found is None:
                number = -(FIRST_GROUP + self.world.count("group"))
                chat = self.world.chats[number] = Chat(number, "supergroup", title, forum=forum)
                found = self.groups[number] = Group(self.world, chat)
            found.chat.members = sorted({*found.chat.members, *(person.id for person in people)})
            self.world.touch_chat(found.chat)
            return found

    def commands_for(self, person: Person) -> list[JSON]:
        """Give the commands in this person's menu, by scope and language."""
        return commands_for(self.world, person.user)

    def tap_of(self, tap_id: str) -> Tap | None:
        """Give a tap as it is now, answers included."""
        return self.world.taps.get(tap_id)

    # — the bot —

    def call(self, token: str, method: str, params: Mapping[str, Any], files: Uploads | None = None) -> Any:
        """Do what a call of the Bot API does and give its `result`; raises ApiError with Telegram's code and words."""
        try:
            with self.world.change():
                result = self._call(token, method, params, files or {})
        except ApiError as error:
            self._note_refusal(method, params, error)
            raise
        if method.lower() != "getupdates":
            self._note(method, params, result=result)
        return result

    def _call(self, token: str, method: str, params: Mapping[str, Any], files: Uploads) -> Any:
        if token != self.token:
            raise ApiError(401, "Unauthorized")
        name = BY_LOWER.get(method.lower())
        if name is None:
            raise ApiError(404, "Not Found")
        self.faults.check(name, params, monotonic())
        for hook in self.before:
            hook(name, params)
        return HANDLERS[name](self.world, read_parameters(name, params, files), files)

    def _note(self, method: str, params: Mapping[str, Any], *, result: Any = None, error: str | None = None) -> None:
        self.calls.append(Call(next(self._numbers), self.world.clock(), method, dict(params), result, error))

    def _note_refusal(self, method: str, params: Mapping[str, Any], error: ApiError) -> None:
        self._note(method, params, error=f"{error.code} {error.description}")
        words = error.description.removeprefix("Bad Request: ")
        line = f"{method} {dict(params)!r:.500} -> {error.code} {error.description}"
        if words == NOT_MODIFIED:
            self.wasted.append(line)
        wrong = error.code in (400, 404, 413) and words not in BENIGN
        if words == "chat not found":
            wrong = str(params.get("chat_id", params.get("from_chat_id"))) not in map(str, self.people)
        if wrong or isinstance(error, UnknownParameterError):
            self.problems.append(line)
            log.warning("the bot was wrong: %s", line)

    # — long polls: the shells wait, these two decide —

    @property
    def polls(self) -> int:
        """Give the number of the newest getUpdates; an older poll that still waits must end."""
        return self.world.queue.polls

    def poll_again(self, poll: int, limit: int = MAX_BATCH) -> list[JSON]:
        """Give what has come for a waiting poll, perhaps nothing; raises 409 when it is no longer the newest."""
        with self.world.change():
            if self.world.settings.get("webhook", {}).get("url"):
                raise ApiError(409, WEBHOOK_CAME)
            if poll != self.polls:
                raise ApiError(409, TWO_POLLERS)
            return self.world.take_updates(None, max(1, min(limit, MAX_BATCH)))

    # — the webhook: a shell posts, these decide what, when, and what an answer means —

    def posts(self) -> list[Post]:
        """Give what is to be posted to the webhook now; each must come back by `posted`."""
        return self.world.posts()

    def posted(
        self, post: Post, status: int, reason: str, answer: Mapping[str, Any], files: Uploads, retry_after: int = 0
    ) -> None:
        """Note how the webhook answered: 2xx takes the update, and may carry a call of the Bot API in its body."""
        if not 200 <= status <= 299:
            self.post_failed(post, f"Wrong response from the webhook: {status} {reason}".strip(), retry_after)
            return
        with self.world.change():
            if self.world.webhook.taken(post):
                self.world.confirm(post.update_id)
        if found := called(dict(answer)):
            with suppress(ApiError):  # noted with the calls; nobody is there to be told
                self.call(self.token, *found, files)

    def post_failed(self, post: Post, words: str, retry_after: int = 0) -> None:
        """Note that a post did not succeed; getWebhookInfo tells the words."""
        with self.world.change():
            self.world.webhook.refused(post, words, self.world.now(), retry_after)
        self.world.wake()
