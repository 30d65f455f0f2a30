"""Joining: what a merchant and a driver are asked before an operator looks."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.dispatch import joining
from bot.dispatch.refusals import Unclear
from bot.dispatch.words import Say
from bot.forms.parts import NAME_MOST, NOTE_MOST, contact_number, number, one_of, place, skippable, text_of, words
from bot.forms.questions import Answers, Choice, Form, Heard, Question, Scene
from storage.database import Work
from storage.models import Draft


def _phone(heard: Heard, _answers: Answers, scene: Scene) -> Mapping[str, Any]:
    contact = heard.contact
    return {"phone": contact_number(contact, scene) if contact else number(words(heard, 40), scene)}


def _own_phone(heard: Heard, _answers: Answers, scene: Scene) -> Mapping[str, Any]:
    if heard.contact is None or not heard.contact.own:
        raise Unclear("unclear-own-contact")
    return {"phone": contact_number(heard.contact, scene)}


def _mall_choices(answers: Answers, _scene: Scene) -> Sequence[Sequence[Choice]]:
    inside = Choice("yes", Say("button-inside-mall", {"mall": answers["near_mall"]["name"]}), "primary")
    return ((inside,), (Choice("no", Say("button-outside-mall")),))


def _pick_mall(value: str, answers: Answers, _scene: Scene) -> Mapping[str, Any]:
    return {"mall": answers["near_mall"]["key"] if value == "yes" else None}


def _mall_typed(_heard: Heard, _answers: Answers, _scene: Scene) -> Mapping[str, Any]:
    raise Unclear("unclear-choose")


WHERE, WHERE_RIGHT = place("pickup")
NOTE_SKIP, PICK_NOTE_SKIP = skippable("pickup_note")


def _prepare_merchant(work: Work, draft: Draft, answers: dict[str, Any]) -> dict[str, Any]:
    joining.may_join_as_merchant(work, draft.person_id)
    if answers.get("pickup_right"):
        lat, lon = answers["pickup"]["point"]
        mall = joining.mall_at(work, (lat, lon))
        answers["near_mall"] = None if mall is None else {"key": mall.key, "name": mall.name}
    return answers


def _finish_merchant(work: Work, draft: Draft) -> Say:
    answers = draft.answers
    lat, lon = answers["pickup"]["point"]
    joining.apply_as_merchant(
        work,
        draft.person_id,
        name=answers["name"],
        address=answers["pickup"]["label"],
        point=(lat, lon),
        mall=answers.get("mall"),
        phone=answers["phone"],
        pickup_note=answers["pickup_note"],
    )
    return Say("merchant-applied", {"name": answers["name"]})


MERCHANT = Form(
    "merchant",
    (
        Question("name", text_of("name", NAME_MOST)),
        WHERE,
        WHERE_RIGHT,
        Question("mall", _mall_typed, _mall_choices, _pick_mall, needed=lambda answers: bool(answers.get("near_mall"))),
        Question("phone", _phone, contact=True),
        Question("pickup_note", text_of("pickup_note", NOTE_MOST), NOTE_SKIP, PICK_NOTE_SKIP),
    ),
    _finish_merchant,
    _prepare_merchant,
)

VEHICLES = ("foot", "bike", "car", "van")
VEHICLE_CHOICES, PICK_VEHICLE = one_of(
    "vehicle", (("foot", "bike"), ("car", "van")), lambda vehicle: Say(f"vehicle-{vehicle}-button")
)


def _vehicle(_heard: Heard, _answers: Answers, _scene: Scene) -> Mapping[str, Any]:
    raise Unclear("unclear-choose")


def _prepare_driver(work: Work, draft: Draft, answers: dict[str, Any]) -> dict[str, Any]:
    joining.may_join_as_driver(work, draft.person_id)
    return answers


def _finish_driver(work: Work, draft: Draft) -> Say:
    answers = draft.answers
    joining.apply_as_driver(
        work, draft.person_id, name=answers["name"], vehicle=answers["vehicle"], phone=answers["phone"]
    )
    return Say("driver-applied", {"name": answers["name"]})


DRIVER = Form(
    "driver",
    (
        Question("name", text_of("name", NAME_MOST)),
        Question("vehicle", _vehicle, VEHICLE_CHOICES, PICK_VEHICLE),
        Question("phone", _own_phone, contact=True),
    ),
    _finish_driver,
    _prepare_driver,
)
