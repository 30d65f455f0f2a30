"""Everybody reads his own language: the phone's, until he chooses another."""

import json
import re
from typing import Any

import pytest

from tests.stories import quickly
from tests.stories.town import FASHION_SHOW, Human, Town

ENGLISH = re.compile(
    r"\b(the|a|is|are|was|you|your|it|its|of|to|for|and|or|with|without|what|how|who|where|when|why|which|this|that|"
    r"please|tap|send|type|address|pin at|pickup|pick|driver|delivery|delivered|customer|merchant|shop|address|again|"
    r"now|skip|back|cancel|confirm|change|price|fee|quote|arrives|until|no|yes|accept|decline|map|copy|undo|"
    r"today|tomorrow|thu|wed|online|link|share|order|way|ready|north|south|east|west|by car|on foot|none|mi)\b",
    re.IGNORECASE,
)
NAMES = re.compile(
    r"🏬 .*|Anna's Shoes|Anna Archer|S Las Vegas Blvd|Fashion Show|The Strip|Lena Lopez|PIN|https?://\S+|/[a-z]+"
)
SPANISH_TOO = frozenset({"no", "a", "mi"})
"""Words of both languages."""


def english_in(words: str) -> list[str]:
    """The English words of a text, names left out."""
    found = [match[0].lower() for match in ENGLISH.finditer(NAMES.sub("", words))]
    return [word for word in found if word not in SPANISH_TOO]


def shown_to(town: Town, human: Human) -> list[str]:
    """Every text, caption, button and answer to a tap that this person has ever seen, edited since or not."""
    seen: list[str] = list(human.phone.toasts)
    for call in town.telegram.calls:
        if str(call.params.get("chat_id")) == str(human.id):
            seen += strings(dict(call.params))
    return seen


def strings(value: Any) -> list[str]:
    """The texts in a call's parameters; keys, data and links of buttons are none."""
    if isinstance(value, dict):
        kept = (
            value[key] for key in ("text", "caption", "reply_markup", "inline_keyboard", "keyboard") if key in value
        )
        return [text for one in kept for text in strings(one)]
    if isinstance(value, list | tuple):
        return [text for one in value for text in strings(one)]
    if isinstance(value, str) and value.startswith(("{", "[")):
        return strings(json.loads(value))
    return [value] if isinstance(value, str) else []


def reads_spanish(town: Town, human: Human) -> None:
    """Nothing that this person has seen is English."""
    seen = shown_to(town, human)
    assert len(seen) > 10
    english = {text: found for text in seen if (found := english_in(text))}
    assert english == {}


async def test_a_spanish_delivery(town: Town) -> None:
    """Ana joins and books, Óscar carries, Elena receives, each wholly in Spanish, mistakes and troubles included."""
    anna = town.human("Anna Archer", language="es")
    await anna.starts()
    anna.sees_last("¿Quién eres?")
    await anna.taps("Tengo una tienda")
    await anna.says("Anna's Shoes")
    await anna.says("qqq")
    anna.sees_last("No encuentro “qqq”.")
    await anna.pins(*FASHION_SHOW)
    await anna.taps("Sí, dentro de Fashion Show")
    await anna.says("12")
    anna.sees_last("No reconozco ese número.")
    await anna.says("+1 702 555 0142")
    await anna.taps("Omitir")
    await town.olivia.taps("Approve")
    town.olivia.sees("✓ Approved.")
    anna.sees("¡tu tienda está aprobada!")
    assert "Pedir una entrega" in [command["description"] for command in town.telegram.commands_for(anna.phone)]
    omar = town.human("Omar Ortiz", language="es-MX")
    await quickly.driver(town)

    await anna.taps("Nueva entrega")
    await anna.says("muchas")
    anna.sees_last("Envía un número del 1 al 20.")
    await anna.taps("2")
    await anna.taps("M · una caja")
    await anna.says("Bellagio")
    anna.sees_last("¿Es esta la puerta correcta?")
    await anna.taps("Es correcto")
    await anna.says("Elena López")
    await anna.says("702 555 0177")
    await anna.taps("Omitir")
    await anna.says("luego")
    anna.sees_last("No entiendo esa hora.")
    await anna.says("mañana 9:00")
    await anna.taps("Con PIN")
    anna.sees_last("¿Pido esta entrega?")
    anna.sees_last("jue, 19 de nov")
    await anna.taps("Cambiar")
    await anna.taps("Hora de recogida")
    await anna.taps("Ahora")
    anna.sees_last("Hay 1 conductor libre cerca.")
    await anna.taps("Confirmar")
    anna.sees_last("buscando conductor")
    number = town.number()
    omar.sees_last("hasta la recogida")
    elena = await town.customer(anna, "Elena López", "es")
    elena.sees_last("Buscamos un conductor.")
    await elena.taps("¿Dónde está?")
    await omar.taps("Aceptar")
    anna.sees_last("Omar va a la tienda")
    elena.sees_last("Hay conductor: Omar va a la tienda.")
    await omar.taps("Estoy en la recogida")
    await omar.taps("Recogido")
    await town.passes(seconds=65)
    await elena.taps("¿Dónde está?")
    await omar.taps("Estoy en la puerta")
    await omar.taps("No hay nadie")
    anna.sees_last("Llama por favor al cliente: Elena López, +1 702-555-0177.")
    await omar.taps("Entregado")
    await omar.says("0000" if town.delivery().pin != "0000" else "0001")
    omar.sees_last("PIN incorrecto.")
    await omar.says(town.delivery().pin)
    await town.passes(seconds=65)
    anna.sees("Entregado con el PIN.")
    elena.sees(f"({number})")
    elena.sees("Entregado")
    for human in (anna, omar, elena):
        await human.says("/help")
        await human.says("/status")
        await human.says("?")
        reads_spanish(town, human)


async def test_the_language_can_be_changed_at_any_time(town: Town) -> None:
    """Anna changes to Spanish in the middle of a booking: her open cards, the question and the menu change with it."""
    anna = await quickly.merchant(town)
    number = await quickly.book(town, anna)
    await anna.taps("Customer's link")
    await anna.says("/deliver")
    await anna.taps("2")
    anna.sees_last("How big is the biggest piece?")
    await anna.says("/language")
    anna.sees_last("Which language shall we speak?")
    sounds, last = len(anna.phone.sounds), anna.phone.messages[-1]["message_id"]
    await anna.taps("Español")
    anna.sees("Ahora hablamos español.")
    anna.sees(f"{number} · aún sin conductor")
    anna.sees("Envía este enlace a Lena Lopez")
    assert anna.can_tap("Compartir")
    anna.sees_last("¿De qué tamaño es la pieza más grande?")
    assert anna.can_tap("M · una caja")
    new = [message["text"].splitlines()[0] for message in anna.phone.messages if message["message_id"] > last]
    assert len(new) == 4, new
    assert "loud" not in anna.heard(sounds)
    described = [command["description"] for command in town.telegram.commands_for(anna.phone)]
    assert "Pedir una entrega" in described
    await anna.taps("M · una caja")
    anna.sees_last("¿A dónde va?")
    anna.sees("✓ Tamaño: M · una caja")
    await anna.says("/language")
    await anna.taps("English")
    anna.sees("We speak English now.")
    anna.sees(f"{number} · no driver yet")
    anna.sees_last("Where to?")


async def test_driver_and_customer_change_their_language(town: Town) -> None:
    """Omar's job and duty cards and Lena's parcel card change; each reads his own language from then on."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await quickly.book(town, anna)
    lena = await town.customer(anna)
    await omar.taps("Accept")
    for human in (omar, lena):
        await human.says("/language")
        await human.taps("Español")
    omar.sees("En servicio")
    omar.sees("Recoge en Anna's Shoes")
    assert omar.can_tap("Estoy en la recogida")
    lena.sees("Hay conductor: Omar va a la tienda.")
    await omar.taps("Estoy en la recogida")
    lena.sees("Omar está en la tienda.")
    anna.sees("Omar is at the counter")


@pytest.mark.parametrize(("phone", "words"), [("es-419", "¿Quién eres?"), ("fr", "Who are you?"), ("en-GB", "Who are")])
async def test_the_phone_says_which_language(town: Town, phone: str, words: str) -> None:
    """A phone's language is spoken where we speak it, the market's first one where not."""
    lena = town.human("Lena Lopez", language=phone)
    await lena.starts()
    lena.sees_last(words)


async def test_what_was_chosen_stays(town: Town) -> None:
    """The phone's language is followed until somebody chooses; then it does not matter any more."""
    lena = town.human("Lena Lopez")
    await lena.starts()
    town.telegram.change_person(lena.phone, language="es")
    await lena.says("/help")
    lena.sees_last("/start: dime quién eres")
    await lena.says("/language")
    await lena.taps("English")
    await lena.says("/help")
    lena.sees_last("/start says who you are")


async def test_a_language_that_we_do_not_speak(town: Town) -> None:
    """A forged tap for another language is refused."""
    lena = town.human("Lena Lopez")
    await lena.starts()
    await lena.does(lena.phone.taps, data="l:xx", message_id=lena.phone.messages[-1]["message_id"])
    assert lena.phone.toasts[-1] == "That button is old. Here is how things stand."
    await lena.says("/help")
    lena.sees_last("/start says who you are")
