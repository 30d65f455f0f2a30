"""Simulated customers: they open the link of their parcel, say that it is theirs, and ask now and then where it is."""

from bot import buttons
from bot.playground import reading
from bot.playground.somebody import Living, Somebody
from bot.playground.townsfolk import Folk

ASK_S = (40.0, 240.0)
"""Seconds from one "where is it" to the next."""


class SimulatedCustomer(Somebody):
    """Waits for at most one parcel at a time; the PIN stands on the card, for whoever comes to the door."""

    def __init__(self, town: Living, folk: Folk) -> None:
        super().__init__(town, folk)
        self.link: str | None = None
        """What a merchant has sent, not opened yet."""
        self.ask_at = 0.0

    @property
    def is_free(self) -> bool:
        """Whether this one waits for nothing."""
        waits = (buttons.Mine, buttons.Where)
        return self.link is None and not any(isinstance(key.tap, waits) for key in reading.keys(self.person))

    def act(self) -> None:
        """Open the link, say whose it is, or ask where it is."""
        if self.link is not None:
            if self.ready(self.link, 5, 40):
                self.person.opens(self.link)
                self.link, self.ask_at = None, self.now + self.rng.uniform(*ASK_S)
            return
        keys = reading.keys(self.person)
        if any(isinstance(key.tap, buttons.Mine) for key in keys):
            if self.ready("mine", 3, 15):
                self.taps(keys, buttons.Mine)
        elif self.now >= self.ask_at and self.taps(keys, buttons.Where):
            self.ask_at = self.now + self.rng.uniform(*ASK_S)
