"""`doorstep demo`: the story in a terminal, the chats side by side; in plain lines where it is no terminal."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from sqlmodel import col, select

from bot.dispatch import pricing
from bot.dispatch.words import Money
from bot.playground import keys, reading
from bot.playground.indoors import indoors
from bot.playground.plays import ENDED, FAILED, PAUSED, Play
from bot.playground.stage import Stage
from bot.sandbox.chats import buttons_of, describe
from bot.sandbox.people import Person
from bot.settings import BadSettings
from bot.texts import LANGUAGES, Reader
from bot.texts.values import money
from storage.database import Work
from storage.models import Delivery

CAST = {
    "olivia": (900, "Olivia", "en"),
    "anna": (901, "Anna", "en"),
    "omar": (902, "Omar", "en"),
    "dana": (903, "Dana", "es"),
    "mateo": (905, "Mateo", "en"),
    "lena": (904, "Lena", "en"),
}
ROLES = {
    "anna": "🛍 merchant",
    "omar": "🚗 driver",
    "dana": "🚗 driver",
    "mateo": "🚗 driver",
    "lena": "📦 customer",
    "olivia": "🛠 operator",
}
FRAME_S = 0.12
NARROWEST = 24
"""Letters that a chat needs; where the terminal has fewer, those who act less are left out."""


async def demo(stop: asyncio.Event, console: Console, *, speed: float = 1.0, language: str | None = None) -> bool:
    """Play the story on a temporary database until its end or until told to stop; whether it went as written.

    Raises BadSettings for a language that the bot does not speak.
    """
    if language is not None and language not in LANGUAGES:
        raise BadSettings([f"--language: there are {', '.join(LANGUAGES)}, not {language}"])
    cast = {part: (number, name, language or own) for part, (number, name, own) in CAST.items()}
    with tempfile.TemporaryDirectory(prefix="doorstep-demo-") as folder:
        async with indoors(Path(folder), cast) as stage:
            began, began_there = time.monotonic(), stage.winder.clock()
            play = Play(stage, speed)
            play.start()
            await (_on_screen if console.is_terminal else _in_lines)(stop, console, play)
            await play.stop()
            took, took_there = time.monotonic() - began, stage.winder.clock() - began_there
            if play.state == ENDED:
                console.print(await _summary(stage, took, took_there.total_seconds()))
    if play.state == FAILED:
        console.print(f"[red]✗[/red] Step {play.step} of {play.steps}, {escape(play.scene)}: {escape(play.caption)}")
    elif play.state != ENDED:
        console.print("Stopped.")
    return play.state != FAILED


# as it happens


async def _on_screen(stop: asyncio.Event, console: Console, play: Play) -> None:
    with (
        keys.listen(lambda key: keys.press(key, play, stop.set)) as has_keys,
        Live(_frame(play, console, has_keys), console=console, screen=True, auto_refresh=False) as live,
    ):
        while not play.is_over and not stop.is_set():
            live.update(_frame(play, console, has_keys), refresh=True)
            await asyncio.sleep(FRAME_S)


async def _in_lines(stop: asyncio.Event, console: Console, play: Play) -> None:
    told: dict[tuple[int, int], str] = {}
    captions = 0
    while True:
        going = not play.is_over and not stop.is_set()
        for line in _news(play.stage, told):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        for step, caption in play.told[captions:]:
            captions += 1
            console.print(f"[{step}/{play.steps}] {caption}", markup=False, highlight=False, soft_wrap=True)
        if not going:
            return
        await asyncio.sleep(FRAME_S / 4)


def _news(stage: Stage, told: dict[tuple[int, int], str]) -> Iterator[str]:
    """What came or was changed on anybody's phone since it was told last."""
    with stage.telegram.world.lock:
        for person in _people(stage):
            for number, stored in person.chat.messages.items():
                line = describe(stored, stage.telegram.bot["id"])
                if told.get((person.id, number)) != line:
                    changed = "~" if (person.id, number) in told else " "
                    told[person.id, number] = line
                    yield f"  {changed} {person.name:<7} {line}"


def _people(stage: Stage) -> list[Person]:
    return [stage.cast[part] for part in ROLES]


def _frame(play: Play, console: Console, has_keys: bool) -> RenderableType:
    """One picture: the chats as columns, the caption, how far it is."""
    width, height = console.size
    room = max(1, width // NARROWEST)
    shown = _shown(play, room)
    rows = max(5, height - 5)
    table = Table.grid(expand=True)
    for _ in shown:
        table.add_column(ratio=1)
    with play.stage.telegram.world.lock:
        table.add_row(*(_chat(play, part, rows, width // len(shown) - 4, console) for part in shown))
    caption = Text(f" {play.caption}", style="bold", no_wrap=True, overflow="ellipsis")
    time_there = play.stage.winder.clock().astimezone(play.stage.market.tz)
    where = Text(f" {play.step}/{play.steps}  {play.scene}  ·  {time_there:%H:%M:%S} there", style="dim")
    if has_keys:
        held = play.state == PAUSED
        where.append(f"  ·  {keys.HELD if held else keys.HINT}", style="bold yellow" if held else "")
    bar = ProgressBar(total=play.steps, completed=play.step, width=max(10, width - 2))
    return Group(table, caption, where, Columns([bar], padding=(0, 1)))


def _shown(play: Play, room: int) -> list[str]:
    """Whose chats there is room for: merchant, customer, operator and whoever of the drivers acted last."""
    parts = list(ROLES)
    if room >= len(parts):
        return parts
    acts = next((part for part, person in play.stage.cast.items() if person.id == play.who and part in parts), "anna")
    wanted = [acts, *(part for part in ("anna", "lena", "omar", "olivia", "dana", "mateo") if part != acts)]
    return [part for part in parts if part in wanted[:room]]


def _chat(play: Play, part: str, rows: int, width: int, console: Console) -> Panel:
    """One phone: what fits of its newest messages."""
    person = play.stage.cast[part]
    lines: list[Text] = []
    for stored in reversed(person.chat.messages.values()):
        mine = stored.sender == person.id
        text = Text(reading.said(stored.message) or describe(stored, 0).partition("> ")[2])
        text.stylize("cyan" if mine else "default")
        for button in buttons_of(stored.message):
            text.append(f"\n[{button['text']}]", style="green")
        text.justify = "right" if mine else "left"
        wrapped = text.wrap(console, max(8, width))
        lines = [*wrapped, Text(""), *lines]
        if len(lines) >= rows - 2:
            break
    active = person.id == play.who
    title = f"{ROLES[part]} {person.name.split()[0]}"
    body = Group(*lines[-(rows - 2) :])
    return Panel(body, title=title, height=rows, border_style="bold yellow" if active else "dim")


# how it was


async def _summary(stage: Stage, took_s: float, took_there_s: float) -> RenderableType:
    """What happened, and what each person got of it."""
    deliveries, earned = await stage.winder.bot.life.do(lambda doorstep: doorstep.desk.do(_outcome))
    reader = Reader("en", stage.market, stage.winder.clock())
    pay = {person: f"{money(amount, reader)} earned" for person, amount in earned.items()}
    sent = [call.method for call in stage.telegram.calls if call.error is None]
    messages = sum(method.startswith("send") for method in sent)
    edits = sum(method.startswith("edit") for method in sent)
    table = Table("who", "heard aloud", "quietly", "what came of it", title="What each person got")
    got = {"lena": "her parcel", "olivia": "a shop and three drivers to approve"}
    got["anna"] = f"{len(deliveries)} parcels sent, and told how each went"
    for part, role in ROLES.items():
        person = stage.cast[part]
        loud = sum(loud for _, loud in person.sounds)
        came = got.get(part) or pay.get(person.id, "no job this time")
        table.add_row(f"{role} {person.name}", str(loud), str(len(person.sounds) - loud), came)
    head = (
        f"{took_s:.0f} s here, {took_there_s / 60:.0f} min in the town; the bot sent {messages} messages "
        f"and edited {edits} in place."
    )
    return Group(Text(head, style="bold"), *(Text(f"  {line}") for line in deliveries), table)


def _outcome(work: Work) -> tuple[list[str], dict[int, Money]]:
    """How each delivery ended, in a line each; what each driver earned, by person."""
    lines, earned = [], dict[int, Money]()
    for delivery in work.session.exec(select(Delivery).order_by(col(Delivery.id))):
        driver = work.drivers.get(delivery.driver_id) if delivery.driver_id else None
        lines.append(f"{delivery.number} to {delivery.dropoff_address}: {delivery.status.replace('_', ' ')}")
        if driver is not None:
            before = earned.get(driver.person_id, Money(0, delivery.currency))
            earned[driver.person_id] = Money(before.minor + pricing.earned(delivery), delivery.currency)
    return lines, earned
