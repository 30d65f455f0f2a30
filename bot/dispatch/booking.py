"""Booking: quote a delivery, book it, cancel it at the price that was shown."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.dispatch import eta, geo, matching, notices, offers, pricing, rights
from bot.dispatch.geo import Point
from bot.dispatch.refusals import NotNow, TooLate, Unclear
from bot.dispatch.words import Metres, Money, Window
from storage import lifecycle
from storage.database import Work
from storage.models import Delivery, Merchant
from storage.rows import Raced

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Digits and letters that nobody mistakes for one another when they are said aloud."""

MERCHANT_REASONS = ("changed_mind", "wrong_address", "not_ready", "too_slow", "other")


@dataclass(frozen=True)
class Request:
    """What a merchant wants carried, as the form gathered it."""

    merchant: Merchant
    pieces: int
    size: str
    dropoff: Point
    dropoff_address: str
    area: str | None
    customer_name: str
    customer_phone: str | None
    note: str | None
    ready_at: datetime | None
    """Empty for now."""
    pin: bool


@dataclass(frozen=True)
class Promise:
    """A quote with its window and how many drivers are on duty nearby; valid until a time."""

    quote: pricing.Quote
    window: Window
    drivers: int
    until: datetime
    tariff_version: int


def check_trip(work: Work, merchant: Merchant, dropoff: Point) -> None:
    """Raise Unclear where the market does not go so far."""
    far = geo.way_m((merchant.lat, merchant.lon), dropoff)
    if far > work.market.max_trip_km * 1000:
        raise Unclear("unclear-too-far", way=Metres(far), most=Metres(round(work.market.max_trip_km * 1000)))


def promise(
    work: Work, merchant: Merchant, size: str, pieces: int, dropoff: Point, ready_at: datetime | None
) -> Promise:
    """What the delivery would cost and when it would arrive, were it confirmed now."""
    pickup = (merchant.lat, merchant.lon)
    quote = pricing.quote(work.market.tariff, pickup, dropoff, size)
    ranked = nearby(work, merchant, size, pieces)
    if ready_at is not None and ready_at > work.now:
        at_pickup = ready_at
    else:
        approach = eta.APPROACH if not ranked else timedelta(seconds=ranked[0].seconds)
        at_pickup = work.now + eta.SEARCH + approach
    at_dropoff = at_pickup + eta.HANDLING + eta.travel(pickup, dropoff, "car")
    return Promise(quote, eta.window(at_dropoff), len(ranked), work.now + pricing.VALID, work.tariff_version)


def nearby(work: Work, merchant: Merchant, size: str, pieces: int) -> list[matching.Candidate]:
    """Drivers on duty who could come, the soonest first, busy ones left out."""
    widest = max(wave.km for wave in work.market.offers.waves) * 1000
    pickup = (merchant.lat, merchant.lon)
    drivers = work.drivers.near(merchant.market_id, geo.box(pickup, widest))
    busy = work.drivers.busy(drivers)
    return matching.rank(pickup, size, pieces, drivers, work.now, within_m=widest, without=busy)


def book(work: Work, person_id: int, request: Request, draft_id: int, made: Promise | None = None) -> Delivery:
    """Book what was asked for, as it was promised (as it would be now, where nothing was); money is fixed now.

    A draft is booked once, by index. Raises NotYours, or NotNow where the promise is over.
    """
    merchant = rights.staff(work, person_id, request.merchant.id)
    if merchant.status != "approved":
        raise NotNow("refused-merchant-pending")
    if made is None:
        made = promise(work, merchant, request.size, request.pieces, request.dropoff, request.ready_at)
    if made.until <= work.now:
        raise NotNow("quote-lapsed")
    tariff = work.market.tariff
    later = request.ready_at is not None and request.ready_at > work.now
    ready_at = request.ready_at if later and request.ready_at else work.now
    delivery = Delivery(
        market_id=merchant.market_id,
        number=_number(work, merchant.market_id),
        merchant_id=merchant.id,
        booked_by=person_id,
        draft_id=draft_id,
        pieces=request.pieces,
        size=request.size,
        note=request.note,
        pin=f"{secrets.randbelow(10_000):04}" if request.pin else None,
        pickup_address=merchant.address,
        pickup_lat=merchant.lat,
        pickup_lon=merchant.lon,
        dropoff_address=request.dropoff_address,
        dropoff_lat=request.dropoff[0],
        dropoff_lon=request.dropoff[1],
        area=request.area or geo.area(request.dropoff),
        distance_m=made.quote.distance_m,
        customer_name=request.customer_name,
        customer_phone=request.customer_phone,
        currency=work.market.currency,
        fee_lines=[list(line) for line in made.quote.lines],
        fee=made.quote.fee,
        pay=made.quote.pay,
        cancel_percent=tariff.cancel_percent,
        cancel_free_s=tariff.cancel_free_s,
        tariff_version=made.tariff_version,
        booked_at=work.now,
        ready_at=ready_at,
        dispatch_at=max(work.now, ready_at - offers.lead(work)) if later else work.now,
        for_later=later,
        window_from=made.window.start,
        window_to=made.window.end,
        wave_at=work.now,
    )
    work.deliveries.add(delivery, person_id)
    work.deliveries.add_link(delivery.id, secrets.token_urlsafe(16))
    notices.post(work, person_id, f"delivery:{delivery.id}")
    if delivery.dispatch_at <= work.now:
        offers.search(work, delivery)
    return delivery


def _number(work: Work, market_id: int) -> str:
    while True:
        number = "".join(secrets.choice(ALPHABET) for _ in range(5))
        if not work.deliveries.number_taken(market_id, number):
            return number


def cancel(work: Work, person_id: int, delivery_id: int, price_shown: int, reason: str) -> Delivery:
    """The merchant cancels at the price he was shown. Raises NotNow where that has changed, TooLate once carried."""
    delivery = work.deliveries.lock(delivery_id)
    rights.staff(work, person_id, delivery.merchant_id)
    price = pricing.cancel_price(delivery, work.now)
    if price != price_shown and lifecycle.allowed(delivery.status, "cancel", lifecycle.MERCHANT):
        raise NotNow("refused-price-changed", price=Money(price, delivery.currency))
    end(work, delivery, lifecycle.MERCHANT, person_id, reason, price)
    return delivery


def end(work: Work, delivery: Delivery, by: str, person_id: int | None, reason: str, price: int) -> None:
    """Cancel, whoever does it: offers close, the driver is free, everybody is told. Raises TooLate."""
    try:
        work.deliveries.step(
            delivery,
            "cancel",
            by,
            person_id=person_id,
            why=reason,
            wave_at=None,
            cancel_fee=price,
            problem=reason,
            ended_by=by,
            ended_at=work.now,
        )
    except (Raced, lifecycle.IllegalStep):
        raise TooLate("refused-not-cancellable", number=delivery.number) from None
    offers.withdraw_all(work, delivery, by)
    free_driver(work, delivery)
    notices.unsay(work, delivery, "driver found")
    notices.close_cases(work, delivery)
    notices.tell(work, delivery, "cancelled by the operator" if by == lifecycle.OPERATOR else "cancelled")


def free_driver(work: Work, delivery: Delivery) -> None:
    """Close the run when nothing is left on it, and show its driver what else there is."""
    if delivery.run_id is None or delivery.driver_id is None:
        return
    work.drivers.end_run_if_done(delivery.run_id)
    driver = work.drivers.get(delivery.driver_id)
    if driver.on_duty and work.drivers.run(driver.id) is None:
        driver.heard_at, driver.asked_at = work.now, None
        offers.offer_best(work, driver)
    notices.stale(work, driver.person_id, f"duty:{driver.id}")


def may_ask_back(work: Work, person_id: int, delivery_id: int) -> Delivery:
    """The delivery that the merchant may ask back. Raises NotYours, TooLate, or NotNow where he has asked already."""
    delivery = work.deliveries.lock(delivery_id)
    rights.staff(work, person_id, delivery.merchant_id)
    if delivery.status != lifecycle.PICKED_UP:
        raise TooLate("refused-step", number=delivery.number)
    if work.cases.about("wants_back", delivery.id) is not None:
        raise NotNow("refused-asked-back", number=delivery.number)
    return delivery


def ask_back(work: Work, person_id: int, delivery_id: int) -> Delivery:
    """The merchant wants back what a driver carries already: the operators are asked. Raises as `may_ask_back`."""
    delivery = may_ask_back(work, person_id, delivery_id)
    notices.raise_case(work, "wants_back", delivery.id)
    return delivery


def new_link(work: Work, person_id: int, delivery_id: int) -> Delivery:
    """Issue a new customer's link; whoever bound the old one is no longer told."""
    delivery = work.deliveries.lock(delivery_id)
    rights.staff(work, person_id, delivery.merchant_id)
    if delivery.status in lifecycle.ENDS:
        raise TooLate("refused-step", number=delivery.number)
    before = work.deliveries.customer(delivery.id)
    work.deliveries.add_link(delivery.id, secrets.token_urlsafe(16))
    notices.take_away_pictures(work, delivery)
    if before is not None:
        notices.post(work, before, f"parcel:{delivery.id}", urgency=notices.NEWS)
    notices.stale(work, notices.speaker(work, delivery), f"delivery:{delivery.id}")
    return delivery
