"""The reference of the API for people, made from the routes themselves: GET /api as JSON, or as a page in a browser."""

import inspect
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.sandbox import answers
from bot.sandbox.people import Person
from bot.sandbox.people_api import VERBS
from bot.sandbox.records import JSON

PERSON = "/api/people/{id}/"
ABOUT = (
    "What a person's phone, the town's clock and its faults do. Bodies and answers are JSON; what cannot be done is"
    ' answered 4xx with {"error": a sentence that says how to go on}.'
)
MESSAGE = "Annotated[Message, BeforeValidator(func=<class 'Message'>, json_schema_input_type=PydanticUndefined)]"
POINT = {"lat": 36.127, "lon": -115.172}

# What a person can do, the method that does it (its docstring is the reference's), and a body that works.
ACTS: dict[str, tuple[Callable[..., Any], JSON]] = {
    "start": (Person.start, {"payload": "abc"}),
    "say": (Person.says, {"text": "hello", "reply_to": None}),
    "edit": (Person.edits, {"message_id": 1, "text": "hello again"}),
    "delete": (Person.deletes, {"message_id": 1}),
    "forward": (Person.forwards, {"text": "news"}),
    "press": (Person.press, {"label": "Menu"}),
    "pin": (Person.sends_pin, POINT),
    "live": (Person.shares_live, {**POINT, "period": 3600}),
    "move": (Person.moves, {"lat": 36.128, "lon": -115.171}),
    "end": (Person.ends_live, {}),
    "contact": (Person.contact, {"name": "Ben", "phone": "+17025550100"}),
    "voice": (Person.voice, {}),
    "sticker": (Person.sticker, {}),
    "document": (Person.document, {"name": "note.txt"}),
    "open": (Person.opens, {"link": "https://maps.example/x"}),
    "block": (Person.blocks, {}),
    "unblock": (Person.unblocks, {}),
}

# A body that works for each other route that takes one, and the type of what each answers.
BODIES: dict[str, JSON] = {
    "POST /api/people": {"name": "Ben", "language": "es", "role": "driver"},
    "PATCH /api/people/{id}": {"name": "Anna Bell", "language": "en"},
    f"POST {PERSON}tap": {"label": "Accept", "data": None, "message_id": None},
    f"POST {PERSON}photo": {"caption": "two of them", "count": 2},
    f"POST {PERSON}drive": {"to": [[36.13, -115.17]], "speed": 10},
    "POST /api/faults": {"kind": "slow", "seconds": 60, "chat": None},
    "POST /api/clock": {"seconds": 60},
    "POST /api/bot": {"do": "kill"},
    "POST /api/play": {"do": "start", "speed": 1},
    "POST /api/fresh": {},
}
TYPES: dict[str, Any] = {
    "GET /api/town": answers.Town,
    "GET /api/people": list[answers.PersonInfo],
    "POST /api/people": answers.PersonInfo,
    "PATCH /api/people/{id}": answers.PersonInfo,
    f"GET {PERSON}chat": answers.ChatView,
    f"POST {PERSON}tap": answers.TapAnswer,
    f"POST {PERSON}photo": answers.Sent,
    f"GET {PERSON}drive": answers.Drive,
    f"POST {PERSON}drive": answers.Drive,
    "GET /api/calls": list[answers.CallRecord],
    "GET /api/faults": list[answers.FaultInfo],
    "POST /api/faults": list[answers.FaultInfo],
    "DELETE /api/faults": list[answers.FaultInfo],
    "GET /api/clock": answers.Clock,
    "POST /api/clock": answers.Clock,
    "GET /api/timeline": list[answers.Entry],
    "GET /api/outbox": list[answers.OutboxRow],
} | {f"POST {PERSON}{verb}": answers.Sent for verb in ACTS}


@dataclass(frozen=True)
class Line:
    """One route: how to call it, what it does, a body that works, and the type of its answer."""

    verb: str
    path: str
    does: str
    body: JSON | None
    answers: Any

    @property
    def name(self) -> str:
        """What the tables above call it."""
        return f"{self.verb} {self.path}"

    def as_json(self) -> JSON:
        """Give it as GET /api does."""
        answer = _type_name(self.answers) if self.answers else None
        return {"verb": self.verb, "path": self.path, "does": self.does, "body": self.body, "answers": answer}


def list_lines(routes: Sequence[BaseRoute]) -> list[Line]:
    """List every route under /api, the verbs of a person one by one."""
    lines: list[Line] = []
    for route in routes:
        if not isinstance(route, Route) or not route.path.startswith("/api/") or route.path == "/api/":
            continue
        path = route.path.replace(":int", "")
        for verb in sorted((route.methods or set()) - {"HEAD"}):
            if path.endswith("/{verb}"):
                lines += [_act(path.replace("{verb}", name), name) for name in VERBS]
            else:
                name = f"{verb} {path}"
                lines.append(Line(verb, path, _said(route.endpoint), BODIES.get(name), TYPES.get(name)))
    return lines


def _act(path: str, name: str) -> Line:
    doing, body = ACTS.get(name, (None, None))
    return Line("POST", path, _said(doing), body, answers.Sent)


def _said(function: Any) -> str:
    return " ".join((inspect.getdoc(function) or "").split()) if function else ""


def _type_name(kind: Any) -> str:
    plain = isinstance(kind, type) and not getattr(kind, "__args__", ())
    name = str(kind.__name__) if plain else str(kind)
    for long, short in (
        ("bot.sandbox.answers.", ""),
        ("typing.", ""),
        ("datetime.datetime", "datetime"),
        (MESSAGE, "Message"),
    ):
        name = name.replace(long, short)
    return name


def describe_types() -> JSON:
    """Give each type of an answer: what it is, and the type of each of its fields."""
    ours = {name: kind for name, kind in vars(answers).items() if getattr(kind, "__module__", "") == answers.__name__}
    found = {name: kind for name, kind in ours.items() if is_dataclass(kind) and isinstance(kind, type)}
    return {
        name: {"is": _said(kind)} | {field.name: _type_name(field.type) for field in fields(kind)}
        for name, kind in found.items()
    }


def reference_routes(routes: Sequence[BaseRoute]) -> list[BaseRoute]:
    """Give the routes that describe these."""
    lines = list_lines(routes)

    async def reference(request: Request) -> Response:
        """This list."""
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(_page(lines, str(request.base_url).rstrip("/")))
        return JSONResponse({"about": ABOUT, "routes": [line.as_json() for line in lines], "types": describe_types()})

    return [Route("/api", reference, methods=["GET"]), Route("/api/", reference, methods=["GET"])]


STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "h2{font-size:1rem;margin:1.6rem 0 0}code,pre{font-family:ui-monospace,monospace}p{margin:.2rem 0}"
    "pre{margin:.2rem 0;overflow-x:auto}"
)


def _page(lines: Sequence[Line], base: str) -> str:
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>The API for people</title><style>{STYLE}</style>"
    ]
    parts.append(
        f"<h1>The API for people</h1><p>{escape(ABOUT)}</p><p>The same as JSON: <code>curl {base}/api</code></p>"
    )
    for line in lines:
        parts.append(f"<h2><code>{line.verb} {escape(line.path)}</code></h2><p>{escape(line.does)}</p>")
        if line.body is not None:
            curl = f"curl -X {line.verb} {base}{line.path} -d '{json.dumps(line.body)}'"
            parts.append(f"<pre>{escape(curl)}</pre>")
        if line.answers:
            parts.append(f"<p>Answers <code>{escape(_type_name(line.answers))}</code>.</p>")
    parts.append("<h1>Types</h1>")
    for name, about in describe_types().items():
        rows = "\n".join(f"{key}: {kind}" for key, kind in about.items() if key != "is")
        parts.append(f"<h2><code>{name}</code></h2><p>{escape(about['is'])}</p><pre>{escape(rows)}</pre>")
    return "".join(parts)
