"""What a form is made of: questions, their choices, what was heard, and which question comes next."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from bot.dispatch.geo import Point
from bot.dispatch.words import Say
from storage.database import Work
from storage.markets import MarketSettings
from storage.models import Draft

Answers = Mapping[str, Any]


@dataclass(frozen=True)
class Contact:
    """A contact card; `own` when it is the sender's own."""

    name: str
    phone: str
    own: bool


@dataclass(frozen=True)
class FoundPlace:
    """A place as the geocoder knows it."""

    label: str
    point: Point
    area: str | None


@dataclass(frozen=True)
class Heard:
    """What a person sent, whatever the way; `places` is what the geocoder made of it, None where it was not asked."""

    text: str | None = None
    pin: Point | None = None
    contact: Contact | None = None
    photo: str | None = None
    places: Sequence[FoundPlace] | None = None
    places_down: bool = False


@dataclass(frozen=True)
class Scene:
    """What a question may know besides the answers: when and where it is asked, and about what."""

    now: datetime
    market: MarketSettings
    person_id: int
    subject_id: int | None


@dataclass(frozen=True)
class Choice:
    """One answer by button."""

    value: str
    label: Say
    style: Literal["", "primary", "success", "danger"] = ""


Take = Callable[[Heard, Answers, Scene], Mapping[str, Any]]
"""What was heard, as answers to add; raises Unclear where it cannot be taken."""
Choices = Callable[[Answers, Scene], Sequence[Sequence[Choice]]]
Pick = Callable[[str, Answers, Scene], Mapping[str, Any]]


def always(_answers: Answers) -> bool:
    """This question is always asked."""
    return True


def no_choices(_answers: Answers, _scene: Scene) -> Sequence[Sequence[Choice]]:
    """This question has no buttons of its own."""
    return ()


@dataclass(frozen=True)
class Question:
    """One question: what it takes, its buttons, when it is asked, and how it looks."""

    key: str
    take: Take
    choices: Choices = no_choices
    pick: Pick | None = None
    needed: Callable[[Answers], bool] = always
    place: bool = False
    """A typed answer is an address: the geocoder is asked first."""
    contact: bool = False
    """A button of the phone's own offers to send a contact."""
    shows: Callable[[Answers], tuple[Point, str, str] | None] | None = None
    """A point with title and address to be shown on a map above the buttons."""


@dataclass(frozen=True)
class Form:
    """A list of questions about one thing, and what happens when they are answered."""

    name: str
    questions: tuple[Question, ...]
    finish: Callable[[Work, Draft], Say | None]
    """Called when every question is answered; what it returns is said."""
    prepare: Callable[[Work, Draft, dict[str, Any]], dict[str, Any]] = field(default=lambda _w, _d, answers: answers)
    """Called after each answer with all of them; may add what the next question shows."""
    params: Callable[[Work, Draft], Mapping[str, Any]] = field(default=lambda _w, _d: {})
    """The parameters of the questions' texts."""
    job: bool = False
    """It belongs to a job in hand and wins over other forms."""
    done: Callable[[Answers], str | None] = field(default=lambda _answers: None)
    """The text that is left when the form is done, where it is not the last answer."""
    then: str | None = None
    """The kind of card about the same thing that shows what has come of it: posted below when the form is done."""
    lapses: Callable[[Answers], datetime | None] = field(default=lambda _answers: None)
    """When what the answers show is no longer true, if ever; the open question then says so."""
    leave: str = "button-cancel"
    """What the button is called that leaves the form."""

    def question(self, answers: Answers) -> Question | None:
        """The first question that is needed and has no answer, or None where all is answered."""
        waiting = (q for q in self.questions if q.key not in answers and q.needed(answers))
        return next(waiting, None)
