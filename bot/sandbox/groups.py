"""Groups with the bot in them, under Telegram's privacy mode."""

from bot.sandbox.chats import describe, find_button, press_button, write
from bot.sandbox.entities import find_entities
from bot.sandbox.people import Person
from bot.sandbox.records import JSON, Chat, Tap
from bot.sandbox.world import World


class Group:
    """A group with the bot in it; privacy mode holds: only commands, replies to the bot and its buttons reach it."""

    def __init__(self, world: World, chat: Chat) -> None:
        self._world = world
        self.chat = chat

    @property
    def id(self) -> int:
        """Give the chat's id, a negative number."""
        return self.chat.id

    @property
    def messages(self) -> list[JSON]:
        """Give the messages as they are now, the oldest first."""
        return [stored.message for stored in self.chat.messages.values()]

    def says(self, person: Person, text: str, reply_to: int | None = None) -> int:
        """Let a member write; gives the message's id."""
        self._check(person)
        entities = find_entities(text)
        content: JSON = {"text": text} | ({"entities": entities} if entities else {})
        return write(self._world, person.user, self.chat, content, reply_to=reply_to)

    def taps(
        self, person: Person, label: str | None = None, *, data: str | None = None, message_id: int | None = None
    ) -> Tap:
        """Let a member tap an inline button of the bot (see Person.taps)."""
        self._check(person)
        with self._world.change():
            found, button = find_button(self.chat, label, data, message_id, self.chat.title)
            return press_button(self._world, person.user, self.chat, found, button, person.opens)

    def reads(self) -> str:
        """Give the chat as plain text."""
        return "\n".join(describe(stored, self._world.bot["id"]) for stored in self.chat.messages.values())

    def _check(self, person: Person) -> None:
        if person.id not in self.chat.members:
            raise LookupError(f"{person.name} is no member of {self.chat.title}")
