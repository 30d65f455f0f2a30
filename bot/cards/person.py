"""What everybody sees: the way in, the home of one's role, the choice of language, the open question."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot import buttons
from bot.cards import trouble
from bot.cards.face import Face, Key, rows
from bot.dispatch import health
from bot.dispatch.words import Metres, Money, Say, Window, load, load_params
from bot.forms import talk
from bot.forms.parts import pretty
from bot.forms.questions import Form, Question
from storage.database import Work
from storage.models import Draft, Person


def home(work: Work, person_id: int, _chat_id: int) -> Face:
    """Where a person stands: by the role that he used last, or the question which he is."""
    person = work.people.get(person_id)
    painters = {
        "merchant": _merchant_home,
        "driver": _driver_home,
        "operator": _operator_home,
        "customer": _customer_home,
    }
    paint = painters.get(person.role or "")
    face = paint(work, person) if paint else None
    return face or welcome(work, person_id, _chat_id)


def welcome(work: Work, person_id: int, _chat_id: int) -> Face:
    """Who are you? All that a person can be here."""
    keys = [
        Key(Say("button-i-have-a-shop"), buttons.Role("merchant")),
        Key(Say("button-i-drive"), buttons.Role("driver")),
        Key(Say("button-i-expect"), buttons.Role("customer")),
    ]
    if work.people.is_operator(person_id):
        keys.append(Key(Say("button-i-operate"), buttons.Role("operator")))
    return Face((Say("welcome", {"market": work.market.title}),), rows(*keys))


def _merchant_home(work: Work, person: Person) -> Face | None:
    merchant = work.merchants.approved_of(person.id)
    if merchant is None:
        return None
    book = Key(Say("button-book"), buttons.Begin("booking"), style="primary")
    last = work.deliveries.last_of_merchant(merchant.id)
    again = Key(Say("button-again"), buttons.Again()) if last else None
    going = work.deliveries.open_of_merchant(merchant.id)
    open_keys = [
        (
            Key(
                Say("button-delivery", {"number": this.number, "name": this.customer_name[:30]}),
                buttons.ShowDelivery(this.id),
            ),
        )
        for this in going[:10]
    ]
    lines = (Say("home-merchant", {"name": merchant.name, "open": len(going)}),)
    return Face(lines, rows(book, again, *open_keys))


def _driver_home(work: Work, person: Person) -> Face | None:
    driver = work.drivers.of(person.id)
    if driver is None or driver.status != "approved":
        return None
    key = Key(Say("button-off-duty"), buttons.GoOff())
    line = Say("home-driver-on" if driver.on_duty else "home-driver-off", {"name": driver.name})
    return Face((line,) if driver.on_duty else (line, Say("duty-how")), rows(key if driver.on_duty else None))


def _operator_home(work: Work, person: Person) -> Face | None:
    if not work.people.is_operator(person.id):
        return None
    return Face((Say("home-operator", {"market": work.market.title}),))


def _customer_home(work: Work, person: Person) -> Face:
    going = work.deliveries.of_customer(person.id)
    return Face((Say("home-customer", {"open": len(going)}),))


def language(work: Work, person_id: int, _chat_id: int) -> Face:
    """Which language?"""
    keys = [Key(Say(f"language-{code}"), buttons.Speak(code)) for code in work.market.languages]
    return Face((Say("language"),), rows(*keys))


def draft(work: Work, draft_id: int, _chat_id: int) -> Face | None:
    """The open question of a conversation; parked, done or dropped, what became of it."""
    this = work.drafts.get(draft_id)
    if this is None:
        return None
    form = talk.FORMS[this.form]
    asked = talk.question(this)
    if this.status != "open" or asked is None:
        resume = Key(Say("button-resume"), buttons.Resume(this.id)) if this.status == "parked" else None
        done = form.done(this.answers) if this.status == "done" else None
        line = _answered(this)[1] if this.status == "done" else None
        left = Say(done) if done is not None else line
        if this.status == "cancelled" and form.leave != "button-cancel":
            left = Say("chosen", {"answer": Say(form.leave)})
        return Face((left or Say(f"draft-{this.status}", {"what": Say(f"form-{this.form}")}),), rows(resume))
    lines = [Say(this.complaint[0], load_params(this.complaint[1]))] if this.complaint else []
    text = f"ask-{this.form}-{asked.key}".replace("_", "-")
    lines.append(Say(text, {**form.params(work, this), **_known(work, this)}))
    if "kept" in this.answers and asked.key in this.answers["kept"] and asked.shows is None:
        kept = {**this.answers, **this.answers["kept"]}
        lines.append(Say("so-far", {"answer": _value(asked.key, kept)}))
    if (this.form, asked.key) == ("booking", "confirm"):
        lines += _summary(work, this)
    shows = asked.shows(this.answers) if asked.shows else None
    if this.complaint and this.complaint[0] == "place-move":
        lines, shows = lines[:1], None  # the map is above already
    answers, line = _answered(this)
    return Face(
        tuple(lines),
        _keys(work, this, form, asked),
        map=shows,
        contact=asked.contact,
        line=line,
        asks=asked.key,
        answers=answers,
    )


def _known(work: Work, this: Draft) -> dict[str, Any]:
    return {"mall": this.answers["near_mall"]["name"]} if this.answers.get("near_mall") else {}


def _answered(this: Draft) -> tuple[str | None, Say | None]:
    """The question that was answered last, and the line that is left of it."""
    question, line = this.answers.get("said") or (None, None)
    return question, load(line)


def _keys(work: Work, this: Draft, form: Form, asked: Question) -> tuple[tuple[Key, ...], ...]:
    made = [
        tuple(
            Key(choice.label, buttons.Pick(this.id, this.version, choice.value), style=choice.style) for choice in row
        )
        for row in asked.choices(this.answers, talk.scene(work, this))
    ]
    if (this.form, asked.key) == ("booking", "pieces") and "kept" not in this.answers:
        made = [*made, *_same_again(work, this)]
    back = [Key(Say("button-back"), buttons.Back(this.id, this.version))] if talk.can_go_back(this) else []
    return rows(*made, (*back, Key(Say(form.leave), buttons.Drop(this.id))))


def _summary(work: Work, this: Draft) -> list[Say]:
    answers, currency = this.answers, work.market.currency
    promise = answers["promise"]
    lines = [
        Say("summary-load", {"load": Say("load", {"pieces": answers["pieces"], "size": answers["size"]})}),
        Say("summary-to", {"name": answers["customer_name"], "address": answers["dropoff"]["label"]}),
        Say("summary-phone", {"phone": _value("customer_phone", answers)}),
        Say("summary-note", {"note": _value("note", answers)}),
        Say("summary-when", {"when": _value("when", answers)}),
        Say("summary-pin", {"pin": _value("pin", answers)}),
    ]
    lines.append(Say("blank"))
    way = Metres(promise["distance_m"])
    for name, amount in promise["lines"]:
        lines.append(Say(f"fee-{name}", {"amount": Money(amount, currency), "way": way}))
    lines.append(Say("fee-total", {"amount": Money(promise["fee"], currency)}))
    window = Window(datetime.fromisoformat(promise["from"]), datetime.fromisoformat(promise["to"]))
    lines.append(Say("summary-window", {"window": window}))
    if answers["when"] == "now":  # who is near today says nothing about tomorrow
        lines.append(Say("summary-drivers", {"drivers": promise["drivers"]}))
    lines.append(Say("summary-until", {"until": datetime.fromisoformat(promise["until"])}))
    return lines


def _same_again(work: Work, this: Draft) -> list[tuple[Key, ...]]:
    merchant = work.merchants.approved_of(this.person_id)
    last = work.deliveries.last_of_merchant(merchant.id) if merchant is not None else None
    return [(Key(Say("button-again"), buttons.Again()),)] if last is not None else []


def _value(key: str, answers: Mapping[str, Any]) -> Any:
    """An answer of the booking as people read it."""
    match key:
        case "dropoff":
            return answers["dropoff"]["label"]
        case "customer_phone":
            return pretty(answers["customer_phone"]) or Say("none")
        case "note":
            return answers["note"] or Say("none")
        case "when":
            return Say("button-now") if answers["when"] == "now" else datetime.fromisoformat(answers["when"])
        case "pin":
            return Say(f"button-pin-{answers['pin']}")
        case _:
            return str(answers[key])


def status(work: Work, person_id: int, _chat_id: int) -> Face:
    """Is the bot well, and what is open for me?"""
    person = work.people.get(person_id)
    params = {"at": work.now, "drivers": len(work.drivers.on_duty(work.market_id))}
    found = health.look(work) if work.people.is_operator(person_id) else None
    lines = [Say("status-well" if found is None or found.is_well else "status-ill", params)]
    if found is not None:
        lines += trouble.state(work, found)
    keys: list[tuple[Key, ...]] = []
    merchant = work.merchants.approved_of(person.id)
    for this in work.deliveries.open_of_merchant(merchant.id)[:10] if merchant else ():
        label = Say("button-delivery", {"number": this.number, "name": this.customer_name[:30]})
        keys.append((Key(label, buttons.ShowDelivery(this.id)),))
    driver = work.drivers.of(person.id)
    jobs = work.deliveries.with_driver(driver.id) if driver else []
    parcels = work.deliveries.of_customer(person.id)
    icon = Say(f"vehicle-{driver.vehicle}-icon") if driver else None
    keys += [
        (Key(Say("button-job", {"number": this.number, "icon": icon}), buttons.ShowDelivery(this.id)),) for this in jobs
    ]
    keys += [(Key(Say("button-parcel", {"number": this.number}), buttons.ShowDelivery(this.id)),) for this in parcels]
    if driver is not None and driver.status == "approved":
        lines.append(Say("status-on-duty" if driver.on_duty else "status-off-duty"))
    waiting = work.drafts.open(person_id)
    if waiting is not None:
        lines.append(Say("status-question", {"what": Say(f"form-{waiting.form}")}))
    if driver is not None and work.offers.open_for_driver(driver.id) is not None:
        lines.append(Say("status-offer"))
    elif not keys and waiting is None and found is None:
        lines.append(Say("status-nothing"))
    return Face(tuple(lines), rows(*keys))
