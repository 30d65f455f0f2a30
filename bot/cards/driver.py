"""What a driver sees: the offer, the job, whether he is on duty."""

from datetime import timedelta

from bot import buttons
from bot.cards import phrases
from bot.cards.face import Face, Key, rows
from bot.dispatch import carrying, geo, notices, offers, pricing
from bot.dispatch import duty as duty_verbs
from bot.dispatch.words import Deadline, Metres, Money, Say
from storage import lifecycle
from storage.database import Work
from storage.models import Delivery, Driver, Merchant


def offer(work: Work, offer_id: int, _chat_id: int) -> Face:
    """An offer: what it pays, the way, the area, until when; closed, why."""
    this = work.offers.get(offer_id)
    delivery = work.deliveries.get(this.delivery_id)
    pay = Money(this.pay, delivery.currency)
    if this.status != lifecycle.OFFER_OPEN:
        return Face((Say(f"offer-{offers.closed_because(work, this)}", {"pay": pay}),))
    pickup = (delivery.pickup_lat, delivery.pickup_lon)
    trip = geo.direction(pickup, (delivery.dropoff_lat, delivery.dropoff_lon))
    lines = [
        Say("offer-head", {"pay": pay, "way": Metres(this.to_pickup_m)}),
        Say("offer-pickup", {"merchant": work.merchants.get(delivery.merchant_id).name}),
        Say("offer-trip", {"length": Metres(delivery.distance_m), "direction": Say(f"direction-{trip}")}),
        Say("offer-area", {"area": delivery.area, "load": phrases.load(delivery)}),
    ]
    if delivery.ready_at > work.now:
        lines.append(Say("offer-ready", {"at": delivery.ready_at}))
    until = this.expires_at or work.now + timedelta(seconds=this.seconds)
    lines.append(Say("offer-until", {"until": Deadline(until)}))
    accept = Key(Say("button-accept"), buttons.Accept(offer_id), style="success")
    return Face(tuple(lines), rows((accept, Key(Say("button-decline"), buttons.Decline(offer_id)))))


def job(work: Work, delivery_id: int, chat_id: int) -> Face:
    """A job: the pickup, then the address, and the next step as one button."""
    this = work.deliveries.get(delivery_id)
    driver = phrases.driver_of(work, this)
    number, below = {"number": this.number}, Say("below", {"number": this.number})
    if driver is None or driver.person_id != chat_id:
        return Face((Say("job-gone", number),), line=below)
    icon = Say(f"vehicle-{driver.vehicle}-icon")
    pay = Money(this.pay, this.currency)
    params = {"number": this.number, "pay": pay, "load": phrases.load(this), "icon": icon}
    merchant = work.merchants.get(this.merchant_id)
    painters = {
        lifecycle.ASSIGNED: _to_fetch,
        lifecycle.PICKED_UP: _to_bring,
        lifecycle.RETURNING: _to_return,
    }
    if this.status not in painters:
        return _ended(work, this, params, below)
    lines, keys = painters[this.status](work, this, merchant)
    return Face((Say(f"job-{this.status.replace('_', '-')}", params), *lines), keys, line=below)


def _next(this: Delivery, step: str, label: Say) -> Key | None:
    return Key(label, buttons.Step(this.id, step), style="primary")


def _to_fetch(work: Work, this: Delivery, merchant: Merchant) -> tuple[list[Say], tuple[tuple[Key, ...], ...]]:
    lines = [Say("job-pickup", {"merchant": merchant.name, "address": this.pickup_address})]
    mall = next((mall for mall in work.market.malls if mall.key == merchant.mall), None)
    if mall is not None and mall.pickup_note:
        lines.append(Say("job-mall", {"mall": mall.name, "note": mall.pickup_note}))
    if merchant.pickup_note:
        lines.append(Say("job-note", {"note": merchant.pickup_note}))
    if this.for_later:
        lines.append(Say("job-ready", {"at": this.ready_at}))
    lines.append(Say("job-area", {"area": this.area}))
    step = _next(this, "at_pickup", Say("button-at-pickup"))
    if this.at_pickup_at is not None:
        step = _next(this, "pick_up", Say("button-picked-up", {"pieces": this.pieces}))
    way = Key(Say("button-map"), url=phrases.map_url(this.pickup_lat, this.pickup_lon))
    return lines, rows(step, (way, Key(Say("button-problem"), buttons.Step(this.id, "problem"))))


def _to_bring(work: Work, this: Delivery, _merchant: Merchant) -> tuple[list[Say], tuple[tuple[Key, ...], ...]]:
    lines = [Say("job-dropoff", {"name": this.customer_name, "address": this.dropoff_address})]
    if this.note:
        lines.append(Say("job-note", {"note": this.note}))
    window = phrases.arrival(work, this)
    if window is not None:
        lines.append(Say("job-window", {"window": window}))
    locked = carrying.pin_locked(this)
    if this.pin:
        lines.append(Say("job-pin-locked" if locked else "job-pin"))
    step, nobody = _next(this, "at_door", Say("button-at-door")), None
    if this.at_dropoff_at is not None:
        step = None if locked else _next(this, "hand_over", Say("button-delivered"))
        if this.nobody_there_at is None:
            nobody = Key(Say("button-nobody-there"), buttons.Step(this.id, "nobody"))
        else:
            lines.append(Say("job-asked-to-call" if this.customer_phone else "job-operator-asked"))
    way = Key(Say("button-map"), url=phrases.map_url(this.dropoff_lat, this.dropoff_lon))
    copy = Key(Say("button-copy-address"), copy=this.dropoff_address[:256])
    problem = Key(Say("button-problem"), buttons.Step(this.id, "problem"))
    return lines, rows(step, (way, copy), tuple(k for k in (nobody, problem) if k), _undo_key(work, this))


def _to_return(_work: Work, this: Delivery, merchant: Merchant) -> tuple[list[Say], tuple[tuple[Key, ...], ...]]:
    lines = [Say("job-return", {"merchant": merchant.name, "address": this.pickup_address})]
    if this.hand_back_asked_at is not None:
        return [*lines, Say("job-to-be-confirmed")], ()
    step = _next(this, "brought_back", Say("button-brought-back"))
    way = Key(Say("button-map"), url=phrases.map_url(this.pickup_lat, this.pickup_lon))
    return lines, rows(step, (way, Key(Say("button-second-attempt"), buttons.Step(this.id, "resume"))))


def _undo_key(work: Work, this: Delivery) -> Key | None:
    if this.undo_until is None or this.undo_until <= work.now:
        return None
    return Key(Say("button-undo"), buttons.Step(this.id, "undo"))


def _ended(work: Work, this: Delivery, params: dict[str, object], below: Say) -> Face:
    head = Say(f"job-{this.status.replace('_', '-')}", params)
    if this.status != lifecycle.DELIVERED:
        earned = Money(pricing.earned(this), this.currency)
        return Face((head, Say("job-earned", {"pay": earned})) if earned.minor else (head,), line=below)
    over = this.ended_at is not None and this.ended_at + notices.SHRINK <= work.now
    where = Say("job-area", {"area": this.area}) if over else Say("job-was-to", {"address": this.dropoff_address})
    return Face((head, where), rows(_undo_key(work, this)), line=below)


def duty(work: Work, driver_id: int, _chat_id: int) -> Face:
    """On duty or off, how to change it, and *still there?*"""
    driver = work.drivers.get(driver_id)
    below = Say("duty-below")
    off = Key(Say("button-off-duty"), buttons.GoOff())
    if not driver.on_duty:
        return _off_duty(work, driver, below)
    if driver.asked_at is not None:
        yes = Key(Say("button-still-here"), buttons.StillHere(), style="success")
        return Face((Say("duty-asked"),), rows((yes, off)), line=below)
    if driver.position_source == "pin":
        renew = Key(Say("button-renew"), buttons.StillHere())
        return Face((Say("duty-on-pin", {"until": driver.valid_until}),), rows(renew, off), line=below)
    return Face((Say("duty-on-live", {"until": driver.valid_until}),), rows(off), line=below)


def _off_duty(work: Work, driver: Driver, below: Say) -> Face:
    carried = [Say("duty-still-carries", {"number": this.number}) for this in work.deliveries.with_driver(driver.id)]
    if duty_verbs.shares(driver, work.now):
        on = Key(Say("button-on-duty"), buttons.ComeBack(), style="success")
        return Face((Say("duty-off"), *carried, Say("duty-shares")), rows(on), line=below)
    return Face((Say("duty-off"), *carried, Say("duty-how")), line=below)
