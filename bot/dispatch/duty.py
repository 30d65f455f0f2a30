"""On duty and off: where drivers are, and asking the silent ones whether they are still there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.dispatch import notices, offers, rights
from bot.dispatch.geo import Point
from bot.dispatch.refusals import NotNow
from storage.database import Work
from storage.models import Driver

PIN_HOLDS = timedelta(minutes=60)
SILENT = timedelta(minutes=10)
ANSWER = timedelta(minutes=5)
FOREVER = 0x7FFFFFFF
"""Telegram's live_period of a location that is shared until it is switched off."""


@dataclass(frozen=True)
class Position:
    """One live-location update: who, where, when; `until` is when the sharing ends (now, where it just did)."""

    person_id: int
    point: Point
    at: datetime
    until: datetime


def live_until(start: datetime, period_s: int) -> datetime:
    """When a live location ends; one without end is believed for a day at a time."""
    return start + timedelta(seconds=min(period_s, 86_400 if period_s == FOREVER else period_s))


def come_on(
    work: Work,
    person_id: int,
    point: Point,
    source: str,
    until: datetime,
    at: datetime | None = None,
) -> Driver:
    """The driver wants offers now; he is shown the best open delivery near him at once.

    `at` is when he was there, by Telegram's clock (its whole seconds order the positions to come); empty for now.
    """
    driver = rights.approved_driver(work, person_id)
    was_on = driver.on_duty
    driver.on_duty = True
    driver.lat, driver.lon = point
    driver.position_at, driver.position_source, driver.valid_until = at or work.now, source, until
    driver.heard_at, driver.asked_at = work.now, None
    work.session.flush()
    notices.stale(work, person_id, f"home:{person_id}")
    if was_on:
        notices.stale(work, person_id, f"duty:{driver.id}", urgency=notices.NOW_PLEASE)
    else:
        notices.post(work, person_id, f"duty:{driver.id}")
    offers.offer_best(work, driver)
    return driver


def shares(driver: Driver, now: datetime) -> bool:
    """Whether the driver's live location still comes in."""
    return driver.position_source == "live" and driver.valid_until is not None and driver.valid_until > now


def come_back(work: Work, person_id: int) -> Driver:
    """On duty again, with the live location that is still shared. Raises NotNow where there is none."""
    driver = rights.approved_driver(work, person_id)
    if not shares(driver, work.now) or driver.lat is None or driver.lon is None or driver.valid_until is None:
        raise NotNow("refused-not-sharing")
    return come_on(work, person_id, (driver.lat, driver.lon), "live", driver.valid_until, driver.position_at)


def go_off(work: Work, person_id: int) -> Driver:
    """The driver wants no more offers; what he carries he still carries."""
    driver = rights.approved_driver(work, person_id)
    if not driver.on_duty:
        raise NotNow("refused-off-already")
    _off(work, driver)
    notices.post(work, person_id, f"duty:{driver.id}")
    return driver


def _off(work: Work, driver: Driver) -> None:
    driver.on_duty, driver.asked_at = False, None
    notices.stale(work, driver.person_id, f"home:{driver.person_id}")
    offer = work.offers.open_for_driver(driver.id)
    if offer is not None:
        offers.end(work, offer, "withdraw", "driver")
        delivery = work.deliveries.get(offer.delivery_id)
        work.session.flush()
        if delivery.status == "requested" and delivery.wave_at is not None:
            offers.search(work, delivery)


def still_here(work: Work, person_id: int) -> Driver:
    """Yes, still there: a pin holds for another 60 minutes, a live location is believed again."""
    driver = rights.approved_driver(work, person_id)
    if not driver.on_duty:
        raise NotNow("refused-off-already")
    driver.heard_at, driver.asked_at = work.now, None
    if driver.position_source == "pin" or driver.valid_until is None or driver.valid_until <= work.now:
        driver.position_source, driver.valid_until = "pin", work.now + PIN_HOLDS
    driver.position_at = work.now
    notices.stale(work, person_id, f"duty:{driver.id}", urgency=notices.NOW_PLEASE)
    offers.offer_best(work, driver)
    return driver


def hear(work: Work, person_id: int) -> None:
    """The driver did something: he is there."""
    asked = work.drivers.hear(person_id)
    if asked is not None:
        notices.stale(work, person_id, f"duty:{asked}")


def move(work: Work, positions: Iterable[Position]) -> int:
    """Take the newest live position of each driver; returns how many were news."""
    newest: dict[int, Position] = {}
    for position in positions:
        if position.person_id not in newest or newest[position.person_id].at <= position.at:
            newest[position.person_id] = position
    moves = [(person_id, *news.point, news.at, news.until) for person_id, news in newest.items()]
    return work.drivers.move(moves)


def sweep(work: Work) -> None:
    """Ask the silent, put off duty those who do not answer; whoever carries something is never put off."""
    for driver in work.drivers.followed(work.market_id):
        runs, silent = work.drivers.run(driver.id) is not None, _silent(driver, work.now)
        if runs:
            _watch_run(work, driver, silent=silent)
        elif silent and driver.asked_at is None and work.drivers.ask(driver):
            notices.post(work, driver.person_id, f"duty:{driver.id}", loud=True, urgency=notices.NEWS)
        elif silent and driver.asked_at is not None and driver.asked_at + ANSWER <= work.now:
            if not work.drivers.put_off(driver):
                continue  # he has just answered
            _off(work, driver)
            notices.post(work, driver.person_id, f"duty:{driver.id}", urgency=notices.NEWS)


def _watch_run(work: Work, driver: Driver, *, silent: bool) -> None:
    for delivery in work.deliveries.with_driver(driver.id):
        if silent:
            notices.raise_case(work, "dark", delivery.id, since=driver.heard_at)
        else:
            notices.close_cases(work, delivery, "dark")


def _silent(driver: Driver, now: datetime) -> bool:
    heard_at = driver.heard_at or driver.position_at or driver.created_at
    if driver.position_source == "pin":
        return driver.valid_until is not None and driver.valid_until <= now
    return heard_at + SILENT <= now
