"""The tables. Telegram's ids are 64-bit, times are aware UTC, money is integer minor units, distances are metres."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, Index, Integer, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage import lifecycle

Key = BigInteger().with_variant(Integer, "sqlite")
"""Own keys: 64-bit on PostgreSQL; on SQLite the rowid, which only INTEGER gives."""


def _key() -> Any:
    # typed as int: it is None only before the flush
    return Field(default=None, primary_key=True, sa_type=Key)


def _given(column: str) -> Any:
    return Field(sa_column=Column(column, BigInteger, primary_key=True, autoincrement=False))


def _ref(target: str, **more: Any) -> Any:
    return Field(foreign_key=target, sa_type=Key, **more)


def _json(default: type = dict) -> Any:
    return Field(default_factory=default, sa_type=JSON)


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"known_{column}")


class Meta(SQLModel, table=True):
    """What the installation remembers about itself: its bot, when it last heard Telegram."""

    key: str = Field(primary_key=True)
    value: str


class Market(SQLModel, table=True):
    """A city; `body` is market.toml as loaded, `version` grows when it changes."""

    id: int = _key()
    key: str = Field(unique=True)
    version: int = 1
    body: dict[str, Any] = _json()


class Person(SQLModel, table=True):
    """Anybody who ever wrote to the bot; the id is Telegram's, and that of the private chat."""

    id: int = _given("id")
    market_id: int = _ref("market.id")
    name: str
    username: str | None = None
    language: str = "en"
    chose_language: bool = False
    role: str | None = None
    reachable: bool = True
    started: bool = False
    said: int = 0
    """Messages in this chat so far, both sides: how deep a card lies."""
    hinted_at: datetime | None = None
    album: str | None = None
    created_at: datetime


class Operator(SQLModel, table=True):
    """A person who runs the market; the rows mirror the OPERATORS setting."""

    person_id: int = _given("person_id")
    market_id: int = _ref("market.id")


class Merchant(SQLModel, table=True):
    """A business that books deliveries."""

    __table_args__ = (_one_of("status", ("pending", "approved", "declined")),)
    id: int = _key()
    market_id: int = _ref("market.id", index=True)
    status: str = "pending"
    name: str
    address: str
    lat: float
    lon: float
    mall: str | None = None
    phone: str | None = None
    pickup_note: str | None = None
    owner_id: int = Field(foreign_key="person.id", sa_type=BigInteger)
    declined_for: str | None = None
    created_at: datetime
    erased_at: datetime | None = None


class Staff(SQLModel, table=True):
    """A person who speaks for a merchant; exactly one of them is the owner."""

    __table_args__ = (UniqueConstraint("merchant_id", "person_id"),)
    id: int = _key()
    merchant_id: int = _ref("merchant.id", index=True)
    person_id: int = Field(foreign_key="person.id", sa_type=BigInteger, index=True)
    created_at: datetime


class Invite(SQLModel, table=True):
    """A single-use link by which staff join; open → claimed (owner asked) → accepted | refused."""

    __table_args__ = (_one_of("status", ("open", "claimed", "accepted", "refused")),)
    id: int = _key()
    merchant_id: int = _ref("merchant.id", index=True)
    token: str = Field(unique=True)
    status: str = "open"
    person_id: int | None = Field(default=None, foreign_key="person.id", sa_type=BigInteger)
    expires_at: datetime


class Driver(SQLModel, table=True):
    """A person who carries deliveries, where he is and how long that is believed."""

    __table_args__ = (
        _one_of("status", ("pending", "approved", "declined")),
        _one_of("vehicle", ("foot", "bike", "car", "van")),
        Index("ix_driver_near", "market_id", "on_duty", "lat", "lon"),
    )
    id: int = _key()
    market_id: int = _ref("market.id")
    person_id: int = Field(foreign_key="person.id", sa_type=BigInteger, unique=True)
    status: str = "pending"
    name: str
    vehicle: str
    phone: str
    declined_for: str | None = None
    on_duty: bool = False
    lat: float | None = None
    lon: float | None = None
    position_at: datetime | None = None
    position_source: str | None = None
    """`live` or `pin`."""
    valid_until: datetime | None = None
    heard_at: datetime | None = None
    """When he last showed that he is there: a position, a tap, a word."""
    asked_at: datetime | None = None
    """When he was asked *still there?*; empty when he need not answer."""
    created_at: datetime
    erased_at: datetime | None = None


class Run(SQLModel, table=True):
    """The deliveries a driver carries on one trip; one open run per driver, by index."""

    __table_args__ = (
        Index(
            "one_run_per_driver",
            "driver_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    id: int = _key()
    market_id: int = _ref("market.id")
    driver_id: int = _ref("driver.id", index=True)
    started_at: datetime
    ended_at: datetime | None = None


class Delivery(SQLModel, table=True):
    """One parcel (or a few pieces) from one pickup to one dropoff."""

    __table_args__ = (
        _one_of("status", lifecycle.STATUSES),
        UniqueConstraint("market_id", "number"),
        Index("ix_delivery_due", "status", "dispatch_at"),
        Index("ix_delivery_kept", "erased_at", "ended_at"),
    )
    id: int = _key()
    market_id: int = _ref("market.id")
    number: str
    merchant_id: int = _ref("merchant.id", index=True)
    booked_by: int = Field(foreign_key="person.id", sa_type=BigInteger)
    draft_id: int | None = Field(default=None, sa_type=Key, unique=True)
    status: str = lifecycle.REQUESTED
    # what is carried
    pieces: int
    size: str
    note: str | None = None
    pin: str | None = None
    pin_wrong: int = 0
    # where
    pickup_address: str
    pickup_lat: float
    pickup_lon: float
    dropoff_address: str
    dropoff_lat: float
    dropoff_lon: float
    area: str
    distance_m: int
    customer_name: str
    customer_phone: str | None = None
    # money, fixed at Confirm
    currency: str
    fee_lines: list[list[Any]] = _json(list)
    fee: int
    pay: int
    cancel_percent: int
    cancel_free_s: int
    tariff_version: int
    cancel_fee: int = 0
    # when
    booked_at: datetime
    ready_at: datetime
    dispatch_at: datetime
    for_later: bool = False
    window_from: datetime
    window_to: datetime
    eta_at: datetime | None = None
    """When the driver is expected at the dropoff (before the pickup: by way of it)."""
    eta_told_at: datetime | None = None
    pickup_eta_at: datetime | None = None
    told_to: datetime | None = None
    """The end of the window that the customer was last told."""
    late_told_at: datetime | None = None
    # the search for a driver
    wave: int = 0
    wave_at: datetime | None = None
    """When the next wave may go out; empty when nobody is to be asked."""
    search: int = 1
    """Grows when the search begins anew (retry, given back): declines of earlier searches are forgotten."""
    # who carries it
    driver_id: int | None = _ref("driver.id", default=None, index=True)
    run_id: int | None = _ref("run.id", default=None, index=True)
    # what happened
    assigned_at: datetime | None = None
    at_pickup_at: datetime | None = None
    picked_up_at: datetime | None = None
    at_dropoff_at: datetime | None = None
    arriving_told_at: datetime | None = None
    delivered_at: datetime | None = None
    returning_at: datetime | None = None
    hand_back_asked_at: datetime | None = None
    expired_at: datetime | None = None
    ended_at: datetime | None = None
    undo_until: datetime | None = None
    proof_kind: str | None = None
    """`pin`, `photo`, `name` or `operator`."""
    proof_name: str | None = None
    proof_photo: str | None = None
    problem: str | None = None
    """A reason from the fixed lists: why it was cancelled, given up or given back."""
    problem_photo: str | None = None
    ended_by: str | None = None
    nobody_there_at: datetime | None = None
    erased_at: datetime | None = None
    """When names, addresses and words were erased; the figures stay."""


class DeliveryEvent(SQLModel, table=True):
    """The audit trail: who took which step of a delivery, when and why."""

    __tablename__ = "delivery_event"
    id: int = _key()
    delivery_id: int = _ref("delivery.id", index=True)
    at: datetime
    step: str
    by: str
    person_id: int | None = Field(default=None, sa_type=BigInteger)
    why: str | None = None


class Offer(SQLModel, table=True):
    """One delivery shown to one driver until a time; never two open ones to one driver, by index."""

    __table_args__ = (
        _one_of("status", lifecycle.OFFER_STATUSES),
        Index(
            "one_open_offer_per_driver",
            "driver_id",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
        Index("ix_offer_delivery", "delivery_id", "status"),
    )
    id: int = _key()
    market_id: int = _ref("market.id")
    delivery_id: int = _ref("delivery.id")
    driver_id: int = _ref("driver.id")
    search: int
    wave: int
    status: str = lifecycle.OFFER_OPEN
    pay: int
    to_pickup_m: int
    seconds: int
    """How long the driver has, from the moment the card was sent."""
    created_at: datetime
    sent_at: datetime | None = None
    expires_at: datetime | None = None
    ended_at: datetime | None = None


class Link(SQLModel, table=True):
    """The customer's link to a delivery: a 128-bit token, bound to the first person who says *it's mine*."""

    __table_args__ = (
        Index(
            "one_link_per_delivery",
            "delivery_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )
    id: int = _key()
    delivery_id: int = _ref("delivery.id", index=True)
    token: str = Field(unique=True)
    person_id: int | None = Field(default=None, foreign_key="person.id", sa_type=BigInteger, index=True)
    bound_at: datetime | None = None
    revoked_at: datetime | None = None


class Draft(SQLModel, table=True):
    """A conversation: which form, its answers, a version; one open question per person, by index."""

    __table_args__ = (
        _one_of("status", ("open", "parked", "done", "cancelled", "lapsed")),
        Index(
            "one_open_draft_per_person",
            "person_id",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
    )
    id: int = _key()
    person_id: int = Field(foreign_key="person.id", sa_type=BigInteger, index=True)
    form: str
    subject_id: int | None = Field(default=None, sa_type=Key)
    """What the form is about: the delivery that is delivered, the merchant that is declined."""
    status: str = "open"
    version: int = 1
    answers: dict[str, Any] = _json()
    complaint: list[Any] | None = Field(default=None, sa_type=JSON)
    """Why the last answer was not taken: text id and parameters."""
    lapses_at: datetime | None = Field(default=None, index=True)
    """When what the open question shows is no longer true."""
    updated_at: datetime


class Case(SQLModel, table=True):
    """Something that needs an operator; one open case per kind and subject, by index."""

    __tablename__ = "operator_case"
    __table_args__ = (
        Index(
            "one_open_case",
            "kind",
            "subject_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )
    id: int = _key()
    market_id: int = _ref("market.id")
    kind: str
    subject_id: int = Field(sa_type=BigInteger)
    detail: str | None = None
    opened_at: datetime
    closed_at: datetime | None = None
    closed_by: int | None = Field(default=None, sa_type=BigInteger)


class Inbox(SQLModel, table=True):
    """An update of Telegram's, stored before it is confirmed; done if and only if its mark is committed."""

    __table_args__ = (
        _one_of("status", ("new", "done", "failed")),
        Index("ix_inbox_waiting", "status", "person_id", "update_id"),
    )
    update_id: int = _given("update_id")
    person_id: int = Field(default=0, sa_type=BigInteger)
    """Whose turn it is: updates of one person are handled one after the other."""
    body: dict[str, Any] = _json()
    status: str = "new"
    attempts: int = 0
    not_before: datetime | None = None
    error: str | None = None
    received_at: datetime
    done_at: datetime | None = None


class Outbox(SQLModel, table=True):
    """Something to say, written in the transaction that causes it and sent by the relay."""

    __table_args__ = (
        _one_of("kind", ("card", "notice", "photo", "qr", "commands", "close", "delete")),
        Index("ix_outbox_due", "sent_at", "dropped_at", "due_at"),
        Index("ix_outbox_about", "about"),
    )
    id: int = _key()
    chat_id: int = Field(sa_type=BigInteger)
    kind: str
    subject: str | None = None
    """What a card shows, as `kind:id`; a photo's file_id; a QR picture's link; the message to be closed or deleted."""
    text_id: str | None = None
    params: dict[str, Any] = _json()
    buttons: list[Any] = _json(list)
    loud: bool = False
    anew: bool = False
    """For a card: post it at the bottom of the chat rather than edit it where it lies."""
    urgency: int = 1
    """0 somebody waits for this answer, 1 an offer, 2 news, 3 bulk, 4 tidying up: after all else of its chat."""
    about: str | None = None
    """By what a message that is no longer true is withdrawn, e.g. `delivery:12:picked_up`."""
    created_at: datetime
    due_at: datetime
    expires_at: datetime | None = None
    attempts: int = 0
    sent_at: datetime | None = None
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    """The message that it became, where it became one."""
    dropped_at: datetime | None = None
    error: str | None = None


class Card(SQLModel, table=True):
    """The one message in a chat that shows a subject: where it lies and what it said last."""

    __table_args__ = (
        Index("ix_card_subject", "subject"),
        Index(
            "ix_card_open",
            "shown_at",
            sqlite_where=text("closed = false"),
            postgresql_where=text("closed = false"),
        ),
    )
    chat_id: int = _given("chat_id")
    subject: str = Field(primary_key=True)
    message_id: int = Field(sa_type=BigInteger)
    media: str = "text"
    content: str
    """A digest of what was shown, so that nothing is edited to what it is."""
    said: int
    """The chat's count of messages when it was posted."""
    asked: str | None = None
    """The question of a conversation that this message asks: only its own answer is ticked there."""
    line_id: int | None = Field(default=None, sa_type=BigInteger)
    """The message that is left of this card as a line where it lay before."""
    closed: bool = False
    shown_at: datetime


class KnownPlace(SQLModel, table=True):
    """What the geocoder answered, so that it is not asked twice."""

    __tablename__ = "known_place"
    key: str = Field(primary_key=True)
    places: list[dict[str, Any]] = _json(list)
    at: datetime
