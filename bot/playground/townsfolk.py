"""Simulated people: who they are, where they live, and how they come to be approved without a conversation."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from random import Random

from sqlmodel import col, delete, func, select

from bot.dispatch import joining
from bot.gazetteer import Gazetteer
from bot.playground.reading import Point
from bot.sandbox.people import Person
from bot.sandbox.telegram import Telegram
from storage.database import Work
from storage.models import Outbox

MOST_DRIVERS, MOST_MERCHANTS = 200, 50
FIRST_DRIVER, FIRST_MERCHANT, FIRST_CUSTOMER = 10_001, 20_001, 30_001

FIRST_NAMES = (
    *("Aaliyah", "Amir", "Beatriz", "Ben", "Camila", "Carlos", "Chloe", "Daniel", "Diego", "Elena", "Esther"),
    *("Farid", "Fatima", "Gabriel", "Grace", "Hana", "Hugo", "Imani", "Isaac", "Jade", "Jamal", "Jorge", "Julia"),
    *("Kenji", "Leila", "Luis", "Malik", "Maria", "Marta", "Nadia", "Noah", "Olga", "Pedro", "Priya", "Quinn"),
    *("Rosa", "Sam", "Sofia", "Tariq", "Teresa", "Viktor", "Wendy", "Yusuf", "Zoe"),
)
LAST_NAMES = (
    *("Abbott", "Alvarez", "Banerjee", "Brooks", "Castillo", "Chen", "Cohen", "Delgado", "Diaz", "Eriksen"),
    *("Fernandez", "Fisher", "Garcia", "Hassan", "Hernandez", "Ito", "Johnson", "Kim", "Kowalski", "Lopez"),
    *("Martinez", "Mendoza", "Miller", "Morales", "Nguyen", "Novak", "Okafor", "Patel", "Ramirez", "Reyes"),
    *("Rossi", "Santos", "Schmidt", "Silva", "Tanaka", "Torres", "Vargas", "Walker", "Williams", "Young"),
)
SHOPS = (
    *("Marigold Bakery", "Second Chapter Books", "Desert Bloom Florist", "Lucky Owl Toys", "Copper Kettle Tea"),
    *("Blue Mesa Outdoor", "The Paper Crane", "Neon Spoke Bikes", "Sol y Luna Gifts", "Harbor Optics"),
    *("Juniper Pharmacy", "Golden Needle Tailors", "Quick Byte Repairs", "Casa Verde Plants", "Little Comet Kids"),
    *("Old Town Records", "Silver Thimble", "Pepper & Thyme Deli", "Red Canyon Boots", "Moonlight Candles"),
    *("Cactus Wren Ceramics", "Bright Side Lamps", "The Green Grocer", "Ocho Coffee Roasters", "Painted Desert Art"),
    *("Sunrise Fabrics", "Tin Star Hardware", "La Rosa Chocolates", "Polished Nail Bar", "Big Dipper Donuts"),
    *("Wild Honey Soap", "Pixel Palace Games", "Vista Sporting", "Oak & Iron Kitchen", "The Button Box"),
    *("Rio Grande Leather", "Fresh Press Juice", "Magpie Jewelers", "Corner Stone Music", "High Desert Pets"),
    *("Lantern House Tea", "Mesa Print Studio", "Velvet Fox Vintage", "Snow Peak Gelato", "Amber Watches"),
    *("The Cheese Cellar", "Kite & Key", "Nopal Market", "Orchid Perfumes", "Mojave Skateboards"),
)
VEHICLES = ("car", "car", "car", "car", "van", "bike", "bike", "foot")


@dataclass(frozen=True)
class Place:
    """A place of the town: what people type, the address and the point."""

    name: str
    address: str
    point: Point


@dataclass(frozen=True)
class Folk:
    """A simulated person: what he does here, where he stands (a driver) or has his shop (a merchant)."""

    person: Person
    kind: str
    at: Place
    vehicle: str = ""
    shop: str = ""


def town_places() -> list[Place]:
    """The places of the gazetteer, where people live and shops are."""
    return [
        Place(place["name"], place["address"], (place["lat"], place["lon"]))
        for place in Gazetteer().places()
        if place["kind"] == "place"
    ]


def names(rng: Random, number: int) -> list[str]:
    """So many different names of people."""
    return [f"{first} {last}" for first, last in rng.sample(list(product(FIRST_NAMES, LAST_NAMES)), number)]


def people_the_town(telegram: Telegram, drivers: int, merchants: int, seed: int = 1) -> list[Folk]:
    """Give so many drivers and merchants a phone each (the same people for the same seed); they have pressed Start."""
    rng, places = Random(f"folk {seed}"), town_places()  # noqa: S311 - names, not secrets
    called = names(rng, MOST_DRIVERS + MOST_MERCHANTS)
    shops = rng.sample(SHOPS, MOST_MERCHANTS)
    folk = []
    for number in range(MOST_DRIVERS + MOST_MERCHANTS):
        place, vehicle = rng.choice(places), rng.choice(VEHICLES)
        drives = number < MOST_DRIVERS
        index = number if drives else number - MOST_DRIVERS
        if index >= (drivers if drives else merchants):
            continue
        first, kind = (FIRST_DRIVER, "driver") if drives else (FIRST_MERCHANT, "merchant")
        person = telegram.person(called[number], id=first + index, simulated=True)
        with telegram.world.change():
            person.user.role, person.user.started, person.user.known = kind, True, True
            telegram.world.touch_user(person.user)
        at = _near(rng, place) if drives else place
        folk.append(Folk(person, kind, at, vehicle if drives else "", "" if drives else shops[index]))
    return folk


def people_who_wait(telegram: Telegram, number: int, seed: int = 1) -> list[Folk]:
    """Give so many customers a phone each; the bot knows none of them before a merchant's link is opened."""
    rng, places = Random(f"customers {seed}"), town_places()  # noqa: S311 - names, not secrets
    folk = []
    for index, name in enumerate(names(rng, number)):
        language = rng.choice(("en", "en", "es"))
        person = telegram.person(name, id=FIRST_CUSTOMER + index, language=language, simulated=True)
        telegram.change_person(person, role="customer")
        folk.append(Folk(person, "customer", rng.choice(places)))
    return folk


def _near(rng: Random, place: Place) -> Place:
    lat, lon = place.point
    point = (round(lat + rng.uniform(-0.004, 0.004), 6), round(lon + rng.uniform(-0.005, 0.005), 6))
    return Place(place.name, place.address, point)


def approve(work: Work, folk: Sequence[Folk], operator_id: int) -> None:
    """Let them join and be approved, those who have not yet; nobody is told, for nobody was in a conversation."""
    work.people.set_operators(work.market_id, {*work.people.operators(), operator_id})
    before = work.session.exec(select(func.max(Outbox.id))).one() or 0
    for one in folk:
        person, phone = one.person, one.person.user.phone
        work.people.meet(person.id, work.market_id, person.name, person.username, person.language)
        work.session.flush()
        if one.kind == "driver" and work.drivers.of(person.id) is None:
            driver = joining.apply_as_driver(work, person.id, name=person.name, vehicle=one.vehicle, phone=phone)
            joining.settle_driver(work, operator_id, driver.id)
        if one.kind == "merchant" and not work.merchants.of(person.id):
            merchant = joining.apply_as_merchant(
                work,
                person.id,
                name=one.shop,
                address=f"{one.at.name}, {one.at.address}",
                point=one.at.point,
                mall=None,
                phone=phone,
                pickup_note=None,
            )
            joining.settle_merchant(work, operator_id, merchant.id)
    work.session.flush()
    work.session.execute(delete(Outbox).where(col(Outbox.id) > before))
