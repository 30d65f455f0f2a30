"""How fast a bot may speak: 30 messages a second over all, 1 a second per chat, 20 a minute per group."""

import math
from collections import deque

OVERALL = 30  # messages in any second
CHAT_BURST = 5  # messages at once into one chat
CHAT_RATE = 1.0  # and then per second
GROUP_MINUTE = 20  # messages in any minute into one group


class Pace:
    """The flood limits of one bot; times are seconds of the sandbox's clock."""

    def __init__(self) -> None:
        self._all: deque[float] = deque()
        self._groups: dict[int, deque[float]] = {}
        self._buckets: dict[int, tuple[float, float]] = {}  # chat -> tokens, at

    def wait(self, chat_id: int, now: float, messages: int = 1) -> int:
        """Count `messages` into a chat and give 0, or count nothing and give the whole seconds to wait."""
        while self._all and self._all[0] <= now - 1:
            self._all.popleft()
        if len(self._all) + messages > OVERALL:
            return 1
        group = self._groups.setdefault(chat_id, deque()) if chat_id < 0 else None
        if group is not None:
            while group and group[0] <= now - 60:
                group.popleft()
            if len(group) + messages > GROUP_MINUTE:
                return max(1, math.ceil(group[0] + 60 - now)) if group else 60
        tokens, at = self._buckets.get(chat_id, (float(CHAT_BURST), now))
        tokens = min(float(CHAT_BURST), tokens + max(0.0, now - at) * CHAT_RATE)
        if tokens < 1:
            return max(1, math.ceil((1 - tokens) / CHAT_RATE))
        # An album may overdraw the bucket: it is one call.
        self._buckets[chat_id] = (tokens - messages, now)
        self._all.extend([now] * messages)
        if group is not None:
            group.extend([now] * messages)
        return 0
