"""Who has no right to it: every button, command and link there is, pressed by everybody whom it does not concern."""

from bot import buttons
from bot.buttons import Tap
from bot.chat import ears
from tests.stories import crossroads
from tests.stories.crossroads import Crossroads
from tests.stories.town import Human, Town

KINDS = sorted(Tap.__subclasses__(), key=lambda kind: kind.__name__)
OWN = "everybody"
STAFF, OWNER, DRIVER, CUSTOMER, OPERATOR, WRITER = (
    "staff",
    "owner",
    "driver",
    "customer",
    "operator",
    "whose draft it is",
)

WHOSE = {
    OWN: (
        *(buttons.Begin, buttons.Role, buttons.Speak, buttons.Forget, buttons.Again),
        *(buttons.GoOff, buttons.ComeBack, buttons.StillHere),
    ),
    WRITER: (buttons.Pick, buttons.Back, buttons.Drop, buttons.Resume),
    STAFF: (
        *(buttons.AskCancel, buttons.ShowLink, buttons.ShowQr, buttons.NewLink, buttons.Retry, buttons.ShowDelivery),
        *(buttons.HandBack, buttons.Attempt, buttons.AskBack),
    ),
    OWNER: (buttons.InviteStaff, buttons.AnswerInvite, buttons.RemoveStaff),
    DRIVER: (buttons.Accept, buttons.Decline, buttons.Step, buttons.ShowDelivery),
    CUSTOMER: (buttons.Mine, buttons.Where, buttons.ShowDelivery),
    OPERATOR: (
        buttons.Settle,
        buttons.ShowDesk,
        buttons.DeskStep,
        buttons.CloseCase,
        buttons.Retry,
        buttons.LookInto,
        buttons.SendAgain,
    ),
}
"""Whose each button is. A new one must be named here: it is then pressed by everybody else."""

ACTORS: dict[str, set[str]] = {
    "sam": set(),  # a stranger
    "mia": set(),  # owns another shop
    "nick": set(),  # speaks for another shop
    "dora": set(),  # drives, but nothing of this
    "carl": set(),  # waits for a parcel of another shop
    "lena": {CUSTOMER},
    "ben": {STAFF},  # speaks for this shop, but does not own it
    "returning": {DRIVER},  # carries one of them
    "olivia": {OPERATOR},
}
PHONES = ("555 0142", "555-0142", "5550142", "555 0177", "555-0177", "5550177")


def test_every_button_has_somebody_who_may() -> None:
    """The table names each kind of button that the code defines."""
    assert {kind for kinds in WHOSE.values() for kind in kinds} == set(KINDS)


def not_his(here: Crossroads, name: str) -> list[Tap]:
    """The buttons that are none of this person's business."""
    drafts = {"ben": "cancel"}
    found = []
    for kind in KINDS:
        if any(kind in WHOSE[party] for party in ACTORS[name]):
            continue  # what he may do with his own, and not with others', is tried in test_rights
        found += list(here.taps(kind))
    if name in drafts:  # his own conversation is his
        mine = here.town.reads(lambda work: work.drafts.open(here.people[name].id))
        assert mine is not None
        found = [tap for tap in found if getattr(tap, "draft_id", 0) != mine.id]
    return found


async def presses(town: Town, human: Human, taps: list[Tap], *, known: bool) -> list[str]:
    """Press all of these, a few at a time as fingers do; the ones that were met with silence."""
    silent = []
    message = 1 if not known else next(m["message_id"] for m in human.phone.messages if m["from"]["is_bot"])
    for at in range(0, len(taps), 8):
        said = len(human.phone.messages)
        done = [(tap, human.phone.taps(data=tap.pack(), message_id=message)) for tap in taps[at : at + 8]]
        await town.settle()
        spoke = len(human.phone.messages) > said
        silent += [str(tap) for tap, answer in done if not answer.answers or not (answer.toast or spoke)]
        assert not [tap for tap, answer in done if "faster than" in (answer.toast or "")]
    return silent


def shown(human: Human) -> str:
    """Everything that the bot has put into this chat: words, captions, buttons, their links."""
    return "\n".join(str(message) for message in human.phone.messages if message["from"]["is_bot"])


async def test_nobody_does_what_is_not_his(town: Town) -> None:
    """Every button, command and link, with ids that are real: nothing of anybody else's changes, all is answered."""
    here = await crossroads.build(town)
    for name, parties in ACTORS.items():
        human = here.people[name]
        before = town.reads(lambda work, who=human.id: crossroads.standing(work, who))  # type: ignore[misc]
        already = shown(human)
        taps = not_his(here, name)
        assert len(taps) > 50
        assert await presses(town, human, taps, known=True) == [], name
        if name == "sam":
            assert await presses(town, human, taps, known=False) == [], name
        await says_everything(here, human)
        after = town.reads(lambda work, who=human.id: crossroads.standing(work, who))  # type: ignore[misc]
        assert crossroads.differences(before, after) == [], name
        if not parties:
            assert [secret for secret in here.secrets if secret in shown(human)] == [], name
        if name not in ("ben", "olivia"):
            now = shown(human).replace(already, "").replace(human.phone.user.phone[-8:], "")
            assert [phone for phone in PHONES if phone in now] == [], name


async def says_everything(here: Crossroads, human: Human) -> None:
    """Every command, and every link that is not (or no longer) for him; each gets an answer."""
    for words in (*(f"/{name}" for name in ears.COMMANDS), *(f"/start {link}" for link in here.links)):
        if "/start c" in words and human is here.people["lena"]:
            continue  # it is hers
        said = len(human.phone.messages)
        await human.says(words)
        assert len(human.phone.messages) > said + 1, words
