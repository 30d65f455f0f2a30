"""Erasing: what is known of people is taken out of every table, and the figures are left."""

import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, String, and_, cast, or_
from sqlmodel import Session, SQLModel, col, delete, func, select, update

from storage import lifecycle
from storage.models import (
    Card,
    Case,
    Delivery,
    DeliveryEvent,
    Draft,
    Driver,
    Inbox,
    Invite,
    KnownPlace,
    Link,
    Merchant,
    Operator,
    Outbox,
    Person,
    Run,
    Staff,
)

FORGOTTEN, ERASED = "forgotten", "erased"
"""Why a message was never sent, and never will be."""
NOBODY = "—"
"""What stands where a name or an address stood."""
Point = tuple[float, float]
FIRST_PSEUDONYM = 2**60
"""Pseudonyms are negative and lower than any chat's id of Telegram's."""

ROLES: tuple[tuple[type[SQLModel], str], ...] = (
    (Merchant, "owner_id"),
    (Invite, "person_id"),
    (Driver, "person_id"),
    (Delivery, "booked_by"),
    (DeliveryEvent, "person_id"),
    (Link, "person_id"),
    (Draft, "person_id"),
    (Case, "closed_by"),
)
"""Every column that names a person and whose row stays when he is forgotten."""


class Erasing:
    """What is too old to be kept, and the strokes that take it out."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now

    def _count(self, statement: Any) -> int:
        result = self.session.execute(statement.execution_options(synchronize_session=False))
        assert isinstance(result, CursorResult)
        return result.rowcount

    # deliveries

    def ended_before(self, before: datetime, limit: int) -> Sequence[Delivery]:
        """Deliveries that ended before then and still hold people's data, the oldest end first."""
        rows = select(Delivery).where(col(Delivery.erased_at).is_(None), col(Delivery.ended_at) < before)
        rows = rows.where(col(Delivery.status).in_(lifecycle.ENDS)).order_by(col(Delivery.ended_at)).limit(limit)
        return self.session.exec(rows).all()

    def of_merchant(self, merchant_id: int) -> Sequence[Delivery]:
        """The merchant's deliveries that still hold people's data."""
        rows = select(Delivery).where(Delivery.merchant_id == merchant_id, col(Delivery.erased_at).is_(None))
        return self.session.exec(rows.order_by(col(Delivery.id))).all()

    def of_driver(self, driver_id: int) -> Sequence[Delivery]:
        """The deliveries of this driver's that still hold people's data."""
        rows = select(Delivery).where(Delivery.driver_id == driver_id, col(Delivery.erased_at).is_(None))
        return self.session.exec(rows.order_by(col(Delivery.id))).all()

    def of_customer(self, person_id: int) -> Sequence[Delivery]:
        """The deliveries whose link this person bound, that still hold people's data."""
        rows = select(Delivery).join(Link).where(Link.person_id == person_id, col(Link.revoked_at).is_(None))
        return self.session.exec(rows.where(col(Delivery.erased_at).is_(None)).order_by(col(Delivery.id))).all()

    def delivery(self, this: Delivery, pickup: Point, dropoff: Point, reasons: Collection[str]) -> None:
        """Take names, phones, addresses, words and proofs out of a delivery, its trail and its link.

        `pickup` and `dropoff` are the coarse points that stay; so do the reasons of fixed lists, `reasons`.
        """
        this.customer_name = this.dropoff_address = this.pickup_address = NOBODY
        this.customer_phone = this.note = this.pin = None
        this.proof_name = this.proof_photo = this.problem_photo = None
        this.pickup_lat, this.pickup_lon = pickup
        this.dropoff_lat, this.dropoff_lon = dropoff
        if this.problem is not None and this.problem not in reasons:
            this.problem = "other"
        this.erased_at = self.now
        self.session.flush()
        events = update(DeliveryEvent).where(col(DeliveryEvent.delivery_id) == this.id)
        self._count(events.where(col(DeliveryEvent.why).not_in(reasons)).values(why=None))
        self._count(events.where(col(DeliveryEvent.by) == lifecycle.CUSTOMER).values(person_id=None))
        for link in self.session.exec(select(Link).where(Link.delivery_id == this.id)):
            # the row stays: an id that came again would open an old card's button on somebody else's parcel
            link.token, link.person_id, link.revoked_at = secrets.token_urlsafe(16), None, link.revoked_at or self.now
        if this.draft_id is not None:
            self.draft_words(this.draft_id)
        cases = update(Case).where(col(Case.subject_id) == this.id, col(Case.kind).not_in(("update", "message")))
        self._count(cases.values(detail=None))

    def draft_words(self, draft_id: int) -> None:
        """Take the answers out of a conversation that is over."""
        over = col(Draft.status).not_in(("open", "parked"))
        self._count(update(Draft).where(col(Draft.id) == draft_id, over).values(answers={}, complaint=None))

    def menus(self, merchant_id: int, since: datetime, until: datetime) -> Sequence[Card]:
        """The staff's menus that were shown while a delivery was under way: its customer may stand on a button."""
        staff = select(Staff.person_id).where(Staff.merchant_id == merchant_id)
        rows = select(Card).where(col(Card.chat_id).in_(staff), col(Card.shown_at).between(since, until))
        menu = or_(col(Card.subject).startswith("home:"), col(Card.subject).startswith("status:"))
        return self.session.exec(rows.where(menu)).all()

    # what is only carried through

    def answers(self, before: datetime) -> int:
        """Take the answers out of conversations that were over before then; returns how many."""
        over = and_(col(Draft.status).not_in(("open", "parked")), col(Draft.updated_at) < before)
        spoken = cast(col(Draft.answers), String) != "{}"
        return self._count(update(Draft).where(over, spoken).values(answers={}, complaint=None))

    def updates(self, done_before: datetime, failed_before: datetime) -> int:
        """Forget updates that were settled before then; of the newest, by which the offset is known, only the words."""
        newest = self.session.scalar(select(func.max(Inbox.update_id)))
        if newest is None:
            return 0
        done = and_(col(Inbox.status) == "done", col(Inbox.done_at) < done_before)
        settled = or_(done, and_(col(Inbox.status) == "failed", col(Inbox.done_at) < failed_before))
        self._count(update(Inbox).where(col(Inbox.update_id) == newest, settled).values(body={}, person_id=0))
        return self._count(delete(Inbox).where(settled, col(Inbox.update_id) < newest))

    def messages(self, sent_before: datetime, given_up_before: datetime, pictures_before: datetime) -> int:
        """Forget messages that were sent (or given up) before then; QR pictures are taken away later by their row."""
        newest = self.session.scalar(select(func.max(Outbox.id)))
        if newest is None:
            return 0
        sent = and_(col(Outbox.sent_at) < sent_before, col(Outbox.kind) != "qr")
        given_up = and_(col(Outbox.sent_at).is_(None), col(Outbox.dropped_at) < given_up_before)
        count = 0
        for over in (sent, given_up, col(Outbox.sent_at) < pictures_before):
            self._count(update(Outbox).where(col(Outbox.id) == newest, over).values(params={}))
            # ids are not to come again: the newest row stays
            count += self._count(delete(Outbox).where(over, col(Outbox.id) < newest))
        return count

    def places(self, before: datetime) -> int:
        """Forget what the geocoder answered before then."""
        return self._count(delete(KnownPlace).where(col(KnownPlace.at) < before))

    def places_of(self, labels: Collection[str], points: Iterable[Point]) -> int:
        """Forget what the geocoder answered that names one of these places."""
        ends = tuple(f"|{lat:.4f},{lon:.4f}" for lat, lon in points)
        keys = [
            known.key
            for known in self.session.exec(select(KnownPlace))
            if known.key.endswith(ends) or any(place.get("label") in labels for place in known.places)
        ]
        return self._count(delete(KnownPlace).where(col(KnownPlace.key).in_(keys)))

    def positions(self, before: datetime) -> int:
        """Forget where drivers were who are off duty, carry nothing and were last seen before then."""
        runs = select(Run.driver_id).where(col(Run.ended_at).is_(None))
        rows = update(Driver).where(
            col(Driver.on_duty).is_(False),
            col(Driver.position_at) < before,
            or_(col(Driver.valid_until).is_(None), col(Driver.valid_until) < self.now),
            col(Driver.id).not_in(runs),
        )
        nowhere = dict.fromkeys(("lat", "lon", "position_at", "position_source", "valid_until"))
        return self._count(rows.values(**nowhere))

    # people

    def idle(self, before: datetime, limit: int) -> Sequence[int]:
        """People who were met before then, have no part in the market, and were shown and asked nothing since."""
        merchants = select(Staff.person_id).join(Merchant).where(Merchant.status != "declined")
        drivers = select(Driver.person_id).where(Driver.status != "declined")
        customers = select(Link.person_id).join(Delivery).where(col(Delivery.erased_at).is_(None))
        invited = select(Invite.person_id).where(Invite.status == "claimed", col(Invite.person_id).is_not(None))
        shown = select(Card.chat_id).where(col(Card.shown_at) >= before)
        asked = select(Draft.person_id).where(col(Draft.updated_at) >= before)
        rows = select(Person.id).where(col(Person.id) > 0, col(Person.created_at) < before)
        for part in (select(Operator.person_id), merchants, drivers, invited, shown, asked):
            rows = rows.where(col(Person.id).not_in(part))
        rows = rows.where(col(Person.id).not_in(customers.where(col(Link.person_id).is_not(None))))
        return self.session.exec(rows.order_by(col(Person.id)).limit(limit)).all()

    def merchant(self, this: Merchant, point: Point) -> None:
        """Close a merchant for whom nobody speaks any more: only the coarse `point` stays of what it was."""
        this.name = this.address = NOBODY
        this.phone = this.pickup_note = this.declined_for = None
        this.lat, this.lon = point
        this.status, this.erased_at = "declined", self.now
        self.session.flush()
        self._count(delete(Staff).where(col(Staff.merchant_id) == this.id))
        waiting = col(Invite.status).in_(("open", "claimed"))
        self._count(update(Invite).where(col(Invite.merchant_id) == this.id, waiting).values(status="refused"))

    def driver(self, this: Driver) -> None:
        """Let a driver go: what he drives stays, for the figures."""
        this.name, this.phone, this.declined_for = NOBODY, "", None
        this.lat = this.lon = this.position_at = this.position_source = this.valid_until = None
        this.heard_at = this.asked_at = None
        this.on_duty, this.status, this.erased_at = False, "declined", self.now
        self.session.flush()

    def invitations(self, person_id: int) -> Sequence[int]:
        """The invitations that this person has opened: their cards name him."""
        return self.session.exec(select(Invite.id).where(Invite.person_id == person_id)).all()

    def person(self, person_id: int) -> None:
        """Take a person out: whatever must name somebody names a pseudonym from now on, which leads to nobody."""
        person = self.session.get(Person, person_id)
        assert person is not None
        pseudonym = -FIRST_PSEUDONYM - secrets.randbelow(FIRST_PSEUDONYM)
        nobody = Person(id=pseudonym, market_id=person.market_id, name=NOBODY, reachable=False, created_at=self.now)
        self.session.add(nobody)
        self.session.flush()
        self._count(
            update(Draft)
            .where(col(Draft.person_id) == person_id, col(Draft.status).in_(("open", "parked")))
            .values(status="cancelled")
        )
        self._count(update(Draft).where(col(Draft.person_id) == person_id).values(answers={}, complaint=None))
        self._count(delete(Staff).where(col(Staff.person_id) == person_id))
        for model, column in ROLES:
            named = getattr(model, column)
            self._count(update(model).where(named == person_id).values({column: pseudonym}))
        self.session.flush()
        self.session.expunge_all()  # what was read before names him still
        self._count(delete(Person).where(col(Person.id) == person_id))

    def chat(self, chat_id: int) -> list[Card]:
        """Take what was said and is to be said in a chat out of the tables; returns the cards that lay in it."""
        cards = list(self.session.exec(select(Card).where(Card.chat_id == chat_id).order_by(col(Card.message_id))))
        self._count(delete(Card).where(col(Card.chat_id) == chat_id))
        for card in cards:
            self.session.expunge(card)
        mine = update(Outbox).where(col(Outbox.chat_id) == chat_id)
        over = func.coalesce(Outbox.dropped_at, self.now)
        self._count(mine.where(col(Outbox.sent_at).is_(None)).values(dropped_at=over, error=FORGOTTEN))
        self._count(mine.values(params={}))
        heard = update(Inbox).where(col(Inbox.person_id) == chat_id, col(Inbox.status) != "new")
        self._count(heard.values(body={}, person_id=0))
        return cards

    def words_in(self, chats: Collection[int]) -> None:
        """Take the words out of what was sent to these chats and heard from them: they are of no more use.

        A tap brings the whole card with it that was tapped.
        """
        sent = col(Outbox.sent_at).is_not(None)
        self._count(update(Outbox).where(col(Outbox.chat_id).in_(chats), sent).values(params={}))
        heard = col(Inbox.status) != "new"
        self._count(update(Inbox).where(col(Inbox.person_id).in_(chats), heard).values(body={}))

    def photos(self, file_ids: Iterable[str | None]) -> None:
        """Forget the photos that were passed on under these ids, and do not send them any more."""
        named = [file_id for file_id in file_ids if file_id]
        rows = update(Outbox).where(col(Outbox.kind) == "photo", col(Outbox.subject).in_(named))
        self._count(rows.where(col(Outbox.sent_at).is_(None)).values(dropped_at=self.now, error=ERASED))
        self._count(rows.values(subject=None, params={}))
