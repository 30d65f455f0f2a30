"""Offers: which driver was shown which delivery, until when, and what he said."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam
from sqlmodel import Session, col, func, select

from storage import lifecycle
from storage.models import Offer
from storage.rows import Missing, find, gather, swap

_OPEN = select(Offer).where(Offer.status == lifecycle.OFFER_OPEN)
OF_DELIVERY = _OPEN.where(Offer.delivery_id == bindparam("delivery")).order_by(col(Offer.id))
OF_DRIVER = _OPEN.where(Offer.driver_id == bindparam("driver"))


class Offers:
    """Queries about offers."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now

    def add(self, offer: Offer) -> Offer:
        """Store an open offer; IntegrityError where the driver has one (the index says so)."""
        self.session.add(offer)
        self.session.flush()
        return offer

    def gather(self, ids: Collection[int]) -> None:
        """Read these offers at once, for whoever looks at them in this piece of work."""
        gather(self.session, Offer, ids)

    def get(self, offer_id: int) -> Offer:
        """The offer; raises Missing where there is none."""
        offer = find(self.session, Offer, offer_id)
        if offer is None:
            raise Missing(f"no offer {offer_id}")
        return offer

    def extend(self, offer: Offer, until: datetime) -> bool:
        """Give an open offer time until then; False where it has ended, or got more time, meanwhile."""
        expected = {"status": lifecycle.OFFER_OPEN, "expires_at": offer.expires_at}
        return swap(self.session, offer, expected, {"expires_at": until})

    def step(self, offer: Offer, step: str, by: str) -> bool:
        """End an open offer by compare-and-set; False where it has ended meanwhile. Raises IllegalStep."""
        to = lifecycle.fire(lifecycle.OFFER, lifecycle.OFFER_OPEN, step, by)
        return swap(self.session, offer, {"status": lifecycle.OFFER_OPEN}, {"status": to, "ended_at": self.now})

    def open_for_delivery(self, delivery_id: int) -> list[Offer]:
        """The delivery's open offers."""
        return list(self.session.scalars(OF_DELIVERY, {"delivery": delivery_id}).all())

    def open_for_driver(self, driver_id: int) -> Offer | None:
        """The driver's open offer, or None."""
        return self.session.scalars(OF_DRIVER, {"driver": driver_id}).first()

    def all_open(self) -> Sequence[Offer]:
        """Every open offer."""
        return self.session.exec(select(Offer).where(Offer.status == lifecycle.OFFER_OPEN)).all()

    def asked(self, delivery_id: int, search: int) -> set[int]:
        """The drivers who had an offer of this delivery in this search, whatever came of it.

        An offer that was withdrawn says nothing about the driver.
        """
        rows = select(Offer.driver_id).where(Offer.delivery_id == delivery_id, Offer.search == search)
        shown = rows.where(Offer.status != lifecycle.OFFER_WITHDRAWN)
        return set(self.session.exec(shown).all())

    def expired_since(self, since: datetime) -> list[int]:
        """The deliveries of which an offer has expired since then."""
        rows = select(Offer.delivery_id).where(Offer.status == lifecycle.OFFER_EXPIRED, col(Offer.ended_at) > since)
        return sorted(set(self.session.exec(rows)))

    def unseen_since(self, delivery_id: int, search: int) -> datetime | None:
        """Since when this search makes offers that are all withdrawn unsent; None where one was not, or none made."""
        mine = (Offer.delivery_id == delivery_id, Offer.search == search)
        seen = (col(Offer.status) != lifecycle.OFFER_WITHDRAWN) | col(Offer.sent_at).is_not(None)
        if self.session.exec(select(Offer.id).where(*mine, seen).limit(1)).first() is not None:
            return None
        return self.session.exec(select(func.min(Offer.created_at)).where(*mine)).one()

    def sent(self, offer: Offer) -> bool:
        """The card was sent: the offer's clock starts. False where it had ended or been sent before."""
        expires_at = self.now + timedelta(seconds=offer.seconds)
        expected = {"status": lifecycle.OFFER_OPEN, "sent_at": None}
        return swap(self.session, offer, expected, {"sent_at": self.now, "expires_at": expires_at})

    def overdue(self, unsent_for: timedelta) -> list[Offer]:
        """Open offers whose time is over, or that could not be sent for so long."""
        rows = select(Offer).where(Offer.status == lifecycle.OFFER_OPEN)
        late = (col(Offer.expires_at) <= self.now) | (
            col(Offer.sent_at).is_(None) & (col(Offer.created_at) <= self.now - unsent_for)
        )
        return list(self.session.exec(rows.where(late).order_by(col(Offer.delivery_id), col(Offer.id))).all())
