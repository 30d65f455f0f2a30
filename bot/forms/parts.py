"""Questions that several forms ask: a place, a phone, a name, one of a list."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import phonenumbers

from bot.dispatch.geo import Point, straight_m
from bot.dispatch.refusals import Unclear
from bot.dispatch.words import Say
from bot.forms.questions import Answers, Choice, Choices, Contact, Heard, Pick, Question, Scene, Take

NAME_MOST = 60
SAME_PLACE_M = 150
"""A pin that is moved no farther still means the address that was typed."""
NOTE_MOST = 280


def words(heard: Heard, most: int) -> str:
    """What was typed, trimmed; raises Unclear where nothing was or it is too long."""
    text = " ".join((heard.text or "").split())
    if not text:
        raise Unclear("unclear-type")
    if len(text) > most:
        raise Unclear("unclear-too-long", most=most, length=len(text))
    return text


def text_of(key: str, most: int) -> Take:
    """Takes a short text as the answer to `key`."""
    return lambda heard, _answers, _scene: {key: words(heard, most)}


def number(phone: str, scene: Scene) -> str:
    """A phone number in E.164; raises Unclear where it can be none (phonenumbers: is_valid_number)."""
    try:
        parsed = phonenumbers.parse(phone, scene.market.country)
    except phonenumbers.NumberParseException:
        raise Unclear("unclear-phone") from None
    if not phonenumbers.is_valid_number(parsed):
        raise Unclear("unclear-phone")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def contact_number(contact: Contact, scene: Scene) -> str:
    """A contact card's number in E.164: phones write them in full but often without the plus. Raises Unclear."""
    digits = "".join(character for character in contact.phone if character.isdigit())
    try:
        return number(f"+{digits}", scene)
    except Unclear:
        return number(contact.phone, scene)


def pretty(phone: str | None) -> str:
    """A stored phone number as people write it."""
    if not phone:
        return ""
    try:
        parsed = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return phone
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def one_of(key: str, values: Sequence[Sequence[str]], label: Callable[[str], Say]) -> tuple[Choices, Pick]:
    """Buttons for a fixed list of values, in rows."""
    rows = tuple(tuple(Choice(value, label(value)) for value in row) for row in values)
    known = {value for row in values for value in row}

    def pick(value: str, _answers: Answers, _scene: Scene) -> Mapping[str, Any]:
        if value not in known:
            raise Unclear("unclear-choose")
        return {key: value}

    return (lambda _answers, _scene: rows), pick


def choose_only(_heard: Heard, _answers: Answers, _scene: Scene) -> Mapping[str, Any]:
    """For questions that are answered by button."""
    raise Unclear("unclear-choose")


SKIP = Choice("skip", Say("button-skip"))


def skippable(key: str, *also: str) -> tuple[Choices, Pick]:
    """A button that leaves this question (and those that go with it) unanswered."""
    return (lambda _a, _s: ((SKIP,),)), (lambda _v, _a, _s: dict.fromkeys((key, *also)))


# places


def place(key: str, check: Callable[[Point, Answers, Scene], None] | None = None) -> tuple[Question, Question]:
    """Two questions: where is it (typed or a pin), and is what the geocoder found right?"""

    def found(heard: Heard, answers: Answers, scene: Scene) -> Mapping[str, Any]:
        answer = _pinned(heard) if heard.pin else _typed(heard)
        if check is not None:
            check(tuple(answer["point"]), answers, scene)
        # a pin needs no confirming: whoever set it has seen the map
        return {key: answer, f"{key}_right": True} if heard.pin else {key: answer}

    def again(heard: Heard, answers: Answers, scene: Scene) -> Mapping[str, Any]:
        if heard.pin is None:
            if heard.text is not None and not heard.places and not heard.places_down:
                raise Unclear("unclear-place-again", text=heard.text[:80])
            return {f"{key}_right": None, **found(heard, answers, scene)}
        before, moved = answers[key], _pinned(heard)
        if straight_m(tuple(before["point"]), heard.pin) <= SAME_PLACE_M:
            moved["label"] = before["label"]  # the door of the place that was typed
        if check is not None:
            check(tuple(moved["point"]), answers, scene)
        return {key: moved, f"{key}_right": True}

    def pick(value: str, _answers: Answers, _scene: Scene) -> Mapping[str, Any]:
        if value == "right":
            return {f"{key}_right": True}
        if value == "again":
            return {"-": [key]}
        raise Unclear("place-move")

    choices = (
        (Choice("right", Say("button-place-right"), "success"),),
        (Choice("move", Say("button-place-move")), Choice("again", Say("button-place-again"))),
    )
    return (
        Question(key, found, place=True),
        Question(f"{key}_right", again, lambda _a, _s: choices, pick, place=True, shows=lambda a: _shown(a[key])),
    )


def _pinned(heard: Heard) -> dict[str, Any]:
    assert heard.pin is not None
    near = heard.places[0] if heard.places else None
    label = near.label if near else f"{heard.pin[0]:.5f}, {heard.pin[1]:.5f}"
    return {"label": label, "point": list(heard.pin), "area": near.area if near else None}


def _typed(heard: Heard) -> dict[str, Any]:
    if heard.text is None:
        raise Unclear("unclear-place-type")
    if heard.places_down:
        raise Unclear("unclear-places-down")
    if not heard.places:
        raise Unclear("unclear-place", text=heard.text[:80])
    best = heard.places[0]
    return {"label": best.label, "point": list(best.point), "area": best.area}


def _shown(answer: Mapping[str, Any]) -> tuple[Point, str, str]:
    title, _, rest = str(answer["label"]).partition(", ")
    return (answer["point"][0], answer["point"][1]), title[:100], rest[:200]
