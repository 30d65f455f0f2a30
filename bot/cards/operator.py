"""What an operator sees: who wants to join, what needs a person, a delivery with all that can be done to it."""

from bot import buttons
from bot.cards import phrases, trouble
from bot.cards.face import Face, Key, rows
from bot.dispatch import notices, operating
from bot.dispatch.words import Money, Say
from bot.forms.parts import pretty
from storage import lifecycle
from storage.database import Work
from storage.models import Delivery

MOST = 20


def merchant(work: Work, merchant_id: int, _chat_id: int) -> Face:
    """A merchant who wants to join."""
    this = work.merchants.get(merchant_id)
    malls = [Say("approve-mall", {"mall": mall.name}) for mall in work.market.malls if mall.key == this.mall]
    params = {"name": this.name, "address": this.address, "phone": pretty(this.phone)}
    by = Say("approve-by", {"name": work.people.get(this.owner_id).name})
    lines = (Say("approve-merchant", params), *malls, by)
    return _approval("merchant", merchant_id, this.status, lines, phrases.map_url(this.lat, this.lon))


def driver(work: Work, driver_id: int, _chat_id: int) -> Face:
    """A driver who wants to join."""
    this = work.drivers.get(driver_id)
    icon, vehicle = Say(f"vehicle-{this.vehicle}-icon"), Say(f"vehicle-{this.vehicle}")
    params = {"icon": icon, "name": this.name, "vehicle": vehicle, "phone": pretty(this.phone)}
    lines = (Say("approve-driver", params), Say("approve-by", {"name": work.people.get(this.person_id).name}))
    return _approval("driver", driver_id, this.status, lines, None)


def _approval(kind: str, subject_id: int, status: str, lines: tuple[Say, ...], url: str | None) -> Face:
    if status != "pending":
        return Face((*lines, Say(f"settled-{status}")))
    yes = Key(Say("button-approve"), buttons.Settle(kind, subject_id, 1), style="success")
    no = Key(Say("button-decline-join"), buttons.Settle(kind, subject_id, 0), style="danger")
    return Face(lines, rows((yes, no), Key(Say("button-map"), url=url) if url else None))


def case(work: Work, case_id: int, _chat_id: int) -> Face | None:
    """Something that needs a person."""
    this = work.cases.get(case_id)
    if this is None:
        return None
    about = work.deliveries.get(this.subject_id) if this.kind in notices.DELIVERY_CASES else None
    params = {"number": about.number if about else "", "detail": this.detail or ""}
    line = Say(f"case-{this.kind.replace('_', '-')}", params)
    own = trouble.lines(this) if this.kind in trouble.SUBJECTS else (line,)
    if this.closed_at is not None:
        return Face((*own, trouble.closed(work, this)))
    if this.kind == "message" or this.kind in trouble.SUBJECTS:
        return Face(own, trouble.keys(work, this))
    desk_key = Key(Say("button-desk"), buttons.ShowDesk(about.id), style="primary") if about else None
    back = None
    if about is not None and this.kind == "wants_back" and "back" in operating.possible(about):
        back = Key(Say("button-desk-back"), buttons.DeskStep(about.id, "back"))
    lines = (line, *_people(work, about)) if about else (line,)
    return Face(lines, rows(desk_key, back, Key(Say("button-case-done"), buttons.CloseCase(case_id))))


def _people(work: Work, this: Delivery) -> list[Say]:
    merchant = work.merchants.get(this.merchant_id)
    lines = [Say("desk-merchant", {"who": _joined(merchant.name, pretty(merchant.phone))})]
    driver = phrases.driver_of(work, this)
    if driver is not None:
        lines.append(Say("desk-driver", {"who": _joined(driver.name, pretty(driver.phone))}))
    customer = _joined(this.customer_name, pretty(this.customer_phone), this.dropoff_address)
    return [*lines, Say("desk-customer", {"who": customer})]


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def desk(work: Work, delivery_id: int, _chat_id: int) -> Face:
    """A delivery on the operator's desk: who, where, what happened, what can be done."""
    this = work.deliveries.get(delivery_id)
    head = Say("desk-head", {"number": this.number, "state": phrases.state(work, this, "merchant")})
    money = Say("desk-money", {"fee": Money(this.fee, this.currency), "pay": Money(this.pay, this.currency)})
    lines = [head, *_people(work, this), money]
    for event in work.deliveries.events(delivery_id)[-8:]:
        given_back = (event.step, event.by) == ("unassign", lifecycle.DRIVER)
        words = Say("event-give-back") if given_back else Say(f"event-{event.step.replace('_', '-')}")
        lines.append(Say("desk-event", {"at": event.at, "step": words, "by": Say(f"party-{event.by}")}))
    keys = [
        Key(Say(f"button-desk-{step}"), buttons.DeskStep(delivery_id, step), style="danger" if step == "lost" else "")
        for step in operating.possible(this)
    ]
    retry = Key(Say("button-retry"), buttons.Retry(delivery_id)) if this.status == lifecycle.EXPIRED else None
    made = rows(retry, *(tuple(keys[i : i + 2]) for i in range(0, len(keys), 2)))
    return Face(tuple(lines), made, line=Say("below", {"number": this.number}))


def open_list(work: Work, _market_id: int, _chat_id: int) -> Face:
    """Everything that is open: deliveries, cases, who waits to join."""
    going = work.deliveries.in_status(lifecycle.OPEN)
    cases = len(work.cases.all_open())
    waiting = len(work.merchants.pending()) + len(work.drivers.pending())
    on_duty = len(work.drivers.on_duty(work.market_id))
    params = {"deliveries": len(going), "cases": cases, "waiting": waiting, "drivers": on_duty}
    lines = [Say("open-head", params)]
    for this in going[:MOST]:
        merchant = work.merchants.get(this.merchant_id).name
        state = phrases.state(work, this, "merchant")
        lines.append(Say("open-one", {"number": this.number, "merchant": merchant, "state": state}))
    if len(going) > MOST:
        lines.append(Say("open-more", {"more": len(going) - MOST}))
    keys = [Key(Say("plain", {"text": this.number}), buttons.ShowDesk(this.id)) for this in going[:MOST]]
    return Face(tuple(lines), rows(*(tuple(keys[i : i + 4]) for i in range(0, len(keys), 4))))
