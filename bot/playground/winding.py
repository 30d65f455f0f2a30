"""Winding the town's clock: in small steps, so that what is due in between happens in its order."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from bot.app import Doorstep
from bot.dispatch import away
from bot.playground.clock import TownClock
from bot.playground.life import Bot, NotAlive
from storage.database import Work

MOST_S = 12 * 3600
STEP_S = 10.0
"""An offer lives 30 s, and one that is not sent within 15 s is withdrawn: no step may be longer."""
PATIENCE_S = 3.0
"""So long is waited at each step for what the bot has to say."""
LOOK_S = 0.02


class Busy(Exception):
    """The clock is being wound already."""


class Winder:
    """Winds one town's clock; `passed` are called after each step."""

    def __init__(self, clock: TownClock, bot: Bot) -> None:
        self.clock, self.bot = clock, bot
        self.passed: list[Callable[[], None]] = []
        self._winding = asyncio.Lock()

    async def wind(self, seconds: float) -> None:
        """Let so many seconds pass. Raises ValueError outside 0 … MOST_S, Busy while it is being wound."""
        if not 0 <= seconds <= MOST_S:
            raise ValueError(f"a clock is wound by 0 to {MOST_S} seconds at a time")
        if self._winding.locked():
            raise Busy
        async with self._winding:
            left = seconds
            while left > 0:
                step = min(STEP_S, left)
                left -= step
                self.clock.wind(step)
                for listener in self.passed:
                    listener()
                if self.bot.alive:
                    with suppress(NotAlive):  # it has died just now: the next one catches up
                        await self.bot.life.do(_live_on)


async def _live_on(doorstep: Doorstep) -> None:
    """What the bot does in these seconds: it hears Telegram, sweeps, and says what it has to say."""
    await doorstep.desk.do(away.heard)
    await doorstep.jobs.all_now()
    doorstep.relay.wake()
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            while await doorstep.desk.do(_unsaid):  # noqa: ASYNC110 - what is sent is known to the database only
                await asyncio.sleep(LOOK_S)


def _unsaid(work: Work) -> bool:
    return work.outbox.count_unsent() > 0
