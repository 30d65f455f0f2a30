"""The sandbox put together: the local Telegram, the real bot, a town with its people, and a clock that can be wound."""

from bot.playground.town import CAST, TOKEN, Cast, places, play

__all__ = ["CAST", "TOKEN", "Cast", "places", "play"]
