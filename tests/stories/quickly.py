"""People and deliveries made without their conversations, for stories that begin later; and time that jumps."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any, TypeVar

from bot.dispatch import away, booking, joining
from storage.database import Work
from storage.models import Delivery, Merchant
from tests.stories.town import FASHION_SHOW, Human, Town

T = TypeVar("T")
Point = tuple[float, float]

NEARBY = (36.1290, -115.1700)
BELLAGIO = (36.1126, -115.1767)
NUMBERS = count(1_000_000)


def north(km: float) -> Point:
    """A point so many kilometres north of the pickup, as the crow flies."""
    return FASHION_SHOW[0] + km / 111.195, FASHION_SHOW[1]


async def merchant(town: Town, name: str = "Anna Archer", shop: str = "Anna's Shoes", language: str = "en") -> Human:
    """Somebody whose shop at Fashion Show is approved."""
    anna = town.human(name, language=language)
    await anna.starts()

    def join(work: Work) -> None:
        joined = joining.apply_as_merchant(
            work,
            anna.id,
            name=shop,
            address="3200 S Las Vegas Blvd",
            point=FASHION_SHOW,
            mall="fashion-show",
            phone="+17025550142",
            pickup_note="Level 2, next to the cinema",
        )
        joining.settle_merchant(work, town.olivia.id, joined.id)

    await does(town, join)
    return anna


async def drivers(town: Town, *names: str, at: Sequence[Point | None], vehicle: str = "car") -> list[Human]:
    """Approved drivers, each on duty by live location where he has a place."""
    people = [town.human(name) for name in names]
    for person in people:
        person.phone.start()
    await town.settle()

    def join(work: Work) -> None:
        for person in people:
            joined = joining.apply_as_driver(
                work, person.id, name=person.name, vehicle=vehicle, phone=person.phone.user.phone
            )
            joining.settle_driver(work, town.olivia.id, joined.id)

    await does(town, join)
    for person, place in zip(people, at, strict=True):
        if place is not None:
            person.phone.shares_live(*place, 8 * 3600)
    await town.settle()
    return people


async def driver(town: Town, name: str = "Omar Ortiz", at: Point | None = NEARBY, vehicle: str = "car") -> Human:
    """One approved driver, on duty by live location where he has a place."""
    return (await drivers(town, name, at=[at], vehicle=vehicle))[0]


async def book(town: Town, anna: Human, *, pin: bool = False, phone: bool = True, **changes: Any) -> str:
    """Book two boxes to the Bellagio for Lena; the delivery's number."""

    def booked(work: Work) -> str:
        merchant = work.merchants.approved_of(anna.id)
        assert merchant is not None
        return ask(work, merchant, anna.id, pin=pin, phone=phone, **changes).number

    return str(await does(town, booked))


def ask(work: Work, merchant: Merchant, who: int, *, pin: bool = False, phone: bool = True, **changes: Any) -> Delivery:
    """As `book`, in an open transaction."""
    values: dict[str, Any] = {
        "pieces": 2,
        "size": "M",
        "dropoff": BELLAGIO,
        "dropoff_address": "Bellagio, 3600 S Las Vegas Blvd",
        "area": "The Strip",
        "customer_name": "Lena Lopez",
        "customer_phone": "+17025550177" if phone else None,
        "note": "Gate code 1234",
        "ready_at": None,
        "pin": pin,
    }
    request = booking.Request(merchant=merchant, **{**values, **changes})
    return booking.book(work, who, request, next(NUMBERS))


async def fetched(town: Town, omar: Human) -> None:
    """The driver accepts what he is offered, and picks it up."""
    await omar.taps("Accept")
    await omar.taps("I'm at the pickup")
    await omar.taps("Picked up")


async def at_the_door(town: Town, omar: Human) -> None:
    """The driver accepts, picks up, and stands at the door; his minute of undoing is over."""
    await fetched(town, omar)
    await town.passes(seconds=70)
    await omar.taps("I'm at the door")


async def does(town: Town, piece: Any) -> Any:
    """Do something in a transaction of the bot, and let it speak."""
    result = await town.bot.desk.do(piece)
    await town.settle()
    return result


async def jumps(town: Town, **time: float) -> None:
    """So much time passes at once, and nobody notices: the bot was not away."""
    town.clock.now += timedelta(**time)
    await town.bot.desk.do(lambda work: work.memory.note(away.HEARD_AT, work.now.isoformat()))
    await town.tick()


def delivery(town: Town, number: str) -> Delivery:
    """The delivery with this number, as a fresh transaction reads it."""
    found = town.reads(lambda work: [one for one in work.deliveries.in_status(EVERY) if one.number == number])
    return found[0]


EVERY = ("requested", "assigned", "picked_up", "delivered", "returning", "returned", "expired", "cancelled", "lost")


def cases(town: Town) -> list[str]:
    """The kinds of the open cases."""
    return town.reads(lambda work: [case.kind for case in work.cases.all_open()])


def is_on_duty(town: Town, omar: Human) -> bool:
    """Whether this driver is on duty."""

    def look(work: Work) -> bool:
        found = work.drivers.of(omar.id)
        return found is not None and found.on_duty

    return town.reads(look)


def loud(human: Human, since: int) -> int:
    """How many loud messages came since then (`len(human.phone.sounds)` at that time)."""
    return human.heard(since).count("loud")
