"""The sandbox put together: the local Telegram, the real bot, a town with its people, and a clock that can be wound."""

from bot.playground.demo import demo
from bot.playground.town import CAST, TOKEN, Cast, Market, places, play

__all__ = ["CAST", "TOKEN", "Cast", "Market", "demo", "places", "play"]
