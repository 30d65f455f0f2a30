"""The README's tables are made from the code; `python -m tests.test_readme` writes them anew."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import cli
from bot.dispatch.notices import heard_table
from bot.settings import Settings
from storage.lifecycle import diagram
from tests.troubles import TROUBLES, Trouble, troubles_table

README = Path(__file__).parent.parent / "README.md"

MADE = {"heard": heard_table(), "troubles": troubles_table(), "lifecycle": f"```mermaid\n{diagram()}\n```"}


def rewritten(text: str) -> str:
    """The README with its made parts made anew."""
    for name, part in MADE.items():
        between = re.compile(rf"<!-- {name} -->.*?<!-- /{name} -->", re.DOTALL)
        made = f"<!-- {name} -->\n{part}\n<!-- /{name} -->"
        text = between.sub(made.replace("\\", r"\\"), text)
    return text


@pytest.mark.parametrize("name", MADE)
def test_what_the_readme_draws_is_what_the_code_says(name: str) -> None:
    """Who hears what, and the lifecycle, stand in the README as in the code."""
    assert MADE[name] in README.read_text(encoding="utf-8"), "run `uv run python -m tests.test_readme`"


def test_every_command_and_setting_is_in_the_readme() -> None:
    """Nobody has to read the code to find a command or a setting."""
    text = README.read_text(encoding="utf-8")
    commands = [f"doorstep {command.callback.__name__}" for command in cli.registered_commands if command.callback]
    settings = [f"`{name.upper()}`" for name in Settings.model_fields]
    assert [word for word in (*commands, *settings) if word not in text] == []


def test_the_files_that_the_readme_names_are_there() -> None:
    """No link of the README leads nowhere."""
    links = re.findall(r"\]\(((?!http)[^)#]+)\)", README.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (README.parent / link).exists()] == []


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.what)
def test_every_trouble_is_shown_by_a_test(trouble: Trouble) -> None:
    """What the README says of a failure is what a test shows; each test that it names is there."""
    assert trouble.tests
    for name in trouble.tests:
        path, *parts = name.split("::")
        found: Any = import_module(path.removesuffix(".py").replace("/", "."))
        for part in parts:
            found = getattr(found, part)
        assert callable(found)


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text(encoding="utf-8")), encoding="utf-8")
