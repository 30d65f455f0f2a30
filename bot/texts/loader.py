"""Reads the .ftl files and turns a Say into words for one reader."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from fluent.runtime import FluentBundle, FluentResource

from bot.dispatch.words import Deadline, Metres, Money, Say, Window
from bot.texts import values
from bot.texts.values import Reader

FOLDER = Path(__file__).parent
LANGUAGES = tuple(sorted(path.stem for path in FOLDER.glob("*.ftl")))


@cache
def _bundle(language: str) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=False)
    bundle.add_resource(FluentResource((FOLDER / f"{language}.ftl").read_text(encoding="utf-8")))
    return bundle


class Texts:
    """The words of every language; a language that we do not have is answered in the first one."""

    def __init__(self, languages: Iterable[str] = LANGUAGES) -> None:
        self.languages = tuple(languages)
        missing = set(self.languages) - set(LANGUAGES)
        if missing:
            raise LookupError(f"no texts for {', '.join(sorted(missing))} (there are {', '.join(LANGUAGES)})")

    def language(self, code: str | None) -> str:
        """The language that we speak with somebody whose Telegram speaks `code`."""
        short = (code or "").split("-")[0].lower()
        return short if short in self.languages else self.languages[0]

    def html(self, say: Say, reader: Reader) -> str:
        """The words as Telegram's HTML; what people wrote is escaped here and nowhere else."""
        return self._format(say, reader, plain=False)

    def plain(self, say: Say, reader: Reader) -> str:
        """The words without markup: for buttons, toasts, commands."""
        return self._format(say, reader, plain=True)

    def labels(self, text_id: str) -> set[str]:
        """How this label reads in each language: by what a reply keyboard's button is known."""
        return {str(_bundle(code).format_pattern(_pattern(code, text_id), {})[0]) for code in self.languages}

    def _format(self, say: Say, reader: Reader, *, plain: bool) -> str:
        language = self.language(reader.language)
        given = {name: self._value(value, reader, plain=plain) for name, value in say.params.items()}
        words, errors = _bundle(language).format_pattern(_pattern(language, say.id), given)
        if errors:
            raise ValueError(f"{say.id} in {language}: {errors}")
        return str(words)

    def _value(self, value: Any, reader: Reader, *, plain: bool) -> Any:
        match value:
            case Say():
                return self._format(value, reader, plain=plain)
            case Money():
                return values.money(value, reader)
            case Metres():
                return values.metres(value, reader)
            case Window():
                return values.window(value, reader)
            case Deadline():
                return values.deadline(value, reader)
            case datetime():
                return values.moment(value, reader)
            case str():
                return value if plain else escape(value, quote=False)
            case None:
                return ""
            case _:
                return value


def _pattern(language: str, text_id: str) -> Any:
    bundle = _bundle(language)
    if not bundle.has_message(text_id):
        raise LookupError(f"no text {text_id!r} in {language}")
    return bundle.get_message(text_id).value
