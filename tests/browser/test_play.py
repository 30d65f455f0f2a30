"""A delivery played by clicking: the real sandbox, a real browser, and the pictures that the README shows."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.sandbox.server import free_port
from tests.browser.test_page import attach, phone, press, say

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).parent / "pictures"
START_S = 20


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[str]:
    """The address of a sandbox of this test's own."""
    port = free_port(8180)
    command = [sys.executable, "-m", "bot", "sandbox", "--port", str(port), "--data", str(tmp_path / "sandbox.db")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # noqa: S603 - our own
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url, process)
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
    assert process.returncode == 0, output.decode()
    assert b"Traceback" not in output, output.decode()


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            urlopen(f"{url}/api/town", timeout=1).close()  # noqa: S310 - our own address
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"the sandbox did not start: {process.returncode}")


@pytest.fixture
def page(sandbox: str, chromium: Browser) -> Iterator[Page]:
    """The sandbox's page on a wide screen; an error on the console fails the test."""
    context = chromium.new_context(viewport={"width": 1800, "height": 1000}, locale="en-US")
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(sandbox)
    yield page
    context.close()
    assert errors == []


def sees(page: Page, name: str, words: str) -> None:
    """Wait until these words stand on this phone."""
    expect(phone(page, name).locator(".bubble").filter(has_text=words).last).to_be_visible(timeout=10_000)


def test_a_delivery_is_played_by_clicking(page: Page) -> None:
    """Joining, booking with a mistyped address, accepting, picking up, delivering with a photo."""
    press(page, "Olivia", "Start")
    sees(page, "Olivia", "Who are you?")
    _anna_joins(page)
    _omar_joins(page)
    attach(page, "Omar", "Live location…")
    _share_live(page, "Venetian")
    sees(page, "Omar", "On duty")
    _anna_books(page)
    sees(page, "Omar", "to the pickup")
    press(page, "Omar", "Accept")
    sees(page, "Anna", "Omar is on the way")
    _lena_connects(page)
    _picture(page, "sandbox")
    press(page, "Omar", "I'm at the pickup")
    press(page, "Omar", "Picked up (2 pieces)")
    press(page, "Omar", "I'm at the door")
    sees(page, "Lena", "Omar is")
    press(page, "Omar", "Delivered")
    sees(page, "Omar", "Send a photo")
    attach(page, "Omar", "Sample photo")
    sees(page, "Omar", "delivered")
    sees(page, "Lena", "Delivered")


def _anna_joins(page: Page) -> None:
    press(page, "Anna", "Start")
    press(page, "Anna", "🛍 I have a shop")
    sees(page, "Anna", "What is your shop called?")
    say(page, "Anna", "Anna's Shoes")
    sees(page, "Anna", "Where do drivers pick up?")
    say(page, "Anna", "Fashion Show")
    press(page, "Anna", "That's right")
    press(page, "Anna", "Yes, inside Fashion Show")
    sees(page, "Anna", "Which number")
    say(page, "Anna", "702 555 0142")
    sees(page, "Anna", "How do drivers find the counter?")
    press(page, "Anna", "Skip")
    press(page, "Olivia", "Approve")
    sees(page, "Anna", "is approved")


def _omar_joins(page: Page) -> None:
    press(page, "Omar", "Start")
    press(page, "Omar", "🚗 I drive")
    sees(page, "Omar", "What is your name?")
    say(page, "Omar", "Omar Ortiz")
    press(page, "Omar", "🚗 Car")
    press(page, "Omar", "📱 Send my number")
    press(page, "Olivia", "Approve")
    sees(page, "Omar", "You can drive now")


def _anna_books(page: Page) -> None:
    say(page, "Anna", "/deliver")
    press(page, "Anna", "2")
    press(page, "Anna", "M · a box")
    sees(page, "Anna", "Where to?")
    say(page, "Anna", "Qwertyplace 99")
    sees(page, "Anna", "I can't find")
    say(page, "Anna", "Belagio")
    press(page, "Anna", "That's right")
    sees(page, "Anna", "Who gets it?")
    say(page, "Anna", "Lena Lopez")
    sees(page, "Anna", "What is the customer's number?")
    say(page, "Anna", "702 555 0177")
    sees(page, "Anna", "A note for the driver?")
    press(page, "Anna", "Skip")
    press(page, "Anna", "Now")
    press(page, "Anna", "Without PIN")
    sees(page, "Anna", "Shall I book this?")
    press(page, "Anna", "Confirm")


def _lena_connects(page: Page) -> None:
    press(page, "Anna", "Customer's link")
    sees(page, "Anna", "Send this link")
    link = re.search(r"https://t\.me/\S+\?start=(\S+)", phone(page, "Anna").inner_text())
    assert link is not None
    phone(page, "Anna").locator(".bubble a", has_text="t.me").last.click()
    page.get_by_role("dialog").locator('button[data-label="Lena"]').click()
    press(page, "Lena", "It's mine")
    sees(page, "Lena", "is on the way to the shop")


def _share_live(page: Page, place: str) -> None:
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("searchbox").fill(place)
    dialog.locator("li button").first.click()
    dialog.get_by_role("button", name="Share live").click()


def _picture(page: Page, name: str) -> None:
    """Keep a picture for the README where the variable PICTURES asks for it."""
    if os.environ.get("PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png")
