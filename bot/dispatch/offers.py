"""Offers: who is shown which delivery, in waves; the first to accept has it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError

from bot.dispatch import eta, matching, notices, rights
from bot.dispatch.geo import Point, box
from bot.dispatch.matching import Candidate
from bot.dispatch.refusals import NotNow, NotYours, Taken, TooLate
from storage import lifecycle
from storage.database import Work
from storage.markets import Wave
from storage.models import Delivery, Driver, Offer
from storage.rows import Raced, swap

UNSENT = timedelta(seconds=15)
"""An offer that could not be sent for so long is withdrawn, without counting against the driver."""

UNSEEN = timedelta(minutes=3)
"""So long the search begins anew where nobody could be shown anything: that is our silence, not the drivers'."""


def sweep(work: Work) -> None:
    """End what is over, then offer every delivery that looks for a driver to whoever is next."""
    for offer in work.offers.overdue(UNSENT):
        work.deliveries.lock(offer.delivery_id)
        end(work, offer, "expire" if offer.sent_at else "withdraw", lifecycle.SWEEP)
    for delivery in work.deliveries.searching():
        search(work, delivery)


def search(work: Work, delivery: Delivery) -> None:
    """Take the search one step further: the next wave, stragglers while an operator looks, at last the end."""
    if work.offers.open_for_delivery(delivery.id):
        return
    waves = work.market.offers.waves
    if delivery.wave == 0 and delivery.for_later:
        notices.refresh(work, delivery)  # it no longer waits for its time
    if delivery.wave > len(waves):
        if delivery.wave_at is None or work.now >= delivery.wave_at:
            expire(work, delivery)
        else:
            _send_wave(work, delivery, delivery.wave, _widest(work))
        return
    for number in range(delivery.wave + 1, len(waves) + 1):
        if not work.deliveries.next_wave(delivery, number, work.now):
            return
        if _send_wave(work, delivery, number, waves[number - 1]):
            return
    _ask_operator(work, delivery)


def _ask_operator(work: Work, delivery: Delivery) -> None:
    tried_since = work.offers.unseen_since(delivery.id, delivery.search)
    if tried_since is not None and work.now < tried_since + UNSEEN:
        work.deliveries.next_wave(delivery, 0, work.now)
        return
    until = work.now + timedelta(seconds=work.market.offers.operator_s)
    if work.deliveries.next_wave(delivery, len(work.market.offers.waves) + 1, until):
        notices.raise_case(work, "nobody_found", delivery.id)
        notices.refresh(work, delivery)


def helped(work: Work, delivery: Delivery) -> bool:
    """Whether everybody was asked in vain, and an operator is looking now."""
    return delivery.status == lifecycle.REQUESTED and delivery.wave > len(work.market.offers.waves)


def expire(work: Work, delivery: Delivery) -> None:
    """Nobody was found: the merchant is asked whether to try again."""
    work.deliveries.step(delivery, "expire", lifecycle.SWEEP, wave_at=None, expired_at=work.now)
    notices.tell(work, delivery, "nobody found")


def begin_search(work: Work, delivery: Delivery) -> dict[str, Any]:
    """The columns of a delivery whose search begins anew: what was promised before can no longer be kept sooner."""
    pickup, dropoff = (delivery.pickup_lat, delivery.pickup_lon), (delivery.dropoff_lat, delivery.dropoff_lon)
    at_pickup = max(work.now + eta.SEARCH + eta.APPROACH, delivery.ready_at)
    window = eta.window(at_pickup + eta.HANDLING + eta.travel(pickup, dropoff, "car"))
    later = window.end > delivery.window_to
    moved = {"window_from": window.start, "window_to": window.end} if later else {}
    return {"wave": 0, "wave_at": work.now, "driver_id": None, "run_id": None, **moved}


def candidates(work: Work, delivery: Delivery, within_km: float, number: int) -> list[Candidate]:
    """The best free drivers for a delivery, at most so many."""
    pickup = (delivery.pickup_lat, delivery.pickup_lon)
    drivers = work.drivers.near(delivery.market_id, box(pickup, within_km * 1000))
    without = work.drivers.busy(drivers) | work.offers.asked(delivery.id, delivery.search)
    without |= {driver.id for driver in drivers if barred(work, driver, delivery)}
    ranked = matching.rank(
        pickup, delivery.size, delivery.pieces, drivers, work.now, within_m=within_km * 1000, without=without
    )
    return ranked[:number]


def barred(work: Work, driver: Driver, delivery: Delivery) -> bool:
    """Whether this driver is never offered this delivery: he speaks for its merchant, receives it, or had it before."""
    person_id = driver.person_id
    return (
        work.merchants.speaks_for(person_id, delivery.merchant_id)
        or work.deliveries.customer(delivery.id) == person_id
        or person_id in work.deliveries.had(delivery.id)
        or not work.people.get(person_id).reachable
    )


def _send_wave(work: Work, delivery: Delivery, number: int, wave: Wave) -> bool:
    chosen = candidates(work, delivery, wave.km, wave.drivers)
    sent = [_offer(work, delivery, number, candidate, wave.seconds) for candidate in chosen]
    return any(sent)


def _offer(work: Work, delivery: Delivery, number: int, candidate: Candidate, seconds: int) -> bool:
    offer = Offer(
        market_id=delivery.market_id,
        delivery_id=delivery.id,
        driver_id=candidate.driver.id,
        search=delivery.search,
        wave=number,
        pay=delivery.pay,
        to_pickup_m=candidate.way_m,
        seconds=seconds,
        created_at=work.now,
    )
    try:
        with work.session.begin_nested():
            work.offers.add(offer)
    except IntegrityError:
        return False  # he was shown something else a moment ago: the index says so
    work.happened.append(("offer", "made", 0))
    loud = notices.HEARD["offer"][lifecycle.DRIVER] == notices.LOUD
    notices.post(
        work,
        candidate.driver.person_id,
        f"offer:{offer.id}",
        loud=loud,
        urgency=notices.OFFER,
        about=f"offer:{offer.id}",
    )
    return True


def lead(work: Work) -> timedelta:
    """How long before its pickup time a delivery for later is offered."""
    return timedelta(seconds=work.market.offers.lead_s)


def _widest(work: Work) -> Wave:
    return max(work.market.offers.waves, key=lambda wave: wave.km)


def offer_best(work: Work, driver: Driver) -> None:
    """Show a free driver the best open delivery near him, if there is one: he comes on duty, or has just said no."""
    here = matching.place(driver)
    if here is None or driver.id in work.drivers.busy([driver]):
        return
    wave = _widest(work)
    found: list[tuple[float, int, Delivery, Candidate]] = []
    for delivery in work.deliveries.searching():
        if barred(work, driver, delivery) or driver.id in work.offers.asked(delivery.id, delivery.search):
            continue
        pickup: Point = (delivery.pickup_lat, delivery.pickup_lon)
        ranked = matching.rank(pickup, delivery.size, delivery.pieces, [driver], work.now, within_m=wave.km * 1000)
        found += [(candidate.seconds, delivery.id, delivery, candidate) for candidate in ranked]
    if found:
        _, _, delivery, candidate = min(found, key=lambda entry: entry[:2])
        _offer(work, delivery, delivery.wave, candidate, wave.seconds)


def end(work: Work, offer: Offer, step: str, by: str) -> bool:
    """End an open offer; its card closes by itself. False where it has ended meanwhile."""
    if not work.offers.step(offer, step, by):
        return False
    work.happened.append(("offer", offer.status, 0))
    driver = work.drivers.get(offer.driver_id)
    work.outbox.withdraw(f"offer:{offer.id}")  # not sent yet: then it need not be
    notices.stale(work, driver.person_id, f"offer:{offer.id}", urgency=notices.OFFER)
    return True


def withdraw_all(work: Work, delivery: Delivery, by: str) -> None:
    """Withdraw every open offer of a delivery."""
    for offer in work.offers.open_for_delivery(delivery.id):
        end(work, offer, "withdraw", by)


def accept(work: Work, person_id: int, offer_id: int) -> Delivery:
    """The driver takes the delivery: the first one does, by compare-and-set.

    Raises NotYours, TooLate, Taken, or NotNow where he has a run (the index says so).
    """
    offer, driver = _his(work, person_id, offer_id)
    if offer.expires_at is not None and work.now >= offer.expires_at:
        raise TooLate("refused-offer-over")
    delivery = work.deliveries.lock(offer.delivery_id)
    if not end(work, offer, "accept", lifecycle.DRIVER):
        raise Taken if closed_because(work, offer) == "taken" else TooLate("refused-offer-over")
    assign(work, delivery, driver, lifecycle.DRIVER, person_id)
    if delivery.search == 1:  # a later search began at a time that nobody wrote down
        began = max(delivery.booked_at, delivery.dispatch_at)
        work.happened.append(("accepted", "", (work.now - began).total_seconds()))
    return delivery


def assign(work: Work, delivery: Delivery, driver: Driver, by: str, person_id: int) -> None:
    """Give the delivery to the driver on a new run; the other offers close. Raises NotNow or Taken."""
    run_id = work.drivers.start_run(driver)
    if run_id is None:
        raise NotNow("refused-has-run")
    pickup = (delivery.pickup_lat, delivery.pickup_lon)
    dropoff = (delivery.dropoff_lat, delivery.dropoff_lon)
    way_there = eta.travel(matching.place(driver) or pickup, pickup, driver.vehicle)
    at_pickup = max(work.now + way_there, delivery.ready_at)
    at_dropoff = at_pickup + eta.HANDLING + eta.travel(pickup, dropoff, driver.vehicle)
    try:
        work.deliveries.step(
            delivery,
            "assign",
            by,
            person_id=person_id,
            driver_id=driver.id,
            run_id=run_id,
            wave_at=None,
            assigned_at=work.now,
            pickup_eta_at=at_pickup,
            eta_at=at_dropoff,
            told_to=eta.window(at_dropoff).end,
            eta_told_at=work.now,
            late_told_at=None,
        )
    except (Raced, lifecycle.IllegalStep):
        raise Taken from None
    withdraw_all(work, delivery, lifecycle.SWEEP)
    notices.close_cases(work, delivery, "nobody_found")
    notices.tell(work, delivery, "driver found")


def decline(work: Work, person_id: int, offer_id: int) -> Offer:
    """The driver would rather not; the search goes on at once, and he sees what else there is. Raises as `accept`."""
    offer, driver = _his(work, person_id, offer_id)
    delivery = work.deliveries.lock(offer.delivery_id)
    if not end(work, offer, "decline", lifecycle.DRIVER):
        raise TooLate("refused-offer-over")
    if delivery.status == lifecycle.REQUESTED and delivery.wave_at is not None:
        search(work, delivery)
    offer_best(work, driver)
    return offer


def _his(work: Work, person_id: int, offer_id: int) -> tuple[Offer, Driver]:
    offer = work.offers.get(offer_id)
    driver = work.drivers.of(person_id)
    if driver is None or offer.driver_id != driver.id:
        raise NotYours
    return offer, driver


def closed_because(work: Work, offer: Offer) -> str:
    """Why an offer is no longer open, for its card: accepted, declined, over, taken or gone."""
    if offer.status != lifecycle.OFFER_WITHDRAWN:
        return offer.status
    delivery = work.deliveries.get(offer.delivery_id)
    return "taken" if delivery.driver_id not in (None, offer.driver_id) else "gone"


def extend(work: Work, offers: Sequence[Offer], by: timedelta) -> None:
    """Give open offers so much more time (we were away)."""
    for offer in offers:
        if offer.expires_at is not None and work.offers.extend(offer, offer.expires_at + by):
            notices.stale(work, work.drivers.get(offer.driver_id).person_id, f"offer:{offer.id}", urgency=notices.OFFER)


def forgive(work: Work, since: datetime) -> None:
    """What ran out while nobody could be heard was not left unanswered: it is offered anew, to the same drivers too."""
    for delivery_id in work.offers.expired_since(since):
        delivery = work.deliveries.get(delivery_id)
        expected = {"status": lifecycle.REQUESTED, "search": delivery.search, "wave_at": delivery.wave_at}
        anew = {"wave": 0, "wave_at": work.now, "search": delivery.search + 1}
        if delivery.wave_at is not None and swap(work.session, delivery, expected, anew):
            notices.close_cases(work, delivery, "nobody_found")
            notices.refresh(work, delivery)


def retry(work: Work, person_id: int, delivery_id: int, by: str = lifecycle.MERCHANT) -> Delivery:
    """Search again for a delivery that nobody took. Raises NotYours or TooLate."""
    delivery = work.deliveries.lock(delivery_id)
    if by == lifecycle.MERCHANT:
        rights.staff(work, person_id, delivery.merchant_id)
    else:
        rights.operator(work, person_id)
    try:
        work.deliveries.step(
            delivery, "retry", by, person_id=person_id, search=delivery.search + 1, **begin_search(work, delivery)
        )
    except (Raced, lifecycle.IllegalStep):
        raise TooLate from None
    notices.close_cases(work, delivery, "nobody_found")
    notices.tell(work, delivery, "searching again")
    search(work, delivery)
    return delivery
