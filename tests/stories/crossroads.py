"""A town in which everything is open at once, for tests of who may do what and of whatever may arrive."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from sqlmodel import SQLModel, select

from bot.buttons import Tap
from bot.chat.person import ROLES
from bot.dispatch import carrying, joining, notices, offers, operating, returning
from bot.forms import talk
from storage.database import Work
from storage.models import Delivery, Draft
from tests.stories import quickly
from tests.stories.town import Human, Town

CARRIED_THROUGH = {"inbox", "outbox", "card", "known_place", "meta"}
"""Tables that hold what is said, not how things stand."""
COUNTED = ("said", "hinted_at", "album", "reachable", "started", "name", "username", "language", "role")
STEPS = ("at_pickup", "pick_up", "at_door", "hand_over", "undo", "nobody", "problem", "brought_back", "resume", "fly")


@dataclass
class Crossroads:
    """The people of two shops, and everything that is open between them."""

    town: Town
    people: dict[str, Human] = field(default_factory=dict)
    """By first name; drivers who have something by its stage, too."""
    deliveries: dict[str, int] = field(default_factory=dict)
    """One in each stage, all of the first shop."""
    ids: dict[str, list[Any]] = field(default_factory=dict)
    """By the name of a button's field: the values that are real."""
    links: list[str] = field(default_factory=list)
    """Payloads of deep links that are not (or no longer) for a stranger."""
    secrets: list[str] = field(default_factory=list)
    """What no stranger may read."""

    def taps(self, kind: type[Tap]) -> Iterator[Tap]:
        """Every button of this kind with ids that are real; fails where a field is new here."""
        names = [one.name for one in fields(kind)]
        if "draft_id" in names:
            yield from self._about_drafts(kind, names)
            return
        known = [self.ids.get(f"{kind.__name__}.{name}") or self.ids[name] for name in names]
        yield from (kind(*values) for values in itertools.product(*known))

    def _about_drafts(self, kind: type[Tap], names: list[str]) -> Iterator[Tap]:
        for draft_id, version, value in self.ids["drafts"]:
            known = {"draft_id": draft_id, "version": version, "value": value}
            yield kind(*(known[name] for name in names))


async def build(town: Town) -> Crossroads:
    """Make it: five drivers, a delivery in each stage, drafts, offers, invitations, cases, people who wait to join."""
    here = Crossroads(town)
    people = here.people
    people["anna"] = await quickly.merchant(town)
    people["mia"] = await quickly.merchant(town, "Mia Miller", "Mia's Mugs")
    names = ("Omar Ortiz", "Oscar Olsen", "Otto Ochs", "Olaf Oak")
    for human in await quickly.drivers(town, *names, at=[quickly.north(0.1 + i / 10) for i in range(4)]):
        people[human.name.split()[0].lower()] = human
    for name in ("Ben Baker", "Nick Noon", "Lena Lopez", "Carl Cook", "Petra Post", "Ivo Ink", "Sam Stranger"):
        people[name.split()[0].lower()] = human = town.human(name)
        human.phone.start()
    await town.settle()
    people["dora"] = await quickly.driver(town, "Dora Dunn", at=None)
    await quickly.does(town, lambda work: _fill(work, here))
    await quickly.does(town, lambda work: _name(work, here))
    people["olivia"] = town.olivia
    return here


def _fill(work: Work, here: Crossroads) -> None:
    who = {name: human.id for name, human in here.people.items()}
    shop, other = work.merchants.of(who["anna"])[0], work.merchants.of(who["mia"])[0]
    work.merchants.add_staff(shop.id, who["ben"])
    work.merchants.add_staff(other.id, who["nick"])
    for stage in ("picked_up", "returning", "delivered", "offered"):
        delivery = _book(work, shop, who["anna"], pin=stage == "picked_up")
        here.deliveries[stage] = delivery.id
        (offer,) = work.offers.open_for_delivery(delivery.id)
        driver = work.drivers.get(offer.driver_id).person_id
        here.people[stage] = next(human for human in here.people.values() if human.id == driver)
        if stage != "offered":
            _carry(work, stage, driver, offer.id, delivery)
    carls: dict[str, Any] = {"customer_name": "Carl Cook", "customer_phone": "+17025550166", "note": None}
    later = _book(work, other, who["mia"], dropoff_address="Wynn, 3131 S Las Vegas Blvd", **carls)
    here.deliveries["expired"] = _book(work, shop, who["anna"]).id
    expired = work.deliveries.get(here.deliveries["expired"])
    work.deliveries.step(expired, "expire", "sweep", wave_at=None)
    for delivery_id, customer in ((here.deliveries["picked_up"], who["lena"]), (later.id, who["carl"])):
        link = work.deliveries.link(delivery_id)
        assert link is not None
        work.deliveries.bind(link, customer)
    open_case = notices.raise_case(work, "not_delivered", here.deliveries["picked_up"])
    assert open_case is not None
    here.ids["case_id"] = [open_case.id]
    _ask(work, here, who, shop.id)


def _book(work: Work, shop: Any, person_id: int, *, pin: bool = False, **more: Any) -> Delivery:
    return quickly.ask(work, shop, person_id, pin=pin, **more)


def _carry(work: Work, stage: str, driver: int, offer_id: int, delivery: Delivery) -> None:
    offers.accept(work, driver, offer_id)
    carrying.pick_up(work, driver, delivery.id)
    if stage == "delivered":
        carrying.deliver(work, driver, delivery.id, "name", name="Lena Lopez")
    elif stage == "returning":
        returning.give_up(work, driver, delivery.id, "nobody_there", None)


def _ask(work: Work, here: Crossroads, who: Mapping[str, int], shop_id: int) -> None:
    talk.open_form(work, who["anna"], "booking", answers={"pieces": 2, "size": "M"})
    talk.open_form(work, here.people["picked_up"].id, "pin", here.deliveries["picked_up"])
    talk.open_form(work, who["ben"], "cancel", here.deliveries["offered"])
    joining.apply_as_driver(work, who["petra"], name="Petra Post", vehicle="bike", phone="+17025550199")
    used = work.merchants.invite(shop_id, "used-and-over-0000000", work.now + joining.INVITE_HOLDS)
    joining.claim_invite(work, who["ivo"], used.token)
    over = work.merchants.invite(shop_id, "old-and-over-00000000", work.now)
    here.ids["invite_id"] = [used.id]
    here.links += [f"s{used.token}", f"s{over.token}"]


def _name(work: Work, here: Crossroads) -> None:
    deliveries = [work.deliveries.get(one) for one in here.deliveries.values()]
    shop = work.merchants.get(deliveries[0].merchant_id)
    links = [work.deliveries.link(one.id) for one in deliveries]
    petra = work.drivers.of(here.people["petra"].id)
    assert petra is not None
    here.ids |= {
        "delivery_id": [here.deliveries[stage] for stage in ("picked_up", "returning", "expired")],
        "offer_id": [offer.id for offer in work.offers.all_open()],
        "link_id": [link.id for link in links if link is not None],
        "merchant_id": [shop.id],
        "person_id": [here.people["ben"].id],
        "subject_id": [petra.id],
        "kind": ["driver"],
        "yes": [0, 1],
        "Step.delivery_id": [here.deliveries[stage] for stage in ("picked_up", "delivered")],
        "Step.step": [*STEPS],
        "DeskStep.delivery_id": [here.deliveries[stage] for stage in ("picked_up", "expired")],
        "DeskStep.step": [*operating.STEPS],
        "form": ["booking", "pin", "nonsense"],
        "role": [*ROLES, "king"],
        "language": ["es", "en", "tlh"],
        "drafts": list(_open_drafts(work)),
    }
    here.links += [f"c{link.token}" for link in links if link is not None and link.person_id is not None]
    here.secrets += ["Lopez", "5550177", "555-0177", "Bellagio", "3600 S", "Gate code"]
    here.secrets += [one.pin for one in deliveries if one.pin]
    here.secrets += [link.token for link in links if link is not None]


def _open_drafts(work: Work) -> Iterator[tuple[int, int, str]]:
    for draft in work.session.exec(select(Draft).where(Draft.status == "open")):
        for value in {"booking": ("right", "yes"), "cancel": ("changed_mind",)}.get(draft.form, ("none",)):
            yield draft.id, draft.version, value


def standing(work: Work, without: int = 0) -> dict[str, list[str]]:
    """How things stand: every row of the business, but for what is this person's own and what only counts."""
    own = {work.drivers.of(without).id} if work.drivers.of(without) is not None else set()  # type: ignore[union-attr]
    found: dict[str, list[str]] = {}
    for table in SQLModel.metadata.sorted_tables:
        if table.name not in CARRIED_THROUGH:
            rows = [dict(row) for row in work.session.execute(table.select()).mappings()]
            found[table.name] = [_told(table.name, row) for row in rows if not _is_own(table.name, row, without, own)]
    return found


def _told(table: str, row: dict[str, Any]) -> str:
    return str({name: value for name, value in row.items() if not (table == "person" and name in COUNTED)})


def _is_own(table: str, row: dict[str, Any], person_id: int, own: set[int]) -> bool:
    match table:
        case "person":
            return bool(row["id"] == person_id)
        case "draft":
            return bool(row["person_id"] == person_id)
        case "driver":
            return bool(row["id"] in own)
        case _:
            return False


def differences(before: Mapping[str, list[str]], after: Mapping[str, list[str]]) -> list[str]:
    """The rows that are not as they were."""
    lost = [f"- {name} {row}" for name, rows in before.items() for row in rows if row not in after[name]]
    return lost + [f"+ {name} {row}" for name, rows in after.items() for row in rows if row not in before[name]]
