"""Deliveries, their steps and their audit trail, and the customer's link to them."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam
from sqlmodel import Session, col, select

from storage import lifecycle
from storage.models import Delivery, DeliveryEvent, Link
from storage.rows import Missing, Raced, find, gather, swap

# built once: these are asked with every step of a delivery
_EVENTS: Table = DeliveryEvent.__table__  # type: ignore[attr-defined]
NOTE = _EVENTS.insert()
WITH_DRIVER = (
    select(Delivery)
    .where(Delivery.driver_id == bindparam("driver"), col(Delivery.status).in_(lifecycle.WITH_DRIVER))
    .order_by(col(Delivery.id))
)
LINK = select(Link).where(Link.delivery_id == bindparam("delivery"), col(Link.revoked_at).is_(None))


class Deliveries:
    """Queries about deliveries."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now

    def add(self, delivery: Delivery, person_id: int) -> Delivery:
        """Store a new delivery with its first event; IntegrityError where its draft was booked already."""
        self.session.add(delivery)
        self.session.flush()
        self.note(delivery, "book", lifecycle.MERCHANT, person_id)
        return delivery

    def gather(self, ids: Collection[int]) -> None:
        """Read these deliveries at once, for whoever looks at them in this piece of work."""
        gather(self.session, Delivery, ids)

    def get(self, delivery_id: int) -> Delivery:
        """The delivery; raises Missing where there is none."""
        delivery = find(self.session, Delivery, delivery_id)
        if delivery is None:
            raise Missing(f"no delivery {delivery_id}")
        return delivery

    def lock(self, delivery_id: int) -> Delivery:
        """The delivery as it is now, nobody else's until the end of the transaction; raises Missing.

        Verbs about one delivery take it first, so that they queue here instead of meeting crosswise further on. (On
        SQLite there is one writer anyway.)
        """
        held = {"key_share": True}  # rows that point at it may still be added
        delivery = self.session.get(Delivery, delivery_id, populate_existing=True, with_for_update=held)
        if delivery is None:
            raise Missing(f"no delivery {delivery_id}")
        return delivery

    def number_taken(self, market_id: int, number: str) -> bool:
        """Whether a delivery of this market has that public number."""
        rows = select(Delivery.id).where(Delivery.market_id == market_id, Delivery.number == number)
        return self.session.exec(rows).first() is not None

    def note(
        self, delivery: Delivery, step: str, by: str, person_id: int | None = None, why: str | None = None
    ) -> None:
        """Write to the audit trail; for arrivals and tries, which are no steps of the lifecycle."""
        event = {"delivery_id": delivery.id, "at": self.now, "step": step, "by": by, "person_id": person_id, "why": why}
        self.session.connection().execute(NOTE, event)

    def step(
        self,
        delivery: Delivery,
        step: str,
        by: str,
        *,
        person_id: int | None = None,
        why: str | None = None,
        **changes: Any,
    ) -> None:
        """Take a step of the lifecycle by compare-and-set on status and driver, with its event.

        Raises IllegalStep where the table has no such cell and Raced where somebody was quicker.
        """
        to = lifecycle.fire(lifecycle.DELIVERY, delivery.status, step, by)
        expected = {"status": delivery.status, "driver_id": delivery.driver_id}
        if not swap(self.session, delivery, expected, {"status": to, **changes}):
            raise Raced(f"delivery {delivery.number} changed meanwhile")
        self.note(delivery, step, by, person_id, why)

    def events(self, delivery_id: int) -> list[DeliveryEvent]:
        """The audit trail, oldest first."""
        rows = select(DeliveryEvent).where(DeliveryEvent.delivery_id == delivery_id).order_by(col(DeliveryEvent.id))
        return list(self.session.exec(rows).all())

    def had(self, delivery_id: int) -> set[int]:
        """The persons who have taken this delivery, whatever became of it."""
        rows = select(DeliveryEvent.person_id).where(
            DeliveryEvent.delivery_id == delivery_id, DeliveryEvent.step == "assign", DeliveryEvent.by == "driver"
        )
        return {person_id for person_id in self.session.exec(rows).all() if person_id is not None}

    def open_of_merchant(self, merchant_id: int) -> list[Delivery]:
        """The merchant's deliveries that have not ended, oldest first."""
        rows = select(Delivery).where(Delivery.merchant_id == merchant_id, col(Delivery.status).in_(lifecycle.OPEN))
        return list(self.session.exec(rows.order_by(col(Delivery.id))).all())

    def last_of_merchant(self, merchant_id: int) -> Delivery | None:
        """The merchant's newest delivery, or None."""
        rows = select(Delivery).where(Delivery.merchant_id == merchant_id).order_by(col(Delivery.id).desc())
        return self.session.exec(rows).first()

    def with_driver(self, driver_id: int) -> list[Delivery]:
        """What this driver carries or is on the way to fetch."""
        return list(self.session.scalars(WITH_DRIVER, {"driver": driver_id}).all())

    def undoable(self, driver_id: int) -> list[Delivery]:
        """What this driver delivered so lately that he may still undo it."""
        rows = select(Delivery).where(
            Delivery.driver_id == driver_id, Delivery.status == lifecycle.DELIVERED, col(Delivery.undo_until) > self.now
        )
        return list(self.session.exec(rows).all())

    def of_customer(self, person_id: int) -> list[Delivery]:
        """The open deliveries whose link this person bound, oldest first."""
        rows = select(Delivery).join(Link).where(Link.person_id == person_id, col(Link.revoked_at).is_(None))
        rows = rows.where(col(Delivery.status).in_(lifecycle.OPEN)).order_by(col(Delivery.id))
        return list(self.session.exec(rows).all())

    def in_status(self, statuses: Iterable[str]) -> list[Delivery]:
        """All deliveries in these statuses, oldest first."""
        rows = select(Delivery).where(col(Delivery.status).in_(tuple(statuses))).order_by(col(Delivery.id))
        return list(self.session.exec(rows).all())

    def searching(self) -> list[Delivery]:
        """Requested deliveries whose time to be offered has come, the earliest promise first."""
        rows = select(Delivery).where(
            Delivery.status == lifecycle.REQUESTED,
            col(Delivery.dispatch_at) <= self.now,
            col(Delivery.wave_at).is_not(None),
        )
        return list(self.session.exec(rows.order_by(col(Delivery.window_to), col(Delivery.id))).all())

    def next_wave(self, delivery: Delivery, wave: int, at: datetime | None) -> bool:
        """Go on to this wave, the next one being due `at`; False where another sweep has done so."""
        expected = {"status": delivery.status, "wave": delivery.wave, "wave_at": delivery.wave_at}
        return swap(self.session, delivery, expected, {"wave": wave, "wave_at": at})

    # the customer's link

    def link(self, delivery_id: int) -> Link | None:
        """The link in force, or None."""
        return self.session.scalars(LINK, {"delivery": delivery_id}).first()

    def link_by_token(self, token: str) -> Link | None:
        """The link with this token, in force or not."""
        return self.session.exec(select(Link).where(Link.token == token)).first()

    def link_by_id(self, link_id: int) -> Link | None:
        """The link with this id, or None."""
        return find(self.session, Link, link_id)

    def add_link(self, delivery_id: int, token: str) -> Link:
        """Issue a link, and revoke the one before it."""
        old = self.link(delivery_id)
        if old is not None:
            old.revoked_at = self.now
            self.session.flush()
        link = Link(delivery_id=delivery_id, token=token)
        self.session.add(link)
        self.session.flush()
        return link

    def bind(self, link: Link, person_id: int) -> bool:
        """Make this person the delivery's customer; False where the link is bound or revoked."""
        expected = {"person_id": None, "revoked_at": None}
        return swap(self.session, link, expected, {"person_id": person_id, "bound_at": self.now})

    def customer(self, delivery_id: int) -> int | None:
        """Who bound the link in force, or None."""
        link = self.link(delivery_id)
        return None if link is None else link.person_id
