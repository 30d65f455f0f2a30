"""The sweeps and their ticks: APScheduler only says when, everything that is due stands in a row."""

from collections.abc import Awaitable, Callable
from functools import partial

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.desk import Desk
from bot.dispatch import away, duty, forgetting, health, offers, watching
from bot.dispatch.refusals import Refused
from bot.forms import talk
from storage.database import Work
from storage.rows import Raced

log = structlog.get_logger()

Sweep = Callable[[Work], None]

SWEEPS: tuple[tuple[str, Sweep, float], ...] = (
    ("offers expire and widen, later deliveries go out", offers.sweep, 1.0),
    ("ETAs, lateness, what does not move, what waits for an answer", watching.sweep, 5.0),
    ("silent drivers", duty.sweep, 10.0),
    ("drafts and quotes lapse", talk.sweep, 30.0),
    ("what was kept for its time is erased", forgetting.sweep, 60.0),
)
"""What is swept, and every how many seconds; each sweep is safe to run twice, late, or by two processes."""

CHECK_S = 10.0
"""So often is looked whether all is well."""


def key(sweep: Sweep) -> str:
    """What a sweep is called where it is told that it is late: its module's name."""
    return sweep.__module__.rpartition(".")[2]


class Jobs:
    """Ticks: each sweep in a transaction of its own, and a knock at the inbox and the outbox each second."""

    def __init__(self, desk: Desk, knocks: tuple[Callable[[], None], ...]) -> None:
        self.desk = desk
        self.may_sweep: Callable[[], Awaitable[bool]] | None = None
        """Whether sweeping is our part, where there are several processes."""
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
        )
        for name, sweep, seconds in SWEEPS:
            piece = partial(_unless_deaf, sweep=sweep, seconds=seconds)
            self._scheduler.add_job(self._tick, "interval", args=(name, piece), seconds=seconds, id=name)
        self._scheduler.add_job(self._tick, "interval", args=("is all well?", health.check), seconds=CHECK_S)
        for knock in knocks:
            self._scheduler.add_job(_knock, "interval", args=(knock,), seconds=1.0)

    async def _tick(self, name: str, sweep: Sweep) -> None:
        if self.may_sweep is not None and not await self.may_sweep():
            return
        try:
            await self.desk.do(sweep)
        except (Raced, Refused) as error:  # somebody acted at the same moment: look again at the next tick
            log.info("sweep.raced", sweep=name, error=type(error).__name__)
        except Exception:  # a sweep that fails is run again at the next tick
            log.exception("sweep.failed", sweep=name)

    async def all_now(self) -> None:
        """Run every sweep once (for tests and the sandbox's clock); exceptions are raised."""
        for _, sweep, seconds in SWEEPS:
            await self.desk.do(partial(_unless_deaf, sweep=sweep, seconds=seconds))
        await self.desk.do(health.check)

    def begin(self, work: Work) -> None:
        """From now on the sweeps are to run: who misses is late."""
        health.begin(work, {key(sweep): seconds for _, sweep, seconds in SWEEPS})

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.start()

    def stop(self) -> None:
        """Tick no more."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)


def _unless_deaf(work: Work, sweep: Sweep, seconds: float) -> None:
    if not away.deaf(work):
        sweep(work)
    health.ran(work, key(sweep), seconds)


async def _knock(knock: Callable[[], None]) -> None:
    knock()
