"""How fast Telegram may be spoken to: 30 messages a second over all, one a second per chat with small bursts."""

from collections import deque
from collections.abc import Callable
from time import monotonic

ALL, ALL_S = 30, 1.0
CHAT_PER_S, CHAT_BURST = 1.0, 5.0
SPARE = 1.0
"""Tidying up waits until a chat has so many messages of its burst left: nobody waits for it."""
GROUP, GROUP_S = 20, 60.0
EVEN = 10.0
"""So many may go out at one moment: were it all thirty, whoever asks just then would wait a whole second."""
TINY = 0.001
"""Seconds that are not worth waiting for."""


class Bucket:
    """A budget that fills by `rate` a second up to `burst`."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate, self.burst, self.level, self.at = rate, burst, burst, now

    def wait(self, now: float) -> float:
        """Take one, and say how many seconds later it may be used."""
        self.level = min(self.burst, self.level + (now - self.at) * self.rate) - 1
        self.at = now
        return max(0.0, -self.level / self.rate)

    def spare_in(self, now: float, spare: float) -> float:
        """The seconds until so many are left; takes none."""
        level = min(self.burst, self.level + (now - self.at) * self.rate)
        return max(0.0, (spare - level) / self.rate)

    def free_in(self, now: float) -> float:
        """The seconds until one may be used at once; takes none."""
        return self.spare_in(now, 1.0)

    def room(self, now: float) -> int:
        """How many may be used at once."""
        return int(min(self.burst, self.level + (now - self.at) * self.rate) + TINY * self.rate)

    def landed(self, now: float) -> None:
        """What was taken last arrived by now at the latest: nothing filled up before."""
        self.at = max(self.at, now)

    @property
    def full_at(self) -> float:
        """When it will be full again: from then on it can be forgotten."""
        return self.at + (self.burst - self.level) / self.rate


class Window:
    """At most `number` in any `seconds`: what a bucket with a burst of as many would let pass twice."""

    def __init__(self, number: int, seconds: float) -> None:
        self.seconds = seconds
        self.taken: deque[float] = deque(maxlen=number)

    def wait(self, now: float) -> float:
        """Take one, and say how many seconds later it may be used."""
        full = len(self.taken) == self.taken.maxlen
        at = max(now, self.taken[0] + self.seconds) if full else now
        self.taken.append(at)
        return at - now

    def free_in(self, now: float) -> float:
        """The seconds until one may be used at once; takes none."""
        full = len(self.taken) == self.taken.maxlen
        return max(0.0, self.taken[0] + self.seconds - now) if full else 0.0

    def room(self, now: float) -> int:
        """How many may be used at once."""
        lately = sum(at > now - self.seconds + TINY for at in self.taken)
        return (self.taken.maxlen or 0) - lately

    def landed(self, now: float) -> None:
        """What was taken last arrived by now at the latest."""
        if self.taken:
            self.taken[-1] = max(self.taken[-1], now)

    @property
    def full_at(self) -> float:
        """When it will be full again: from then on it can be forgotten."""
        return self.taken[-1] + self.seconds if self.taken else 0.0


Budget = tuple[Bucket | Window, ...]


class Pace:
    """The budgets of one bot token; `wait` says when one more message may go to this chat."""

    def __init__(self, time: Callable[[], float] = monotonic) -> None:
        self._time = time
        self._all = Window(ALL, ALL_S)
        self._even = Bucket(ALL / ALL_S, EVEN, time())
        self._under_way = 0
        self._arrived = Window(ALL, ALL_S)
        self._chats: dict[int, Budget] = {}
        self._rests: dict[int, float] = {}
        """The chats that may not be spoken to just now, and until when."""

    def room(self) -> int:
        """How many messages may go out at this moment, to whatever chats."""
        now = self._time()
        arrived = self._arrived.room(now) - self._under_way
        return max(0, min(self._all.room(now), self._even.room(now), arrived))

    def room_in(self) -> float:
        """The seconds until one more message may go out."""
        now = self._time()
        arrived = self._arrived.taken
        full = self._under_way + len(arrived) - ALL  # so many must be a second old first
        later = arrived[full] + ALL_S - now if 0 <= full < len(arrived) else 0.0
        return max(self._all.free_in(now), self._even.free_in(now), later, TINY)

    def leaves(self) -> None:
        """A message is under way: nobody knows when Telegram will count it, but that it is before `lands`."""
        self._under_way += 1

    def lands(self, chat_id: int) -> None:
        """Telegram has answered: a slow way must not make two messages of two seconds arrive in one."""
        now = self._time()
        self._under_way -= 1
        self._arrived.taken.append(now)
        parts = self._chats.get(chat_id, ())
        for part in parts:
            part.landed(now)
        self._note_rest(chat_id, now, parts)

    def _note_rest(self, chat_id: int, at: float, parts: Budget) -> None:
        rest = max((part.free_in(at) for part in parts), default=0.0)
        if rest > TINY:
            self._rests[chat_id] = at + rest

    def resting(self) -> dict[int, float]:
        """The chats that may not be spoken to just now, and for how many seconds."""
        now = self._time()
        self._rests = {chat: until for chat, until in self._rests.items() if until - now > TINY}
        return {chat: until - now for chat, until in self._rests.items()}

    def spare_in(self, chat_id: int) -> float:
        """The seconds until something that nobody waits for may go to this chat; reserves nothing."""
        budget = self._chats.get(chat_id)
        if budget is None or not isinstance(budget[0], Bucket):
            return 0.0
        return budget[0].spare_in(self._time(), SPARE)

    def wait(self, chat_id: int) -> float:
        """Reserve one message to this chat; the seconds until it may be sent."""
        now = self._time()
        if len(self._chats) > 1_000:
            self._chats = {
                chat: budget for chat, budget in self._chats.items() if any(part.full_at > now for part in budget)
            }
        if chat_id not in self._chats:
            bucket = Bucket(CHAT_PER_S, CHAT_BURST, now)
            self._chats[chat_id] = (bucket, Window(GROUP, GROUP_S)) if chat_id < 0 else (bucket,)
        at = now
        for part in (*self._chats[chat_id], self._all):
            at += part.wait(at)
        self._even.wait(now)
        self._note_rest(chat_id, at, self._chats[chat_id])
        return at - now
