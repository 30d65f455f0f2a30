"""A town with simulated people, who book and drive by themselves."""

from collections import Counter

import pytest
from sqlmodel import select

from bot import buttons
from bot.playground import crowd as crowds
from bot.playground.crowd import KEPT, Crowd
from bot.playground.reading import Words
from bot.playground.townsfolk import approve, people_the_town, people_who_wait
from bot.sandbox.walking import metres
from bot.settings import MARKET, load_market
from bot.texts import Texts
from storage.lifecycle import DELIVERED
from storage.models import Driver, Inbox, Offer
from tests.stories.quickly import EVERY, does
from tests.stories.town import Town

STEP_S = 10.0


async def crowded(town: Town, drivers: int, merchants: int, *, customers: int = 0, busy: bool = True) -> Crowd:
    """So many simulated people with phones, approved."""
    folk = people_the_town(town.telegram, drivers, merchants, seed=2)
    await does(town, lambda work: approve(work, folk, town.olivia.id))
    folk += people_who_wait(town.telegram, customers, seed=2)
    market = load_market(MARKET)
    return Crowd(town.telegram, Words(Texts(market.languages), market, town.clock), folk, busy=busy, seed=2, speed=30)


async def live(town: Town, crowd: Crowd, minutes: float) -> None:
    """Let so many minutes pass, in which everybody lives."""
    for _ in range(int(minutes * 60 / STEP_S)):
        crowd.act()
        await town.passes(seconds=STEP_S)


def statuses(town: Town) -> Counter[str]:
    """How many deliveries stand how."""
    return Counter(town.reads(lambda work: [one.status for one in work.deliveries.in_status(EVERY)]))


async def test_a_busy_town(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Merchants book, drivers drive, customers follow and ask; parcels arrive, and Telegram refused nothing."""
    monkeypatch.setattr(crowds, "TELLS", 1.0)
    heard = len(town.olivia.phone.sounds)
    crowd = await crowded(town, drivers=5, merchants=2, customers=4)
    assert len(town.olivia.phone.sounds) == heard, "nobody asks the operator about people who are approved"
    await live(town, crowd, minutes=9)
    stand = statuses(town)
    assert stand[DELIVERED] >= 2, stand
    answers = town.reads(lambda work: {offer.status for offer in work.session.exec(select(Offer))})
    assert "accepted" in answers
    waiting = {customer.person.id for customer in crowd.customers}
    taps = town.reads(lambda work: [row.body.get("callback_query") for row in work.session.exec(select(Inbox))])
    meant = {type(buttons.unpack(tap["data"])) for tap in taps if tap and tap["from"]["id"] in waiting}
    assert meant == {buttons.Mine, buttons.Where}
    assert any("Your parcel from" in customer.person.reads() for customer in crowd.customers)
    assert town.telegram.problems == []


async def test_people_who_stand_around(town: Town) -> None:
    """Without `--busy` drivers are on duty and stay so, and nobody books."""
    crowd = await crowded(town, drivers=3, merchants=2, busy=False)
    await live(town, crowd, minutes=2)
    before = [person.position for person in town.telegram.people.values() if person.user.simulated]
    for _ in range(15):
        crowd.act()
        await town.passes(minutes=1)
    on_duty = town.reads(lambda work: [driver.asked_at for driver in work.drivers.on_duty(work.market_id)])
    assert on_duty == [None, None, None]
    after = [person.position for person in town.telegram.people.values() if person.user.simulated]
    ways = [
        metres((was["lat"], was["lon"]), (now["lat"], now["lon"]))
        for was, now in zip(before, after, strict=True)
        if was and now
    ]
    assert len(ways) == 3
    assert all(0 < way < 200 for way in ways)
    assert sum(statuses(town).values()) == 0


async def test_the_same_people_again(town: Town) -> None:
    """A second start gives the same people the same phones, and approves nobody twice."""
    await crowded(town, drivers=4, merchants=2)
    names = sorted(person.name for person in town.telegram.people.values() if person.user.simulated)
    await crowded(town, drivers=4, merchants=2)
    assert sorted(person.name for person in town.telegram.people.values() if person.user.simulated) == names
    assert len(set(names)) == 6
    assert town.reads(lambda work: len(list(work.session.exec(select(Driver))))) == 4


async def test_simulated_chats_do_not_grow_for_ever(town: Town) -> None:
    """Of a simulated person's chat the newest messages are kept, and the live location that is shared still counts."""
    crowd = await crowded(town, drivers=1, merchants=0)
    await live(town, crowd, minutes=0.5)
    (driver,) = crowd.people
    for number in range(KEPT + 20):
        driver.person.says(f"Hello {number}")
    await town.settle()
    await live(town, crowd, minutes=0.5)
    assert len(driver.person.messages) <= KEPT + 5
    assert driver.person.position is not None
    assert driver.person.position["live"]
    assert "Hello 0" not in driver.person.reads()
    assert f"Hello {KEPT + 19}" in driver.person.reads()
    assert town.telegram.problems == []
