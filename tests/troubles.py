"""What happens when Telegram or the network fails, as the README tells it; each line names the tests that show it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Trouble:
    """One line: what goes wrong, what the bot does, what people see of it, and which tests say so."""

    what: str
    does: str
    seen: str
    tests: tuple[str, ...]


RELAY, RECEIVER, HERE = "tests/test_relay.py::", "tests/test_receiver.py::", "tests/test_faults.py::"
PROCESS, RESTART = "tests/test_process.py::", "tests/stories/test_restart.py::"
INFRASTRUCTURE, FLOOD = "tests/test_infrastructure.py::", "tests/test_flood.py::"

TROUBLES = (
    Trouble(
        "429 for one chat",
        "that chat waits as long as Telegram says, all others go on; the order in the chat is kept",
        "what they were to be told, later",
        (f"{RELAY}TestRefusals::test_a_flood_holds_that_chat_only",),
    ),
    Trouble(
        "429 for the whole bot",
        "three chats told to wait at once: everything waits, then goes on in order of urgency",
        "everything a little later",
        (f"{RELAY}TestRefusals::test_a_flood_of_the_whole_bot_holds_all", f"{RECEIVER}TestPolling::test_a_flood"),
    ),
    Trouble(
        "a flood of our own: 1,000 offers, 50 people who wait for an answer",
        "never faster than 30 a second, one a second for each chat: no 429 comes; answers go first, offers in their "
        "order, bulk last",
        "answers within 2 s",
        (
            f"{FLOOD}test_a_thousand_offers_and_fifty_who_wait",
            f"{FLOOD}test_bulk_starves_nobody_and_is_not_forgotten",
            f"{FLOOD}test_a_chat_that_must_wait_keeps_no_place",
            f"{FLOOD}test_a_noisy_group_holds_up_nobody",
        ),
    ),
    Trouble(
        "500, 502",
        "tried again, later and later, up to a minute apart; everybody waits up to 5 s meanwhile",
        "nothing, then everything in its order",
        (f"{RELAY}TestRefusals::test_telegram_is_down", f"{RECEIVER}TestPolling::test_telegram_is_down"),
    ),
    Trouble(
        "5xx or no answer that lasts (for one chat, or all)",
        "tried once a minute for as long as it takes, never given up: cards are rendered when they are sent, and what "
        "became untrue is withdrawn; nobody's time runs out while nobody can be heard; offers that cannot be sent "
        "in 15 s are withdrawn without counting",
        "cards that stay as they were; afterwards what is true then",
        (f"{HERE}test_hours_without_an_answer", "tests/test_accepting.py::TestUnsent::test_nobody_was_asked"),
    ),
    Trouble(
        "the answer is lost after the deed (a time-out)",
        "tried again: the same message may come twice, a card's edit not, even if all is as before meanwhile",
        "one message twice; of two cards the older is closed at its first tap",
        (
            f"{RELAY}TestRefusals::test_no_answer_in_time",
            f"{HERE}test_an_answer_is_lost_after_the_deed",
            f"{HERE}test_an_edit_nobody_noted_and_then_all_as_before",
        ),
    ),
    Trouble(
        "the connection is reset",
        "as above where something may have arrived, else simply tried again",
        "as above",
        (f"{HERE}test_connections_break", f"{HERE}test_a_connection_breaks_over_http"),
    ),
    Trouble(
        "the Bot API is away at the start",
        "the bot waits and asks again, up to 30 s apart",
        "nothing, then answers",
        (f"{PROCESS}test_the_story_with_the_real_process",),
    ),
    Trouble(
        "the Bot API is away for two minutes in the middle",
        "updates wait at Telegram, messages in the outbox; offers that are open get the time, those that ran out "
        "meanwhile are made anew, to the same drivers too",
        "“I was away from … to …” for those who may have tapped in vain, and their open cards anew",
        (f"{HERE}test_away_for_two_minutes_in_the_middle", f"{RESTART}test_away_for_five_minutes"),
    ),
    Trouble(
        "the same update twice",
        "stored once, handled once",
        "one answer",
        (f"{RECEIVER}TestStoredFirst::test_the_same_update_twice", f"{RESTART}test_the_same_update_twice"),
    ),
    Trouble(
        "updates out of order",
        "one person's are handled in the order of their numbers where they wait together; a step that comes too early "
        "or too late is refused kindly, and nothing is skipped",
        "“not possible now”, and the card as it is",
        (f"{HERE}test_updates_out_of_order", "tests/test_queues.py::TestInbox::test_order_of_arrival"),
    ),
    Trouble(
        "a tap's answer comes too late (“query is too old”)",
        "ignored: what the tap did is done",
        "the card, without the line at the top",
        (f"{HERE}test_a_tap_is_too_old_to_be_answered",),
    ),
    Trouble(
        "the message to edit is gone",
        "posted anew",
        "the card at the bottom",
        (f"{RELAY}TestCards::test_a_card_that_is_gone",),
    ),
    Trouble(
        "“message is not modified”",
        "taken for success",
        "the card as it is",
        (f"{RELAY}TestCards::test_not_modified_is_success",),
    ),
    Trouble(
        "“chat not found”",
        "the person counts as unreachable, as if he had blocked us",
        "–",
        (f"{HERE}test_chat_not_found",),
    ),
    Trouble(
        "somebody blocks the bot (my_chat_member, or 403)",
        "nothing more is sent to him; who relies on him is told; a driver is off duty, and what he carries is a case",
        "the shop: “has blocked me”; the operator: a case",
        (
            f"{RELAY}TestRefusals::test_blocked",
            f"{RELAY}TestRefusals::test_a_driver_who_blocks_us_is_off_duty",
            f"{HERE}test_a_driver_with_a_parcel_blocks_us",
            "tests/stories/test_customer.py::test_who_blocks_is_not_written_to",
        ),
    ),
    Trouble(
        "… and lets it in again",
        "his open cards are posted anew, as they are now",
        "what he missed",
        (
            f"{HERE}test_a_driver_with_a_parcel_blocks_us",
            "tests/stories/test_customer.py::test_who_blocks_is_not_written_to",
        ),
    ),
    Trouble(
        "a message was sent and never recorded (we were killed)",
        "sent once more; the orphan's first tap counts, closes it and posts the current card",
        "one message twice",
        (
            f"{RESTART}test_an_orphan_card",
            f"{RESTART}test_orphans_of_every_kind",
            "tests/crashes/test_short.py::test_three_kills",
        ),
    ),
    Trouble(
        "a group becomes a supergroup",
        "what was meant for it goes to its new number",
        "–",
        (f"{RELAY}TestRefusals::test_a_group_became_a_supergroup",),
    ),
    Trouble(
        "any other 400",
        "kept with its reason, not tried again; what comes after it is sent",
        "the operator: a case",
        (f"{RELAY}TestRefusals::test_what_telegram_will_not_have",),
    ),
    Trouble(
        "the token is revoked",
        "the process stops with exit code 1: “BOT_TOKEN: Telegram does not accept this token (any more)”",
        "nothing until it runs with the new token; then all that waited",
        (
            f"{HERE}test_the_token_is_revoked",
            f"{RELAY}TestRefusals::test_the_token_is_revoked",
            f"{RECEIVER}TestPolling::test_the_token_is_revoked",
        ),
    ),
    Trouble(
        "the disk is full, the database locked or read-only",
        "updates wait at Telegram or in the inbox; what was sent and cannot be recorded is not sent again; all goes on "
        "by itself",
        "answers later; after two minutes “I was away …” as above",
        (
            f"{INFRASTRUCTURE}test_nothing_is_lost_and_nothing_said_twice",
            f"{INFRASTRUCTURE}test_said_and_not_yet_recorded",
            f"{INFRASTRUCTURE}test_taps_that_telegram_forgot_meanwhile",
            f"{INFRASTRUCTURE}test_the_disk_of_a_process_is_full",
        ),
    ),
)


def troubles_table() -> str:
    """The table as the README shows it."""
    lines = ["| what goes wrong | what the bot does | what people see | shown by |", "|---|---|---|---|"]
    for trouble in TROUBLES:
        shown = ", ".join(f"[`{name.rpartition('::')[2]}`]({name.partition('::')[0]})" for name in trouble.tests)
        lines.append(f"| {trouble.what} | {trouble.does} | {trouble.seen} | {shown} |")
    return "\n".join(lines)
