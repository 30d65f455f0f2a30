"""Hands for the page: a real sandbox that can be interrupted, killed and started again, and the phones on its page."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect
from playwright.sync_api import TimeoutError as WaitedTooLong

from bot.sandbox.server import free_port
from bot.settings import Settings

START_S = 20
STOP_S = 20
WAIT_MS = 20_000
SEEN = """([name, after, words]) =>
    [...document.querySelectorAll(`[data-name="${name}"] [data-message]`)]
        .filter((line) => Number(line.dataset.message) > after)
        .some((line) => words.every((word) => line.querySelector(".bubble").textContent.includes(word)))"""
HOLDS = """([name, after, label]) => {
    const phone = document.querySelector(`[data-name="${name}"]`);
    const found = [...phone.querySelectorAll("button[data-label]")].filter((button) => button.dataset.label === label);
    const lines = found.map((button) => button.closest("[data-message]"));
    const place = (line) => (line ? `[data-message="${line.dataset.message}"]` : "");
    const fresh = lines.filter((line) => !line || Number(line.dataset.message) > after);
    return fresh.map((line) => `${place(line)} button`).at(-1);
}"""
NEWEST = """(name) => Math.max(0, ...[...document.querySelectorAll(`[data-name="${name}"] [data-message]`)]
    .map((line) => Number(line.dataset.message)))"""


class Sandbox:
    """`doorstep sandbox` as a stranger starts it: a process of its own, on one port and one file for all its lives."""

    def __init__(self, folder: Path, port: int = 8180, **settings: str) -> None:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
        self.port = free_port(port + 20 * int(worker))  # where several test at once, each has ports of its own
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._settings = settings
        self._output = folder / "output.txt"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until its page answers."""
        # without the cache of compiled files a start would take four times as long
        unset = {"PYTHONDONTWRITEBYTECODE", *(name.upper() for name in Settings.model_fields)}
        kept = {name: value for name, value in os.environ.items() if name not in unset}
        command = [sys.executable, "-m", "bot", "sandbox", "--port", str(self.port), "--data", "sandbox.db"]
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own
                command, cwd=self._folder, env={**kept, **self._settings}, stdout=output, stderr=subprocess.STDOUT
            )
        until = time.monotonic() + START_S
        while time.monotonic() < until and self._process.poll() is None:
            try:
                urlopen(f"{self.url}/api/town", timeout=1).close()  # noqa: S310 - our own address
            except (URLError, OSError):
                time.sleep(0.05)
            else:
                return
        raise AssertionError(f"the sandbox did not start: {self.says()}")

    def interrupt(self) -> None:
        """Press Ctrl-C: it ends by itself, without complaint."""
        assert self._end(signal.SIGINT) == 0, self.says()

    def kill(self) -> None:
        """Kill it with -9, whatever it is doing."""
        assert self._end(signal.SIGKILL) == -signal.SIGKILL

    def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(timeout=STOP_S)

    def says(self) -> str:
        """What it has written in all its lives."""
        return self._output.read_text(encoding="utf-8")


class Phone:
    """Somebody's phone on the page: it waits for what is to be seen, and looks only at what came after `turn_over`."""

    def __init__(self, page: Page, name: str) -> None:
        self.page, self.name = page, name
        self.screen: Locator = page.locator(f"[data-name={name}]")
        self._after = 0

    def turn_over(self) -> None:
        """Have read everything: what stands there now is not looked at any more."""
        self._after = self.page.evaluate(NEWEST, self.name)

    def sees(self, *words: str, within_ms: int = WAIT_MS) -> None:
        """Wait until one message of the chat holds all these words."""
        try:
            self.page.wait_for_function(SEEN, arg=[self.name, self._after, words], timeout=within_ms)
        except WaitedTooLong:
            raise AssertionError(f"{self.name} waited in vain for {words}:\n{self.reads()}") from None

    def finds(self, pattern: str) -> str:
        """What the pattern's group holds in the newest message that has it."""
        found = re.findall(pattern, self.reads())
        assert found, f"{self.name} looked in vain for {pattern}:\n{self.reads()}"
        return str(found[-1])

    def reads(self) -> str:
        """The whole chat as text, with its buttons."""
        return self.screen.inner_text()

    def says(self, text: str) -> None:
        """Type a text and send it with Enter."""
        box = self.screen.locator("textarea")  # its name is in the phone's language
        box.fill(text)
        box.press("Enter")

    def button(self, label: str) -> Locator:
        """Wait for a button with this label; gives the newest."""
        try:
            handle = self.page.wait_for_function(HOLDS, arg=[self.name, self._after, label])
        except WaitedTooLong:
            raise AssertionError(f"{self.name} waited in vain for [{label}]:\n{self.reads()}") from None
        return self.screen.locator(f'{handle.json_value()}[data-label="{label}"]').last

    def taps(self, *labels: str) -> None:
        """Press these buttons, one after the other, each when it is there."""
        for label in labels:
            self.button(label).click()

    def pops(self, words: str) -> None:
        """Wait for these words over the chat."""
        expect(self.screen.locator(".toasts")).to_contain_text(words)

    def attaches(self, choice: str) -> None:
        """Choose from the attach menu, whatever its language: location, live, photo, driveTo, …"""
        self.screen.locator("[data-opens=attach]").click()
        self.screen.locator(f"[data-choice={choice}]").click()

    def shares_live(self, place: str) -> None:
        """Share a live location from a place of the town."""
        self.attaches("live")
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("searchbox").fill(place)
        dialog.locator("li button").first.click()
        dialog.get_by_role("button", name="Share live").click()
        expect(dialog).to_have_count(0)

    def opens_link_of(self, other: "Phone") -> None:
        """Open, on this phone, the newest link to the bot in the other's chat."""
        other.screen.locator(".bubble a", has_text="t.me").last.click()
        self.page.get_by_role("dialog").locator(f'button[data-label="{self.name}"]').click()


@dataclass
class Town:
    """A started sandbox, its page, and what the browser complained of."""

    sandbox: Sandbox
    page: Page
    errors: list[str] = field(default_factory=list)
    down: bool = False

    def phone(self, name: str) -> Phone:
        """Somebody's phone, what is there now already read."""
        phone = Phone(self.page, name)
        phone.turn_over()
        return phone

    def come_back(self, ended: str) -> None:
        """Start again after it was ended ("interrupt" or "kill"); the page that is open finds it again by itself."""
        self.down = True
        getattr(self.sandbox, ended)()
        trouble = self.page.get_by_text("trying again")
        expect(trouble).to_be_visible()
        self.sandbox.start()
        expect(trouble).to_have_count(0, timeout=WAIT_MS)
        self.down = False

    def _hear(self, message: ConsoleMessage) -> None:
        lost = self.down and "net::ERR_" in message.text
        if message.type == "error" and not lost:
            self.errors.append(message.text)


def open_town(sandbox: Sandbox, chromium: Browser) -> Town:
    """Open the page of a started sandbox, wide enough for everybody; close its page's context at the end."""
    context = chromium.new_context(viewport={"width": 2600, "height": 1000}, locale="en-US", reduced_motion="reduce")
    context.set_default_timeout(WAIT_MS)
    town = Town(sandbox, context.new_page())
    town.page.on("console", town._hear)
    town.page.on("pageerror", lambda error: town.errors.append(str(error)))
    town.page.goto(sandbox.url)
    town.page.locator("[data-name]").first.wait_for()
    return town


def everybody_joins(town: Town) -> None:
    """A shop and three drivers join and are approved; the drivers come on duty, Dana nearest to the shop, by bike."""
    anna, olivia = town.phone("Anna"), town.phone("Olivia")
    olivia.taps("Start")
    olivia.sees("Who are you?")
    shop_joins(anna, olivia)
    omar, mateo, dana = (town.phone(name) for name in ("Omar", "Mateo", "Dana"))
    applies(omar, "🚗 Car")
    applies(mateo, "🚐 Van")
    dana.taps("Start", "🚗 Soy conductor")
    dana.sees("¿Cómo te llamas?")
    dana.says("Dana Díaz")
    dana.taps("🚲 Bici", "📱 Enviar mi número")
    for driver in (omar, mateo, dana):
        olivia.sees(driver.name, "wants to drive")
    for driver in (dana, mateo, omar):  # the newest asks at the bottom
        olivia.taps("Approve")
        olivia.sees(driver.name, "wants to drive", "✓ Approved.")
        driver.sees("Ya puedes trabajar" if driver is dana else "You can drive now")
    for driver, place in ((dana, "Fashion"), (omar, "Venetian"), (mateo, "Flamingo")):
        driver.shares_live(place)
        driver.sees("En servicio" if driver is dana else "On duty")


def applies(driver: Phone, vehicle: str) -> None:
    """A driver whose phone speaks English answers the three questions."""
    driver.taps("Start", "🚗 I drive")
    driver.sees("What is your name?")
    driver.says(f"{driver.name} Ortiz")
    driver.taps(vehicle, "📱 Send my number")


def shop_joins(anna: Phone, olivia: Phone) -> None:
    """A shop in a mall joins, and the operator approves it."""
    anna.taps("Start", "🛍 I have a shop")
    anna.sees("What is your shop called?")
    anna.says("Anna's Shoes")
    anna.sees("Where do drivers pick up?")
    anna.says("Fashion Show")
    anna.taps("That's right", "Yes, inside Fashion Show")
    anna.sees("Which number")
    anna.says("not a number")
    anna.sees("I can't read that as a phone number")
    anna.says("702 555 0142")
    anna.sees("How do drivers find the counter?")
    anna.says("Level 2, next to the cinema")
    anna.sees("An operator looks at")
    olivia.sees("Anna's Shoes", "wants to join")
    olivia.taps("Approve")
    anna.sees("is approved")
