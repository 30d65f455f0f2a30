"""Doorstep's bot: local delivery inside a Telegram chat."""

import os

# python-telegram-bot tells durations as timedeltas when this is set, and warns each time when it is not
os.environ.setdefault("PTB_TIMEDELTA", "true")
