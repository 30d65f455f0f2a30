"""Questions that belong to a job in hand: proofs, problems, the price of cancelling, an operator's reasons."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.dispatch import booking, carrying, joining, operating, pricing, returning, rights
from bot.dispatch.refusals import TooLate, Unclear
from bot.dispatch.words import Money, Say
from bot.forms.parts import NAME_MOST, choose_only, one_of, skippable, text_of, words
from bot.forms.questions import Answers, Choice, Form, Heard, Question, Scene
from storage import lifecycle
from storage.database import Work
from storage.models import Delivery, Draft, Driver, Merchant

REASON_MOST = 200


def _delivery(work: Work, draft: Draft) -> Delivery:
    return work.deliveries.get(draft.subject_id or 0)


def _numbered(work: Work, draft: Draft) -> Mapping[str, Any]:
    delivery = _delivery(work, draft)
    return {"number": delivery.number, "customer": delivery.customer_name}


# handing over


def _pin(heard: Heard, _answers: Answers, _scene: Scene) -> Mapping[str, Any]:
    text = words(heard, 20).replace(" ", "")
    if not (text.isdecimal() and len(text) == 4):
        raise Unclear("unclear-pin")
    return {"pin": text}


def _try_pin(work: Work, draft: Draft, answers: dict[str, Any]) -> dict[str, Any]:
    """A wrong PIN counts at once, whatever comes of the conversation."""
    if "pin" not in answers:
        carrying.may_hand_over(work, draft.person_id, draft.subject_id or 0)
        return answers
    left = carrying.try_pin(work, draft.person_id, draft.subject_id or 0, answers["pin"])
    if left == 0:
        return answers
    if left == 1:
        return {**answers, "pin": "locked"}
    kept = {key: value for key, value in answers.items() if key != "pin"}
    return {**kept, "!": ["unclear-pin-wrong", {"left": left - 1}]}


def _finish_pin(_work: Work, _draft: Draft) -> None:
    """The PIN was tried when it was said: what came of it stands on the job's card."""


def _pin_done(answers: Answers) -> str | None:
    return "pin-locked" if answers.get("pin") == "locked" else None


PIN = Form(
    "pin",
    (Question("pin", _pin),),
    _finish_pin,
    _try_pin,
    params=_numbered,
    job=True,
    done=_pin_done,
    then="job",
    leave="button-not-yet",
)


def _photo_or_choose(heard: Heard, _answers: Answers, _scene: Scene) -> Mapping[str, Any]:
    if heard.photo is None:
        raise Unclear("unclear-photo")
    return {"photo": heard.photo}


def _no_photo(_answers: Answers, _scene: Scene) -> Sequence[Sequence[Choice]]:
    return ((Choice("none", Say("button-no-photo")),),)


def _pick_no_photo(_value: str, _answers: Answers, _scene: Scene) -> Mapping[str, Any]:
    return {"photo": None}


def _check_hand_over(work: Work, draft: Draft, answers: dict[str, Any]) -> dict[str, Any]:
    carrying.may_hand_over(work, draft.person_id, draft.subject_id or 0)
    return answers


def _finish_proof(work: Work, draft: Draft) -> None:
    photo, name = draft.answers.get("photo"), draft.answers.get("name")
    proof = "photo" if photo else "name"
    carrying.deliver(work, draft.person_id, draft.subject_id or 0, proof, photo=photo, name=name)


PROOF = Form(
    "proof",
    (
        Question("photo", _photo_or_choose, _no_photo, _pick_no_photo),
        Question("name", text_of("name", NAME_MOST), needed=lambda answers: answers.get("photo") is None),
    ),
    _finish_proof,
    _check_hand_over,
    params=_numbered,
    job=True,
    then="job",
    leave="button-not-yet",
)


# problems


def _reasons(key: str, reasons: Sequence[str]) -> Question:
    rows = [reasons[i : i + 2] for i in range(0, len(reasons), 2)]
    choices, pick = one_of(key, rows, lambda reason: Say(f"reason-{reason.replace('_', '-')}"))
    return Question(key, choose_only, choices, pick)


def _check_before_pickup(work: Work, draft: Draft, answers: dict[str, Any]) -> dict[str, Any]:
    delivery, _ = rights.carrying(work, draft.person_id, draft.subject_id or 0)
    if delivery.status != "assigned":
        raise TooLate("refused-step", number=delivery.number)
    return answers


def _finish_give_back(work: Work, draft: Draft) -> Say:
    delivery = carrying.give_back(work, draft.person_id, draft.subject_id or 0, draft.answers["reason"])
    return Say("given-back", {"number": delivery.number})


GIVE_BACK = Form(
    "giveback",
    (_reasons("reason", carrying.GIVE_BACK_REASONS),),
    _finish_give_back,
    _check_before_pickup,
    params=_numbered,
    job=True,
    leave="button-keep-job",
)


def _check_give_up(work: Work, draft: Draft, answers: dict[str, Any]) -> dict[str, Any]:
    returning.may_give_up(work, draft.person_id, draft.subject_id or 0)
    return answers


def _finish_give_up(work: Work, draft: Draft) -> None:
    reason, photo = draft.answers["reason"], draft.answers["photo"]
    returning.give_up(work, draft.person_id, draft.subject_id or 0, reason, photo)


PHOTO_SKIP, PICK_PHOTO_SKIP = skippable("photo")

GIVE_UP = Form(
    "giveup",
    (
        _reasons("reason", returning.GIVE_UP_REASONS),
        Question("photo", _photo_or_choose, PHOTO_SKIP, PICK_PHOTO_SKIP),
    ),
    _finish_give_up,
    _check_give_up,
    params=_numbered,
    job=True,
    then="job",
    leave="button-keep-trying",
)


# cancelling, at the price that is shown


def _price(work: Work, draft: Draft) -> Mapping[str, Any]:
    delivery = _delivery(work, draft)
    price = draft.answers.get("price", 0)
    free = "yes" if price == 0 else "no"
    return {"number": delivery.number, "free": free, "price": Money(price, delivery.currency)}


def _set_price(work: Work, draft: Draft, answers: dict[str, Any]) -> dict[str, Any]:
    delivery = _delivery(work, draft)
    rights.staff(work, draft.person_id, delivery.merchant_id)
    if delivery.status not in ("requested", "assigned", "expired"):
        raise TooLate("refused-not-cancellable", number=delivery.number)
    price = pricing.cancel_price(delivery, work.now)
    if "price" in answers and answers["price"] != price:
        kept = {key: value for key, value in answers.items() if key != "reason"}
        return {**kept, "price": price, "!": ["price-changed", {}]}
    return {**answers, "price": price}


def _finish_cancel(work: Work, draft: Draft) -> None:
    answers = draft.answers
    booking.cancel(work, draft.person_id, draft.subject_id or 0, answers["price"], answers["reason"])


CANCEL = Form(
    "cancel",
    (_reasons("reason", booking.MERCHANT_REASONS),),
    _finish_cancel,
    _set_price,
    params=_price,
    job=True,
    then="delivery",
    leave="button-keep-delivery",
)


# once it is carried, cancelling is asking for it back


def _check_ask_back(work: Work, draft: Draft, answers: dict[str, Any]) -> dict[str, Any]:
    booking.may_ask_back(work, draft.person_id, draft.subject_id or 0)
    return answers


def _fee_stays(work: Work, draft: Draft) -> Mapping[str, Any]:
    delivery = _delivery(work, draft)
    return {"number": delivery.number, "price": Money(delivery.fee, delivery.currency)}


def _finish_ask_back(work: Work, draft: Draft) -> None:
    booking.ask_back(work, draft.person_id, draft.subject_id or 0)


SURE, PICK_SURE = one_of("sure", (("yes",),), lambda _value: Say("button-ask-back"))

ASK_BACK = Form(
    "askback",
    (Question("sure", choose_only, SURE, PICK_SURE),),
    _finish_ask_back,
    _check_ask_back,
    params=_fee_stays,
    job=True,
    done=lambda _answers: "asked-back",
    then="delivery",
    leave="button-keep-delivery",
)


# a new link cuts off who follows by the old one


def _check_new_link(work: Work, draft: Draft, answers: dict[str, Any]) -> dict[str, Any]:
    delivery = _delivery(work, draft)
    rights.staff(work, draft.person_id, delivery.merchant_id)
    if delivery.status in lifecycle.ENDS:
        raise TooLate("refused-step", number=delivery.number)
    return answers


def _finish_new_link(work: Work, draft: Draft) -> None:
    booking.new_link(work, draft.person_id, draft.subject_id or 0)


CUT_OFF, PICK_CUT_OFF = one_of("cut", (("yes",),), lambda _value: Say("button-new-link"))

NEW_LINK = Form(
    "newlink",
    (Question("cut", choose_only, CUT_OFF, PICK_CUT_OFF),),
    _finish_new_link,
    _check_new_link,
    params=_numbered,
    job=True,
    done=lambda _answers: "new-link-made",
    then="link",
    leave="button-keep-link",
)


# an operator's reasons


def _typed_or_listed(key: str, reasons: Sequence[str], prefix: str) -> Question:
    rows = [reasons[i : i + 2] for i in range(0, len(reasons), 2)]
    choices, pick = one_of(key, rows, lambda reason: Say(f"{prefix}-{reason.replace('_', '-')}"))
    return Question(key, text_of(key, REASON_MOST), choices, pick)


def _decline(kind: str, settle: Callable[[Work, int, int, str], Any]) -> Form:
    def finish(work: Work, draft: Draft) -> None:
        settle(work, draft.person_id, draft.subject_id or 0, draft.answers["reason"])

    def subject(work: Work, draft: Draft) -> Merchant | Driver:
        return (work.merchants if kind == "merchant" else work.drivers).get(draft.subject_id or 0)

    def check(work: Work, draft: Draft, answers: dict[str, Any]) -> dict[str, Any]:
        rights.operator(work, draft.person_id)
        if subject(work, draft).status != "pending":
            raise TooLate("refused-settled")
        return answers

    def named(work: Work, draft: Draft) -> Mapping[str, Any]:
        return {"name": subject(work, draft).name}

    question = _typed_or_listed("reason", joining.DECLINE_REASONS, "decline")
    return Form(f"decline{kind}", (question,), finish, check, params=named, job=True, then=kind)


DECLINE_MERCHANT = _decline("merchant", joining.settle_merchant)
DECLINE_DRIVER = _decline("driver", joining.settle_driver)


def _desk(step: str) -> Form:
    def finish(work: Work, draft: Draft) -> None:
        operating.act(work, draft.person_id, draft.subject_id or 0, step, draft.answers["reason"])

    def check(work: Work, draft: Draft, answers: dict[str, Any]) -> dict[str, Any]:
        rights.operator(work, draft.person_id)
        delivery = _delivery(work, draft)
        if step not in operating.possible(delivery):
            raise TooLate("refused-step", number=delivery.number)
        return answers

    question = _typed_or_listed("reason", operating.REASONS[step], "reason")
    return Form(f"desk{step}", (question,), finish, check, params=_numbered, job=True, then="desk")


DESK = tuple(_desk(step) for step in operating.STEPS)
