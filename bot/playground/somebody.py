"""What all simulated people have in common: they look at a phone now and then, and take as long as people take."""

from collections.abc import Sequence
from random import Random
from typing import Any, Protocol

from bot import buttons
from bot.playground import reading
from bot.playground.reading import Key, Words
from bot.playground.townsfolk import Folk
from bot.sandbox.telegram import Telegram


class Living(Protocol):
    """What somebody sees of the town: its phones, the bot's words, what makes its whims come out the same again."""

    @property
    def telegram(self) -> Telegram:
        """Everybody's phones."""

    @property
    def words(self) -> Words:
        """The bot's words, in every language."""

    @property
    def seed(self) -> int:
        """The seed of all whims."""


class Somebody:
    """A simulated person: looks at his phone now and then, and acts after as long as people take."""

    def __init__(self, town: Living, folk: Folk) -> None:
        self.town, self.folk, self.person = town, folk, folk.person
        self.rng = Random(f"{town.seed} {folk.person.id}")  # noqa: S311 - whims, not secrets
        self.look_at = 0.0
        self._token: object = None
        self._ready_at = 0.0

    @property
    def now(self) -> float:
        """The town's time, in seconds."""
        return self.town.telegram.world.now()

    def ready(self, token: object, low: float, high: float) -> bool:
        """Whether this has been before him for as long as he takes (seconds); only then he does it, once."""
        if token != self._token:
            self._token, self._ready_at = token, self.now + self.rng.uniform(low, high)
            return False
        if self.now < self._ready_at:
            return False
        self._token = None
        return True

    def taps(self, keys: Sequence[Key], kind: type[buttons.Tap], /, **fields: Any) -> bool:
        """Tap the first of these keys that means this; False where there is none."""
        for key in keys:
            if isinstance(key.tap, kind) and all(getattr(key.tap, name, None) == v for name, v in fields.items()):
                reading.tap(self.person, key)
                return True
        return False

    def question(self, keys: Sequence[Key], text_ids: Sequence[str]) -> tuple[str, list[Key]] | None:
        """The question that is open and its keys, or None."""
        drop = next((key for key in keys if isinstance(key.tap, buttons.Drop)), None)
        if drop is None:
            return None
        own = [key for key in keys if key.message_id == drop.message_id]
        asked = next((text_id for text_id in text_ids if self.town.words.stand_in(text_id, drop.message)), "")
        return asked, own

    def act(self) -> None:
        """Look at the phone, and perhaps do something. Raises LookupError where a button has just gone."""
        raise NotImplementedError
