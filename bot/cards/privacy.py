"""What is kept of people and what is not: the lines in the place of what was erased, and *forget me*."""

from bot import buttons
from bot.cards.face import Face, Key, rows
from bot.dispatch import forgetting
from bot.dispatch.words import Say
from storage.database import Work


def forget(work: Work, person_id: int, _chat_id: int) -> Face:
    """Shall everything be erased? What is open stands in the way, and until when."""
    hindrances = forgetting.hindrances(work, person_id)
    if hindrances:
        return Face((Say("forget-later"), *hindrances))
    yes = Key(Say("button-forget"), buttons.Forget(), style="danger")
    return Face((Say("forget-ask"),), rows(yes))


def erased(work: Work, kind: str, number: int) -> Face | None:
    """What stands in the place of a card whose matter was erased; None where it was not (yet)."""
    if kind in forgetting.CARDS:
        delivery = work.deliveries.get(number)
        return Face((Say("erased-delivery", {"number": delivery.number}),)) if delivery.erased_at else None
    if kind == "merchant":
        return Face((Say("erased-merchant"),)) if work.merchants.get(number).erased_at else None
    if kind == "driver":
        return Face((Say("erased-driver"),)) if work.drivers.get(number).erased_at else None
    return None
