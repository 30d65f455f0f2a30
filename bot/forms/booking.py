"""Booking a delivery: the merchant's questions, from the pieces to the summary with its quote."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.dispatch import booking, pricing, rights
from bot.dispatch.geo import Point
from bot.dispatch.refusals import Unclear
from bot.dispatch.words import Say, Window
from bot.forms import clock
from bot.forms.parts import (
    NAME_MOST,
    NOTE_MOST,
    choose_only,
    contact_number,
    number,
    one_of,
    place,
    skippable,
    text_of,
    words,
)
from bot.forms.questions import Answers, Choice, Form, Heard, Question, Scene
from storage.database import Work
from storage.models import Delivery, Draft, Merchant

PIECES_MOST = 20
GO_TOGETHER = {"dropoff": ("dropoff_right",), "customer_name": ("customer_phone",)}
"""Whoever changes one answer is asked for these again: another customer has another number."""
CHANGEABLE = ("pieces", "size", "dropoff", "customer_name", "customer_phone", "note", "when", "pin")


def _pieces(heard: Heard, _answers: Answers, _scene: Scene) -> Mapping[str, Any]:
    text = words(heard, 20)
    if not text.isdecimal() or not 1 <= int(text) <= PIECES_MOST:
        raise Unclear("unclear-pieces", most=PIECES_MOST)
    return {"pieces": int(text)}


def _pick_pieces(value: str, _answers: Answers, scene: Scene) -> Mapping[str, Any]:
    return _pieces(Heard(text=value), {}, scene)


def _piece_choices(_answers: Answers, _scene: Scene) -> Sequence[Sequence[Choice]]:
    return (tuple(Choice(str(n), Say("plain", {"text": str(n)})) for n in range(1, 7)),)


def _size(heard: Heard, _answers: Answers, _scene: Scene) -> Mapping[str, Any]:
    text = words(heard, 20).upper()
    if text not in ("S", "M", "L"):
        raise Unclear("unclear-choose")
    return {"size": text}


SIZES, PICK_SIZE = one_of("size", (("S",), ("M",), ("L",)), lambda size: Say(f"size-{size.lower()}-long"))


def _customer(heard: Heard, _answers: Answers, scene: Scene) -> Mapping[str, Any]:
    if heard.contact is None:
        return {"customer_name": words(heard, NAME_MOST)}
    phone = contact_number(heard.contact, scene)
    return {"customer_name": heard.contact.name[:NAME_MOST] or phone, "customer_phone": phone}


def _phone(heard: Heard, _answers: Answers, scene: Scene) -> Mapping[str, Any]:
    contact = heard.contact
    return {"customer_phone": contact_number(contact, scene) if contact else number(words(heard, 40), scene)}


PHONE_SKIP, PICK_PHONE_SKIP = skippable("customer_phone")
NOTE_SKIP, PICK_NOTE_SKIP = skippable("note")


def _when(heard: Heard, _answers: Answers, scene: Scene) -> Mapping[str, Any]:
    at = clock.read(words(heard, 40), scene.now, scene.market.tz)
    return {"when": at.isoformat()}


def _when_choices(_answers: Answers, scene: Scene) -> Sequence[Sequence[Choice]]:
    soon = [clock.in_hours(scene.now, hours) for hours in (1, 2, 3)]
    later = tuple(Choice(str(int(at.timestamp())), Say("plain-time", {"at": at})) for at in soon)
    tomorrow = clock.tomorrow(scene.now, scene.market.tz, hour=10)
    return (
        (Choice("now", Say("button-now"), "primary"),),
        later,
        (Choice(str(int(tomorrow.timestamp())), Say("plain-time", {"at": tomorrow})),),
    )


def _pick_when(value: str, _answers: Answers, scene: Scene) -> Mapping[str, Any]:
    if value == "now":
        return {"when": "now"}
    at = clock.from_stamp(value)
    clock.check(at, scene.now, scene.market.tz)
    return {"when": at.isoformat()}


PIN_CHOICES, PICK_PIN = one_of("pin", (("yes", "no"),), lambda value: Say(f"button-pin-{value}"))


def _change_choices(_answers: Answers, _scene: Scene) -> Sequence[Sequence[Choice]]:
    labels = [Choice(key, Say(f"field-{key.replace('_', '-')}")) for key in CHANGEABLE]
    return tuple(tuple(labels[i : i + 2]) for i in range(0, len(labels), 2))


def _pick_change(value: str, answers: Answers, _scene: Scene) -> Mapping[str, Any]:
    if value not in CHANGEABLE:
        raise Unclear("unclear-choose")
    # None answers are removed by the talk; what was said before is kept for *Back*
    forgotten = [value, *GO_TOGETHER.get(value, ())]
    return {
        "-": [*forgotten, "changing", "promise"],
        "kept": {key: answers[key] for key in forgotten if key in answers},
    }


def _confirm_choices(_answers: Answers, _scene: Scene) -> Sequence[Sequence[Choice]]:
    return ((Choice("yes", Say("button-confirm"), "success"),), (Choice("change", Say("button-change")),))


def _pick_confirm(value: str, answers: Answers, scene: Scene) -> Mapping[str, Any]:
    if value == "change":
        return {"changing": True}
    if value != "yes":
        raise Unclear("unclear-choose")
    if answers["when"] != "now" and datetime.fromisoformat(answers["when"]) <= scene.now:
        return {"-": ["when", "promise"], "!": ["lapsed-when", {}]}
    if datetime.fromisoformat(answers["promise"]["until"]) <= scene.now:
        return {"-": ["promise"], "!": ["lapsed-quote", {}]}
    return {"confirm": True}


DROPOFF, DROPOFF_RIGHT = place("dropoff")

QUESTIONS = (
    Question("pieces", _pieces, _piece_choices, _pick_pieces),
    Question("size", _size, SIZES, PICK_SIZE),
    DROPOFF,
    DROPOFF_RIGHT,
    Question("customer_name", _customer),
    Question("customer_phone", _phone, PHONE_SKIP, PICK_PHONE_SKIP),
    Question("note", text_of("note", NOTE_MOST), NOTE_SKIP, PICK_NOTE_SKIP),
    Question("when", _when, _when_choices, _pick_when),
    Question("pin", choose_only, PIN_CHOICES, PICK_PIN),
    Question(
        "change", choose_only, _change_choices, _pick_change, needed=lambda answers: bool(answers.get("changing"))
    ),
    Question("confirm", choose_only, _confirm_choices, _pick_confirm),
)


def _prepare(work: Work, draft: Draft, answers: dict[str, Any]) -> dict[str, Any]:
    """Check the way, and quote when everything is known; raises Unclear where the market does not go so far."""
    merchant = rights.booking_merchant(work, draft.person_id)
    if "dropoff" in answers:
        booking.check_trip(work, merchant, point(answers))
    ready = all(key in answers for key in CHANGEABLE) and "promise" not in answers
    if ready:
        made = booking.promise(work, merchant, answers["size"], answers["pieces"], point(answers), ready_at(answers))
        answers["promise"] = {
            "lines": [list(line) for line in made.quote.lines],
            "fee": made.quote.fee,
            "pay": made.quote.pay,
            "distance_m": made.quote.distance_m,
            "tariff_version": made.tariff_version,
            "from": made.window.start.isoformat(),
            "to": made.window.end.isoformat(),
            "drivers": made.drivers,
            "until": made.until.isoformat(),
        }
    return answers


def point(answers: Answers) -> Point:
    """The dropoff of these answers."""
    lat, lon = answers["dropoff"]["point"]
    return lat, lon


def ready_at(answers: Answers) -> datetime | None:
    """The pickup time of these answers, None for now."""
    return None if answers["when"] == "now" else datetime.fromisoformat(answers["when"])


def request(merchant: Merchant, answers: Answers) -> booking.Request:
    """What these answers ask for."""
    return booking.Request(
        merchant=merchant,
        pieces=answers["pieces"],
        size=answers["size"],
        dropoff=point(answers),
        dropoff_address=answers["dropoff"]["label"],
        area=answers["dropoff"]["area"],
        customer_name=answers["customer_name"],
        customer_phone=answers["customer_phone"],
        note=answers["note"],
        ready_at=ready_at(answers),
        pin=answers["pin"] == "yes",
    )


def promised(answers: Answers) -> booking.Promise:
    """What the summary promised."""
    made = answers["promise"]
    lines = tuple((str(name), int(amount)) for name, amount in made["lines"])
    return booking.Promise(
        pricing.Quote(lines, made["distance_m"], made["fee"], made["pay"]),
        Window(datetime.fromisoformat(made["from"]), datetime.fromisoformat(made["to"])),
        made["drivers"],
        datetime.fromisoformat(made["until"]),
        made["tariff_version"],
    )


def _finish(work: Work, draft: Draft) -> None:
    merchant = rights.booking_merchant(work, draft.person_id)
    booking.book(work, draft.person_id, request(merchant, draft.answers), draft.id, promised(draft.answers))


def same_as(delivery: Delivery) -> dict[str, Any]:
    """The answers that would book this delivery again, for now."""
    point = [delivery.dropoff_lat, delivery.dropoff_lon]
    return {
        "pieces": delivery.pieces,
        "size": delivery.size,
        "dropoff": {"label": delivery.dropoff_address, "point": point, "area": delivery.area or None},
        "dropoff_right": True,
        "customer_name": delivery.customer_name,
        "customer_phone": delivery.customer_phone,
        "note": delivery.note,
        "when": "now",
        "pin": "yes" if delivery.pin else "no",
    }


def _lapses(answers: Answers) -> datetime | None:
    return datetime.fromisoformat(answers["promise"]["until"]) if "promise" in answers else None


FORM = Form("booking", QUESTIONS, _finish, _prepare, done=lambda _answers: "booking-done", lapses=_lapses)
