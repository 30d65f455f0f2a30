"""A town for the tests of rules: its people act by the verbs that handlers call; what they would hear is read back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from math import cos, radians
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

from sqlmodel import SQLModel, col, select

from bot.dispatch import booking, carrying, duty, joining, offers, receiving, returning
from bot.dispatch.booking import Request
from bot.dispatch.geo import METRES_PER_DEGREE, Point
from storage.database import Database, Work
from storage.models import Case, Delivery, Driver, Merchant, Offer, Outbox

P = ParamSpec("P")
R = TypeVar("R")

START = datetime(2026, 11, 18, 18, 0, tzinfo=UTC)
"""Ten in the morning in Las Vegas."""
SHOP: Point = (36.1277, -115.1722)
DOOR: Point = (36.1007, -115.1722)
"""3 km south of the shop."""
FAR_FUTURE = timedelta(hours=12)
Stage = Literal["requested", "assigned", "picked_up", "delivered", "returning"]


class Clock:
    """A clock that is wound by hand."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def wind(self, **more: float) -> datetime:
        """So much later (as timedelta takes it); returns the new time."""
        self.now += timedelta(**more)
        return self.now


def away(point: Point, north: float = 0, east: float = 0) -> Point:
    """The point so many metres to the north and to the east."""
    lat = point[0] + north / METRES_PER_DEGREE
    return lat, point[1] + east / METRES_PER_DEGREE / cos(radians(lat))


@dataclass(frozen=True)
class Job:
    """A delivery and its people: ids of persons, and the driver's own id."""

    id: int
    merchant: int
    driver: int = 0
    driver_id: int = 0
    customer: int = 0


class Town:
    """A market with one operator; every act is a transaction of its own."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock
        # Telegram's ids have long passed 2³¹
        self._ids, self._drafts = count(6_000_000_001), count(1)
        self.operator = self.person("Olga")
        self.do(lambda work: work.people.set_operators(work.market_id, [self.operator]))

    def do(self, verb: Callable[Concatenate[Work, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do this in a transaction; what it raises rolls it back."""
        with self.database.transaction() as work:
            return verb(work, *args, **kwargs)

    # people

    def person(self, name: str = "Pat") -> int:
        """Somebody who has written to the bot; returns the id."""
        person_id = next(self._ids)
        self.do(lambda work: work.people.meet(person_id, work.market_id, name, None, "en"))
        return person_id

    def merchant(self, at: Point = SHOP, name: str = "Anna's Books", *, approved: bool = True) -> Merchant:
        """A merchant; its owner is `owner_id`."""
        owner_id = self.person("Anna")

        def join(work: Work) -> Merchant:
            merchant = joining.apply_as_merchant(
                work,
                owner_id,
                name=name,
                address="3200 S Las Vegas Blvd",
                point=at,
                mall=None,
                phone="+17025550100",
                pickup_note=None,
            )
            return joining.settle_merchant(work, self.operator, merchant.id) if approved else merchant

        return self.do(join)

    def driver(
        self,
        at: Point | None = SHOP,
        vehicle: str = "car",
        *,
        source: str = "live",
        until: timedelta = FAR_FUTURE,
        person_id: int | None = None,
        approved: bool = True,
    ) -> Driver:
        """An approved driver, on duty at a place, or off duty where that is None."""
        person_id = person_id or self.person("Omar")

        def join(work: Work) -> Driver:
            driver = joining.apply_as_driver(work, person_id, name="Omar", vehicle=vehicle, phone="+17025550101")
            if approved:
                driver = joining.settle_driver(work, self.operator, driver.id)
                if at is not None:
                    duty.come_on(work, person_id, at, source, work.now + until)
            return driver

        return self.do(join)

    # deliveries

    def request(self, merchant: Merchant, **changes: Any) -> Request:
        """One bag to the door, now, with a phone and no PIN, but for the changes."""
        plain = Request(
            merchant=merchant,
            pieces=1,
            size="S",
            dropoff=DOOR,
            dropoff_address="3799 S Las Vegas Blvd",
            area="The Strip",
            customer_name="Lena",
            customer_phone="+17025550102",
            note=None,
            ready_at=None,
            pin=False,
        )
        return replace(plain, **changes)

    def delivery(self, merchant: Merchant | None = None, **changes: Any) -> Delivery:
        """A delivery, booked as `request` says."""
        merchant = merchant or self.merchant()
        return self.do(booking.book, merchant.owner_id, self.request(merchant, **changes), next(self._drafts))

    def job(self, stage: Stage = "requested", *, driver: Driver | None = None, **changes: Any) -> Job:
        """A delivery brought so far by its people, each step a second after the other, its link bound by a customer."""
        merchant = self.merchant()
        delivery = self.delivery(merchant, **changes)
        job = Job(delivery.id, merchant.owner_id, customer=self.connect(delivery.id))
        if stage == "requested":
            return job
        driver = driver or self.driver()
        job = replace(job, driver=driver.person_id, driver_id=driver.id)
        offer = self.open_offer(driver)
        assert offer.delivery_id == job.id, "the driver was shown another delivery"
        self.do(offers.accept, job.driver, offer.id)
        steps: dict[str, list[Callable[[], Any]]] = {
            "assigned": [],
            "picked_up": [self._pick_up(job)],
            "delivered": [self._pick_up(job), self._deliver(job)],
            "returning": [self._pick_up(job), self._give_up(job)],
        }
        for step in steps[stage]:
            self.clock.wind(seconds=1)
            step()
        return job

    def _pick_up(self, job: Job) -> Callable[[], Any]:
        return lambda: self.do(carrying.pick_up, job.driver, job.id)

    def _deliver(self, job: Job) -> Callable[[], Any]:
        return lambda: self.do(carrying.deliver, job.driver, job.id, "name", name="Lena")

    def _give_up(self, job: Job) -> Callable[[], Any]:
        return lambda: self.do(returning.give_up, job.driver, job.id, "nobody_there", None)

    def connect(self, delivery_id: int) -> int:
        """A customer opens the delivery's link and says that it is his; returns his id."""
        person_id = self.person("Lena")
        link = self.do(lambda work: work.deliveries.link(delivery_id))
        assert link is not None
        self.do(receiving.claim, person_id, link.id)
        return person_id

    # what a fresh transaction reads

    def see(self, delivery_id: int) -> Delivery:
        """The delivery as it is now."""
        return self.do(lambda work: work.deliveries.get(delivery_id))

    def see_driver(self, driver_id: int) -> Driver:
        """The driver as he is now."""
        return self.do(lambda work: work.drivers.get(driver_id))

    def see_offer(self, offer_id: int) -> Offer:
        """The offer as it is now."""
        return self.do(lambda work: work.offers.get(offer_id))

    def open_offer(self, driver: Driver) -> Offer:
        """The driver's open offer; there must be one."""
        offer = self.do(lambda work: work.offers.open_for_driver(driver.id))
        assert offer is not None, f"driver {driver.id} has no open offer"
        return offer

    def offered(self, delivery_id: int) -> list[int]:
        """The drivers who have an open offer of this delivery, in the order of their offers."""
        return [offer.driver_id for offer in self.do(lambda work: work.offers.open_for_delivery(delivery_id))]

    def steps(self, delivery_id: int) -> list[tuple[str, str]]:
        """The delivery's trail: each step and by whom."""
        return [(event.step, event.by) for event in self.do(lambda work: work.deliveries.events(delivery_id))]

    def cases(self) -> list[tuple[str, int]]:
        """The open cases: kind and subject."""
        return [(case.kind, case.subject_id) for case in self.do(lambda work: work.cases.all_open())]

    def case(self) -> Case:
        """The one open case."""
        (case,) = self.do(lambda work: work.cases.all_open())
        return case

    def rows(self, model: type[SQLModel]) -> list[dict[str, Any]]:
        """All rows of a table, as plain data."""
        table = SQLModel.metadata.tables[str(model.__tablename__)]
        return [dict(row) for row in self.do(lambda work: work.session.execute(table.select()).mappings().all())]

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        """All rows of all tables."""
        with self.database.transaction() as work:
            tables = SQLModel.metadata.sorted_tables
            return {t.name: [dict(row) for row in work.session.execute(t.select()).mappings()] for t in tables}

    def said(self, chat_id: int, subject: str | None = None, *, loud: bool | None = None) -> list[Outbox]:
        """What stands in the outbox for this chat and is (or was) to be said: posts and notices, not silent edits."""
        rows = select(Outbox).where(Outbox.chat_id == chat_id, col(Outbox.dropped_at).is_(None))
        found: Sequence[Outbox] = self.do(lambda work: work.session.exec(rows.order_by(col(Outbox.id))).all())
        return [
            row
            for row in found
            if (row.anew or row.kind != "card") and subject in (None, row.subject) and loud in (None, row.loud)
        ]

    # time

    def relay(self) -> list[Outbox]:
        """Send what is due: the clocks of the offers sent begin to run."""

        def send(work: Work) -> list[Outbox]:
            ids = [row_id for _, row_id in work.outbox.due(1000, (), ())]
            due = [row for row in map(work.outbox.get, ids) if row is not None]
            work.outbox.mark_sent([row.id for row in due])
            for row in due:
                kind, _, subject_id = (row.subject or "").partition(":")
                if kind == "offer":
                    work.offers.sent(work.offers.get(int(subject_id)))
            return due

        return self.do(send)

    def pass_time(self, seconds: float) -> None:
        """Send what is due, wait, and let the offers' sweep run."""
        self.relay()
        self.clock.wind(seconds=seconds)
        self.do(offers.sweep)


def party_news(town: Town, job: Job) -> dict[str, list[bool]]:
    """How each party of a delivery was told since the last relay: loud or not, for every card posted anew."""
    subjects = {
        "merchant": (job.merchant, f"delivery:{job.id}"),
        "driver": (job.driver, f"job:{job.id}"),
        "customer": (job.customer, f"parcel:{job.id}"),
    }
    return {party: [row.loud for row in town.said(*where) if row.sent_at is None] for party, where in subjects.items()}


def ring(town: Town, *kilometres: float, **more: Any) -> list[Driver]:
    """Drivers on duty so many kilometres of streets north of the shop."""
    return [town.driver(away(SHOP, north=km * 1000 / 1.3), **more) for km in kilometres]


def moves(town: Town, person_id: int, point: Point, at: datetime | None = None) -> int:
    """A live position comes in; returns whether it was news."""
    at = at or town.clock.now
    return town.do(duty.move, [duty.Position(person_id, point, at, START + timedelta(hours=12))])
