"""A crash run: a town lives, the bot is killed and started again, and at last all is let settle."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

from bot import app
from bot.playground import townsfolk
from bot.playground.reading import Words
from bot.sandbox.people import Person
from bot.settings import load_market, load_settings
from bot.texts import Texts
from storage.database import Database
from tests.benchmarks.town import MARKET, WAVES
from tests.crashes.clock import SharedClock
from tests.crashes.evidence import Evidence, gather
from tests.crashes.people import Hasty
from tests.crashes.stage import POSTS, TOKEN, Life, Stage, Watched

OPERATOR = 900
BYSTANDER = 901
FIRST_CUSTOMER = 30_001
LOOK_EVERY_S = 0.05
UNDOABLE_S = 65
"""Notices of what can be undone are due after a minute."""
PLANS = (
    "while it starts",
    "as soon as it is up",
    "while it is busy",
    "between deed and record",
    "with updates in hand",
)


@dataclass(frozen=True)
class Plan:
    """How a run goes: how often the bot is killed, who lives in the town and how quickly, and on what."""

    kills: int = 200
    seed: int = 1
    workers: int = 1
    database_url: str | None = None
    speed: float = 6.0
    drivers: int = 12
    merchants: int = 6
    customers: int = 12
    busy_s: float = 2.0
    """The longest (real) time that a life lasts once it is up."""
    warm_up_s: float = 4.0
    plans: tuple[str, ...] = PLANS
    finish_s: float = 15.0
    """So long people may go on with what they have begun after the last kill."""


@dataclass
class Outcome:
    """What a run leaves behind."""

    evidence: Evidence
    lives: list[Life]
    seconds: float
    failures: list[str] = field(default_factory=list)


class Run:
    """One crash run."""

    def __init__(self, plan: Plan, folder: Path, report: Callable[[str], None]) -> None:
        self.plan, self.folder, self.report = plan, folder, report
        self.rng = Random(f"kills {plan.seed}")
        self.clock = SharedClock.begin(folder / "clock.json", plan.speed)
        self.telegram = Watched(self.clock)
        self.url = plan.database_url or f"sqlite:///{folder / 'doorstep.db'}"
        self.market = folder / "market.toml"
        wave = "waves = [{ drivers = 3, seconds = 30, km = 12 }, { drivers = 6, seconds = 30, km = 12 }]"
        self.market.write_text(WAVES.sub(wave, MARKET.read_text()))
        settings = {
            "BOT_TOKEN": TOKEN,
            "DATABASE_URL": self.url,
            "OPERATORS": str(OPERATOR),
            "GEOCODER": "gazetteer",
            "MARKET_FILE": str(self.market),
            "TOWN_CLOCK": str(self.clock.path),
            "TOWN_SPEED": str(plan.speed),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        self.stage = Stage(folder, self.telegram, settings)
        self.failures: list[str] = []

    async def play(self) -> Outcome:
        """Live, kill, settle, and gather what is to be held against the promises."""
        began = monotonic()
        self.database = await asyncio.to_thread(self._found)
        crowd = self._crowd()
        await self.stage.open()
        living = asyncio.create_task(self._live(crowd))
        try:
            await self._kill()
            await self._settle(crowd, living)
            evidence = await asyncio.to_thread(gather, self.database, self.telegram, self.market, self.clock)
        finally:
            living.cancel()
            with suppress(asyncio.CancelledError):
                await living
            await self.stage.close()
            self.database.close()
        evidence.killed = {life.number: life.killed for life in self.stage.lives}
        evidence.acknowledged = crowd.remembered.acknowledged
        evidence.confirmed = crowd.remembered.confirmed
        evidence.said = list(self.telegram.said)
        for life in self.stage.lives:
            if "Traceback" in life.process.says():
                self.failures.append(f"life {life.number} wrote a traceback: {life.process.says()[-2000:]}")
        return Outcome(evidence, self.stage.lives, monotonic() - began, self.failures)

    def _found(self) -> Database:
        """Found the town: its people are approved and on their ways."""
        settings = load_settings(
            _env_file=None, database_url=self.url, geocoder="gazetteer", market_file=self.market, operators=(OPERATOR,)
        )
        app.migrate(settings, self.clock)
        self.folk = townsfolk.people_the_town(self.telegram, self.plan.drivers, self.plan.merchants, self.plan.seed)
        self.operator = self._person("Olivia", OPERATOR)
        self.customers = [
            self._person(f"Customer {number}", FIRST_CUSTOMER + number) for number in range(self.plan.customers)
        ]
        self.bystander = self._person("Bystander", BYSTANDER)
        database = Database(self.url, self.clock)
        with database.transaction() as work:
            townsfolk.approve(work, self.folk, OPERATOR)
        return database

    def _person(self, name: str, number: int) -> Person:
        person = self.telegram.person(name, id=number)
        person.start()
        return person

    def _crowd(self) -> Hasty:
        market = load_market(self.market)
        words = Words(Texts(market.languages), market, self.clock)
        look_s = 0.4 * self.plan.speed
        return Hasty(
            self.telegram,
            words,
            self.folk,
            customers=self.customers,
            operator=self.operator,
            look_s=look_s,
            booked=self._booked,
            seed=self.plan.seed,
        )

    async def _live(self, crowd: Hasty) -> None:
        while True:
            crowd.act()
            await asyncio.sleep(LOOK_EVERY_S)

    # killing

    async def _kill(self) -> None:
        """Kill so often as was planned; at the end all workers are up."""
        up = [await self.stage.begin_life() for _ in range(self.plan.workers)]
        for life in up:
            await self.stage.until_ready(life)
        await asyncio.sleep(self.plan.warm_up_s)
        for number in range(self.plan.kills):
            index = self.rng.randrange(len(up))
            await self._kill_one(up[index], self._plan(number))
            up[index] = await self.stage.begin_life()
            at_once = self._plan(number + 1) == "while it starts" and self.plan.workers == 1
            if not at_once and not await self.stage.until_ready(up[index]):
                self._ended(up[index])
                up[index] = await self.stage.begin_life()
            self.report(f"{number + 1} of {self.plan.kills} kills")
        for life in up:
            if not await self.stage.until_ready(life):
                self._ended(life)

    def _plan(self, number: int) -> str:
        return self.plan.plans[number % len(self.plan.plans)]

    async def _kill_one(self, life: Life, plan: str) -> None:
        rng, life.plan = self.rng, plan
        if plan == "while it starts":
            await asyncio.sleep(rng.uniform(0, 1.5))
        elif plan == "as soon as it is up":
            await asyncio.sleep(rng.uniform(0, 0.15))
        elif plan == "while it is busy":
            await asyncio.sleep(rng.uniform(0.15, self.plan.busy_s))
        elif plan == "between deed and record":
            await self._trap(life, lambda method, _result: method in POSTS, rng.randrange(1, 12))
        else:
            await self._trap(life, lambda method, result: method == "getUpdates" and bool(result), rng.randrange(1, 6))
        if life.process.ended():
            if not life.killed:
                self._ended(life)
            return
        life.kill()
        await life.process.ends()
        if not life.killed:
            self._ended(life)

    async def _trap(self, life: Life, fits: Callable[[str, Any], bool], number: int) -> None:
        """Kill it when Telegram has carried out the so-manieth such call of its, and not yet answered."""
        left = [number]

        def trap(caller: int, method: str, result: Any) -> None:
            if caller == life.number and fits(method, result):
                left[0] -= 1
                if left[0] == 0:
                    life.kill()

        self.telegram.trap = trap
        with suppress(TimeoutError):
            async with asyncio.timeout(self.plan.busy_s * 2):
                assert life.process.child is not None
                await life.process.child.wait()
        self.telegram.trap = None

    def _ended(self, life: Life) -> None:
        self.failures.append(f"life {life.number} came to its end by itself:\n{life.process.says()[-2000:]}")

    # settling

    async def _settle(self, crowd: Hasty, living: "asyncio.Task[None]") -> None:
        """Let people finish, let a minute pass for what can be undone, stop the clock, and wait until all is said."""
        crowd.booking = False
        with suppress(TimeoutError):
            async with asyncio.timeout(self.plan.finish_s):
                while await asyncio.to_thread(self._open_drafts):  # noqa: ASYNC110 - another process closes them
                    await asyncio.sleep(0.2)
        crowd.accepting = False
        living.cancel()
        self.clock.wind(UNDOABLE_S)
        self.bystander.says("/id")  # a poll that waits comes back: the bot was not away
        await asyncio.sleep(max(0.5, 12 / self.plan.speed))
        self.clock.stop()
        await asyncio.sleep(31 / self.plan.speed)  # every sweep once more
        self.bystander.says("/id")
        await self._until_quiet()

    def _booked(self, draft_id: int) -> bool:
        """Whether this draft was booked."""
        with self.database.transaction() as work:
            statement = f"SELECT count(*) FROM delivery WHERE draft_id = {draft_id:d}"  # noqa: S608 - a number
            return bool(work.session.connection().exec_driver_sql(statement).scalar_one())

    def _open_drafts(self) -> int:
        with self.database.transaction() as work:
            drafts = work.session.connection().exec_driver_sql("SELECT count(*) FROM draft WHERE status = 'open'")
            return int(drafts.scalar_one())

    async def _until_quiet(self, patience_s: float = 60) -> None:
        """Wait until nothing waits to be handled or said."""
        deadline, quiet = monotonic() + patience_s, 0
        while quiet < 3 and monotonic() < deadline:
            quiet = (
                quiet + 1 if await asyncio.to_thread(self._waiting) == 0 and not len(self.telegram.world.queue) else 0
            )
            await asyncio.sleep(0.2)

    def _waiting(self) -> int:
        with self.database.transaction() as work:
            return work.inbox.count_waiting() + len(work.outbox.due(10, (), ()))


@asynccontextmanager
async def folder() -> AsyncIterator[Path]:
    """A place for a run."""
    with tempfile.TemporaryDirectory(prefix="doorstep-crashes-") as name:
        yield Path(name)


async def crash(plan: Plan, where: Path, report: Callable[[str], None] = lambda _: None) -> Outcome:
    """Do a crash run in this folder."""
    return await Run(plan, where, report).play()
