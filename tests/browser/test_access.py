"""The page for everybody: axe-core finds nothing serious at any width, light or dark; keys alone are enough."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Town
from tests.browser.test_page import DESKTOP, NARROW, last, phone, say
from tests.browser.test_town import DANA, on_duty

pytestmark = pytest.mark.browser

Open = Callable[[int, int], Page]
AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
BAD = ("serious", "critical")
CHECK = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.map(
    ({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map((node) => `${node.html}: ${node.failureSummary}`) }))"""


def check(page: Page) -> None:
    """Fail, with what is wrong where, when axe-core finds something serious or critical."""
    found: list[dict[str, Any]] = page.evaluate(CHECK)
    bad = [f"{one['id']}: {node}" for one in found if one["impact"] in BAD for node in one["nodes"]]
    assert not bad, "\n".join(bad)


def live(town: Town) -> None:
    """Let all that the page can show be there: cards, sounds, unread, faults, deliveries, entries, a story."""
    on_duty(town)
    for number in (101, 102, 104):
        town.telegram.people[number].start()
    town.telegram.people[102].says("/deliver")
    town.telegram.people[102].sticker()
    town.telegram.people[102].photo()
    town.telegram.person("Nina", simulated=True)
    for number, status in enumerate(("requested", "assigned", "picked_up", "returning", "delivered")):
        town.playground.books(f"K7Q2{number}", status, DANA if status != "requested" else None)
    town.playground.ahead_s = 4500
    town.playground.alive = False
    town.telegram.faults.order("slow", 60, monotonic())
    town.playground.happens("turn", "Dana", "taps Accept", chat=DANA, message_id=2)
    town.playground.happens("message", "Dana", "notice x", chat=DANA, message_id=2, loud=True)
    town.playground.happens("event", "Dana", "K7Q21 assign", chat=DANA, message_id=2)
    town.playground.happens("turn", "Mia", "sticker", chat=102, message_id=2, failed=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, NARROW])
def test_axe_finds_nothing_serious(open_page: Open, town: Town, size: tuple[int, int], scheme: Any) -> None:
    """Empty and busy, with a menu, a sheet, the map, the time line and a story: axe-core has nothing serious to say."""
    page = open_page(*size)
    page.emulate_media(color_scheme=scheme)
    page.add_script_tag(path=AXE)
    check(page)
    live(town)
    expect(page.get_by_text("The bot is dead")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Faults").click()
    check(page)
    page.keyboard.press("Escape")
    town.playground.play |= {"state": "playing", "scene": "A booking", "caption": "Mia books.", "who": 102, "step": 3}
    expect(page.get_by_text("Mia books.")).to_be_visible()
    check(page)
    if size == NARROW:
        for tab in ("Dana", "Map", "Events"):
            page.get_by_role("tab", name=tab).click()
            check(page)
        page.get_by_role("tab", name="Mia").click()
    phone(page, "Mia").get_by_role("button", name="More about Mia").click()
    check(page)
    page.keyboard.press("Escape")
    phone(page, "Mia").get_by_role("button", name="Attach").click()
    check(page)


def test_keys_are_enough(open_page: Open, town: Town) -> None:
    """From the first tab stop to a booked delivery and a fault ordered and lifted, without a mouse."""
    page = open_page(*DESKTOP)
    page.get_by_role("button", name="Go to Mia's phone").focus()
    page.keyboard.press("Enter")
    expect(phone(page, "Mia").get_by_role("button", name="Start")).to_be_focused()
    page.keyboard.press("Enter")
    expect(last(page, "Mia")).to_contain_text("Welcome!")
    expect(phone(page, "Mia").get_by_role("textbox", name="Message")).to_be_focused()
    say(page, "Mia", "/deliver")
    expect(last(page, "Mia")).to_contain_text("K7Q2M")
    phone(page, "Mia").get_by_role("button", name="Accept").press("Enter")
    expect(last(page, "Mia")).to_contain_text("is yours")
    page.get_by_role("button", name="Faults").press("Enter")
    menu = page.get_by_role("dialog", name="Faults")
    expect(menu.get_by_label("How long")).to_be_focused()
    menu.get_by_role("button", name="Slow").press("Enter")
    expect(menu).to_have_count(0)
    page.get_by_role("button", name="Lift: Telegram is slow").press("Enter")
    expect(page.get_by_role("group", name="In force now")).to_have_count(0)
    assert [phone.get_attribute("aria-live") for phone in page.get_by_role("log").all()].count("polite") <= 1
