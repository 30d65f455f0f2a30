"""The ways in which a rule says no: one tree, each naming the text that tells the person.

Refused
├── NotYours      the one who acts has no right to it
├── TooLate       it was possible once
│   └── Taken     somebody was quicker
├── NotNow        it may be possible later, or after something else
└── Unclear       what was said cannot be taken; say it again
"""

from typing import Any

from bot.dispatch.words import Say


class Refused(Exception):
    """A rule says no; nothing is changed and the person is told `say`."""

    def __init__(self, text_id: str, **params: Any) -> None:
        super().__init__(text_id)
        self.say = Say(text_id, params)


class NotYours(Refused):
    """The one who acts has no right to it."""

    def __init__(self, text_id: str = "refused-not-yours", **params: Any) -> None:
        super().__init__(text_id, **params)


class TooLate(Refused):
    """It was possible once."""

    def __init__(self, text_id: str = "refused-too-late", **params: Any) -> None:
        super().__init__(text_id, **params)


class Taken(TooLate):
    """Somebody was quicker."""

    def __init__(self, text_id: str = "refused-taken", **params: Any) -> None:
        super().__init__(text_id, **params)


class NotNow(Refused):
    """It may be possible later, or after something else."""


class Unclear(Refused):
    """What was said cannot be taken; the question is asked again with what was wrong."""
