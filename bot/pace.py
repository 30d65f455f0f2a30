"""How fast Telegram may be spoken to: 30 messages a second over all, one a second per chat with small bursts."""

from collections.abc import Callable
from time import monotonic

ALL_PER_S = 30.0
CHAT_PER_S = 1.0
CHAT_BURST = 5.0
GROUP_PER_S = 20 / 60


class Bucket:
    """A budget that fills by `rate` a second up to `burst`."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate, self.burst, self.level, self.at = rate, burst, burst, now

    def wait(self, now: float) -> float:
        """Take one, and say how many seconds later it may be used."""
        self.level = min(self.burst, self.level + (now - self.at) * self.rate) - 1
        self.at = now
        return max(0.0, -self.level / self.rate)

    @property
    def full_at(self) -> float:
        """When it will be full again: from then on it can be forgotten."""
        return self.at + (self.burst - self.level) / self.rate


class Pace:
    """The budgets of one bot token; `enough` waits until one more message may go to this chat."""

    def __init__(self, time: Callable[[], float] = monotonic) -> None:
        self._time = time
        self._all = Bucket(ALL_PER_S, ALL_PER_S, self._time())
        self._chats: dict[int, Bucket] = {}

    def wait(self, chat_id: int) -> float:
        """Reserve one message to this chat; the seconds until it may be sent."""
        now = self._time()
        if len(self._chats) > 1_000:
            self._chats = {chat: bucket for chat, bucket in self._chats.items() if bucket.full_at > now}
        if chat_id not in self._chats:
            rate = GROUP_PER_S if chat_id < 0 else CHAT_PER_S
            self._chats[chat_id] = Bucket(rate, CHAT_BURST, now)
        return max(self._chats[chat_id].wait(now), self._all.wait(now))
