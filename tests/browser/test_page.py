"""The sandbox's page in a real browser: everything a person does on it, at desktop and at phone width."""

import os
import re
from collections.abc import Callable
from itertools import combinations, product
from math import hypot
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, FloatRect, Locator, Page, expect

from bot.sandbox.pictures import make_png
from tests.browser.conftest import Town

pytestmark = pytest.mark.browser

Open = Callable[[int, int], Page]
DESKTOP = (1400, 900)
NARROW = (390, 844)
NEWCOMERS = ("Ben", "Mateo", "Nora")


def phone(page: Page, name: str) -> Locator:
    """Give the phone of this person."""
    return page.locator(f"[data-name={name}]")


def say(page: Page, name: str, text: str) -> None:
    """Type a text on this phone and send it with Enter."""
    box = phone(page, name).get_by_role("textbox", name="Message")
    box.fill(text)
    box.press("Enter")


def press(page: Page, name: str, label: str) -> None:
    """Press the newest button with this label on this phone."""
    phone(page, name).locator(f'button[data-label="{label}"]').last.click()


def attach(page: Page, name: str, choice: str) -> None:
    """Choose from this phone's attach menu, whatever its language."""
    phone(page, name).locator("[data-opens=attach]").click()
    phone(page, name).locator(f"[data-choice={choice}]").click()


def drag(page: Page, marker: Locator, right: int, down: int) -> None:
    """Drag a marker of the map by so many pixels."""
    box = marker.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right, y + down, steps=6)
    page.mouse.up()


def last(page: Page, name: str) -> Locator:
    """Give the newest bubble on this phone."""
    return phone(page, name).locator(".bubble").last


def seven(page: Page, town: Town) -> list[str]:
    """Have three more drivers in town; gives the names of all seven, in the order of their phones."""
    for name in NEWCOMERS:
        page.request.post(f"{town.url}api/people", data={"name": name, "role": "driver"})
    return ["Olga", "Mia", "Dana", *NEWCOMERS, "Carl"]


def inside(page: Page, inner: Locator, outer: Locator) -> bool:
    """Whether the one lies wholly within the other, to a pixel."""
    a, b = inner.bounding_box(), outer.bounding_box()
    assert a is not None
    assert b is not None
    across = b["x"] - 1 <= a["x"] and a["x"] + a["width"] <= b["x"] + b["width"] + 1
    return across and b["y"] - 1 <= a["y"] and a["y"] + a["height"] <= b["y"] + b["height"] + 1


def boxes(found: Locator) -> list[FloatRect]:
    """Give where each of these is, in pixels of the window."""
    return [box for each in found.all() if (box := each.bounding_box())]


def picture(page: Page, name: str) -> None:
    """Keep a screenshot where the variable SHOTS says, if it does."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_start_keyboard_and_contact(open_page: Open, town: Town) -> None:
    """Start opens the chat, the reply keyboard sends the own contact and goes away, sounds are marked."""
    page = open_page(*DESKTOP)
    press(page, "Mia", "Start")
    expect(last(page, "Mia")).to_contain_text("Welcome!")
    expect(last(page, "Mia").get_by_label("Came with sound")).to_be_visible()
    press(page, "Mia", "Send my number")
    expect(last(page, "Mia")).to_contain_text("Thank you.")
    expect(last(page, "Mia").get_by_label("Came without sound")).to_be_visible()
    expect(phone(page, "Mia").get_by_role("group", name="Reply keyboard")).to_have_count(0)
    contact = next(update["message"]["contact"] for update in town.bot.heard if "contact" in update.get("message", {}))
    assert contact["user_id"] == 102


def test_card_with_entities_and_buttons(open_page: Open, town: Town) -> None:
    """A card shows its entities past an emoji in the right places; a tap edits it and shows a toast, an alert waits."""
    page = open_page(*DESKTOP)
    press(page, "Dana", "Start")
    expect(last(page, "Dana")).to_contain_text("Welcome!")
    say(page, "Dana", "/deliver")
    expect(last(page, "Dana").locator("strong")).to_have_text("Delivery K7Q2M")
    expect(last(page, "Dana").locator("em")).to_have_text("The Venetian & Palazzo")
    picture(page, "card")
    press(page, "Dana", "Cancel")
    alert = phone(page, "Dana").get_by_role("alert")
    expect(alert).to_contain_text("$4.20")
    alert.get_by_role("button", name="OK").click()
    expect(alert).to_have_count(0)
    press(page, "Dana", "Accept")
    expect(phone(page, "Dana").get_by_text("You chose accept.")).to_be_visible()
    expect(last(page, "Dana")).to_contain_text("K7Q2M is yours.")
    expect(last(page, "Dana")).to_contain_text("edited")
    expect(phone(page, "Dana").locator('button[data-label="Accept"]')).to_have_count(0)


def test_link_opens_on_another_phone(open_page: Open, town: Town) -> None:
    """A link to the bot inside a share link asks on whose phone to open, and starts the bot there."""
    page = open_page(*DESKTOP)
    press(page, "Mia", "Start")
    expect(last(page, "Mia")).to_contain_text("Welcome!")
    say(page, "Mia", "/deliver")
    press(page, "Mia", "Copy link")
    expect(phone(page, "Mia").get_by_text("Copied: https://t.me/")).to_be_visible()
    assert town.telegram.people[102].clipboard == "https://t.me/doorstep_sandbox_bot?start=c_abc123"
    press(page, "Mia", "Share")
    page.get_by_role("dialog").get_by_role("button", name="Carl").click()
    expect(last(page, "Carl")).to_contain_text("You followed c_abc123.")
    expect(phone(page, "Carl").get_by_label("1 unread")).to_be_visible()
    phone(page, "Carl").get_by_role("log").click()
    expect(phone(page, "Carl").get_by_label("1 unread")).to_have_count(0)


def test_pin_and_photo(open_page: Open, town: Town) -> None:
    """A place of the town goes out as a pin and comes back as a venue; photos come one by one and as an album."""
    page = open_page(*DESKTOP)
    press(page, "Mia", "Start")
    attach(page, "Mia", "location")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("searchbox", name="Find a place").fill("venet")
    dialog.get_by_role("button", name="The Venetian").click()
    picture(page, "point")
    dialog.get_by_role("button", name="Send pin").click()
    expect(last(page, "Mia")).to_contain_text("Is this right?")
    position = town.telegram.people[102].position
    assert position is not None
    assert (position["lat"], position["lon"], position["live"]) == (36.1212, -115.1697, False)
    last(page, "Mia").get_by_role("button", name="Open on the map").click()
    town_map = page.get_by_role("region", name="Map of the town")
    town_map.get_by_role("button", name="Is this right?").click()
    expect(town_map.get_by_text("Is this right?")).to_have_count(0)
    attach(page, "Mia", "photo")
    expect(last(page, "Mia")).to_contain_text("Proof")
    image = last(page, "Mia").get_by_role("img", name="Photo: Proof")
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    attach(page, "Mia", "album")
    expect(phone(page, "Mia").locator(".album img")).to_have_count(3)


def test_a_point_is_chosen_near_by(open_page: Open, town: Town) -> None:
    """The sheet opens on the whole town, goes to a place chosen by name, and opens where one is the next time."""
    page = open_page(*DESKTOP)
    press(page, "Mia", "Start")
    attach(page, "Mia", "live")
    dialog = page.get_by_role("dialog")
    scale = dialog.locator(".leaflet-control-scale-line").first
    expect(scale).to_have_text("2 km")
    for name in ("Fashion Show", "Mandalay Bay", "The STRAT"):
        assert inside(page, dialog.locator(".town-place", has_text=name).locator("i"), dialog.locator(".picker")), name
    dialog.get_by_role("button", name="Bellagio").click()
    expect(scale).to_have_text(re.compile(r"^[35]00 m$"))
    dialog.get_by_role("button", name="Share live").click()
    expect(dialog).to_have_count(0)
    expect(phone(page, "Mia").locator(".live-sign")).to_be_visible()  # the page has heard where she is
    attach(page, "Mia", "location")
    expect(scale).to_have_text(re.compile(r"^[35]00 m$"))
    assert inside(page, dialog.locator(".town-place", has_text="Bellagio").locator("i"), dialog.locator(".picker"))


def test_what_could_not_be_sent_is_kept(open_page: Open, town: Town) -> None:
    """What is typed while the sandbox is away stays where it was typed, with kind words; a second press sends it."""
    page = open_page(*DESKTOP)
    press(page, "Mia", "Start")
    expect(last(page, "Mia")).to_contain_text("Welcome!")
    page.route("**/say", lambda route: route.abort())
    say(page, "Mia", "Two pairs of shoes")
    expect(phone(page, "Mia").get_by_role("alert")).to_contain_text("Your words are kept")
    box = phone(page, "Mia").get_by_role("textbox", name="Message")
    expect(box).to_have_value("Two pairs of shoes")
    page.unroute("**/say")
    phone(page, "Mia").get_by_role("button", name="Send", exact=True).click()
    expect(last(page, "Mia")).to_contain_text("You said Two pairs of shoes")
    expect(box).to_have_value("")
    assert town.errors == ["Failed to load resource: net::ERR_FAILED"]
    town.errors.clear()


def test_a_phone_speaks_its_language(open_page: Open, town: Town) -> None:
    """A phone that is set to Spanish says nothing of its own in English, from Start to the time under a message."""
    town.telegram.change_person(town.telegram.people[103], language="es")
    page = open_page(*DESKTOP)
    dana = phone(page, "Dana")
    expect(dana).to_contain_text("Conduces.")
    dana.get_by_role("button", name="Iniciar").click()
    expect(last(page, "Dana").get_by_label("Llegó con sonido")).to_be_visible()
    expect(last(page, "Dana").locator("time")).to_have_text(re.compile(r"^\d\d:\d\d [ap]\.\xa0?\s?m\.$"))
    expect(dana.get_by_role("textbox", name="Mensaje")).to_be_visible()
    dana.get_by_role("button", name="Adjuntar").click()
    words = dana.get_by_role("menu", name="Enviar algo").get_by_role("menuitem").all_inner_texts()
    assert [word.split("\n")[-1] for word in words] == [
        *("Ubicación…", "Ubicación en tiempo real…", "Foto de esta computadora…", "Foto de muestra"),
        *("Álbum de fotos de muestra", "Mi contacto", "Otro contacto…", "Mensaje de voz", "Sticker"),
    ]
    page.keyboard.press("Escape")
    attach(page, "Dana", "photo")
    expect(last(page, "Dana").get_by_role("img", name="Foto: Proof")).to_be_visible()
    expect(phone(page, "Mia")).to_contain_text("You have a shop.")


def test_upload_and_another_contact(open_page: Open, town: Town) -> None:
    """A picture of one's own goes out with its caption, and so does the card of somebody else."""
    page = open_page(*DESKTOP)
    press(page, "Mia", "Start")
    attach(page, "Mia", "upload")
    dialog = page.get_by_role("dialog")
    picked: FilePayload = {"name": "door.png", "mimeType": "image/png", "buffer": make_png(3)}
    dialog.get_by_label("Picture").set_input_files(picked)
    dialog.get_by_role("textbox", name="Caption").fill("At the door")
    dialog.get_by_role("button", name="Send photo").click()
    expect(last(page, "Mia")).to_contain_text("Proof")
    expect(phone(page, "Mia").get_by_role("img", name="Photo: At the door")).to_be_visible()
    attach(page, "Mia", "otherContact")
    dialog.get_by_role("textbox", name="Name").fill("Ann Lee")
    dialog.get_by_role("textbox", name="Phone").fill("+1 702 555 0142")
    dialog.get_by_role("button", name="Send contact").click()
    expect(last(page, "Mia")).to_contain_text("Thank you.")
    contact = next(update["message"]["contact"] for update in town.bot.heard if "contact" in update.get("message", {}))
    assert (contact["first_name"], contact["last_name"], "user_id" in contact) == ("Ann", "Lee", False)


def test_driver_is_moved_on_the_map(open_page: Open, town: Town) -> None:
    """A driver put on the map live is moved by dragging and by arrow keys, and the bot hears edited messages."""
    page = open_page(*DESKTOP)
    press(page, "Dana", "Start")
    page.get_by_role("button", name="Place Dana").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Bellagio").click()
    dialog.get_by_role("button", name="Share live").click()
    marker = page.get_by_role("button", name="Dana, live")
    drag(page, marker, 20, -60)
    driver = town.telegram.people[103]
    expect(phone(page, "Dana").get_by_label("Shares a live location")).to_be_visible()
    wait_until(page, lambda: driver.position is not None and driver.position["lat"] > 36.1126)
    assert driver.position is not None
    dragged = driver.position["lat"]
    marker.focus()
    page.keyboard.press("ArrowUp")
    wait_until(page, lambda: driver.position is not None and driver.position["lat"] > dragged)
    wait_until(page, lambda: any("edited_message" in update for update in town.bot.heard))
    picture(page, "map")
    attach(page, "Dana", "stopLive")
    still = page.get_by_role("button", name="Dana, a pin")
    expect(still).to_be_visible()
    drag(page, still, 0, 60)
    dialog.get_by_role("button", name="Send pin").click()
    expect(last(page, "Dana")).to_contain_text("Is this right?")
    expect(dialog).to_have_count(0)


def wait_until(page: Page, true: Callable[[], bool]) -> None:
    """Wait for something on the server's side, at most five seconds."""
    for _ in range(100):
        if true():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come true in five seconds")


def test_people_and_commands(open_page: Open, town: Town) -> None:
    """People are added, renamed, blocked and set to a language; the command menu sends; a hidden phone comes back."""
    page = open_page(*DESKTOP)
    page.get_by_role("button", name="Add a person").click()
    page.get_by_role("textbox", name="Name").fill("Ben")
    page.get_by_role("button", name="Add phone").click()
    press(page, "Ben", "Start")
    phone(page, "Ben").get_by_role("button", name="Commands").click()
    phone(page, "Ben").get_by_role("menuitem", name="/deliver").click()
    expect(last(page, "Ben")).to_contain_text("K7Q2M")
    phone(page, "Ben").get_by_label("Language of Ben").select_option("es")
    ben = next(person for person in town.telegram.people.values() if person.name == "Ben")
    wait_until(page, lambda: ben.language == "es")
    phone(page, "Ben").get_by_role("button", name="More about Ben").click()
    page.get_by_role("button", name="Block the bot").click()
    press(page, "Ben", "Unblock")
    expect(phone(page, "Ben").get_by_role("textbox", name="Mensaje")).to_be_visible()
    phone(page, "Ben").get_by_role("button", name="More about Ben").click()
    page.get_by_role("button", name="Hide this phone").click()
    expect(phone(page, "Ben")).to_have_count(0)
    page.get_by_role("button", name="Show Ben").click()
    expect(phone(page, "Ben")).to_be_visible()


def test_text_is_never_markup(open_page: Open) -> None:
    """What people type is shown as it is, however much it looks like HTML."""
    page = open_page(*DESKTOP)
    press(page, "Mia", "Start")
    expect(last(page, "Mia")).to_contain_text("Welcome!")
    say(page, "Mia", "<img src=x onerror=alert(1)> & <b>bold</b>")
    expect(last(page, "Mia").locator(".text")).to_have_text("You said <img src=x onerror=alert(1)> & <b>bold</b>")
    expect(phone(page, "Mia").locator(".bubble img")).to_have_count(0)


def test_one_phone_at_a_time_when_narrow(open_page: Open) -> None:
    """At phone width the tabs show one phone, or the map, and tell what is unread elsewhere."""
    page = open_page(*NARROW)
    expect(page.locator(".phone")).to_have_count(1)
    page.get_by_role("tab", name="Mia").click()
    press(page, "Mia", "Start")
    expect(last(page, "Mia")).to_contain_text("Welcome!")
    say(page, "Mia", "/deliver")
    press(page, "Mia", "Share")
    page.get_by_role("dialog").get_by_role("button", name="Carl").click()
    expect(page.get_by_role("tab", name="Carl").get_by_label("1 unread")).to_be_visible()
    picture(page, "narrow")
    page.get_by_role("tab", name="Carl").click()
    expect(last(page, "Carl")).to_contain_text("You followed c_abc123.")
    expect(page.get_by_role("tab", name="Carl").get_by_label("1 unread")).to_have_count(0)
    page.get_by_role("tab", name="Map").click()
    expect(page.get_by_role("region", name="Map of the town")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]


def test_the_map_is_in_reach_of_seven_when_narrow(open_page: Open, town: Town) -> None:
    """With seven people at phone width the map's tab stays in the window, the chosen one comes into it, arrows walk."""
    page = open_page(*NARROW)
    names = seven(page, town)
    tabs = page.get_by_role("tab")
    expect(tabs).to_have_count(len(names) + 2)
    shown = page.get_by_role("tablist", name="Phones")
    to_map = page.get_by_role("tab", name="Map")
    assert inside(page, to_map, shown)
    to_map.click()
    expect(page.get_by_role("region", name="Map of the town")).to_be_visible()
    to_map.press("ArrowRight")
    expect(page.get_by_role("region", name="Time line")).to_be_visible()
    page.get_by_role("tab", name="Events").press("ArrowRight")
    expect(phone(page, "Olga")).to_be_visible()
    page.get_by_role("tab", name="Olga").press("ArrowLeft")
    page.get_by_role("tab", name="Events").press("ArrowLeft")
    to_map.press("ArrowLeft")
    expect(phone(page, "Carl")).to_be_visible()
    carl, pinned = page.get_by_role("tab", name="Carl").bounding_box(), to_map.bounding_box()
    assert carl is not None
    assert pinned is not None
    assert carl["x"] + carl["width"] <= pinned["x"] + 1
    assert inside(page, to_map, shown)
    picture(page, "narrow-seven")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]


@pytest.mark.parametrize("size", [(1024, 768), (1800, 1000), (1300, 1500)])
def test_phones_are_whole_and_all_in_reach(open_page: Open, town: Town, size: tuple[int, int]) -> None:
    """No phone is cut: each lies wholly in the row or wholly beside it, a handle tells whose, faces lead to each."""
    page = open_page(*size)
    names = seven(page, town)
    expect(page.locator(".phone")).to_have_count(len(names))
    assert [each.get_attribute("data-name") for each in page.locator(".phone").all()] == names
    row = page.get_by_role("group", name="Phones")
    expect(page.get_by_role("button", name="more phone")).to_be_visible()

    def whole() -> list[str]:
        """The phones in view; none of the others may show an edge."""
        frame = row.bounding_box()
        assert frame is not None
        seen = [name for name in names if inside(page, phone(page, name), row)]
        for name in set(names) - set(seen):
            box = phone(page, name).bounding_box()
            assert box is not None
            assert box["x"] >= frame["x"] + frame["width"] or box["x"] + box["width"] <= frame["x"], f"{name} is cut"
        return seen

    first = whole()
    assert 0 < len(first) < len(names)
    beyond = page.get_by_role("button", name="more phone").get_attribute("aria-label") or ""
    assert [name for name in names if name in beyond] == [name for name in names if name not in first]
    page.get_by_role("button", name="more phone").click()
    wait_until(page, lambda: whole() != first)
    for name in (*reversed(names), *names):
        page.get_by_role("button", name=f"Go to {name}'s phone").click()
        wait_until(page, lambda name=name: name in whole())  # type: ignore[misc]
        expect(page.get_by_role("button", name=f"Go to {name}'s phone")).to_have_attribute("aria-current", "true")


def test_a_message_beyond_the_edge_is_told(open_page: Open, town: Town) -> None:
    """What comes to a phone out of view is counted on its face and on the handle to it; going there reads it."""
    page = open_page(*DESKTOP)
    names = seven(page, town)
    expect(page.locator(".phone")).to_have_count(len(names))
    carl = next(person for person in town.telegram.people.values() if person.name == "Carl")
    page.request.post(f"{town.url}api/people/{carl.id}/start")
    handle = page.get_by_role("button", name="more phones")
    expect(handle.get_by_label("1 unread")).to_be_visible()
    page.get_by_role("button", name="Go to Carl's phone, 1 unread").click()
    expect(handle).to_have_attribute("aria-label", re.compile("Olga"))
    expect(page.get_by_role("button", name="Go to Carl's phone", exact=True)).to_be_visible()


def test_names_on_the_map_are_legible(open_page: Open, town: Town) -> None:
    """People at one place stand aside of each other on the map, each name free of faces and of other names."""
    page = open_page(*DESKTOP)
    seven(page, town)
    expect(page.locator(".phone")).to_have_count(7)
    drivers = [person for person in town.telegram.people.values() if person.name in ("Dana", *NEWCOMERS)]
    for driver in drivers:
        page.request.post(f"{town.url}api/people/{driver.id}/start")
        place = {"lat": 36.1276, "lon": -115.1716, "period": 3600}
        page.request.post(f"{town.url}api/people/{driver.id}/live", data=place)
    expect(page.locator(".walker")).to_have_count(len(drivers))
    picture(page, "crowd")
    faces = boxes(page.locator(".walker"))
    names = boxes(page.locator(".walker:not(.nameless) b"))
    assert len(faces) == len(names) == len(drivers)
    for a, b in combinations(faces, 2):  # they are round
        assert hypot(a["x"] - b["x"], a["y"] - b["y"]) >= a["width"]
    for a, b in combinations(names, 2):
        apart = a["x"] + a["width"] <= b["x"] + 1 or b["x"] + b["width"] <= a["x"] + 1
        assert apart or a["y"] + a["height"] <= b["y"] + 1 or b["y"] + b["height"] <= a["y"] + 1
    for name, face in product(names, faces):
        radius = face["width"] / 2
        x, y = face["x"] + radius, face["y"] + radius
        right = x - min(max(x, name["x"]), name["x"] + name["width"])
        down = y - min(max(y, name["y"]), name["y"] + name["height"])
        assert hypot(right, down) >= radius - 1
    drag(page, page.get_by_role("button", name="Nora, live"), 90, -90)
    nora = next(driver for driver in drivers if driver.name == "Nora")
    wait_until(page, lambda: nora.position is not None and nora.position["lat"] > 36.1276)
