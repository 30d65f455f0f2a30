"""Logs: ids and what happened, never names, phones, addresses, tokens or words of people."""

import logging
import re
import sys
from contextlib import suppress
from types import TracebackType
from typing import TextIO, cast

import structlog

_TOKEN = re.compile(r"\d{5,}:[\w-]{5,}")
_SAID = re.compile(
    r"""https?://\S+ | "[^"]*" | '[^']*' | `[^`]*` | “[^”]*” | «[^»]*» | \{.*\} | \[.*\] | \(.*\) | <.*>""", re.VERBOSE
)
_LONG_NUMBER = re.compile(r"\d[\d\s().-]{5,}\d")
LONGEST = 200
"""Characters of a foreign message that are logged."""


def plain(words: str) -> str:
    """What somebody else's message (Telegram's, a library's) says, without what it quotes: that may be people's."""
    line = words.partition("\n")[0]
    for pattern in (_TOKEN, _SAID, _LONG_NUMBER):
        line = pattern.sub("…", line)
    return line[:LONGEST]


def trace(error: BaseException) -> str:
    """An exception and what led to it, by type and place: its words may be somebody's name or address."""
    lines: list[str] = []
    told: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in told:
        told.add(id(cause))
        lines.append(f"{type(cause).__name__} at {_places(cause.__traceback__) or 'nowhere'}")
        cause = cause.__cause__ or cause.__context__
    return "\nfrom ".join(lines)


def _places(traceback: TracebackType | None) -> str:
    places = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(f"{'/'.join(code.co_filename.split('/')[-3:])}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return " > ".join(places[-12:])


def _name_exception(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = trace(error)
    return event


class Discreet(logging.Formatter):
    """Formats what libraries log: the kind of thing that happened, without what was filled in."""

    def format(self, record: logging.LogRecord) -> str:
        """The level, the logger, the message without its values, and where an exception came from."""
        line = f"{record.levelname} {record.name} {plain(str(record.msg))}"
        error = record.exc_info[1] if record.exc_info else None
        return f"{line}\n{trace(error)}" if error is not None else line


class _Ours(logging.StreamHandler[TextIO]):
    """The one handler of ours, so that a second `set_up` takes the place of the first."""


class _Unfailing:
    """A stream that loses a line rather than stop the bot: where the disk is full, so is the log's."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write it, if it can be."""
        with suppress(OSError):
            return self._stream.write(text)
        return 0

    def flush(self) -> None:
        """Flush it, if it can be."""
        with suppress(OSError):
            self._stream.flush()


def set_up(level: str, form: str) -> None:
    """Write logs of `level` and above to stderr, as lines for people or as JSON; libraries' from WARNING on."""
    number = logging.getLevelNamesMapping()[level]
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if isinstance(handler, _Ours)]:
        root.removeHandler(old)
    foreign = _Ours(sys.stderr)
    # at the handler, too: a library whose own logger somebody turned up would tell every call's parameters
    foreign.setLevel(max(number, logging.WARNING))
    foreign.setFormatter(Discreet())
    root.addHandler(foreign)
    renderer: structlog.typing.Processor = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    if form == "json":
        renderer = structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _name_exception,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Unfailing(sys.stderr))),
    )
