"""Typed buttons: what a tap means, packed into callback data and read back; at most 64 bytes, checked when packed."""

from dataclasses import dataclass, fields
from typing import ClassVar, Self, get_type_hints

MOST_BYTES = 64
_KINDS: dict[str, type["Tap"]] = {}


@dataclass(frozen=True)
class Tap:
    """A tap: a short code and a few ids; the state, never the card, decides what comes of it."""

    code: ClassVar[str] = ""

    def __init_subclass__(cls, code: str = "") -> None:
        super().__init_subclass__()
        if code in _KINDS:
            raise TypeError(f"two buttons are called {code!r}")
        cls.code = code
        _KINDS[code] = cls

    def pack(self) -> str:
        """As callback data; raises ValueError over 64 bytes or where a text holds the separator."""
        parts = [str(getattr(self, field.name)) for field in fields(self)]
        data = ":".join([self.code, *parts])
        if len(data.encode()) > MOST_BYTES or any(":" in part for part in parts):
            raise ValueError(f"cannot be a button's data: {data!r}")
        return data

    @classmethod
    def _read(cls, parts: list[str]) -> Self:
        kinds = get_type_hints(cls)
        values = [kinds[field.name](part) for field, part in zip(fields(cls), parts, strict=True)]
        if any(isinstance(value, int) and abs(value) >= 2**63 for value in values):
            raise ValueError("no table holds such a number")
        return cls(*values)


def unpack(data: str) -> Tap | None:
    """The tap that this callback data means, or None where it is none of ours (any more)."""
    code, *parts = data.split(":")
    kind = _KINDS.get(code)
    if kind is None:
        return None
    try:
        return kind._read(parts)
    except ValueError:
        return None


# who am I, and conversations


@dataclass(frozen=True)
class Begin(Tap, code="f"):
    """Open a form."""

    form: str


@dataclass(frozen=True)
class Pick(Tap, code="p"):
    """Answer the open question of a draft, as it was at this version."""

    draft_id: int
    version: int
    value: str


@dataclass(frozen=True)
class Back(Tap, code="b"):
    """Go back to the question before."""

    draft_id: int
    version: int


@dataclass(frozen=True)
class Drop(Tap, code="x"):
    """Leave the conversation."""

    draft_id: int


@dataclass(frozen=True)
class Resume(Tap, code="rm"):
    """Go on with a conversation that was kept for later."""

    draft_id: int


@dataclass(frozen=True)
class Role(Tap, code="r"):
    """Be a merchant, a driver, a customer or an operator from now on."""

    role: str


@dataclass(frozen=True)
class Speak(Tap, code="l"):
    """Speak this language."""

    language: str


@dataclass(frozen=True)
class Forget(Tap, code="fg"):
    """Yes, erase what you know of me: of whoever taps, nobody else."""


# merchants


@dataclass(frozen=True)
class Again(Tap, code="ag"):
    """Book the same as last time."""


@dataclass(frozen=True)
class AskCancel(Tap, code="ca"):
    """What would cancelling cost?"""

    delivery_id: int


@dataclass(frozen=True)
class ShowLink(Tap, code="li"):
    """The customer's link, and ways to pass it on."""

    delivery_id: int


@dataclass(frozen=True)
class ShowQr(Tap, code="qr"):
    """The customer's link as a picture."""

    delivery_id: int


@dataclass(frozen=True)
class NewLink(Tap, code="ln"):
    """A new link instead of the one before."""

    delivery_id: int


@dataclass(frozen=True)
class Retry(Tap, code="re"):
    """Search again for a driver."""

    delivery_id: int


@dataclass(frozen=True)
class HandBack(Tap, code="hb"):
    """Yes, the parcel is back in the shop."""

    delivery_id: int


@dataclass(frozen=True)
class Attempt(Tap, code="at"):
    """Try once more to deliver."""

    delivery_id: int


@dataclass(frozen=True)
class AskBack(Tap, code="ab"):
    """Ask the operators to bring it back."""

    delivery_id: int


@dataclass(frozen=True)
class ShowDelivery(Tap, code="sd"):
    """Show the card of this delivery."""

    delivery_id: int


@dataclass(frozen=True)
class InviteStaff(Tap, code="is"):
    """A link for one more person of the merchant's staff."""

    merchant_id: int


@dataclass(frozen=True)
class AnswerInvite(Tap, code="ia"):
    """Let this person in, or not."""

    invite_id: int
    yes: int


@dataclass(frozen=True)
class RemoveStaff(Tap, code="rs"):
    """This person no longer speaks for the merchant."""

    merchant_id: int
    person_id: int


# drivers


@dataclass(frozen=True)
class Accept(Tap, code="ok"):
    """Take the offer."""

    offer_id: int


@dataclass(frozen=True)
class Decline(Tap, code="no"):
    """Leave the offer to others."""

    offer_id: int


@dataclass(frozen=True)
class Step(Tap, code="st"):
    """The next step of a job, or the undoing of the last."""

    delivery_id: int
    step: str


@dataclass(frozen=True)
class GoOff(Tap, code="of"):
    """No more offers."""


@dataclass(frozen=True)
class ComeBack(Tap, code="on"):
    """On duty again, with the live location that is still shared."""


@dataclass(frozen=True)
class StillHere(Tap, code="sh"):
    """Yes, still there."""


# customers


@dataclass(frozen=True)
class Mine(Tap, code="mi"):
    """It's my parcel."""

    link_id: int


@dataclass(frozen=True)
class Where(Tap, code="wh"):
    """Where is it?"""

    delivery_id: int


# operators


@dataclass(frozen=True)
class Settle(Tap, code="se"):
    """Approve or decline a merchant or a driver."""

    kind: str
    subject_id: int
    yes: int


@dataclass(frozen=True)
class ShowDesk(Tap, code="de"):
    """Put this delivery on my desk."""

    delivery_id: int


@dataclass(frozen=True)
class DeskStep(Tap, code="ds"):
    """Do this to the delivery; a reason is asked."""

    delivery_id: int
    step: str


@dataclass(frozen=True)
class CloseCase(Tap, code="cc"):
    """It is seen to."""

    case_id: int


@dataclass(frozen=True)
class LookInto(Tap, code="lk"):
    """Show what a case about the bot itself, or about a message, is about."""

    case_id: int


@dataclass(frozen=True)
class SendAgain(Tap, code="sa"):
    """Try once more to send the message that could not be sent."""

    case_id: int
