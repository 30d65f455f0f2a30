"""What a customer sees: whose parcel it is, then one card that follows it to the door."""

from bot import buttons
from bot.cards import phrases
from bot.cards.face import Face, Key, rows
from bot.dispatch import carrying, receiving
from bot.dispatch.words import Metres, Say
from storage import lifecycle
from storage.database import Work

MINUTES_FRESH = 3


def claim(work: Work, link_id: int, chat_id: int) -> Face | None:
    """Somebody opened a link: the shop it comes from, and *it's mine*."""
    link = work.deliveries.link_by_id(link_id)
    if link is None:
        return None
    merchant = work.merchants.get(work.deliveries.get(link.delivery_id).merchant_id)
    if link.revoked_at is not None or link.person_id not in (None, chat_id):
        return Face((Say("claim-over"),))
    if link.person_id == chat_id:
        return Face((Say("claim-done", {"merchant": merchant.name}),))
    mine = Key(Say("button-mine"), buttons.Mine(link_id), style="success")
    return Face((Say("claim", {"merchant": merchant.name}),), rows(mine))


def parcel(work: Work, delivery_id: int, chat_id: int) -> Face:
    """The customer's parcel: what it is doing, who brings it, when."""
    this = work.deliveries.get(delivery_id)
    if work.deliveries.customer(delivery_id) != chat_id:
        return Face((Say("claim-over"),))
    merchant = work.merchants.get(this.merchant_id)
    head = Say("parcel-head", {"merchant": merchant.name, "number": this.number})
    lines = [head, phrases.state(work, this, "customer")]
    travelling = this.status in (lifecycle.REQUESTED, lifecycle.ASSIGNED, lifecycle.PICKED_UP)
    if phrases.late(this):
        lines.append(Say("parcel-late"))
    window = phrases.expected(work, this)
    if window is not None:
        lines.append(Say("parcel-window", {"window": window}))
    driver = phrases.driver_of(work, this)
    if driver is not None and this.status in (lifecycle.ASSIGNED, lifecycle.PICKED_UP):
        vehicle = Say(f"vehicle-{driver.vehicle}")
        lines.append(Say("parcel-driver", {"name": phrases.first_name(driver.name), "vehicle": vehicle}))
    if travelling and this.pin:
        locked = carrying.pin_locked(this)
        lines.append(Say("parcel-pin-locked") if locked else Say("parcel-pin", {"pin": this.pin}))
    where = Key(Say("button-where"), buttons.Where(delivery_id)) if travelling else None
    return Face(tuple(lines), rows(where), line=Say("below", {"number": this.number}), secret=this.pin is not None)


def where(work: Work, delivery_id: int, chat_id: int) -> Face | None:
    """Where is it? The distance and the window, or what has come of it since it was asked."""
    this = work.deliveries.get(delivery_id)
    below = Say("below", {"number": this.number})
    if work.deliveries.customer(delivery_id) != chat_id:
        return Face((Say("claim-over"),), line=below)
    found = receiving.whereabouts(work, chat_id, delivery_id)
    if this.status not in (lifecycle.ASSIGNED, lifecycle.PICKED_UP):
        return Face((Say("where-searching" if this.status == lifecycle.REQUESTED else "where-over"),), line=below)
    params: dict[str, object] = {"driver": phrases.driver_name(work, this), "window": found.window}
    if this.at_dropoff_at is not None:
        return Face((Say("where-there", params),), line=below)
    if this.status == lifecycle.ASSIGNED:
        return Face((Say("where-pickup", params),), line=below)
    if found.metres is None:
        return Face((Say("where-unseen", params),), line=below)
    params["metres"] = Metres(found.metres)
    if found.seen_min < MINUTES_FRESH:
        return Face((Say("where-away", params),), line=below)
    return Face((Say("where-seen", {**params, "minutes": found.seen_min}),), line=below)
