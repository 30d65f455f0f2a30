"""Joining: merchants and drivers apply, operators decide, owners let their staff in."""

import secrets
from datetime import timedelta

from bot.dispatch import geo, notices, rights
from bot.dispatch.geo import Point
from bot.dispatch.refusals import NotNow, NotYours, TooLate
from bot.dispatch.words import Say
from storage.database import Work
from storage.markets import Mall
from storage.models import Driver, Invite, Merchant

INVITE_HOLDS = timedelta(hours=24)
DECLINE_REASONS = ("outside_area", "not_reached", "papers", "full", "other")


def mall_at(work: Work, point: Point) -> Mall | None:
    """The mall whose grounds this point lies on, or None."""
    inside = [mall for mall in work.market.malls if geo.straight_m(point, (mall.lat, mall.lon)) <= mall.radius_m]
    return min(inside, key=lambda mall: geo.straight_m(point, (mall.lat, mall.lon)), default=None)


def may_join_as_merchant(work: Work, person_id: int) -> None:
    """Raise NotNow where this person has a merchant already, or waits for one."""
    for merchant in work.merchants.of(person_id):
        if merchant.status == "pending":
            raise NotNow("refused-merchant-pending")
        if merchant.status == "approved":
            raise NotNow("refused-merchant-already", name=merchant.name)


def apply_as_merchant(
    work: Work,
    person_id: int,
    *,
    name: str,
    address: str,
    point: Point,
    mall: str | None,
    phone: str,
    pickup_note: str | None,
) -> Merchant:
    """A merchant asks to join; the operators are asked to approve."""
    may_join_as_merchant(work, person_id)
    merchant = work.merchants.add(
        Merchant(
            market_id=work.market_id,
            name=name,
            address=address,
            lat=point[0],
            lon=point[1],
            mall=mall,
            phone=phone,
            pickup_note=pickup_note,
            owner_id=person_id,
            created_at=work.now,
        )
    )
    _ask_operators(work, f"merchant:{merchant.id}")
    return merchant


def may_join_as_driver(work: Work, person_id: int) -> None:
    """Raise NotNow where this person drives already, or waits to."""
    driver = work.drivers.of(person_id)
    if driver is not None and driver.status != "declined":
        raise NotNow("refused-driver-pending" if driver.status == "pending" else "refused-driver-already")


def apply_as_driver(work: Work, person_id: int, *, name: str, vehicle: str, phone: str) -> Driver:
    """A driver asks to join (again, where he was declined); the operators are asked to approve."""
    may_join_as_driver(work, person_id)
    driver = work.drivers.of(person_id)
    if driver is None:
        new = Driver(
            market_id=work.market_id,
            person_id=person_id,
            name=name,
            vehicle=vehicle,
            phone=phone,
            created_at=work.now,
        )
        driver = work.drivers.add(new)
    else:
        driver.status, driver.declined_for = "pending", None
        driver.name, driver.vehicle, driver.phone = name, vehicle, phone
        work.session.flush()
    _ask_operators(work, f"driver:{driver.id}")
    return driver


def _ask_operators(work: Work, subject: str) -> None:
    for operator_id in work.people.operators():
        notices.post(work, operator_id, subject, loud=True, urgency=notices.NEWS)


def settle_merchant(work: Work, operator_id: int, merchant_id: int, reason: str | None = None) -> Merchant:
    """An operator approves a merchant, or declines it for a reason. Raises TooLate where another was quicker."""
    rights.operator(work, operator_id)
    merchant = work.merchants.get(merchant_id)
    status = "approved" if reason is None else "declined"
    if not work.merchants.settle(merchant, status, reason):
        raise TooLate("refused-settled")
    notices.stale_everywhere(work, f"merchant:{merchant.id}")
    _tell_settled(work, merchant.owner_id, "merchant", merchant.name, reason)
    return merchant


def settle_driver(work: Work, operator_id: int, driver_id: int, reason: str | None = None) -> Driver:
    """An operator approves a driver, or declines him for a reason. Raises TooLate where another was quicker."""
    rights.operator(work, operator_id)
    driver = work.drivers.get(driver_id)
    status = "approved" if reason is None else "declined"
    if not work.drivers.settle(driver, status, reason):
        raise TooLate("refused-settled")
    notices.stale_everywhere(work, f"driver:{driver.id}")
    _tell_settled(work, driver.person_id, "driver", driver.name, reason)
    return driver


def _tell_settled(work: Work, person_id: int, kind: str, name: str, reason: str | None) -> None:
    if reason is not None:
        because: Say | str = Say(f"decline-{reason.replace('_', '-')}") if reason in DECLINE_REASONS else reason
        notices.say(work, person_id, Say.of(f"{kind}-declined", name=name, reason=because), loud=True)
        return
    person = work.people.get(person_id)
    person.role = kind
    notices.say(work, person_id, Say.of(f"{kind}-approved", name=name), loud=True)
    driver = work.drivers.of(person_id) if kind == "driver" else None
    subject = f"duty:{driver.id}" if driver is not None else f"home:{person_id}"
    notices.post(work, person_id, subject, urgency=notices.NEWS)
    notices.menu(work, person_id)


# staff


def invite(work: Work, owner_id: int, merchant_id: int) -> Invite:
    """A single-use link for one more person who speaks for the merchant; it holds for 24 hours."""
    rights.owner(work, owner_id, merchant_id)
    return work.merchants.invite(merchant_id, secrets.token_urlsafe(16), work.now + INVITE_HOLDS)


def claim_invite(work: Work, person_id: int, token: str) -> Invite:
    """Somebody opened an invitation: the owner is asked. Raises TooLate where it is used or over."""
    found = work.merchants.invitation(token)
    if found is None or found.expires_at <= work.now:
        raise TooLate("refused-invite-over")
    if work.merchants.speaks_for(person_id, found.merchant_id):
        raise NotNow("refused-staff-already", name=work.merchants.get(found.merchant_id).name)
    for other in work.merchants.of(person_id):
        if other.status != "declined":
            raise NotNow("refused-merchant-already", name=other.name)
    if not work.merchants.answer_invite(found, "open", "claimed", person_id):
        raise TooLate("refused-invite-over")
    owner_id = work.merchants.get(found.merchant_id).owner_id
    notices.post(work, owner_id, f"invite:{found.id}", loud=True, urgency=notices.NEWS)
    return found


def answer_invite(work: Work, owner_id: int, invite_id: int, *, accept: bool) -> Invite:
    """The owner says whether the person who opened the link may speak for the merchant."""
    found = work.merchants.invitation_by_id(invite_id)
    if found is None:
        raise TooLate("refused-invite-over")
    merchant = rights.owner(work, owner_id, found.merchant_id)
    person_id = found.person_id
    if person_id is None or not work.merchants.answer_invite(
        found, "claimed", "accepted" if accept else "refused", person_id
    ):
        raise TooLate("refused-invite-over")
    notices.stale(work, owner_id, f"invite:{found.id}")
    if not accept:
        notices.say(work, person_id, Say.of("staff-refused", name=merchant.name), loud=True)
        return found
    work.merchants.add_staff(merchant.id, person_id)
    work.people.get(person_id).role = "merchant"
    notices.say(work, person_id, Say.of("staff-welcome", name=merchant.name), loud=True)
    notices.post(work, person_id, f"home:{person_id}", urgency=notices.NEWS)
    notices.menu(work, person_id)
    return found


def remove_staff(work: Work, owner_id: int, merchant_id: int, person_id: int) -> Merchant:
    """The owner takes away somebody's right to speak for the merchant; the owner himself stays."""
    merchant = rights.owner(work, owner_id, merchant_id)
    if person_id == owner_id:
        raise NotYours("refused-owner-stays")
    work.merchants.remove_staff(merchant_id, person_id)
    person = work.people.get(person_id)
    if person.role == "merchant" and work.merchants.approved_of(person_id) is None:
        person.role = None
    notices.say(work, person_id, Say.of("staff-removed", name=merchant.name))
    notices.menu(work, person_id)
    notices.stale(work, owner_id, f"staff:{merchant_id}")
    notices.stale(work, person_id, f"staff:{merchant_id}")
    for delivery in work.deliveries.open_of_merchant(merchant_id):
        notices.stale(work, person_id, f"delivery:{delivery.id}")
        notices.stale(work, person_id, f"link:{delivery.id}")
        if delivery.booked_by == person_id:
            notices.post(work, owner_id, f"delivery:{delivery.id}", urgency=notices.NEWS)
    return merchant
