"""Faults to order: a Telegram that is slow, away, flooded, or that loses its answers, for as long as was asked."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from bot.sandbox.errors import ApiError, too_many

KINDS = ("slow", "down", "flood", "lost", "reset", "revoked")
"""What can be ordered: calls that wait, 502 to every call, 429 to every message, answers lost after the deed,
connections that break after the deed, 401 to every call."""
SLOW_S = 3.0
FLOOD_S = 5
LONGEST_S = 3600.0
SPEAKING = ("send", "edit", "copy", "forward", "delete")


@dataclass(frozen=True)
class Fault:
    """One order: its kind, whose chat it is about (None: all), until when (monotonic: winding does not end it)."""

    number: int
    kind: str
    chat_id: int | None
    until: float

    def concerns(self, method: str, params: Any, now: float) -> bool:
        """Whether this call meets it."""
        if now >= self.until or (self.kind in ("flood", "lost", "reset") and not method.lower().startswith(SPEAKING)):
            return False
        return self.chat_id is None or str(params.get("chat_id")) == str(self.chat_id)


class Faults:
    """The orders in force; whoever shells a Telegram asks before and after each call of the bot."""

    def __init__(self) -> None:
        self._orders: dict[int, Fault] = {}
        self._numbers = count(1)

    def order(self, kind: str, seconds: float, now: float, chat_id: int | None = None) -> Fault:
        """Let this go wrong for so many seconds. Raises LookupError for an unknown kind, ValueError for a bad time."""
        if kind not in KINDS:
            raise LookupError(f"there is no fault {kind!r}; there are {', '.join(KINDS)}")
        if not 0 < seconds <= LONGEST_S:
            raise ValueError(f"a fault lasts up to {LONGEST_S:.0f} seconds")
        fault = Fault(next(self._numbers), kind, chat_id, now + seconds)
        self._orders[fault.number] = fault
        return fault

    def lift(self, number: int | None = None) -> None:
        """End this order now, or all. Raises LookupError where there is no such order."""
        if number is None:
            self._orders.clear()
        elif self._orders.pop(number, None) is None:
            raise LookupError(f"there is no fault {number}")

    def in_force(self, now: float) -> list[Fault]:
        """The orders that hold now."""
        self._orders = {number: fault for number, fault in self._orders.items() if now < fault.until}
        return list(self._orders.values())

    def delay_s(self, method: str, params: Any, now: float) -> float:
        """So many seconds this call waits before it is looked at."""
        return SLOW_S if self._meets("slow", method, params, now) else 0.0

    def check(self, method: str, params: Any, now: float) -> None:
        """Raise what a call meets while Telegram is away or flooded."""
        if self._meets("down", method, params, now):
            raise ApiError(502, "Bad Gateway")
        if self._meets("revoked", method, params, now):
            raise ApiError(401, "Unauthorized")
        if self._meets("flood", method, params, now):
            raise too_many(FLOOD_S)

    def loses(self, method: str, params: Any, now: float) -> bool:
        """Whether the answer to this call, which was carried out, never arrives."""
        return self._meets("lost", method, params, now)

    def breaks(self, method: str, params: Any, now: float) -> bool:
        """Whether the connection of this call, which was carried out, breaks before the answer."""
        return self._meets("reset", method, params, now)

    def _meets(self, kind: str, method: str, params: Any, now: float) -> bool:
        return any(fault.kind == kind and fault.concerns(method, params, now) for fault in self._orders.values())
