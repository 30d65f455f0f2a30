"""Every word the bot says, by id, in every language; the one place where values are formatted and HTML is escaped."""

from bot.texts.loader import LANGUAGES, Texts
from bot.texts.values import Reader

__all__ = ["LANGUAGES", "Reader", "Texts"]
