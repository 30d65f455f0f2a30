"""What Telegram does, what the sandbox does about it, how we know, and which test says so: gathered into README.md.

`uv run python -m tests.telegram_facts.table` writes the page anew.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

HERE = Path(__file__).parent
README = HERE / "README.md"
API = "https://core.telegram.org/bots/api#"
SERVER = "https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/"

Test = TypeVar("Test", bound=Callable[..., Any])


class Topic(Enum):
    """What the sandbox is strict about; each has at least one fact."""

    LIMITS = "Limits on texts and captions"
    KEYBOARDS = "Keyboards and callback data"
    ENTITIES = "Formatting and entities"
    SAME = "Edits and what is not modified"
    NOT_FOUND = "Not found, not allowed, not understood"
    TOO_OLD = "Too old to delete, too late to answer"
    STRANGERS = "Strangers and blockers"
    POLLERS = "Two pollers, and polling with a webhook"
    UPDATES = "How updates come, and when they are forgotten"
    PACE = "Floods: 429 with retry_after"
    LIVE = "Live locations"
    FILES = "Files"
    WEBHOOKS = "Webhooks"
    SHAPES = "The shape of every answer"
    STRICT = "Every call is checked"
    PEOPLE = "What phones and people send"
    PROFILE = "What the bot says about itself"


class How(Enum):
    """How a fact is known."""

    DOCUMENTED = "documented"
    READ = "read"
    REPORTED = "reported"
    OURS = "our rule"


@dataclass(frozen=True)
class Reference:
    """Where a fact comes from."""

    how: How
    where: str

    def __str__(self) -> str:
        if not self.where.startswith("https://"):
            return f"{self.how.value}: {self.where}" if self.where else self.how.value
        name = self.where.removeprefix(SERVER).removeprefix("https://core.telegram.org/bots/")
        return f"{self.how.value}: [{name}]({self.where})"


def api(anchor: str) -> Reference:
    """A place in the Bot API's documentation."""
    return Reference(How.DOCUMENTED, API + anchor)


def docs(page: str) -> Reference:
    """Another page of Telegram's documentation for bots."""
    return Reference(How.DOCUMENTED, f"https://core.telegram.org/bots/{page}")


def server(file: str) -> Reference:
    """A file of Telegram's own Bot API server, whose source is open."""
    return Reference(How.READ, SERVER + file)


REPORTED = Reference(How.REPORTED, "")
OURS = Reference(How.OURS, "")


@dataclass(frozen=True)
class Fact:
    """One line of the table."""

    topic: Topic
    does: str
    references: tuple[Reference, ...]


def fact(topic: Topic, does: str, *references: Reference) -> Callable[[Test], Test]:
    """Mark a test as the proof of a fact: its docstring is the fact, `does` is what the sandbox makes of it."""

    def mark(test: Test) -> Test:
        vars(test)["fact"] = Fact(topic, does, references)
        return test

    return mark


def proofs() -> Iterator[tuple[str, str, Callable[..., Any]]]:
    """Give (file, name, function) of every test in this folder."""
    for path in sorted(HERE.glob("test_*.py")):
        module = import_module(f"tests.telegram_facts.{path.stem}")
        for name, test in vars(module).items():
            if name.startswith("test_") and inspect.isfunction(test) and test.__module__ == module.__name__:
                yield path.name, name, test


HEAD = """# What Telegram does, and what the sandbox does about it

Made from the tests beside it by `uv run python -m tests.telegram_facts.table`; a test fails when this page is behind.
Each line is a fact, what the sandbox makes of it, how we know, and the test that holds the sandbox to it. The sandbox
was written where Telegram cannot be reached, so nothing here was tried on the live service:

* **documented** stands in Telegram's documentation;
* **read** stands in the source of Telegram's own Bot API server;
* **reported** are words and behaviour that users of the live service quote, nowhere documented;
* **our rule** is no fact about Telegram: the sandbox is stricter, or kinder, on purpose.
"""


def render() -> str:
    """Write the whole page."""
    lines = [HEAD]
    every = [(file, name, test, vars(test)["fact"]) for file, name, test in proofs() if hasattr(test, "fact")]
    for topic in Topic:
        lines += [f"## {topic.value}\n", "| fact | the sandbox | known | test |", "|---|---|---|---|"]
        for file, name, test, found in every:
            if found.topic is topic:
                said = " ".join((inspect.getdoc(test) or "").split())
                known = "<br>".join(map(str, found.references))
                lines.append(f"| {_cell(said)} | {_cell(found.does)} | {known} | [`{name}`]({file}) |")
        lines.append("")
    lines += [_refusals(), ""]
    return "\n".join(lines)


def _refusals() -> str:
    rows = import_module("tests.telegram_facts.test_refusals").TABLE
    lines = ["## Every refusal by its words\n", "| call | refused with 400 Bad Request: | known |", "|---|---|---|"]
    for method, params, words, reference in rows:
        given = ", ".join(f"{name}={_short(value)}" for name, value in params.items())
        lines.append(f"| {_cell(f'{method}({given})')} | {_cell(words)} | {reference} |")
    return "\n".join(lines)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:24]}… ({len(text) - 2} characters)"


def _cell(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("|", "\\|").replace("*", "\\*")


if __name__ == "__main__":
    README.write_text(import_module("tests.telegram_facts.table").render(), encoding="utf-8")
