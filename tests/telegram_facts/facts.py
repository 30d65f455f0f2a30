"""A small town for the facts: one bot, Anna who pressed Start, and a clock that is wound by hand."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bot.sandbox.errors import ApiError
from bot.sandbox.telegram import Telegram

NOON = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
NOBODY = 999


class Town:
    """A Telegram, Anna, and the words the bot is refused with."""

    def __init__(self, *, pacing: bool = False, journal: Path | None = None) -> None:
        self.now = NOON
        self.telegram = Telegram(clock=lambda: self.now, pacing=pacing, journal=journal)
        self.anna = self.telegram.person("Anna")
        if not self.anna.user.started:
            self.anna.start()
        self.wind(10)

    def wind(self, seconds: float) -> None:
        """Let time go by."""
        self.now += timedelta(seconds=seconds)

    def call(self, method: str, files: Mapping[str, bytes] | None = None, /, **params: Any) -> Any:
        """Call the Bot API; where a method has a chat_id and none is given, it is Anna's."""
        return self.telegram.call(self.telegram.token, method, params, files)

    def say(self, text: str = "hello", **params: Any) -> dict[str, Any]:
        """Send a message to Anna and give it."""
        result: dict[str, Any] = self.call("sendMessage", chat_id=self.anna.id, text=text, **params)
        return result

    def refused(self, method: str, files: Mapping[str, bytes] | None = None, /, **params: Any) -> str:
        """Give "code words" of a call that must fail."""
        try:
            result = self.call(method, files, **params)
        except ApiError as error:
            return f"{error.code} {error.description}"
        raise AssertionError(f"{method} was not refused but answered {result!r}")

    def updates(self, **params: Any) -> list[dict[str, Any]]:
        """Poll, half a second or more after the last poll."""
        self.wind(1)
        result: list[dict[str, Any]] = self.call("getUpdates", **params)
        return result

    def drain(self) -> list[dict[str, Any]]:
        """Poll what there is and confirm it."""
        found = self.updates()
        if found:
            self.updates(offset=found[-1]["update_id"] + 1)
        return found


@contextmanager
def watched_sandboxes() -> Iterator[Callable[[], list[str]]]:
    """Give what tells the problems of every Telegram that is made inside, up to now."""
    made: list[Telegram] = []
    make = Telegram.__init__

    def remember(telegram: Telegram, **how: Any) -> None:
        make(telegram, **how)
        made.append(telegram)

    with patch.object(Telegram, "__init__", remember):
        yield lambda: [problem for telegram in made for problem in telegram.problems]


def inline(*labels: str, **button: Any) -> dict[str, Any]:
    """One row of inline buttons whose data is their label, or one button with these fields."""
    row = [{"text": label, "callback_data": label} for label in labels] or [{"text": "button", **button}]
    return {"inline_keyboard": [row]}
