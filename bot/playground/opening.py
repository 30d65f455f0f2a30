"""How the story opens: a shop and three drivers join, the operator approves them, the drivers come on duty."""

from collections.abc import Callable

from bot import buttons
from bot.playground.acting import (
    can_tap,
    comes_on,
    is_told,
    leaves_questions,
    says,
    sees,
    sends_number,
    settles,
    starts,
    taps,
)
from bot.playground.stage import Beat, Scene, Stage

Over = Callable[[Stage], bool]


def shop_is(*statuses: str) -> Over:
    """Whether the merchant's registration stands so."""
    return lambda stage: stage.standing.shop in statuses


def driver_is(part: str, *statuses: str) -> Over:
    """Whether a driver's registration stands so."""
    return lambda stage: stage.standing.drivers.get(stage.cast[part].id, ("", 0))[0] in statuses


def nobody_is_asked(stage: Stage) -> bool:
    """Whether nobody of the cast is in the middle of a conversation."""
    return not stage.standing.asked


OPERATOR = Scene(
    "The operator comes",
    (
        Beat(
            "olivia",
            "{olivia} runs the market. A bot cannot write first, so she presses Start.",
            starts(),
            (is_told("olivia"),),
        ),
    ),
    lambda stage: stage.cast["olivia"].user.started and not stage.cast["olivia"].user.blocked,
)

SHOP = Scene(
    "A shop joins",
    (
        Beat("anna", "{anna} has a shop in a mall.", starts(), (can_tap("anna", buttons.Role, role="merchant"),)),
        Beat(
            "anna",
            "She tells the bot that she has a shop.",
            taps(buttons.Role, role="merchant"),
            (sees("anna", "ask-merchant-name"),),
        ),
        Beat("anna", "She types its name.", says("Anna's Shoes"), (sees("anna", "ask-merchant-pickup"),)),
        Beat(
            "anna",
            "Where do drivers pick up? She types it so badly that nobody could know.",
            says("Fashn Sho"),
            (sees("anna", "unclear-place"),),
        ),
        Beat(
            "anna",
            "She types it again. One small slip does not matter.",
            says("Fashoin Show"),
            (can_tap("anna", buttons.Pick, value="right"),),
        ),
        Beat(
            "anna",
            "The map shows the right spot.",
            taps(buttons.Pick, value="right"),
            (can_tap("anna", buttons.Pick, value="yes"),),
        ),
        Beat(
            "anna",
            "She says that her shop is inside the mall.",
            taps(buttons.Pick, value="yes"),
            (sees("anna", "ask-merchant-phone"),),
        ),
        Beat(
            "anna",
            "She gives a number for the operator. No driver ever sees it.",
            says("702 555 0142"),
            (sees("anna", "ask-merchant-pickup-note"),),
        ),
        Beat(
            "anna",
            "She says how drivers find the counter.",
            says("Level 2, next to the cinema"),
            (sees("anna", "merchant-applied"),),
        ),
    ),
    shop_is("pending", "approved"),
)

SHOP_APPROVED = Scene(
    "The operator looks at the shop",
    (
        Beat(
            "olivia",
            "{olivia} looks at the shop and approves it.",
            settles("merchant", "anna"),
            (sees("anna", "merchant-approved"),),
        ),
    ),
    shop_is("approved"),
)


def driver_joins(part: str, name: str, vehicle: str, caption: str) -> Scene:
    """A driver joins."""
    return Scene(
        f"{name.split()[0]} wants to drive",
        (
            Beat(part, caption, starts(), (can_tap(part, buttons.Role, role="driver"),)),
            Beat(
                part,
                f"{{{part}}} tells the bot: I drive.",
                taps(buttons.Role, role="driver"),
                (sees(part, "ask-driver-name"),),
            ),
            Beat(
                part,
                "There are three questions. The first is the name.",
                says(name),
                (can_tap(part, buttons.Pick, value=vehicle),),
            ),
            Beat(
                part, "The second is the vehicle.", taps(buttons.Pick, value=vehicle), (sees(part, "ask-driver-phone"),)
            ),
            Beat(
                part,
                "The third is the number, which is sent by one tap.",
                sends_number(),
                (sees(part, "driver-applied"),),
            ),
        ),
        driver_is(part, "pending", "approved"),
    )


def driver_approved(part: str) -> Scene:
    """The operator approves a driver."""
    caption = f"{{olivia}} approves {{{part}}}."
    approve = Beat("olivia", caption, settles("driver", part), (sees(part, "driver-approved"),))
    return Scene("The operator looks at a driver", (approve,), driver_is(part, "approved"))


def on_duty(part: str, north_m: float, east_m: float, caption: str) -> Beat:
    """A driver comes on duty near the pickup."""
    return Beat(part, caption, comes_on(north_m, east_m), (sees(part, "duty-on-live"),))


ON_DUTY = Scene(
    "The drivers come on duty",
    (
        on_duty("omar", 60, 180, "{omar} shares his live location. That is all it takes to be on duty."),
        on_duty("dana", 280, 60, "{dana} does so too, up the road."),
        on_duty("mateo", -120, 380, "{mateo} comes on duty a little farther off."),
    ),
)

LEFT = Scene(
    "One question at a time",
    (Beat("anna", "What was begun by hand is left first.", leaves_questions()),),
    nobody_is_asked,
)

OPENING = (
    OPERATOR,
    LEFT,
    SHOP,
    SHOP_APPROVED,
    driver_joins("omar", "Omar Ortiz", "car", "{omar} has a car and some time."),
    driver_approved("omar"),
    driver_joins("dana", "Dana Duarte", "van", "{dana} speaks Spanish, and so does the bot with her."),
    driver_approved("dana"),
    driver_joins("mateo", "Mateo Molina", "bike", "{mateo} rides a bike."),
    driver_approved("mateo"),
    ON_DUTY,
)
"""What has happened before is skipped, apart from coming on duty."""
