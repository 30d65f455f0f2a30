"""What a merchant sees: the delivery, the customer's link, the staff."""

from urllib.parse import quote

from bot import buttons
from bot.cards import phrases
from bot.cards.face import Face, Key, rows
from bot.dispatch import carrying
from bot.dispatch.words import Money, Say
from bot.forms.parts import pretty
from storage import lifecycle
from storage.database import Work
from storage.models import Delivery

REASONED = (lifecycle.REQUESTED, lifecycle.RETURNING, lifecycle.RETURNED, lifecycle.CANCELLED, lifecycle.LOST)
"""Where the last problem is the reason for how things stand."""


def delivery(work: Work, delivery_id: int, chat_id: int) -> Face:
    """One delivery, for those who speak for its merchant."""
    this = work.deliveries.get(delivery_id)
    if not work.merchants.speaks_for(chat_id, this.merchant_id):
        return Face((Say("delivery-gone", {"number": this.number}),))
    head = Say("delivery-head", {"number": this.number, "state": phrases.state(work, this, "merchant")})
    lines = [head, Say("delivery-to", {"name": this.customer_name, "address": this.dropoff_address})]
    lines.append(Say("delivery-load", {"load": phrases.load(this), "fee": Money(this.fee, this.currency)}))
    lines += _journey(work, this)
    return Face(tuple(lines), _delivery_rows(work, this), line=Say("below", {"number": this.number}))


def _journey(work: Work, this: Delivery) -> list[Say]:
    lines = []
    driver = phrases.driver_of(work, this)
    if driver is not None:
        vehicle = Say(f"vehicle-{driver.vehicle}")
        lines.append(Say("delivery-driver", {"name": phrases.first_name(driver.name), "vehicle": vehicle}))
    if phrases.late(this):
        lines.append(Say("delivery-late"))
    window = phrases.expected(work, this)
    if window is not None:
        lines.append(Say("delivery-window", {"window": window}))
    if this.pin and this.status in lifecycle.OPEN:
        locked = this.status == lifecycle.PICKED_UP and carrying.pin_locked(this)
        lines.append(Say("delivery-pin-locked") if locked else Say("delivery-pin", {"pin": this.pin}))
    if this.nobody_there_at and this.status == lifecycle.PICKED_UP:
        call = "delivery-call" if this.customer_phone else "delivery-no-phone"
        lines.append(Say(call, {"name": this.customer_name, "phone": pretty(this.customer_phone)}))
    if this.status == lifecycle.PICKED_UP and work.cases.about("wants_back", this.id) is not None:
        lines.append(Say("delivery-asked-back"))
    if this.problem and this.status in REASONED:
        lines.append(Say("delivery-reason", {"reason": phrases.reason(this)}))
    if this.status == lifecycle.EXPIRED:
        lines.append(Say("delivery-expired"))
    if this.status == lifecycle.CANCELLED and this.cancel_fee:
        lines.append(Say("delivery-cancel-fee", {"fee": Money(this.cancel_fee, this.currency)}))
    if this.proof_kind and this.status == lifecycle.DELIVERED:
        lines.append(Say(f"proof-{this.proof_kind}", {"name": this.proof_name or ""}))
    if this.status in lifecycle.OPEN:
        lines.append(_connection(work, this))
    return lines


def _connection(work: Work, this: Delivery) -> Say:
    customer_id = work.deliveries.customer(this.id)
    if customer_id is None:
        return Say("customer-not-connected")
    return Say("customer-connected" if work.people.get(customer_id).reachable else "customer-unreachable")


def _delivery_rows(work: Work, this: Delivery) -> tuple[tuple[Key, ...], ...]:
    link = Key(Say("button-link"), buttons.ShowLink(this.id))
    cancel = Key(Say("button-cancel-delivery"), buttons.AskCancel(this.id))
    match this.status:
        case lifecycle.REQUESTED | lifecycle.ASSIGNED:
            return rows(link, cancel)
        case lifecycle.EXPIRED:
            return rows(Key(Say("button-retry"), buttons.Retry(this.id), style="primary"), cancel)
        case lifecycle.PICKED_UP:
            asked = work.cases.about("wants_back", this.id) is not None
            return rows(link, None if asked else Key(Say("button-ask-back"), buttons.AskBack(this.id)))
        case lifecycle.RETURNING:
            back = Key(Say("button-got-it-back"), buttons.HandBack(this.id), style="success")
            return rows(back, Key(Say("button-second-attempt"), buttons.Attempt(this.id)))
    return ()


def link(work: Work, delivery_id: int, chat_id: int) -> Face | None:
    """The customer's link and the ways to pass it on."""
    this = work.deliveries.get(delivery_id)
    if not work.merchants.speaks_for(chat_id, this.merchant_id):
        return Face((Say("delivery-gone", {"number": this.number}),))
    found = work.deliveries.link(delivery_id)
    if found is None or this.status in lifecycle.ENDS:
        return Face((Say("link-over", {"number": this.number}),))
    url = link_url(work, found.token)
    words = f"{work.merchants.get(this.merchant_id).name} · {this.number}"
    share = Key(Say("button-share"), url=f"https://t.me/share/url?url={quote(url, safe='')}&text={quote(words)}")
    whatsapp = None
    if this.customer_phone:
        number = this.customer_phone.lstrip("+")
        whatsapp = Key(Say("button-whatsapp"), url=f"https://wa.me/{number}?text={quote(f'{words}: {url}')}")
    lines = (Say("link-show", {"number": this.number, "name": this.customer_name, "url": url}),)
    keys = rows(
        (share, Key(Say("button-copy-link"), copy=url)),
        (Key(Say("button-qr"), buttons.ShowQr(delivery_id)), *([whatsapp] if whatsapp else [])),
        Key(Say("button-new-link"), buttons.NewLink(delivery_id)),
    )
    return Face(lines, keys, line=Say("below", {"number": this.number}))


def link_url(work: Work, token: str, prefix: str = "c") -> str:
    """The deep link that opens the bot with this token; `c` for a customer's, `s` for staff."""
    return f"https://t.me/{work.memory.recall('bot_username')}?start={prefix}{token}"


def staff(work: Work, merchant_id: int, chat_id: int) -> Face:
    """Who speaks for the merchant; the owner may remove them and invite others."""
    merchant = work.merchants.get(merchant_id)
    people = [work.people.get(person_id) for person_id in work.merchants.staff(merchant_id)]
    roles = ["staff-owner" if person.id == merchant.owner_id else "staff-one" for person in people]
    lines = [Say("staff-head", {"name": merchant.name})]
    lines += [Say(role, {"name": person.name}) for role, person in zip(roles, people, strict=True)]
    if chat_id != merchant.owner_id:
        return Face(tuple(lines))
    others = [person for person in people if person.id != merchant.owner_id]
    remove = [
        (Key(Say("button-remove", {"name": person.name[:40]}), buttons.RemoveStaff(merchant_id, person.id)),)
        for person in others[:40]
    ]
    invite = Key(Say("button-invite"), buttons.InviteStaff(merchant_id), style="primary")
    return Face(tuple(lines), rows(invite, *remove))


def invite(work: Work, invite_id: int, _chat_id: int) -> Face | None:
    """Somebody opened the invitation: may he speak for the merchant?"""
    found = work.merchants.invitation_by_id(invite_id)
    if found is None or found.person_id is None:
        return None
    person = work.people.get(found.person_id)
    params = {"name": f"{person.name} (@{person.username})" if person.username else person.name}
    if found.status != "claimed":
        return Face((Say(f"invite-{found.status}", params),))
    yes = Key(Say("button-let-in"), buttons.AnswerInvite(invite_id, 1), style="success")
    no = Key(Say("button-keep-out"), buttons.AnswerInvite(invite_id, 0))
    return Face((Say("invite-claimed", params),), rows((yes, no)))
