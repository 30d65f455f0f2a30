"""The story that is played: a shop and three drivers join, one delivery arrives, another comes back."""

from bot import buttons
from bot.playground.acting import (
    can_tap,
    copies_link,
    drives,
    has_it,
    is_booked,
    is_offered,
    is_told,
    opens_link_of,
    photographs,
    races,
    says,
    sees,
    starts,
    taps,
    types_pin_of,
    waits,
)
from bot.playground.opening import OPENING
from bot.playground.stage import Beat, Scene


def booking(again: bool = False) -> tuple[Beat, ...]:
    """The merchant books: eight short questions, or the same as last time."""
    if again:
        return (
            Beat("anna", "{anna} has another parcel.", starts(), (can_tap("anna", buttons.Role, role="merchant"),)),
            Beat(
                "anna",
                "She writes as the shop.",
                taps(buttons.Role, role="merchant"),
                (can_tap("anna", buttons.Again),),
            ),
            Beat(
                "anna",
                "It is the same as last time, so there are no questions.",
                taps(buttons.Again),
                (can_tap("anna", buttons.Pick, value="change"),),
            ),
            Beat("anna", "She reads the summary and confirms.", taps(buttons.Pick, value="yes"), (is_booked(),)),
        )
    return (
        Beat("anna", "{anna} books a delivery.", says("/deliver"), (can_tap("anna", buttons.Pick, value="2"),)),
        Beat(
            "anna", "There are two pieces.", taps(buttons.Pick, value="2"), (can_tap("anna", buttons.Pick, value="S"),)
        ),
        Beat("anna", "They are small.", taps(buttons.Pick, value="S"), (sees("anna", "ask-booking-dropoff"),)),
        Beat(
            "anna",
            "Where to? She mistypes the address.",
            says("Belagio"),
            (can_tap("anna", buttons.Pick, value="right"),),
        ),
        Beat(
            "anna",
            "The bot finds it all the same.",
            taps(buttons.Pick, value="right"),
            (sees("anna", "ask-booking-customer-name"),),
        ),
        Beat("anna", "She types who gets it.", says("Lena Lopez"), (sees("anna", "ask-booking-customer-phone"),)),
        Beat(
            "anna",
            "She adds the customer's number. The driver never sees it.",
            says("702 555 0177"),
            (sees("anna", "ask-booking-note"),),
        ),
        Beat(
            "anna",
            "She leaves a note for the driver.",
            says("Gate code 1234"),
            (can_tap("anna", buttons.Pick, value="now"),),
        ),
        Beat("anna", "The parcel is ready now.", taps(buttons.Pick, value="now"), (sees("anna", "ask-booking-pin"),)),
        Beat(
            "anna",
            "She wants a PIN at the door.",
            taps(buttons.Pick, value="yes"),
            (can_tap("anna", buttons.Pick, value="change"),),
        ),
        Beat(
            "anna",
            "She sees the fee, the time and how many drivers are free. She confirms.",
            taps(buttons.Pick, value="yes"),
            (is_booked(), is_offered("first")),
        ),
    )


CUSTOMER = Scene(
    "The customer follows",
    (
        Beat(
            "anna",
            "{anna} wants {lena} to follow parcel {number}.",
            taps(buttons.ShowLink),
            (can_tap("anna", buttons.ShowQr),),
        ),
        Beat("anna", "She copies the link and sends it.", copies_link()),
        Beat("lena", "{lena} opens the link.", opens_link_of("anna"), (can_tap("lena", buttons.Mine),)),
        Beat("lena", "She says that the parcel is hers.", taps(buttons.Mine), (can_tap("lena", buttons.Where),)),
    ),
)

OFFERS = Scene(
    "Who takes it?",
    (
        Beat(
            "first",
            "{first} is nearest and was asked first, but cannot come now.",
            taps(buttons.Decline),
            (sees("first", "offer-declined"), is_offered("one", "other")),
        ),
        Beat(
            "one",
            "Now {one} and {other} are asked. Both tap Accept at once, and one of them has it.",
            races(),
            (
                has_it("driver", "loser"),
                sees("loser", "offer-taken"),
                sees("anna", "state-assigned-merchant", numbered=True),
                sees("lena", "state-assigned-customer", numbered=True),
            ),
        ),
    ),
)

TO_THE_SHOP = (
    Beat("driver", "{driver} drives to the shop.", drives(3)),
    Beat(
        "driver",
        "{driver} is at the counter. One button is always the next step.",
        taps(buttons.Step, step="at_pickup"),
        (can_tap("driver", buttons.Step, step="pick_up"), sees("anna", "state-at-pickup-merchant", numbered=True)),
    ),
)
PICKED_UP = (can_tap("driver", buttons.Step, step="at_door"), sees("anna", "state-picked-up-merchant", numbered=True))

PICK_UP = Scene(
    "Picked up",
    (
        *TO_THE_SHOP,
        Beat("driver", "{driver} picks the parcel up.", taps(buttons.Step, step="pick_up"), PICKED_UP),
        Beat(
            "driver",
            "It was the wrong bag! For a minute that can be undone, and {lena} hears nothing.",
            taps(buttons.Step, step="undo"),
            (can_tap("driver", buttons.Step, step="pick_up"),),
        ),
        Beat("driver", "Now {driver} has the right bag.", taps(buttons.Step, step="pick_up"), PICKED_UP),
    ),
)

ON_THE_WAY = Scene(
    "On the way",
    (
        Beat(
            "driver",
            "{driver} drives on. {lena} hears that the parcel is coming.",
            drives(5, 0.6),
            (sees("lena", "state-arriving-customer", numbered=True),),
        ),
        Beat("lena", "{lena} asks where it is.", taps(buttons.Where), (is_told("lena"),)),
        Beat(
            "driver",
            "{driver} is about to arrive.",
            drives(3),
            (sees("anna", "state-arriving-merchant", numbered=True),),
        ),
    ),
)

AT_THE_DOOR = Scene(
    "At the door",
    (
        Beat(
            "driver",
            "{driver} stands at the door.",
            taps(buttons.Step, step="at_door"),
            (can_tap("driver", buttons.Step, step="hand_over"), sees("lena", "state-at-door-customer", numbered=True)),
        ),
        Beat(
            "driver",
            "Handing over asks for the PIN.",
            taps(buttons.Step, step="hand_over"),
            (sees("driver", "ask-pin-pin"),),
        ),
        Beat(
            "driver",
            "{lena} reads it out, and {driver} types it.",
            types_pin_of("lena"),
            (sees("driver", "job-delivered", numbered=True),),
        ),
        Beat(
            "lena",
            "A minute later nothing can be undone any more. {number} is delivered.",
            waits(70),
            (
                sees("lena", "state-delivered-customer", numbered=True),
                sees("anna", "state-delivered-merchant", numbered=True),
            ),
        ),
    ),
)

NOBODY_THERE = Scene(
    "Nobody there",
    (
        *booking(again=True),
        Beat("anna", "The nearest driver is asked.", waits(1), (is_offered("first"),)),
        Beat("first", "{first} takes {number}.", taps(buttons.Accept), (has_it("driver"),)),
        *TO_THE_SHOP,
        Beat("driver", "{driver} picks it up.", taps(buttons.Step, step="pick_up"), PICKED_UP),
        Beat("driver", "{driver} drives to the customer.", drives(5)),
        Beat(
            "driver",
            "{driver} is at the door of the Bellagio.",
            taps(buttons.Step, step="at_door"),
            (can_tap("driver", buttons.Step, step="nobody"),),
        ),
        Beat(
            "driver",
            "Nobody opens. {anna} is asked to call the customer.",
            taps(buttons.Step, step="nobody"),
            (sees("anna", "state-nobody-there-merchant", numbered=True),),
        ),
        Beat("driver", "Two minutes pass, and nobody comes.", waits(120)),
        Beat(
            "driver",
            "{driver} says that there is a problem.",
            taps(buttons.Step, step="problem"),
            (can_tap("driver", buttons.Pick, value="nobody_there"),),
        ),
        Beat(
            "driver",
            "{driver} says which one.",
            taps(buttons.Pick, value="nobody_there"),
            (sees("driver", "ask-giveup-photo"),),
        ),
        Beat(
            "driver",
            "{driver} sends a photo of the closed door. The parcel goes back.",
            photographs(),
            (
                can_tap("driver", buttons.Step, step="brought_back"),
                sees("anna", "state-returning-merchant", numbered=True),
            ),
        ),
        Beat("driver", "{driver} drives back to the shop.", drives(4)),
        Beat(
            "driver",
            "{driver} says that it is on the counter again.",
            taps(buttons.Step, step="brought_back"),
            (can_tap("anna", buttons.HandBack),),
        ),
        Beat(
            "anna",
            "{anna} confirms it.",
            taps(buttons.HandBack),
            (
                sees("anna", "state-returned-merchant", numbered=True),
                sees("driver", "job-returned", numbered=True),
            ),
        ),
    ),
)

STORY = (
    *OPENING,
    Scene("A booking", booking()),
    CUSTOMER,
    OFFERS,
    PICK_UP,
    ON_THE_WAY,
    AT_THE_DOOR,
    NOBODY_THERE,
)
"""What is played, scene after scene."""
