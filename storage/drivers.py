"""Drivers: who they are, who is on duty and where."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Table, bindparam
from sqlmodel import Session, col, or_, select

from storage.models import Delivery, Driver, Offer, Run
from storage.rows import Missing, find, swap, unless_known

_RUNNING = select(Run.driver_id).where(col(Run.ended_at).is_(None))
FOLLOWED = or_(col(Driver.on_duty).is_(True), col(Driver.id).in_(_RUNNING))
"""Whose positions count: who is on duty, and who carries something."""
OF_PERSON = select(Driver).where(Driver.person_id == bindparam("who"))
OPEN_RUN = select(Run).where(Run.driver_id == bindparam("driver"), col(Run.ended_at).is_(None))

_RUNS: Table = Run.__table__  # type: ignore[attr-defined]
_DRIVERS: Table = Driver.__table__  # type: ignore[attr-defined]
MOVE = (
    _DRIVERS.update()
    .where(_DRIVERS.c.person_id == bindparam("who"), FOLLOWED)
    .where(or_(_DRIVERS.c.position_at.is_(None), _DRIVERS.c.position_at <= bindparam("seen_at")))
    .values(
        lat=bindparam("to_lat"),
        lon=bindparam("to_lon"),
        position_at=bindparam("seen_at"),
        position_source="live",
        valid_until=bindparam("until"),
        heard_at=bindparam("now"),
        asked_at=None,
    )
)

_HIS = (_DRIVERS.c.person_id == bindparam("who"), _DRIVERS.c.on_duty.is_(True))
ON_DUTY = select(_DRIVERS.c.id, _DRIVERS.c.asked_at).where(*_HIS)
HEAR = _DRIVERS.update().where(*_HIS).values(heard_at=bindparam("now"), asked_at=None)


class Drivers:
    """Queries about drivers."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now

    def add(self, driver: Driver) -> Driver:
        """Store a new driver."""
        self.session.add(driver)
        self.session.flush()
        return driver

    def get(self, driver_id: int) -> Driver:
        """The driver; raises Missing where there is none."""
        driver = find(self.session, Driver, driver_id)
        if driver is None:
            raise Missing(f"no driver {driver_id}")
        return driver

    def of(self, person_id: int) -> Driver | None:
        """This person as a driver, or None."""
        return self.session.scalars(OF_PERSON, {"who": person_id}).first()

    def settle(self, driver: Driver, status: str, reason: str | None = None) -> bool:
        """Approve or decline a pending driver; False where somebody has done so already."""
        return swap(self.session, driver, {"status": "pending"}, {"status": status, "declined_for": reason})

    def ask(self, driver: Driver) -> bool:
        """Note that a silent driver is asked; False where he was heard, or asked, meanwhile."""
        expected = {"asked_at": None, "heard_at": driver.heard_at, "on_duty": True}
        return swap(self.session, driver, expected, {"asked_at": self.now})

    def put_off(self, driver: Driver) -> bool:
        """Put a driver off duty who has not answered; False where he has, meanwhile."""
        expected = {"asked_at": driver.asked_at, "heard_at": driver.heard_at, "on_duty": True}
        return swap(self.session, driver, expected, {"on_duty": False, "asked_at": None})

    def pending(self) -> list[Driver]:
        """Drivers that wait for an operator."""
        return list(self.session.exec(select(Driver).where(Driver.status == "pending")).all())

    def hear(self, person_id: int) -> int | None:
        """This person did something: a driver on duty is there. Gives his id where he had been asked."""
        connection = self.session.connection()
        his = connection.execute(ON_DUTY, {"who": person_id}).first()
        if his is None:
            return None
        connection.execute(HEAR, {"who": person_id, "now": self.now})
        return his.id if his.asked_at is not None else None

    def move(self, moves: Sequence[tuple[int, float, float, datetime, datetime]]) -> int:
        """Take new live positions of drivers who are followed: person, latitude, longitude, when, valid until.

        One that is older than what is known changes nothing; returns how many did.
        """
        values = [
            {"who": person_id, "to_lat": lat, "to_lon": lon, "seen_at": at, "until": until, "now": self.now}
            for person_id, lat, lon, at, until in moves
        ]
        return self.session.connection().execute(MOVE, values).rowcount if values else 0

    def on_duty(self, market_id: int) -> list[Driver]:
        """Everybody who is on duty."""
        rows = select(Driver).where(Driver.market_id == market_id, col(Driver.on_duty).is_(True))
        return list(self.session.exec(rows.order_by(col(Driver.id))).all())

    def followed(self, market_id: int) -> list[Driver]:
        """Everybody who is on duty or carries something."""
        rows = select(Driver).where(Driver.market_id == market_id, FOLLOWED)
        return list(self.session.exec(rows.order_by(col(Driver.id))).all())

    def near(self, market_id: int, box: tuple[float, float, float, float]) -> list[Driver]:
        """On-duty approved drivers whose last position lies in the box (south, west, north, east; degrees)."""
        south, west, north, east = box
        rows = select(Driver).where(
            Driver.market_id == market_id,
            col(Driver.on_duty).is_(True),
            Driver.status == "approved",
            col(Driver.lat).between(south, north),
            col(Driver.lon).between(west, east),
        )
        return list(self.session.exec(rows.order_by(col(Driver.id))).all())

    def busy(self, drivers: Sequence[Driver]) -> set[int]:
        """Of these, the ids of those who have a run or an open offer."""
        ids = [driver.id for driver in drivers]
        runs = select(Run.driver_id).where(col(Run.driver_id).in_(ids), col(Run.ended_at).is_(None))
        offers = select(Offer.driver_id).where(col(Offer.driver_id).in_(ids), Offer.status == "open")
        return set(self.session.exec(runs).all()) | set(self.session.exec(offers).all())

    def run(self, driver_id: int) -> Run | None:
        """The driver's open run, or None."""
        return self.session.scalars(OPEN_RUN, {"driver": driver_id}).first()

    def start_run(self, driver: Driver) -> int | None:
        """Open a run for this driver, and give its id; None where he has one (the index says so)."""
        connection = self.session.connection()
        run = {"market_id": driver.market_id, "driver_id": driver.id, "started_at": self.now}
        made = connection.execute(unless_known(connection, _RUNS).returning(_RUNS.c.id), run)
        return made.scalar()

    def end_run_if_done(self, run_id: int) -> None:
        """Close the run when none of its deliveries is still with the driver."""
        still = select(Delivery.id).where(
            Delivery.run_id == run_id, col(Delivery.status).in_(("assigned", "picked_up", "returning"))
        )
        if self.session.exec(still).first() is None:
            run = find(self.session, Run, run_id)
            if run is not None and run.ended_at is None:
                run.ended_at = self.now
                self.session.flush()

    def reopen_run(self, run_id: int) -> None:
        """Open a run again (undo); IntegrityError where the driver has begun another."""
        run = find(self.session, Run, run_id)
        if run is not None:
            run.ended_at = None
            self.session.flush()
