"""Rights: no verb forgets to say no to whoever has no right to it; links and invitations bind to whom they should."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.dispatch import booking, carrying, duty, joining, offers, operating, receiving, returning, rights
from bot.dispatch.refusals import NotNow, NotYours, TooLate
from storage.database import Work
from storage.models import Delivery
from tests.rules import SHOP, START, Clock, Job, Stage, Town

Verb = Callable[[Work, int, int], Any]

# every verb that a person does to a delivery: from which stage, and who may
BY_DRIVER: dict[str, tuple[Stage, Verb]] = {
    "at_pickup": ("assigned", carrying.at_pickup),
    "pick_up": ("assigned", carrying.pick_up),
    "give_back": ("assigned", lambda work, who, it: carrying.give_back(work, who, it, "vehicle")),
    "at_door": ("picked_up", carrying.at_door),
    "undo": ("picked_up", carrying.undo),
    "may_hand_over": ("picked_up", carrying.may_hand_over),
    "try_pin": ("picked_up", lambda work, who, it: carrying.try_pin(work, who, it, "0000")),
    "deliver": ("picked_up", lambda work, who, it: carrying.deliver(work, who, it, "name", name="Lena")),
    "undo delivered": ("delivered", carrying.undo),
    "nobody_there": ("picked_up", returning.nobody_there),
    "may_give_up": ("picked_up", returning.may_give_up),
    "give_up": ("picked_up", lambda work, who, it: returning.give_up(work, who, it, "refused", None)),
    "resume": ("returning", lambda work, who, it: returning.resume(work, who, it, "driver")),
    "brought_back": ("returning", returning.brought_back),
}
BY_MERCHANT: dict[str, tuple[Stage, Verb]] = {
    "cancel": ("requested", lambda work, who, it: booking.cancel(work, who, it, 0, "other")),
    "ask_back": ("picked_up", booking.ask_back),
    "may_ask_back": ("picked_up", booking.may_ask_back),
    "new_link": ("requested", booking.new_link),
    "retry": ("requested", offers.retry),
    "resume": ("returning", lambda work, who, it: returning.resume(work, who, it, "merchant")),
    "hand_back": ("returning", returning.hand_back),
}
BY_OPERATOR: dict[str, tuple[Stage, Verb]] = {
    step: (stage, lambda work, who, it, step=step: operating.act(work, who, it, step, "other"))  # type: ignore[misc]
    for step, stage in {
        "unassign": "assigned",
        "cancel": "requested",
        "delivered": "picked_up",
        "returned": "returning",
        "lost": "picked_up",
    }.items()
}
BY_OPERATOR["retry"] = ("requested", operating.retry)
BY_CUSTOMER: dict[str, tuple[Stage, Verb]] = {"whereabouts": ("assigned", receiving.whereabouts)}

TABLE = [
    (party, name, stage, verb)
    for party, verbs in (
        ("driver", BY_DRIVER),
        ("merchant", BY_MERCHANT),
        ("operator", BY_OPERATOR),
        ("customer", BY_CUSTOMER),
    )
    for name, (stage, verb) in verbs.items()
]


def others(town: Town, job: Job, party: str) -> dict[str, int]:
    """Everybody who has no right as this party: the other parties, their like from elsewhere, and a stranger."""
    people = {
        "merchant": job.merchant,
        "driver": job.driver,
        "customer": job.customer,
        "operator": town.operator,
        "another merchant": town.merchant().owner_id,
        "another driver": town.driver(at=None).person_id,
        "a stranger": town.person(),
    }
    return {who: person_id for who, person_id in people.items() if who != party and person_id}


@pytest.mark.parametrize(("party", "stage"), sorted({(party, stage) for party, _, stage, _ in TABLE}))
def test_nobody_else_may(town: Town, party: str, stage: Stage) -> None:
    """Every verb of a party raises NotYours for everybody else, and changes nothing."""
    job = town.job(stage)
    people = others(town, job, party)
    before = town.everything()
    verbs = {name: verb for owner, name, at, verb in TABLE if (owner, at) == (party, stage)}
    let_in = [
        (who, name)
        for name, verb in verbs.items()
        for who, person_id in people.items()
        if not is_refused(town, verb, person_id, job.id)
    ]
    assert let_in == []
    assert town.everything() == before


def is_refused(town: Town, verb: Verb, person_id: int, delivery_id: int) -> bool:
    """Whether the verb says that it is not this person's to do."""
    try:
        town.do(verb, person_id, delivery_id)
    except NotYours:
        return True
    return False


def test_the_table_names_every_verb() -> None:
    """Every public verb on a delivery that takes a person is tried above."""
    tried = {name.split()[0] for _, name, _, _ in TABLE} | {"accept", "decline"}
    inner = {"step", "announce_arrival", "release", "search", "expire", "assign", "barred", "sweep", "candidates"}
    for module in (carrying, returning, booking, operating, offers):
        for name, verb in vars(module).items():
            if callable(verb) and getattr(verb, "__module__", "") == module.__name__ and not name.startswith("_"):
                names = verb.__code__.co_varnames[: verb.__code__.co_argcount] if hasattr(verb, "__code__") else ()
                if {"person_id", "delivery_id"} <= set(names) and name not in inner:
                    assert name in tried | {"act"}, f"{module.__name__}.{name} is not tried"


def test_booking_is_for_staff(town: Town) -> None:
    """Nobody books in the name of a merchant that he does not speak for."""
    merchant = town.merchant()
    for stranger in (town.person(), town.operator, town.merchant().owner_id, town.driver().person_id):
        with pytest.raises(NotYours):
            town.do(booking.book, stranger, town.request(merchant), 99)
    assert town.rows(Delivery) == []


def test_duty_is_for_drivers(town: Town) -> None:
    """Who is no driver cannot come on duty; who waits for approval is told so; who was declined is none."""
    stranger, waiting, declined = town.person(), town.driver(approved=False), town.driver(approved=False)
    town.do(joining.settle_driver, town.operator, declined.id, "full")

    def come_on(person_id: int) -> None:
        town.do(duty.come_on, person_id, SHOP, "pin", START + timedelta(hours=1))

    for person_id in (stranger, declined.person_id):
        for act in (come_on, lambda who: town.do(duty.go_off, who), lambda who: town.do(duty.still_here, who)):
            with pytest.raises(NotYours):
                act(person_id)
    with pytest.raises(NotNow):
        come_on(waiting.person_id)


def test_only_operators_settle(town: Town) -> None:
    """Approving and declining is an operator's, once; so is closing a case."""
    merchant, driver = town.merchant(approved=False), town.driver(approved=False)
    for stranger in (town.person(), merchant.owner_id, driver.person_id):
        with pytest.raises(NotYours):
            town.do(joining.settle_merchant, stranger, merchant.id)
        with pytest.raises(NotYours):
            town.do(joining.settle_driver, stranger, driver.id)
    town.do(joining.settle_merchant, town.operator, merchant.id)
    town.do(joining.settle_driver, town.operator, driver.id, "papers")
    for reason in (None, "full"):
        with pytest.raises(TooLate):
            town.do(joining.settle_merchant, town.operator, merchant.id, reason)
        with pytest.raises(TooLate):
            town.do(joining.settle_driver, town.operator, driver.id, reason)
    town.delivery()
    with pytest.raises(NotYours):
        town.do(operating.close_case, merchant.owner_id, town.case().id)


def test_joining_twice(town: Town) -> None:
    """Who has a merchant or drives already cannot join again; who was declined may."""
    merchant, driver = town.merchant(approved=False), town.driver(approved=False)
    with pytest.raises(NotNow):
        town.do(joining.may_join_as_merchant, merchant.owner_id)
    with pytest.raises(NotNow):
        town.do(joining.may_join_as_driver, driver.person_id)
    town.do(joining.settle_merchant, town.operator, merchant.id, "papers")
    town.do(joining.settle_driver, town.operator, driver.id, "papers")
    town.do(joining.may_join_as_merchant, merchant.owner_id)
    again = town.driver(person_id=driver.person_id)
    assert (again.id, again.status, again.declined_for) == (driver.id, "approved", None)
    with pytest.raises(NotNow):
        town.do(joining.may_join_as_driver, driver.person_id)


class TestBinding:
    """Whose parcel it is."""

    def test_insiders_are_never_bound(self, town: Town) -> None:
        """Staff of the merchant, its driver and operators cannot say that it is theirs."""
        job = town.job("assigned")
        town.do(booking.new_link, job.merchant, job.id)
        link = town.do(lambda work: work.deliveries.link(job.id))
        assert link is not None
        for insider in (job.merchant, job.driver, town.operator):
            with pytest.raises(NotYours):
                town.do(receiving.open_link, insider, link.token)
            with pytest.raises(NotYours):
                town.do(receiving.claim, insider, link.id)
        assert town.do(lambda work: work.deliveries.customer(job.id)) is None

    def test_others_may(self, town: Town) -> None:
        """Another merchant or another driver may well receive a parcel, once it is his nobody else's."""
        job = town.job("requested")
        town.do(booking.new_link, job.merchant, job.id)
        link = town.do(lambda work: work.deliveries.link(job.id))
        assert link is not None
        driver = town.driver(at=None)
        town.do(receiving.claim, driver.person_id, link.id)
        town.do(receiving.claim, driver.person_id, link.id)
        with pytest.raises(NotYours):
            town.do(receiving.open_link, town.person(), link.token)
        assert town.do(receiving.open_link, driver.person_id, link.token).person_id == driver.person_id
        assert town.steps(job.id).count(("connect", "customer")) == 2

    def test_no_such_link(self, town: Town) -> None:
        """A token or an id that is none is over."""
        with pytest.raises(TooLate):
            town.do(receiving.open_link, town.operator, "nonsense")
        with pytest.raises(TooLate):
            town.do(receiving.claim, town.operator, 12345)


class TestStaff:
    """Invitations: single use, a day, confirmed by the owner."""

    def test_one_joins(self, town: Town) -> None:
        """Who opens the link speaks for the merchant when the owner says yes, and not before."""
        merchant, helper = town.merchant(), town.person("Ben")
        invite = town.do(joining.invite, merchant.owner_id, merchant.id)
        town.do(joining.claim_invite, helper, invite.token)
        assert not town.do(lambda work: work.merchants.speaks_for(helper, merchant.id))
        with pytest.raises(NotYours):
            town.do(joining.answer_invite, helper, invite.id, accept=True)
        town.do(joining.answer_invite, merchant.owner_id, invite.id, accept=True)
        assert town.do(lambda work: work.merchants.staff(merchant.id)) == [merchant.owner_id, helper]
        town.do(booking.book, helper, town.request(merchant), 50)
        with pytest.raises(TooLate):
            town.do(joining.answer_invite, merchant.owner_id, invite.id, accept=False)

    def test_single_use_and_a_day(self, town: Town, clock: Clock) -> None:
        """A second person, a day later, staff themselves or a wrong token get nothing."""
        merchant = town.merchant()
        used = town.do(joining.invite, merchant.owner_id, merchant.id)
        old = town.do(joining.invite, merchant.owner_id, merchant.id)
        with pytest.raises(NotNow):
            town.do(joining.claim_invite, merchant.owner_id, used.token)
        town.do(joining.claim_invite, town.person(), used.token)
        clock.wind(hours=24)
        for token in (used.token, old.token, "nonsense"):
            with pytest.raises(TooLate):
                town.do(joining.claim_invite, town.person(), token)

    def test_refused(self, town: Town) -> None:
        """The owner says no: the person does not speak for the merchant, and the link is used."""
        merchant, stranger = town.merchant(), town.person()
        invite = town.do(joining.invite, merchant.owner_id, merchant.id)
        town.do(joining.claim_invite, stranger, invite.token)
        town.do(joining.answer_invite, merchant.owner_id, invite.id, accept=False)
        assert town.do(lambda work: work.merchants.staff(merchant.id)) == [merchant.owner_id]
        with pytest.raises(TooLate):
            town.do(joining.claim_invite, stranger, invite.token)

    def test_only_the_owner(self, town: Town) -> None:
        """Staff neither invite nor remove; the owner cannot remove himself; who is removed books no more."""
        merchant, helper = town.merchant(), town.person("Ben")
        town.do(lambda work: work.merchants.add_staff(merchant.id, helper))
        for stranger in (helper, town.operator, town.person()):
            with pytest.raises(NotYours):
                town.do(joining.invite, stranger, merchant.id)
            with pytest.raises(NotYours):
                town.do(joining.remove_staff, stranger, merchant.id, merchant.owner_id)
        with pytest.raises(NotYours):
            town.do(joining.remove_staff, merchant.owner_id, merchant.id, merchant.owner_id)
        delivery = town.do(booking.book, helper, town.request(merchant), 51)
        town.do(joining.remove_staff, merchant.owner_id, merchant.id, helper)
        with pytest.raises(NotYours):
            town.do(booking.cancel, helper, delivery.id, 0, "other")
        town.do(booking.cancel, merchant.owner_id, delivery.id, 0, "other")

    def test_whom_one_books_for(self, town: Town) -> None:
        """The approved merchant; who waits is told so; who has none is refused."""
        approved, waiting = town.merchant(), town.merchant(approved=False)
        assert town.do(rights.booking_merchant, approved.owner_id).id == approved.id
        with pytest.raises(NotNow):
            town.do(rights.booking_merchant, waiting.owner_id)
        with pytest.raises(NotYours):
            town.do(rights.booking_merchant, town.operator)


def test_the_mall(town: Town) -> None:
    """A point on a mall's grounds is in the mall; beside them it is not."""
    (mall,) = town.do(lambda work: work.market.malls)
    assert town.do(joining.mall_at, (mall.lat, mall.lon)) == mall
    assert town.do(joining.mall_at, (mall.lat + 0.01, mall.lon)) is None
