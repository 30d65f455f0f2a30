"""What people see: each card rendered from the state, as text ids, parameters and buttons; knows no Telegram."""

from bot.cards.face import Face, Key
from bot.cards.gallery import render, subject_of

__all__ = ["Face", "Key", "render", "subject_of"]
