"""A delivery played by clicking, on a desktop and on a phone: the real sandbox and browser; the README's pictures."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.hands import WAIT_MS, Phone, Sandbox, applies, shop_joins

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).parent / "pictures"
SIZES = {"desktop": (1800, 1000), "phone": (390, 844)}
PEOPLE = ("Olivia", "Anna", "Omar", "Lena")

Open = Callable[[str], Page]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox of this test's own."""
    sandbox = Sandbox(tmp_path, 8190)
    sandbox.start()
    yield sandbox
    sandbox.interrupt()
    assert "Traceback" not in sandbox.says(), sandbox.says()


@pytest.fixture
def open_page(sandbox: Sandbox, chromium: Browser) -> Iterator[Open]:
    """Open the sandbox's page in a window of this size; an error on the console fails the test."""
    errors: list[str] = []
    context = chromium.new_context(locale="en-US", reduced_motion="reduce")
    context.set_default_timeout(WAIT_MS)

    def open_window(size: str) -> Page:
        width, height = SIZES[size]
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(sandbox.url)
        page.locator("[data-name]").first.wait_for()
        return page

    yield open_window
    context.close()
    assert errors == []


class Hand(Phone):
    """One person's phone in a window of any width: where only one is shown, its tab is chosen first."""

    def turn_to(self) -> None:
        """Have this phone in the window."""
        tab = self.page.get_by_role("tab", name=self.name)
        if tab.count():
            tab.click()

    def sees(self, *words: str, within_ms: int = WAIT_MS) -> None:
        """Turn to this phone and wait for these words."""
        self.turn_to()
        super().sees(*words, within_ms=within_ms)

    def says(self, text: str) -> None:
        """Turn to this phone and send a text."""
        self.turn_to()
        super().says(text)

    def taps(self, *labels: str) -> None:
        """Turn to this phone and press these buttons."""
        self.turn_to()
        super().taps(*labels)

    def attaches(self, choice: str) -> None:
        """Turn to this phone and choose from its attach menu."""
        self.turn_to()
        super().attaches(choice)


@pytest.mark.parametrize("size", SIZES)
def test_a_delivery_is_played_by_clicking(open_page: Open, size: str) -> None:
    """Joining, booking with a mistyped address, accepting, driving, picking up, delivering with a photo; on time."""
    page = open_page(size)
    olivia, anna, omar, lena = (Hand(page, name) for name in PEOPLE)
    olivia.taps("Start")
    olivia.sees("Who are you?")
    shop_joins(anna, olivia)
    applies(omar, "🚗 Car")
    olivia.sees("Omar Ortiz", "wants to drive")
    olivia.taps("Approve")
    omar.sees("You can drive now")
    omar.shares_live("Venetian")
    omar.sees("On duty")
    _anna_books(anna)
    omar.sees("to the pickup")
    omar.taps("Accept")
    anna.sees("Omar is on the way")
    _lena_connects(page, anna, lena)
    _hurry(page)
    omar.attaches("driveTo")
    omar.taps("I'm at the pickup")
    omar.taps("Picked up (2 pieces)")
    _wind(page)
    lena.sees("Omar")
    omar.sees("Bellagio")
    _pictures(page, size)
    omar.attaches("driveTo")
    omar.taps("I'm at the door")
    lena.sees("Omar is")
    omar.taps("Delivered")
    omar.sees("Send a photo")
    omar.attaches("photo")
    omar.sees("delivered")
    lena.sees("Delivered")
    _lead_back(page, omar)


def _anna_books(anna: Hand) -> None:
    anna.says("/deliver")
    anna.taps("2", "M · a box")
    anna.sees("Where to?")
    anna.says("Qwertyplace 99")
    anna.sees("I can't find")
    anna.says("Belagio")
    anna.sees("3600 S Las Vegas Blvd")
    anna.taps("That's right")
    anna.sees("Who gets it?")
    anna.says("Lena Lopez")
    anna.sees("What is the customer's number?")
    anna.says("702 555 0177")
    anna.sees("A note for the driver?")
    anna.taps("Skip", "Now", "Without PIN")
    anna.sees("Shall I book this?")
    anna.taps("Confirm")


def _lena_connects(page: Page, anna: Hand, lena: Hand) -> None:
    """She scans the QR code on Anna's screen."""
    anna.taps("Customer's link", "QR code")
    anna.screen.get_by_role("button", name="Scan with a phone").click()
    page.get_by_role("dialog").locator('button[data-label="Lena"]').click()
    lena.taps("It's mine")
    lena.sees("is on the way to the shop")


def _hurry(page: Page) -> None:
    """Drivers drive as fast as they can: the speed stands by the map."""
    tab = page.get_by_role("tab", name="Map")
    if tab.count():
        tab.click()
    page.get_by_role("group", name="Trips").get_by_label("at").select_option("60×")


def _wind(page: Page) -> None:
    """A minute passes: what can be undone no longer can."""
    face = page.get_by_role("button", name="The town's clock")
    if face.count():
        face.click()
    page.get_by_role("button", name="+1 min").click()
    if face.count():
        expect(page.get_by_role("progressbar", name="The clock is being wound")).to_have_count(0)
        face.click()
        expect(page.get_by_text("1 min ahead")).to_be_visible()
        page.keyboard.press("Escape")
    else:
        expect(page.get_by_text("1 min ahead")).to_be_visible()


def _lead_back(page: Page, omar: Hand) -> None:
    """The time line leads back to the offer that he accepted."""
    tab = page.get_by_role("tab", name="Events")
    if tab.count():
        tab.click()
    entry = page.get_by_role("region", name="Time line").get_by_role("button", name="Omar taps Accept")
    entry.click()
    expect(omar.screen.locator(".pointed")).to_be_in_viewport()


def _pictures(page: Page, size: str) -> None:
    """Keep the README's pictures where the variable PICTURES asks for them."""
    if not os.environ.get("PICTURES"):
        return
    PICTURES.mkdir(exist_ok=True)
    if size == "phone":
        page.screenshot(path=PICTURES / "phone.png")
        return
    for scheme, name in (("light", "sandbox"), ("dark", "dark")):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.screenshot(path=PICTURES / f"{name}.png")
