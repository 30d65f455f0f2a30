"""The keys of `doorstep demo`: space or p holds the story and lets it go on, q ends it; where stdin is a terminal."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from bot.playground.plays import PAUSED, Play

try:
    import termios
    import tty
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]

HOLD, END = " pP", "qQ"
MANY = 64
HINT = "space: pause · q: end"
HELD = "paused · space: go on · q: end"


def press(key: str, play: Play, end: Callable[[], None]) -> None:
    """Do what this key means; any other means nothing."""
    if key in END:
        play.go_on()
        end()
    elif key in HOLD:
        (play.go_on if play.state == PAUSED else play.pause)()


@contextmanager
def listen(pressed: Callable[[str], None], stdin: TextIO | None = None) -> Iterator[bool]:
    """Have each key told as it is pressed, on the running loop; whether there are keys (no terminal has none)."""
    stdin = sys.stdin if stdin is None else stdin
    if termios is None or not stdin.isatty():
        yield False
        return
    number = stdin.fileno()
    before = termios.tcgetattr(number)
    loop = asyncio.get_running_loop()

    def tell() -> None:
        for key in os.read(number, MANY).decode(errors="ignore"):
            pressed(key)

    tty.setcbreak(number)  # keys come at once, and Ctrl-C is still Ctrl-C
    loop.add_reader(number, tell)
    try:
        yield True
    finally:
        loop.remove_reader(number)
        termios.tcsetattr(number, termios.TCSADRAIN, before)
