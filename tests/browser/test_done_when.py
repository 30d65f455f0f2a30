"""The main job as a stranger plays it by hand: every step of it clicked and typed on the page of the real sandbox."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from bot.settings import MARKET
from tests.browser.hands import Phone, Sandbox, Town, everybody_joins, open_town

pytestmark = pytest.mark.browser

FREE_S = 20
SHORTER = {"cancel_free_s = 120 ": f"cancel_free_s = {FREE_S} ", "operator_s = 300 ": "operator_s = 5 "}
"""This town's market waits less than the shipped one: for free cancelling, and for an operator to find a driver."""

Named = Callable[[str], Phone]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Town]:
    """A town in which everybody has joined and the three drivers are on duty, Dana nearest to the shop, by bike."""
    folder = tmp_path_factory.mktemp("town")
    market = MARKET.read_text(encoding="utf-8")
    for shipped, shorter in SHORTER.items():
        assert shipped in market
        market = market.replace(shipped, shorter)
    (folder / "market.toml").write_text(market, encoding="utf-8")
    sandbox = Sandbox(folder, MARKET_FILE="market.toml")
    sandbox.start()
    town = open_town(sandbox, chromium)
    try:
        everybody_joins(town)
        yield town
    finally:
        town.page.context.close()
        sandbox.interrupt()
    assert "Traceback" not in sandbox.says(), sandbox.says()


@pytest.fixture
def on(town: Town, request: pytest.FixtureRequest) -> Iterator[Named]:
    """Give anybody's phone; whatever the browser's console complains of fails the test."""
    yield town.phone
    if shots := os.environ.get("SHOTS"):
        town.page.screenshot(path=Path(shots) / f"{request.node.name}.png")
    errors, town.errors = town.errors, []
    assert errors == []


def _book(anna: Phone, size: str = "L · fills a back seat", phone: str | None = None) -> str:
    """Book a piece to the Bellagio for now; gives the delivery's number. Size L is not for Dana's bike."""
    anna.turn_over()
    anna.says("/deliver")
    anna.taps("1", size)
    anna.sees("Where to?")
    anna.says("Bellagio")
    anna.taps("That's right")
    return _book_on(anna, phone=phone)


def _book_on(anna: Phone, pin: str = "Without PIN", phone: str | None = None) -> str:
    """Go on with a booking whose address is right."""
    anna.sees("Who gets it?")
    anna.says("Lena Lopez")
    anna.sees("What is the customer's number?")
    anna.says(phone) if phone else anna.taps("Skip")
    anna.sees("A note for the driver?")
    anna.taps("Skip", "Now", pin)
    return _confirm(anna)


def _book_again(anna: Phone) -> str:
    """Book the same as last time."""
    anna.turn_over()
    anna.says("/deliver")
    anna.taps("Same as last time")
    return _confirm(anna)


def _confirm(anna: Phone) -> str:
    anna.sees("Shall I book this?", "Total: $")
    anna.taps("Confirm")
    anna.sees("looking for a driver")
    return anna.finds(r"📦 ([0-9A-Z]{5}) · looking for a driver")


def _fetch(driver: Phone, number: str) -> None:
    """Accept the offer, and pick up."""
    driver.sees("to the pickup", "Answer by")
    driver.taps("Accept", "I'm at the pickup", "Picked up (1 piece)")
    driver.sees(number, "Bring it to Lena Lopez")


def test_everybody_has_joined(on: Named) -> None:
    """A shop and three drivers have answered their questions, the operator has approved them, and they are on duty."""
    olivia, omar = on("Olivia"), on("Omar")
    olivia.says("/open")
    olivia.sees("No open deliveries", "3 on duty", "0 wait to join")
    omar.says("/status")
    omar.sees("You are on duty.")


def test_a_mistyped_address_a_restart_an_undo_a_kill_and_a_pin(town: Town, on: Named) -> None:
    """Anna corrects an address, the bot restarts in between; Omar undoes a pickup, the bot is killed; a PIN ends it."""
    anna, omar, lena = on("Anna"), on("Omar"), on("Lena")
    anna.says("/deliver")
    anna.taps("1", "L · fills a back seat")
    anna.sees("Where to?")
    anna.says("Qwertyplace 99")
    anna.sees("I can't find “Qwertyplace 99”")
    town.come_back("interrupt")
    anna.turn_over()
    anna.says("Paris")
    anna.sees("Is this the right door?")
    anna.taps("Type again")
    anna.sees("Where to?")
    anna.turn_over()
    anna.says("Belagio")
    anna.sees("Bellagio", "3600 S Las Vegas Blvd")
    anna.sees("Is this the right door?")
    anna.taps("That's right")
    number = _book_on(anna, "With PIN", "702 555 0177")
    omar.sees("to the pickup")
    omar.taps("Accept")
    anna.sees(number, "Omar is on the way to the shop")
    anna.taps("Customer's link")
    anna.sees("Send this link to Lena Lopez")
    lena.opens_link_of(anna)
    lena.taps("It's mine")
    lena.sees(number, "Omar is on the way to the shop", "Tell the driver this PIN")
    pin = lena.finds(r"Tell the driver this PIN: (\d{4})")
    omar.taps("I'm at the pickup", "Picked up (1 piece)")
    omar.sees(number, "Bring it to Lena Lopez")
    omar.taps("↶ Undo")
    omar.sees(number, "Pick up at Anna's Shoes")
    omar.taps("Picked up (1 piece)")
    omar.sees(number, "Bring it to Lena Lopez")
    town.come_back("kill")
    anna.sees(number, "Omar has it")
    omar.taps("I'm at the door", "Delivered")
    omar.sees("Type the PIN that Lena Lopez tells you.")
    omar.says("0000" if pin != "0000" else "1111")
    omar.sees("Wrong PIN. 4 tries are left.")
    omar.says(pin)
    omar.sees(number, "delivered")
    anna.sees(number, "delivered", "Handed over against the PIN.")
    lena.sees(number, "Delivered")


def test_declining_and_a_lost_race(on: Named) -> None:
    """Dana declines, Omar and Mateo both press Accept: one has it, the other was slower; Anna then cancels for free."""
    anna, dana, omar, mateo = on("Anna"), on("Dana"), on("Omar"), on("Mateo")
    number = _book(anna, "S · a bag")
    dana.sees("hasta la recogida", "Responde antes de")
    dana.taps("Rechazar")
    dana.sees("La rechazaste")
    omar.sees("to the pickup")
    mateo.sees("to the pickup")
    both = [phone.button("Accept").element_handle() for phone in (omar, mateo)]
    anna.page.evaluate("(both) => both.forEach((button) => button.click())", both)
    anna.sees(number, "is on the way to the shop")
    winner, loser = (omar, mateo) if "Omar is on the way" in anna.reads() else (mateo, omar)
    winner.sees("You have it")
    winner.sees(number, "Pick up at Anna's Shoes")
    loser.pops("Somebody was quicker")
    loser.sees("Somebody was quicker ($")
    anna.taps("Cancel")
    anna.sees(f"Cancel {number}?", "It is free now")
    anna.taps("Customer changed mind")
    anna.sees(number, "cancelled", "Reason: ")
    winner.sees(number, "was cancelled")


def test_a_whole_delivery_in_spanish_with_a_photo(on: Named) -> None:
    """Anna changes to Spanish and books, Dana carries it and hands it over with a photo, all in Spanish."""
    anna, dana = on("Anna"), on("Dana")
    anna.says("/language")
    anna.taps("Español")
    anna.sees("Ahora hablamos español.")
    anna.says("/deliver")
    anna.taps("1", "S · una bolsa")
    anna.sees("¿A dónde va?")
    anna.says("Calle Qwerty 99")
    anna.sees("No encuentro “Calle Qwerty 99”")
    anna.turn_over()
    anna.says("Letrero de Las Vegas")
    anna.sees("Welcome to Fabulous Las Vegas sign")
    anna.taps("Escribir otra vez")
    anna.sees("¿A dónde va?")
    anna.turn_over()
    anna.says("Bellagio")
    anna.taps("Es correcto")
    anna.sees("¿Quién lo recibe?")
    anna.says("Lena López")
    anna.sees("¿Cuál es el número del cliente?")
    anna.taps("Omitir")
    anna.sees("¿Una nota para el conductor?")
    anna.says("Segundo piso")
    anna.taps("Ahora", "Sin PIN")
    anna.sees("¿Pido esta entrega?", "Total: ")
    anna.taps("Confirmar")
    anna.sees("buscando conductor")
    number = anna.finds(r"📦 ([0-9A-Z]{5}) · buscando conductor")
    dana.sees("hasta la recogida")
    dana.taps("Aceptar")
    anna.sees(number, "Dana va a la tienda")
    dana.taps("Estoy en la recogida", "Recogido (1 pieza)")
    dana.sees(number, "Lleva a Lena López", "Segundo piso")
    dana.taps("Estoy en la puerta", "Entregado")
    dana.sees("Envía una foto")
    dana.attaches("photo")
    dana.sees(number, "entregado")
    anna.sees(number, "entregado", "El conductor tomó una foto.")
    anna.says("/language")
    anna.taps("English")
    anna.sees("We speak English now.")


def test_nobody_there_return_and_hand_back(on: Named) -> None:
    """Nobody opens: Anna is asked to call, Omar brings it back, and it is returned when Anna says that she has it."""
    anna, omar = on("Anna"), on("Omar")
    number = _book(anna, phone="702 555 0177")
    _fetch(omar, number)
    omar.taps("I'm at the door", "Nobody there")
    anna.sees(number, "nobody opens the door", "Please call Lena Lopez, +1 702-555-0177.")
    omar.sees(number, "The shop has been asked to call the customer.")
    omar.taps("Problem")
    omar.sees(f"What is wrong with {number}?")
    omar.taps("Nobody there")
    omar.sees("Send a photo if it helps.")
    omar.attaches("photo")
    omar.sees(number, "Bring it back to Anna's Shoes")
    anna.sees(number, "coming back to the shop", "Nobody there")
    omar.taps("I handed it back")
    omar.sees(number, "The shop has been asked to confirm.")
    anna.sees(number, "Omar says it is back")
    anna.taps("Yes, I have it back")
    anna.sees(number, "returned")
    omar.sees(number, "is back. Thank you.")


def test_cancelling_at_each_stage_shows_its_price(town: Town, on: Named) -> None:
    """Free while nobody has it, half the fee a while after a driver has it; once it is carried, the fee stays."""
    anna, omar, mateo, olivia = on("Anna"), on("Omar"), on("Mateo"), on("Olivia")
    number = _book(anna)
    fee = float(anna.finds(r"1 piece, size L · \$(\d+\.\d\d)"))
    for driver in (omar, mateo):
        driver.sees("to the pickup")
        driver.taps("Decline")
        driver.sees("You declined")
        driver.turn_over()
    olivia.sees("No driver takes", number)
    anna.sees(number, "no driver found")
    anna.taps("Cancel")
    anna.sees(f"Cancel {number}?", "It is free now")
    anna.taps("Keep the delivery", "Try again")
    omar.sees("to the pickup")
    anna.turn_over()
    anna.says("/status")
    anna.taps(f"{number} · Lena Lopez", "Cancel")
    anna.sees(f"Cancel {number}?", "It is free now")
    anna.taps("Takes too long")
    anna.sees(number, "cancelled", "Reason: ")
    omar.sees("No longer on offer")
    omar.turn_over()
    number = _book_again(anna)
    omar.sees("to the pickup")
    omar.taps("Accept")
    anna.sees(number, "Omar is on the way to the shop")
    anna.taps("Cancel")
    anna.sees(f"Cancel {number}?", "It is free now")
    anna.taps("Keep the delivery")
    town.page.wait_for_timeout(FREE_S * 1000)  # nothing is said when it is no longer free
    anna.turn_over()
    anna.says("/status")
    anna.taps(f"{number} · Lena Lopez", "Cancel")
    anna.sees(f"Cancel {number}?", f"It costs ${fee / 2:.2f} now")
    anna.taps("Takes too long")
    anna.sees(number, "cancelled", f"Cancelling cost ${fee / 2:.2f}")
    omar.sees(number, "was cancelled", "You get $")
    omar.turn_over()
    number = _book_again(anna)
    _fetch(omar, number)
    anna.sees(number, "Omar has it")
    anna.taps("Ask for it back")
    anna.sees(f"The driver has {number} already", f"your fee of ${fee:.2f} stays")
    anna.taps("Ask for it back")
    anna.sees("An operator has been asked")
    olivia.sees(number, "the merchant wants it back")
    olivia.taps("On my desk", "Call it back", "Merchant asked")
    anna.sees(number, "coming back to the shop")
    omar.sees(number, "Bring it back to Anna's Shoes")
    omar.taps("I handed it back")
    anna.taps("Yes, I have it back")
    anna.sees(number, "returned")
