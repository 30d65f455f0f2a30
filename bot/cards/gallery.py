"""All cards by the kind of their subject, and which card a tap belongs to."""

from collections.abc import Mapping

from bot import buttons
from bot.buttons import Tap
from bot.cards import customer, driver, merchant, operator, person, privacy, trouble
from bot.cards.face import Face, Painter
from bot.dispatch import rights
from bot.dispatch.words import Say
from storage.database import Work
from storage.rows import Missing

PAINTERS: Mapping[str, Painter] = {
    "welcome": person.welcome,
    "home": person.home,
    "language": person.language,
    "status": person.status,
    "forget": privacy.forget,
    "draft": person.draft,
    "delivery": merchant.delivery,
    "link": merchant.link,
    "staff": merchant.staff,
    "invite": merchant.invite,
    "offer": driver.offer,
    "job": driver.job,
    "duty": driver.duty,
    "claim": customer.claim,
    "parcel": customer.parcel,
    "where": customer.where,
    "merchant": operator.merchant,
    "driver": operator.driver,
    "case": operator.case,
    "desk": operator.desk,
    "open": operator.open_list,
    "letter": trouble.letter,
    "waiting": trouble.waiting,
}


def render(work: Work, subject: str, chat_id: int) -> Face | None:
    """The face of this card in this chat now; None where there is nothing to show.

    Whoever has lost the right to see it, or never had it, sees that and nothing else.
    """
    kind, _, number = subject.partition(":")
    try:
        if not rights.may_see(work, chat_id, kind, int(number)):
            return Face((Say("refused-not-yours"),))
        return privacy.erased(work, kind, int(number)) or PAINTERS[kind](work, int(number), chat_id)
    except Missing:
        return None


def subject_of(tap: Tap) -> str | None:
    """The card that shows what this tap is about, to be posted where the tapped one was outdated; None for menus."""
    match tap:
        case buttons.Accept(offer_id) | buttons.Decline(offer_id):
            return f"offer:{offer_id}"
        case buttons.Step(delivery_id, _):
            return f"job:{delivery_id}"
        case buttons.Pick(draft_id) | buttons.Back(draft_id) | buttons.Drop(draft_id) | buttons.Resume(draft_id):
            return f"draft:{draft_id}"
        case buttons.Where(delivery_id):
            return f"parcel:{delivery_id}"
        case buttons.Settle(("merchant" | "driver") as kind, subject_id, _):
            return f"{kind}:{subject_id}"
        case buttons.CloseCase(case_id) | buttons.LookInto(case_id) | buttons.SendAgain(case_id):
            return f"case:{case_id}"
        case buttons.DeskStep(delivery_id, _):
            return f"desk:{delivery_id}"
        case buttons.AnswerInvite(invite_id, _):
            return f"invite:{invite_id}"
        case buttons.InviteStaff(merchant_id) | buttons.RemoveStaff(merchant_id, _):
            return f"staff:{merchant_id}"
        case _:
            return _delivery_card(tap)


def _delivery_card(tap: Tap) -> str | None:
    of_delivery = (
        buttons.AskCancel | buttons.Retry | buttons.HandBack | buttons.Attempt | buttons.AskBack | buttons.NewLink
    )
    return f"delivery:{tap.delivery_id}" if isinstance(tap, of_delivery) else None
