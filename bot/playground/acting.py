"""The verbs of a story, and what can be seen in it: all that people do on phones, in whichever language."""

from typing import Any

from bot import buttons
from bot.dispatch import eta
from bot.playground import reading
from bot.playground.reading import Key, Point
from bot.playground.stage import OffScript, Sight, Stage, Verb
from bot.sandbox.chats import buttons_of
from bot.sandbox.people import Person

LEGS = 5

# verbs


def starts() -> Verb:
    """Press Start."""

    async def act(_: Stage, who: Person) -> None:
        who.start()

    return act


def says(text: str) -> Verb:
    """Type this."""

    async def act(_: Stage, who: Person) -> None:
        who.says(text)

    return act


def taps(kind: type[buttons.Tap], /, **fields: Any) -> Verb:
    """Tap the newest button that means this; of several deliveries, the story's."""

    async def act(stage: Stage, who: Person) -> None:
        meant = stage.meant(kind, fields)
        name = who.name.split()[0]
        found = await stage.until(lambda: reading.key(who, kind, **meant), f"{name} has the button {kind.__name__}")
        reading.tap(who, found)

    return act


def settles(kind: str, part: str) -> Verb:
    """Approve what this person applied for."""

    async def act(stage: Stage, who: Person) -> None:
        standing = await stage.look_up()
        subject = standing.shop_id if kind == "merchant" else standing.drivers[stage.cast[part].id][1]
        await taps(buttons.Settle, kind=kind, subject_id=subject, yes=1)(stage, who)

    return act


def sends_number() -> Verb:
    """Press the key that sends one's own number."""

    async def act(stage: Stage, who: Person) -> None:
        who.press(await stage.until(lambda: reading.contact_key(who), f"{who.name} is asked for a number"))

    return act


def leaves_questions() -> Verb:
    """Whoever of the cast is in the middle of a conversation leaves it."""

    async def act(stage: Stage, _: Person) -> None:
        for _again in range(5):  # what was parked behind it comes up again
            asked = (await stage.look_up()).asked
            if not asked:
                return
            for part, person in list(stage.cast.items()):
                if person.id in asked:
                    stage.mark()
                    person.says("/cancel")
                    await stage.sees(is_told(part))

    return act


def comes_on(north_m: float, east_m: float) -> Verb:
    """Share the live location so far from the pickup."""

    async def act(stage: Stage, who: Person) -> None:
        assert stage.standing.pickup is not None
        if who.position and who.position["live"]:
            who.ends_live()
        who.shares_live(*offset(stage.standing.pickup, north_m, east_m), 8 * 3600)

    return act


def offset(point: Point, north_m: float, east_m: float) -> Point:
    """The point so many metres north and east of another."""
    lat, lon = point
    return lat + north_m / 111_195, lon + east_m / 89_800  # a degree of longitude at 36° north


def copies_link() -> Verb:
    """Copy the customer's link."""

    async def act(stage: Stage, who: Person) -> None:
        shown = await stage.until(lambda: link_message(stage, who), f"{who.name} sees the customer's link")
        who.taps(next(b["text"] for b in buttons_of(shown) if "copy_text" in b), message_id=shown["message_id"])

    return act


def link_message(stage: Stage, who: Person) -> reading.JSON | None:
    """The message with the customer's link."""
    found = reading.key(who, buttons.ShowQr, delivery_id=stage.delivery_id)
    return found.message if found else None


def opens_link_of(part: str) -> Verb:
    """Open what this person copied."""

    async def act(stage: Stage, who: Person) -> None:
        who.opens(stage.cast[part].clipboard or "")

    return act


def types_pin_of(part: str) -> Verb:
    """Type the PIN that this person reads out."""

    async def act(stage: Stage, who: Person) -> None:
        other = stage.cast[part]

        def look() -> str | None:
            cards = [message for message in reading.newest(other) if stage.number in reading.said(message)]
            return next((pin for card in cards if (pin := reading.marked(card, "code"))), None)

        who.says(await stage.until(look, f"{other.name} can read the PIN"))

    return act


def photographs() -> Verb:
    """Send a photo."""

    async def act(_: Stage, who: Person) -> None:
        who.photo()

    return act


def races() -> Verb:
    """Everybody who is offered it says yes at the same moment."""

    async def act(stage: Stage, _: Person) -> None:
        for person, offer in _offers(stage):
            reading.tap(person, offer)

    return act


def drives(legs: int = LEGS, share: float = 1.0) -> Verb:
    """Drive where the card's map leads (or a share of that way), the town's clock wound by what it takes."""

    async def act(stage: Stage, who: Person) -> None:
        def look() -> Point | None:
            step = reading.key(who, buttons.Step, delivery_id=stage.delivery_id)
            return reading.map_point(step.message) if step else None

        goal = await stage.until(look, f"{who.name} sees where to go")
        position = who.position
        if position is None or not position["live"]:
            raise OffScript(f"{who.name} no longer shares a live location")
        start = (position["lat"], position["lon"])
        leg_s = eta.travel(start, goal, "car").total_seconds() * share / legs
        for leg in range(1, legs + 1):
            done = leg / legs * share
            who.moves(*(round(a + (b - a) * done, 6) for a, b in zip(start, goal, strict=True)))
            await stage.passes(max(1.0, leg_s))
            await stage.rest(0.5)

    return act


def waits(seconds: float) -> Verb:
    """Wait: the town's clock is wound."""

    async def act(stage: Stage, _: Person) -> None:
        await stage.passes(seconds)

    return act


# sights


def can_tap(who: str, kind: type[buttons.Tap], /, **fields: Any) -> Sight:
    """This part has a new button that means this; of several deliveries, the story's."""

    def look(stage: Stage) -> Key | None:
        person = stage.cast[who]
        meant = stage.meant(kind, fields)
        return next((key for key in reading.keys(person, kind, **meant) if stage.is_new(person, key.message)), None)

    return Sight(f"{{{who}}} has the button {kind.__name__} {fields or ''}".strip(), look)


def sees(who: str, text_id: str, *, numbered: bool = False) -> Sight:
    """This part reads this, in whichever language: newly, or anywhere in a message with the delivery's number."""

    def look(stage: Stage) -> object:
        person = stage.cast[who]
        for message in reading.newest(person):
            known = stage.number in reading.said(message) if numbered else stage.is_new(person, message)
            if known and stage.words.stand_in(text_id, message):
                return message
        return None

    return Sight(f"{{{who}}} sees “{text_id}”", look)


def is_booked() -> Sight:
    """The merchant has the new delivery's card; from now on it is the story's delivery."""

    def look(stage: Stage) -> object:
        anna = stage.cast["anna"]
        found = reading.key(anna, buttons.ShowLink)
        if found is None or not stage.is_new(anna, found.message):
            return None
        assert isinstance(found.tap, buttons.ShowLink)
        if found.tap.delivery_id <= stage.delivery_id:
            return None
        stage.delivery_id = found.tap.delivery_id
        stage.number = reading.marked(found.message, "bold") or ""
        return stage.number

    return Sight("{anna} sees the delivery's card", look)


def is_offered(*parts: str) -> Sight:
    """Drivers of the cast are offered it: as many as parts are named, and those parts are theirs from now on.

    Other merchants' offers that stand in the way are declined.
    """

    def look(stage: Stage) -> object:
        offered = [person for person, _ in _offers(stage)]
        _shoo(stage)
        if len(offered) < len(parts):
            return None
        stage.cast.update(zip(parts, offered, strict=False))
        return offered

    return Sight("a driver is offered {number}", look)


def _shoo(stage: Stage) -> None:
    for person in stage.drivers:
        for other in reading.keys(person, buttons.Decline):
            assert isinstance(other.tap, buttons.Decline)
            ours = stage.standing.shop_name in reading.said(other.message)
            if not ours and other.tap.offer_id not in stage.shooed:
                stage.shooed.add(other.tap.offer_id)
                reading.tap(person, other)


def _offers(stage: Stage) -> list[tuple[Person, Key]]:
    """Who of the cast is offered the story's delivery: the first offer on each phone that names the shop."""
    found = []
    for person in stage.drivers:
        ours = [k for k in reading.keys(person, buttons.Accept) if stage.standing.shop_name in reading.said(k.message)]
        found += [(person, ours[0])] if ours else []
    return found


def has_it(driver: str, loser: str | None = None) -> Sight:
    """Somebody of the cast has the job: he is this part from now on, and the other of the race that."""

    def look(stage: Stage) -> object:
        held = [p for p in stage.drivers if reading.key(p, buttons.Step, delivery_id=stage.delivery_id)]
        if not held:
            return None
        stage.cast[driver] = held[0]
        if loser is not None:
            racers = [stage.cast[part] for part in ("one", "other")]
            stage.cast[loser] = next(person for person in racers if person is not held[0])
        return held

    return Sight("a driver has {number}", look)


def is_told(who: str) -> Sight:
    """This part gets something new from the bot."""

    def look(stage: Stage) -> object:
        person = stage.cast[who]
        return next((message for message in reading.newest(person) if stage.is_new(person, message)), None)

    return Sight(f"{{{who}}} is answered", look)
