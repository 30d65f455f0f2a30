"""What the page shows besides the phones: the clock, faults, the time line, deliveries and trips, the story."""

import re
from collections.abc import Callable
from io import BytesIO
from itertools import combinations
from time import monotonic

import pytest
import segno
from playwright.sync_api import Page, expect

from bot.sandbox.people import Person
from tests.browser.conftest import CAST, Town
from tests.browser.test_page import DESKTOP, NARROW, attach, boxes, last, phone, press, say, seven, wait_until

pytestmark = pytest.mark.browser

Open = Callable[[int, int], Page]
DANA = 103
DOOR = (36.1126, -115.1767)


def look(page: Page) -> None:
    """Come back to the page's window: it looks anew at once, not only at its next round."""
    page.evaluate("dispatchEvent(new Event('focus'))")


def test_the_clock_is_wound(open_page: Open, town: Town) -> None:
    """The clock says the town's time; while it is wound its buttons rest; then it says how far ahead it is."""
    page = open_page(*DESKTOP)
    clock = page.get_by_role("group", name="The town's clock")
    expect(clock.get_by_text("ahead")).to_have_count(0)
    clock.get_by_role("button", name="+15 min").click()
    expect(clock.get_by_role("progressbar", name="The clock is being wound")).to_be_visible()
    expect(clock.get_by_role("button", name="+1 h")).to_be_disabled()
    expect(clock.get_by_text("15 min ahead")).to_be_visible()
    expect(clock.get_by_role("button", name="+1 h")).to_be_enabled()
    assert town.playground.ahead_s == 900
    expect(page.get_by_role("region", name="Time line")).to_contain_text("The clock was wound by 15 min")


def test_faults_are_ordered_and_lifted(open_page: Open, town: Town) -> None:
    """A fault is ordered for all or for one chat, stands there with its time left, and can be lifted."""
    page = open_page(*DESKTOP)
    page.get_by_role("button", name="Faults").click()
    menu = page.get_by_role("dialog", name="Faults")
    menu.get_by_label("Whose chat").select_option("Dana's chat")
    menu.get_by_role("button", name="Flood").click()
    expect(menu).to_have_count(0)
    force = page.get_by_role("group", name="In force now")
    expect(force).to_contain_text("too many for Dana")
    expect(force.locator("time")).to_have_text(re.compile(r"^(1:00|0:5\d)$"))
    (fault,) = town.telegram.faults.in_force(monotonic())
    assert (fault.kind, fault.chat_id) == ("flood", DANA)
    force.get_by_role("button", name="Lift").click()
    expect(force).to_have_count(0)
    assert town.telegram.faults.in_force(monotonic()) == []
    expect(page.get_by_role("region", name="Time line")).to_contain_text("too many: over")


def test_the_bot_is_killed_and_started_again(open_page: Open, town: Town) -> None:
    """The bot is killed by menu; the page says so plainly until it is started again."""
    page = open_page(*DESKTOP)
    page.get_by_role("button", name="Faults").click()
    page.get_by_role("button", name="Kill the bot").click()
    force = page.get_by_role("group", name="In force now")
    expect(force).to_contain_text("The bot is dead")
    assert not town.playground.alive
    force.get_by_role("button", name="Start it again").click()
    expect(force).to_have_count(0)
    assert town.playground.alive


def test_an_entry_leads_to_its_message(open_page: Open, town: Town) -> None:
    """An entry of the time line, found by kind and person, shows its message on its phone, also beyond the edge."""
    page = open_page(1024, 768)
    seven(page, town)
    press(page, "Olga", "Start")
    expect(last(page, "Olga")).to_contain_text("Welcome!")
    for number in range(8):
        say(page, "Olga", f"line {number}")
        expect(last(page, "Olga")).to_contain_text(f"You said line {number}")
    welcome = next(one for one in town.telegram.people[101].chat.messages.values() if "Welcome" in one.message["text"])
    number = welcome.message["message_id"]
    town.playground.happens("message", "Olga", "notice welcome", chat=101, message_id=number, loud=True)
    town.playground.happens("turn", "Dana", "taps Accept", chat=DANA, message_id=None)
    town.playground.happens("event", "Dana", "K7Q2M assign", chat=DANA, message_id=None)
    line = page.get_by_role("region", name="Time line")
    expect(line).to_contain_text("K7Q2M accepted")
    line.get_by_role("button", name="People").click()
    expect(line).not_to_contain_text("taps Accept")
    line.get_by_label("Whose").select_option("Olga")
    expect(line).not_to_contain_text("K7Q2M")
    page.get_by_role("button", name="Go to Carl's phone").click()
    line.get_by_role("button", name="Welcome!").click()
    pointed = phone(page, "Olga").locator(".pointed")
    expect(pointed).to_contain_text("Welcome!")
    expect(pointed).to_be_in_viewport()


def test_deliveries_are_on_the_map(open_page: Open, town: Town) -> None:
    """Each delivery stands at its door in its state; a click, or Enter, tells the details; a line leads there."""
    page = open_page(*DESKTOP)
    town.playground.books("K7Q2M", "requested")
    look(page)
    town_map = page.get_by_role("region", name="Map of the town")
    sign = town_map.get_by_role("button", name="Delivery K7Q2M: Looking for a driver")
    expect(sign).to_be_visible()
    expect(town_map.locator(".way.later.state-requested")).to_have_count(1)
    town.playground.books("K7Q2M", "picked_up", DANA)
    look(page)
    sign = town_map.get_by_role("button", name="Delivery K7Q2M: On the way to the customer")
    expect(sign).to_be_visible()
    sign.focus()
    page.keyboard.press("Enter")
    expect(town_map.locator(".delivery-words")).to_contain_text("Mia's Shoes → Carl")
    page.keyboard.press("Escape")
    expect(town_map.locator(".delivery-words")).to_have_count(0)


def on_duty(town: Town) -> Person:
    """Dana, sharing a live location at the Venetian."""
    dana = town.telegram.people[DANA]
    dana.start()
    dana.shares_live(36.1212, -115.1697, 3600)
    return dana


def test_a_driver_drives_the_trip(open_page: Open, town: Town) -> None:
    """A driver with a parcel drives to the door at the chosen speed, from the map or from the own phone, and stops."""
    dana = on_duty(town)
    town.playground.books("K7Q2M", "picked_up", DANA)
    page = open_page(*DESKTOP)
    trips = page.get_by_role("group", name="Trips")
    trips.get_by_label("at").select_option("60×")
    trips.get_by_role("button", name="Drive Dana to the door").click()
    expect(trips.get_by_role("button", name="Stop Dana")).to_be_visible()
    assert [(walk.speed, walk.left) for walk in town.telegram.walks.on.values()] == [(60.0, [DOOR])]
    trips.get_by_role("button", name="Stop Dana").click()
    attach(page, "Dana", "driveTo")
    wait_until(page, lambda: dana.position is not None and (dana.position["lat"], dana.position["lon"]) == DOOR)
    expect(trips).to_have_count(0)


def test_simulated_people_are_dots(open_page: Open, town: Town) -> None:
    """Whoever is simulated has a dot on the map and no phone."""
    nina = town.telegram.person("Nina", simulated=True)
    town.telegram.change_person(nina, role="driver")
    nina.start()
    nina.shares_live(36.13, -115.17, 3600)
    page = open_page(*DESKTOP)
    expect(page.locator(".bystander.role-driver")).to_have_count(1)
    expect(page.locator(".phone")).to_have_count(len(CAST))
    expect(page.get_by_role("button", name=re.compile("Nina"))).to_have_count(0)


def test_a_story_is_played(open_page: Open, town: Town) -> None:
    """The story starts by a button, its caption and progress are told, it is held, quickened and stopped."""
    page = open_page(*DESKTOP)
    page.get_by_role("button", name="Play a delivery").click()
    town.playground.play |= {"scene": "A booking", "caption": "Carl waits.", "who": 104, "step": 3}
    bar = page.get_by_role("region", name="A delivery is played")
    expect(bar).to_contain_text("Carl waits.")
    expect(bar.get_by_role("progressbar", name="Step 3 of 10")).to_be_visible()
    expect(page.locator(".phone.acts")).to_have_attribute("data-name", "Carl")
    expect(phone(page, "Carl")).to_be_in_viewport(ratio=1)
    bar.get_by_role("button", name="Pause").click()
    bar.get_by_role("button", name="Go on").click()
    bar.get_by_label("Speed").select_option("4×")
    bar.get_by_role("button", name="Stop").click()
    expect(bar).to_have_count(0)
    assert town.playground.told == [{"do": "start"}, {"do": "pause"}, {"do": "go on"}, {"speed": 4}, {"do": "stop"}]


def test_who_acts_is_shown_when_narrow(open_page: Open, town: Town) -> None:
    """At phone width the story turns to the phone that acts; a reader of the map is left there, one tap away."""
    page = open_page(*NARROW)
    page.get_by_role("tab", name="Map").click()
    town.playground.play |= {"state": "playing", "caption": "Carl waits.", "who": 104}
    look(page)
    expect(phone(page, "Carl")).to_be_visible()
    bar = page.get_by_role("region", name="A delivery is played")
    (low,) = boxes(bar)
    page.get_by_role("tab", name="Map").click()
    town.playground.play |= {
        "caption": "Mia books a parcel for Carl, who waits at home for his new shoes. " * 2,
        "who": 102,
    }
    expect(page.get_by_role("status").filter(has_text="Mia books")).to_be_visible()
    expect(page.get_by_role("region", name="Map of the town")).to_be_visible()
    (high,) = boxes(bar)
    assert high["height"] == low["height"], "what is below the story's words does not jump"
    bar.get_by_role("button", name="To Mia").click()
    expect(phone(page, "Mia")).to_be_visible()
    town.playground.play |= {"who": 104}
    expect(phone(page, "Carl")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]


def test_the_first_two_minutes(open_page: Open, town: Town) -> None:
    """An empty town says what each person can do and where to begin; all that goes away by being used."""
    page = open_page(*DESKTOP)
    welcome = page.get_by_role("region", name="Welcome")
    expect(welcome).to_be_visible()
    expect(phone(page, "Mia")).to_contain_text("You have a shop.")
    welcome.get_by_role("button", name="begin with Olga").click()
    page.keyboard.press("Enter")
    expect(last(page, "Olga")).to_contain_text("Welcome!")
    expect(welcome).to_have_count(0)
    expect(phone(page, "Olga")).not_to_contain_text("You run this town.")
    expect(phone(page, "Mia")).to_contain_text("You have a shop.")


def test_one_sees_who_was_disturbed(open_page: Open, town: Town) -> None:
    """What comes with sound rings on the phone and colours what is unread; what comes without does not."""
    page = open_page(*DESKTOP)
    for number in (DANA, 104):
        town.telegram.people[number].start()
        expect(last(page, CAST[number][0])).to_contain_text("Welcome!")
    phone(page, "Dana").get_by_role("log").click()
    phone(page, "Carl").get_by_role("log").click()
    phone(page, "Mia").get_by_role("heading").click()
    town.bot.call("sendMessage", chat_id=DANA, text="An offer!")
    town.bot.call("sendMessage", chat_id=104, text="By the way", disable_notification=True)
    expect(phone(page, "Dana").get_by_label("It rang")).to_be_visible()
    expect(phone(page, "Carl").get_by_label("A message came without sound")).to_be_visible()
    expect(phone(page, "Dana").get_by_label("1 unread")).to_have_class(re.compile("loud"))
    expect(phone(page, "Carl").get_by_label("1 unread")).not_to_have_class(re.compile("loud"))


def test_a_code_is_scanned(open_page: Open, town: Town) -> None:
    """A picture of a QR code that the bot sends is scanned by another phone, and starts the bot there."""
    mia = town.telegram.people[102]
    page = open_page(*DESKTOP)
    press(page, "Mia", "Start")
    expect(last(page, "Mia")).to_contain_text("Welcome!")
    picture = BytesIO()
    segno.make("https://t.me/doorstep_sandbox_bot?start=c_code", error="m").save(picture, kind="png", scale=8)
    mia.photo(None, picture.getvalue())
    last(page, "Mia").get_by_role("button", name="Scan with a phone").click()
    choices = page.get_by_role("dialog").locator("button[data-label]")
    expect(choices.first).to_have_attribute("data-label", "Carl")
    choices.first.click()
    expect(last(page, "Carl")).to_contain_text("You followed c_code.")


@pytest.mark.parametrize("alone", [True])
def test_it_serves_another_bot_too(open_page: Open) -> None:
    """Where no playground is, the page shows phones, map and faults, and asks for nothing that is not there."""
    page = open_page(*DESKTOP)
    press(page, "Mia", "Start")
    expect(last(page, "Mia")).to_contain_text("Welcome!")
    expect(page.get_by_role("region", name="Map of the town")).to_be_visible()
    expect(page.get_by_role("region", name="Time line")).to_have_count(0)
    expect(page.get_by_role("group", name="The town's clock")).to_have_count(0)
    expect(page.get_by_role("button", name="Play a delivery")).to_have_count(0)
    page.get_by_role("button", name="Faults").click()
    expect(page.get_by_role("button", name="Kill the bot")).to_have_count(0)
    expect(page.get_by_role("button", name="Start over")).to_have_count(0)


def test_a_story_that_cannot_go_on(open_page: Open, town: Town) -> None:
    """Where the story cannot be played one starts over right there; the words are put away, and do not come back."""
    town.playground.play |= {"state": "playing", "caption": "Mia books.", "who": 102}
    page = open_page(*DESKTOP)
    bar = page.get_by_role("region", name="A delivery is played")
    expect(bar).to_contain_text("Mia books.")
    town.playground.play |= {"state": "failed", "caption": "Dana must finish the job in hand first.", "who": None}
    expect(bar).to_contain_text("Dana must finish")
    expect(bar.get_by_role("button", name="Start over")).to_be_visible()
    bar.get_by_role("button", name="Put away").click()
    expect(bar).to_have_count(0)
    page.reload()
    expect(phone(page, "Mia")).to_be_visible()
    expect(bar).to_have_count(0)


def test_doors_wait_for_their_pickup(open_page: Open, town: Town) -> None:
    """Who has not picked up is not sent to the door; two parcels are two stops, said in words."""
    dana = on_duty(town)
    dana.moves(36.1276, -115.1716)
    town.playground.books("K7Q2M", "assigned", DANA)
    page = open_page(*DESKTOP)
    sign = page.get_by_role("button", name="Delivery K7Q2M: On the way to the pickup")
    expect(sign).to_be_visible()
    expect(page.get_by_role("group", name="Trips")).to_have_count(0)
    town.playground.books("K7Q2M", "picked_up", DANA)
    town.playground.books("K7Q3M", "picked_up", DANA, dropoff=[36.1475, -115.1566])
    look(page)
    trips = page.get_by_role("group", name="Trips")
    expect(trips.get_by_role("button", name="Drive Dana to the door")).to_be_visible()
    expect(trips.get_by_role("button", name="Drive Dana to all 2 stops")).to_have_text("all 2 stops")


def test_tags_make_room(open_page: Open, town: Town) -> None:
    """The number of a parcel at whose door the driver stands is beside the driver, and covers no name."""
    dana = on_duty(town)
    dana.moves(*DOOR)
    town.playground.books("K7Q2M", "picked_up", DANA)
    page = open_page(*DESKTOP)
    expect(page.locator(".parcel.covered")).to_have_count(1)
    (driver,), (tag,) = boxes(page.locator(".walker")), boxes(page.locator(".parcel b"))
    (name,) = boxes(page.locator(".walker b"))
    places = boxes(page.locator(".town-place:not(.unnamed) b"))
    assert places
    for one, other in combinations([driver, tag, name, *places], 2):
        beside = one["x"] + one["width"] <= other["x"] + 1 or other["x"] + other["width"] <= one["x"] + 1
        assert beside or one["y"] + one["height"] <= other["y"] + 1 or other["y"] + other["height"] <= one["y"] + 1


def test_details_are_asked_for(open_page: Open, town: Town) -> None:
    """The bot's tidying up and the clock's small steps stand in the time line only when details are wanted."""
    page = open_page(*DESKTOP)
    town.playground.happens("message", "Dana", "close card", chat=DANA, message_id=1)
    town.playground.happens("turn", "Dana", "taps Accept", chat=DANA, message_id=None)
    town.playground.ahead_s = 100
    look(page)
    line = page.get_by_role("region", name="Time line")
    expect(line).to_contain_text("taps Accept")
    expect(line).not_to_contain_text("shortens")
    expect(line).not_to_contain_text("The clock was wound")
    line.get_by_role("button", name="Details").click()
    expect(line).to_contain_text("shortens an older message")
    expect(line).to_contain_text("The clock was wound by 2 min")
