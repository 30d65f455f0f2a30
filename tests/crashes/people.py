"""The town's people, in a hurry: they book, race, carry, undo, prove, give back and cancel, and remember what they did.

What they type they type once (Telegram keeps it until the bot is back); a tap without an answer they repeat.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from bot import buttons
from bot.dispatch.booking import MERCHANT_REASONS
from bot.playground import reading
from bot.playground.crowd import BOOKING, STEPS, Crowd, SimulatedDriver, SimulatedMerchant
from bot.playground.reading import Key
from bot.playground.somebody import Somebody
from bot.playground.townsfolk import Folk, names
from bot.sandbox.people import Person

AGAIN_S = 45.0
"""A tap that led to nothing is repeated after so long (in the town)."""
FOR_EVER = math.inf
GIVES_UP_S = 150.0
"""A question that stays although it was answered is one that a killed bot forgot having asked: it is left."""
MERCHANT_ASKED = (*BOOKING, "ask-booking-change", "ask-askback-sure", "ask-newlink-cut")
DRIVER_ASKED = (
    *("ask-pin-pin", "ask-proof-photo", "ask-proof-name"),
    *("ask-giveback-reason", "ask-giveup-reason", "ask-giveup-photo"),
)
LINK = re.compile(r"https://t\.me/\S+\?start=\S+")
LIVE_S = 24 * 3600


@dataclass
class Remembered:
    """What people did and saw, to be held against the database at the end."""

    acknowledged: dict[int, dict[str, Any]] = field(default_factory=dict)
    """By draft: what was answered, and the bot went on to another question."""
    confirmed: dict[int, int] = field(default_factory=dict)
    """The drafts of bookings whose *Confirm* was tapped, and by whom."""


class Hurried(Somebody):
    """A simulated person without whims of waiting."""

    def __init__(self, crowd: "Hasty", folk: Folk) -> None:
        super().__init__(crowd, folk)
        self.rush = crowd
        self._done: dict[object, float] = {}

    def once(self, token: object, again_s: float = AGAIN_S) -> bool:
        """Whether this is to be done now: for the first time, or so long after the last."""
        if self.now - self._done.get(token, -math.inf) < again_s:
            return False
        self._done[token] = self.now
        return True

    def chance(self, token: object, share: float) -> bool:
        """A whim, the same one whenever the same thing is looked at."""
        if ("whim", token) not in self._done:
            self._done["whim", token] = self.rng.random()
        return self._done["whim", token] < share

    def asked(self, keys: Sequence[Key], text_ids: Sequence[str]) -> tuple[str, int, object, list[Key]] | None:
        """The open question: which, of which draft, what tells it from its repetitions, and its keys."""
        found = self.question(keys, text_ids)
        if found is None:
            return None
        text_id, own = found
        if any(isinstance(key.tap, buttons.Pick) and key.tap.value in MERCHANT_REASONS for key in own):
            text_id = "ask-cancel-reason"
        drop = next(key for key in own if isinstance(key.tap, buttons.Drop))
        assert isinstance(drop.tap, buttons.Drop)
        versions = [key.tap.version for key in own if isinstance(key.tap, buttons.Pick | buttons.Back)]
        return text_id, drop.tap.draft_id, versions[0] if versions else reading.said(drop.message), own

    def _leave(self, own: Sequence[Key]) -> None:
        """Tap a question away that leads nowhere: the bot closes it, whatever became of it."""
        dropped = next((key.tap.draft_id for key in own if isinstance(key.tap, buttons.Drop)), 0)
        if dropped in self.rush.remembered.confirmed and not self.rush.booked(dropped):
            return  # what he wants booked he does not leave
        seen = self._done.setdefault(("seen", own[0].message_id), self.now)
        if self.now - seen > GIVES_UP_S and self.once(("leaves", own[0].message_id)):
            self.taps(own, buttons.Drop)


class HastyMerchant(Hurried, SimulatedMerchant):
    """Books whenever there is room, changes his mind now and then, cancels, asks back, passes links on."""

    def __init__(self, crowd: "Hasty", folk: Folk) -> None:
        super().__init__(crowd, folk)
        self.book_at = self.now
        self._pending: tuple[int, str, Any, object] | None = None

    def act(self) -> None:
        """Answer the open question, see to a delivery, or book."""
        keys = reading.keys(self.person)
        asked = self.asked(keys, MERCHANT_ASKED)
        if asked is not None:
            text_id, draft_id, version, own = asked
            self._acknowledge(draft_id, version)
            if self.once((draft_id, version), AGAIN_S if self._by_tap(text_id, own) else FOR_EVER):
                self._reply(text_id.removeprefix("ask-"), draft_id, version, own)
            else:
                self._leave(own)
            return
        self._pass_link_on()
        if not self._see_to(keys) and self.now >= self.book_at and self.rush.booking:
            self.book_at = self.now + self.rng.uniform(30, 90)
            self.person.says("/deliver")

    def _acknowledge(self, draft_id: int, version: object) -> None:
        """The draft has gone on since: the bot has taken the answer before. (An orphan's question is an older one.)"""
        if self._pending is None or self._pending[0] != draft_id:
            return
        _, text_id, value, then = self._pending
        if isinstance(version, int) and isinstance(then, int) and version > then and not self._asked_again(text_id):
            self.rush.remembered.acknowledged.setdefault(draft_id, {})[self._key(text_id)] = value
            self._pending = None

    def _asked_again(self, text_id: str) -> bool:
        """Whether the newest question is the one that was answered: then the answer was not taken."""
        asked = self.asked(reading.keys(self.person), MERCHANT_ASKED)
        return asked is not None and asked[0] == text_id

    @staticmethod
    def _key(text_id: str) -> str:
        return text_id.removeprefix("ask-booking-").replace("-", "_")

    @staticmethod
    def _by_tap(text_id: str, own: Sequence[Key]) -> bool:
        typed = ("ask-booking-dropoff", "ask-booking-customer-name", "ask-booking-customer-phone")
        if any(isinstance(key.tap, buttons.Pick) and key.tap.value == "right" for key in own):
            return True
        return text_id not in typed

    def _reply(self, asked: str, draft_id: int, version: object, own: Sequence[Key]) -> None:
        if self.taps(own, buttons.Pick, value="right"):
            return
        if asked.startswith("booking-"):
            self._answer_booking(asked.removeprefix("booking-"), draft_id, version, own)
        elif asked == "askback-sure":
            self.taps(own, buttons.Pick, value="yes")
        elif asked == "cancel-reason" and self.rng.random() < 0.85:
            reasons = [key for key in own if isinstance(key.tap, buttons.Pick)]
            self.taps([self.rng.choice(reasons)], buttons.Pick)
        else:
            self.taps(own, buttons.Drop)

    def _answer_booking(self, asked: str, draft_id: int, version: object, own: Sequence[Key]) -> None:
        rng = Random(f"{self.person.id} {draft_id} {version}")  # who taps once more taps the same
        tapped = {
            "pieces": rng.choice("123"),
            "size": rng.choice("SSM"),
            "note": "skip",
            "when": "now",
            "pin": rng.choice(("no", "yes")),
            "confirm": "change"
            if self.chance((draft_id, "changes"), 0.15) and self.once(draft_id, FOR_EVER)
            else "yes",
            "change": "pieces",
        }
        if asked == "note" and self.chance((draft_id, "back"), 0.1) and self.once((draft_id, "back"), FOR_EVER):
            self.rush.remembered.acknowledged.get(draft_id, {}).pop("customer_phone", None)
            self.taps(own, buttons.Back)
            return
        if asked in tapped:
            self._tap(asked, draft_id, version, own, tapped[asked])
        else:
            self._type(asked, draft_id, version)

    def _tap(self, asked: str, draft_id: int, version: object, own: Sequence[Key], value: str) -> None:
        meant: Mapping[str, Any] = {"pieces": int(value) if value.isdecimal() else 0, "note": None}
        if asked == "confirm" and value == "yes":
            self.rush.remembered.confirmed[draft_id] = self.person.id
        elif asked == "confirm":
            self.rush.remembered.acknowledged.get(draft_id, {}).pop("pieces", None)
        elif asked != "change":
            self._pending = (draft_id, f"ask-booking-{asked}", meant.get(asked, value), version)
        self.taps(own, buttons.Pick, value=value)

    def _type(self, asked: str, draft_id: int, version: object) -> None:
        rng = self.rng
        number = rng.randrange(100)
        typed = {
            "dropoff": rng.choice(self.rush.places).name,
            "customer-name": names(rng, 1)[0],
            "customer-phone": f"702 555 01{number:02d}",
        }
        meant = f"+170255501{number:02d}" if asked == "customer-phone" else typed[asked]
        if asked != "dropoff":  # what the geocoder makes of it is its own affair
            self._pending = (draft_id, f"ask-booking-{asked}", meant, version)
        self.person.says(typed[asked])

    def _see_to(self, keys: Sequence[Key]) -> bool:
        """What came back, what nobody took, and now and then a delivery to be cancelled or asked back."""
        for kind, share in (
            (buttons.HandBack, 1.0),
            (buttons.Attempt, 0.3),
            (buttons.Retry, 0.7),
            (buttons.AskCancel, 0.12),
            (buttons.AskBack, 0.05),
            (buttons.ShowLink, 0.8),
        ):
            for key in keys:
                if type(key.tap) is not kind:
                    continue
                # whether he cancels is decided anew at each stage that the card shows
                stage = (key.tap, reading.said(key.message)[:120] if kind is buttons.AskCancel else "")
                if not self.chance(stage, share) or (kind is buttons.ShowLink and not self.once(stage, FOR_EVER)):
                    continue
                if kind is buttons.ShowLink or self.once(stage):
                    reading.tap(self.person, key)
                    return True
        return False

    def _pass_link_on(self) -> None:
        for message in reading.newest(self.person):
            found = LINK.search(reading.said(message))
            if found is not None and self.once(found[0], FOR_EVER):
                self.rush.customer_for(self).person.opens(found[0])


class HastyDriver(Hurried, SimulatedDriver):
    """Accepts most of what he is offered, is everywhere at once, and undoes, mistypes and gives back now and then."""

    def act(self) -> None:
        """Stay on duty; see to the job in hand or to an offer."""
        if not (self.person.position and self.person.position["live"]):
            self.person.shares_live(*self.folk.at.point, LIVE_S)
            return
        keys = reading.keys(self.person)
        here = next((key for key in keys if isinstance(key.tap, buttons.StillHere | buttons.ComeBack)), None)
        if here is not None and self.once(here.message_id):
            reading.tap(self.person, here)
        asked = self.asked(keys, DRIVER_ASKED)
        if asked is not None:
            text_id, draft_id, version, own = asked
            if self.once((draft_id, version, text_id), FOR_EVER):
                self._reply(text_id, draft_id, own)
            else:
                self._leave(own)
            return
        card = next((key.message for key in keys if isinstance(key.tap, buttons.Step)), None)
        if card is not None and self._next([key for key in keys if key.message is card], card):
            return
        offer = next((key for key in keys if isinstance(key.tap, buttons.Accept)), None)
        if (
            offer is not None
            and self.rush.accepting
            and self.chance((offer.tap, "looks"), 0.9)
            and self.once(offer.tap)
        ):
            kind = buttons.Accept if self.chance((offer.tap, "takes"), 0.8) else buttons.Decline
            self.taps([key for key in keys if key.message is offer.message], kind)

    def _next(self, own: Sequence[Key], card: reading.JSON) -> bool:
        found = {key.tap.step: key.tap for key in own if isinstance(key.tap, buttons.Step)}
        delivery_id = next(iter(found.values())).delivery_id
        step = next((name for name in STEPS if name in found), None)
        if (
            "undo" in found
            and self.chance((delivery_id, step, "undo"), 0.15)
            and self.once((delivery_id, step, "undo"))
        ):
            step = "undo"
        elif step == "pick_up" and "problem" in found and self.chance((delivery_id, "gives back"), 0.07):
            step = "problem"
        elif step == "hand_over" and "nobody" in found and self.chance((delivery_id, "nobody"), 0.2):
            step = "nobody"
        elif step == "hand_over" and "problem" in found and self.chance((delivery_id, "gives up"), 0.1):
            step = "problem"
        goal = reading.map_point(card)
        if goal is not None and step in ("at_pickup", "at_door", "brought_back"):
            self.person.moves(*goal)
        if step is None or (step != "undo" and not self.once((delivery_id, step))):
            return step is not None
        return self.taps(own, buttons.Step, step=step)

    def _reply(self, text_id: str, draft_id: int, own: Sequence[Key]) -> None:
        reasons = [key for key in own if isinstance(key.tap, buttons.Pick)]
        if self.chance((draft_id, "not yet"), 0.04):
            self.taps(own, buttons.Drop)
        elif text_id == "ask-pin-pin":
            self._type_pin(draft_id, own)
        elif text_id == "ask-proof-photo" and self.chance((draft_id, "photo"), 0.6):
            self.person.photo()
        elif text_id == "ask-proof-photo":
            self.taps(own, buttons.Pick, value="none")
        elif text_id == "ask-proof-name":
            self.person.says(names(self.rng, 1)[0])
        elif text_id == "ask-giveup-photo":
            self.person.photo()
        elif reasons:
            self.taps([self.rng.choice(reasons)], buttons.Pick)
        else:
            self.taps(own, buttons.Drop)

    def _type_pin(self, draft_id: int, own: Sequence[Key]) -> None:
        pin = self.rush.pin_for(self.person.id)
        if pin is None:
            self.taps(own, buttons.Drop)
        elif self.chance((draft_id, "mistypes"), 0.2) and self.once((draft_id, "mistyped"), FOR_EVER):
            self.person.says(f"{(int(pin) + 1) % 10_000:04}")
        else:
            self.person.says(pin)


class HastyCustomer(Hurried):
    """Says that it is his, and asks where it is."""

    def act(self) -> None:
        """Bind the link; look after the parcel now and then."""
        keys = reading.keys(self.person)
        for key in keys:
            if isinstance(key.tap, buttons.Mine) and self.once(key.tap):
                reading.tap(self.person, key)
                return
        where = next((key for key in keys if isinstance(key.tap, buttons.Where)), None)
        if where is not None and self.rng.random() < 0.02:
            reading.tap(self.person, where)


class HastyOperator(Hurried):
    """Sees to cases, late."""

    def act(self) -> None:
        """Close a case now and then."""
        keys = [key for key in reading.keys(self.person) if isinstance(key.tap, buttons.CloseCase)]
        for key in keys:
            if self.chance(key.tap, 0.5) and self.once(key.tap):
                reading.tap(self.person, key)
                return


class Hasty(Crowd):
    """All people of the town."""

    def __init__(
        self,
        *args: Any,
        customers: Sequence[Person],
        operator: Person,
        look_s: float,
        booked: Callable[[int], bool],
        **more: Any,
    ) -> None:
        super().__init__(*args, busy=True, **more)
        folk = [somebody.folk for somebody in self.people]
        self.remembered = Remembered()
        self.booking = self.accepting = True
        self.look_s, self.booked = look_s, booked
        at = folk[0].at
        self.hasty_customers = [HastyCustomer(self, Folk(person, "customer", at)) for person in customers]
        drivers = [HastyDriver(self, one) for one in folk if one.kind == "driver"]
        merchants = [HastyMerchant(self, one) for one in folk if one.kind == "merchant"]
        chief = HastyOperator(self, Folk(operator, "operator", at))
        self.people = [*drivers, *merchants, *self.hasty_customers, chief]

    def customer_for(self, merchant: Hurried) -> HastyCustomer:
        """Somebody who is sent a link."""
        return merchant.rng.choice(self.hasty_customers)

    def act(self) -> None:
        """Let everybody whose time it is look at his phone."""
        world = self.telegram.world
        for somebody in self.people:
            if world.now() < somebody.look_at:
                continue
            somebody.look_at = world.now() + somebody.rng.uniform(0.5, 1.5) * self.look_s
            try:
                with world.change():
                    somebody.act()
            except LookupError:  # the button went while the finger moved
                somebody.look_at = world.now() + self.look_s
