"""The refusals of the sandbox, in Telegram's own words where they are known."""

import json
from typing import Any

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
QUERY_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
BLOCKED = "Forbidden: bot was blocked by the user"
CANNOT_INITIATE = "Forbidden: bot can't initiate conversation with a user"
TWO_POLLERS = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK_CAME = "Conflict: terminated by setWebhook request"
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)

# Refused because of time or people, not because the bot was wrong.
BENIGN = frozenset(
    {
        NOT_MODIFIED,
        QUERY_TOO_OLD,
        "message to edit not found",
        "message to delete not found",
        "message can't be deleted for everyone",
        "message to be replied not found",
        "chat not found",  # of somebody who has not pressed Start; an id of nobody is a problem (see Telegram.call)
    }
)


class ApiError(Exception):
    """A call of the bot that Telegram refuses: `code` is the HTTP status, `parameters` may carry `retry_after`."""

    def __init__(self, code: int, description: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description
        self.parameters = parameters


class UnknownParameterError(ApiError):
    """A parameter or a type that the method does not have: Telegram is silent about some of these, we are not."""


def bad_request(words: str) -> ApiError:
    """Build the 400 that says `words` after Telegram's "Bad Request: "."""
    return ApiError(400, f"Bad Request: {words}")


def too_many(seconds: int) -> ApiError:
    """Build the 429 that asks the bot to wait; seconds are whole and at least 1."""
    return ApiError(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


def refusal(error: ApiError) -> bytes:
    """Write an error as the Bot API's JSON."""
    body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
    return json.dumps(body | ({"parameters": error.parameters} if error.parameters else {})).encode()
