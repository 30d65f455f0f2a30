"""A living market: simulated merchants book, drivers accept or refuse and drive, customers wait; all by phone."""

from collections.abc import Callable, Sequence
from random import Random

from bot import buttons
from bot.playground import reading
from bot.playground.customers import SimulatedCustomer
from bot.playground.reading import Key, Point, Words
from bot.playground.somebody import Somebody
from bot.playground.townsfolk import Folk, names, town_places
from bot.sandbox.chats import buttons_of
from bot.sandbox.telegram import Telegram
from bot.sandbox.walking import metres

DRIVE_SPEED = 4.0
"""Times the town speed: a market that one watches."""
TELL_EVERY_S = 4.0
"""So often the phone of one who drives tells where it is."""
DRIFT_S = (120.0, 240.0)
"""A phone that lies still is some metres off now and then: enough not to be taken for silent."""
BOOK_S = (120.0, 360.0)
"""Seconds from one booking of a merchant to the next."""
LIVE_S = 8 * 3600
AT_M = 40
ACCEPTS, DECLINES = 0.75, 0.15
"""The rest lets an offer lapse."""
TELLS = 0.7
"""So many customers are sent the link of their parcel."""
KEPT = 100
"""So many messages are kept of a simulated person's chat."""
GIVES_BACK, NOBODY = 0.03, 0.06
NOTES = ("Gate code 4711", "Second floor", "Ring twice, please", "Leave with the concierge", "Fragile")

BOOKING = tuple(
    f"ask-booking-{name}"
    for name in (
        *("pieces", "size", "dropoff", "customer-name", "customer-phone"),
        *("note", "when", "pin", "confirm"),
    )
)
JOB = ("ask-pin-pin", "ask-proof-photo", "ask-giveback-reason", "ask-giveup-reason", "ask-giveup-photo")


STEPS: tuple[str, ...] = ("at_pickup", "pick_up", "at_door", "hand_over", "brought_back")


class SimulatedMerchant(Somebody):
    """Books every few minutes, by conversation, and takes back what comes back."""

    def __init__(self, crowd: "Crowd", folk: Folk) -> None:
        super().__init__(crowd, folk)
        self.crowd = crowd
        self.told: set[int] = set()
        """The deliveries whose customers have their link, or never get one."""
        self.book_at = self.now + self.rng.uniform(5, BOOK_S[1] / 2)

    def act(self) -> None:
        """Answer the open question, see to what came back, or book."""
        keys = reading.keys(self.person)
        asked = self.question(keys, BOOKING)
        if asked is not None:
            text_id, own = asked
            if self.ready((own[0].message_id, own[0].tap), 1.5, 6):
                self._answer(text_id, own)
            return
        for kind in (buttons.HandBack, buttons.Retry):
            if any(isinstance(key.tap, kind) for key in keys):
                if self.ready(kind, 10, 40):
                    self.taps(keys, kind)
                return
        if self._tells_customer(keys):
            return
        if self.now >= self.book_at and not self.crowd.held():
            self.book_at = self.now + self.rng.uniform(*BOOK_S)
            self.person.says("/deliver")

    def _tells_customer(self, keys: Sequence[Key]) -> bool:
        """Most customers are sent their link: it is asked for, and once it is there, passed on."""
        for key in keys:
            if isinstance(key.tap, buttons.ShowQr) and key.tap.delivery_id not in self.told:
                self.told.add(key.tap.delivery_id)
                links = [one["copy_text"]["text"] for one in buttons_of(key.message) if "copy_text" in one]
                return bool(links) and self.crowd.send_link(links[0])
        new = (key for key in keys if isinstance(key.tap, buttons.ShowLink) and key.tap.delivery_id not in self.told)
        card = next(new, None)
        if card is None or not self.ready(card.tap, 3, 15):
            return False
        if self.rng.random() < TELLS and self.crowd.has_free_customer():
            return self.taps([card], buttons.ShowLink)
        assert isinstance(card.tap, buttons.ShowLink)
        self.told.add(card.tap.delivery_id)
        return False

    def _answer(self, text_id: str, own: Sequence[Key]) -> None:
        rng, question = self.rng, text_id.removeprefix("ask-booking-")
        picks = {
            "pieces": rng.choice("11122234"),
            "size": rng.choice("SSSSMMML"),
            "when": "now",
            "pin": rng.choice(("no", "no", "yes")),
            "confirm": "yes",
        }
        if self.taps(own, buttons.Pick, value="right"):  # the map speaks for itself: no words stand there
            return
        if question in picks:
            self.taps(own, buttons.Pick, value=picks[question])
        elif question == "dropoff":
            self.person.says(_mistyped(rng, rng.choice(self.crowd.places).name))
        elif question == "customer-name":
            self.person.says(names(rng, 1)[0])
        elif question == "customer-phone":
            self.person.says(f"702 555 01{rng.randrange(100):02d}")
        elif question == "note" and rng.random() < 0.4:
            self.person.says(rng.choice(NOTES))
        elif not self.taps(own, buttons.Pick, value="skip"):
            self.person.says("/cancel")


def _mistyped(rng: Random, text: str) -> str:
    """What fingers make of a name now and then: two letters change places."""
    at = rng.randrange(2, len(text) - 1) if len(text) > 6 else 0
    if not at or rng.random() < 0.7:
        return text
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


class SimulatedDriver(Somebody):
    """On duty by live location; answers offers as he likes, drives and does the steps, and rarely has a problem."""

    def __init__(self, crowd: "Crowd", folk: Folk) -> None:
        super().__init__(crowd, folk)
        self.crowd = crowd
        self.drift_at = 0.0
        self.wants: dict[int, bool | None] = {}
        """By offer: accept, decline, or let it lapse (None)."""
        self.plans: dict[int, str] = {}
        """By delivery: `bring`, `give back`, or find `nobody` there."""

    def act(self) -> None:
        """Stay on duty; where the town is busy, see to the job in hand or to an offer."""
        person = self.person
        if not (person.position and person.position["live"]):
            at = person.position
            lat, lon = (at["lat"], at["lon"]) if at else self.folk.at.point
            person.shares_live(lat, lon, LIVE_S)
            self.drift_at = self.now + self.rng.uniform(*DRIFT_S)
            return
        keys = reading.keys(person)
        if not self._still_here(keys) and (not self.crowd.busy or not self._work(keys)):
            self._drift()

    def _still_here(self, keys: Sequence[Key]) -> bool:
        return any(isinstance(key.tap, buttons.StillHere) for key in keys) and (
            not self.ready("still here", 5, 30) or self.taps(keys, buttons.StillHere)
        )

    def _drift(self) -> None:
        if self.now < self.drift_at or self.person.id in self.crowd.telegram.walks.on:
            return
        self.drift_at = self.now + self.rng.uniform(*DRIFT_S)
        lat, lon = (round(degree + self.rng.uniform(-0.0001, 0.0001), 6) for degree in self._here)
        self.person.moves(lat, lon)

    @property
    def _here(self) -> Point:
        at = self.person.position
        return (at["lat"], at["lon"]) if at else self.folk.at.point

    def _work(self, keys: Sequence[Key]) -> bool:
        """Do what is next; False where there is nothing to do."""
        asked = self.question(keys, JOB)
        if asked is not None:
            text_id, own = asked
            if self.ready((own[0].message_id, own[0].tap), 2, 10):
                self._answer(text_id, own)
            return True
        card = next((key.message for key in keys if isinstance(key.tap, buttons.Step)), None)
        if card is not None:
            return self._carry(card, [key for key in keys if key.message is card])
        return self._consider(keys)

    def _consider(self, keys: Sequence[Key]) -> bool:
        offer = next((key.tap for key in keys if isinstance(key.tap, buttons.Accept)), None)
        if offer is None or self.crowd.held():
            return False
        if offer.offer_id not in self.wants:
            whim = self.rng.random()
            self.wants[offer.offer_id] = True if whim < ACCEPTS else False if whim < ACCEPTS + DECLINES else None
        wanted = self.wants[offer.offer_id]
        if wanted is not None and self.ready(offer, 3, 18):
            self.taps(keys, buttons.Accept if wanted else buttons.Decline, offer_id=offer.offer_id)
        return True

    def _carry(self, card: reading.JSON, own: Sequence[Key]) -> bool:
        """The next step of the job: drive where the card's map leads, and tap."""
        found = {key.tap.step: key.tap for key in own if isinstance(key.tap, buttons.Step)}
        step = next((name for name in STEPS if name in found), None)
        if step is None:
            return False
        delivery_id = found[step].delivery_id
        plan = self._plan(delivery_id)
        if step in ("at_pickup", "at_door", "brought_back") and not self._arrived(card):
            return True
        if step == "brought_back":
            self.plans[delivery_id] = "bring"
        if plan == "give back" and step == "pick_up":
            step = "problem"
        if plan == "nobody" and step == "hand_over":
            step = "nobody" if "nobody" in found else "problem"
        slow = {"pick_up": (15, 50), "hand_over": (10, 30), "problem": (40, 90)}
        if step in found and self.ready((delivery_id, step), *slow.get(step, (3, 12))):
            self.taps(own, buttons.Step, step=step)
        return True

    def _plan(self, delivery_id: int) -> str:
        if delivery_id not in self.plans:
            whim = self.rng.random()
            plan = "give back" if whim < GIVES_BACK else "nobody" if whim < GIVES_BACK + NOBODY else "bring"
            self.plans[delivery_id] = plan
        return self.plans[delivery_id]

    def _arrived(self, card: reading.JSON) -> bool:
        """Whether he is where the card's map leads; where not, he drives there."""
        goal, walks = reading.map_point(card), self.crowd.telegram.walks
        if goal is None or metres(self._here, goal) <= AT_M:
            walks.stop(self.person)
            return True
        walk = walks.on.get(self.person.id)
        if walk is None or walk.left[-1:] != [goal]:
            walks.start(self.person, [goal], self.crowd.speed, TELL_EVERY_S)
        return False

    def _answer(self, text_id: str, own: Sequence[Key]) -> None:
        if text_id == "ask-proof-photo":
            self.person.photo()
        elif text_id == "ask-pin-pin":
            pin = self.crowd.pin_for(self.person.id)
            if pin is None or not self.person.says(pin):
                self.taps(own, buttons.Drop)
        elif text_id == "ask-giveup-photo":
            self.taps(own, buttons.Pick, value="skip")
        elif text_id == "ask-giveup-reason":
            self.taps(own, buttons.Pick, value="nobody_there")
        else:
            reasons = [key for key in own if isinstance(key.tap, buttons.Pick)]
            self.taps([self.rng.choice(reasons)] if reasons else own, buttons.Pick if reasons else buttons.Drop)


class Crowd:
    """All simulated people of a town; `held` says when they let others play (they book and accept nothing then)."""

    def __init__(
        self,
        telegram: Telegram,
        words: Words,
        folk: Sequence[Folk],
        *,
        busy: bool,
        seed: int = 1,
        speed: float = DRIVE_SPEED,
        held: Callable[[], bool] = lambda: False,
    ) -> None:
        self.telegram, self.words, self.busy, self.held = telegram, words, busy, held
        self.seed, self.speed = seed, speed
        self.places = town_places()
        drivers = [SimulatedDriver(self, one) for one in folk if one.kind == "driver"]
        merchants = [SimulatedMerchant(self, one) for one in folk if one.kind == "merchant" and busy]
        self.customers = [SimulatedCustomer(self, one) for one in folk if one.kind == "customer" and busy]
        self.people: list[Somebody] = [*drivers, *merchants, *self.customers]

    def act(self) -> None:
        """Let everybody whose time it is look at his phone, and those who drive drive on."""
        world = self.telegram.world
        self.telegram.walks.advance()
        for somebody in self.people:
            if world.now() < somebody.look_at:
                continue
            somebody.look_at = world.now() + somebody.rng.uniform(0.8, 1.6)
            try:
                with world.change():
                    somebody.act()
                    world.forget_old(somebody.person.chat, KEPT)
            except LookupError:  # the button went while the finger moved
                somebody.look_at = world.now() + 5

    def has_free_customer(self) -> bool:
        """Whether somebody waits for no parcel yet."""
        return any(customer.is_free for customer in self.customers)

    def send_link(self, link: str) -> bool:
        """Let one who waits for no parcel have this link; False where nobody is free."""
        free = next((customer for customer in self.customers if customer.is_free), None)
        if free is not None:
            free.link = link
        return free is not None

    def pin_for(self, driver_id: int) -> str | None:
        """The PIN that somebody at the door (or the shop, by telephone) reads to this driver, or None."""
        mine = next(
            (m for m in reading.newest(self.telegram.people[driver_id]) if any(_steps(m))),
            None,
        )
        number = reading.marked(mine, "bold") if mine else None
        if number is None:
            return None
        for person in self.telegram.people.values():
            if person.id == driver_id:
                continue
            for message in reading.newest(person):
                if number in reading.said(message) and (pin := reading.marked(message, "code")):
                    return pin
        return None


def _steps(message: reading.JSON) -> list[buttons.Step]:
    taps = (buttons.unpack(button.get("callback_data", "")) for button in buttons_of(message))
    return [tap for tap in taps if isinstance(tap, buttons.Step)]
