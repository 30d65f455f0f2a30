"""The people's side over HTTP: what a page, or anybody's script, does with the phones of a town."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import wraps
from time import monotonic
from typing import Any
from uuid import uuid4

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.sandbox.people import Person
from bot.sandbox.pictures import mime_of
from bot.sandbox.polling import Bell
from bot.sandbox.records import JSON, Stored, Tap
from bot.sandbox.telegram import Telegram
from bot.sandbox.walking import Walk

TOAST_WAIT = 2.0  # seconds that a tap waits for the bot's answer
KEEP_ALIVE = 15.0  # seconds between comment lines of the event stream
STEP_S = 1.0  # seconds between two looks at who drives
LAS_VEGAS = (36.1270, -115.1720)

Verb = Callable[[Person, JSON], Any]


class PeopleApi:
    """The routes under /api, over one Telegram."""

    def __init__(
        self,
        telegram: Telegram,
        places: Sequence[Mapping[str, Any]],
        roles: Mapping[int, str],
        title: str,
        zone: str | None,
        offers: Sequence[str] = (),
    ) -> None:
        self._telegram = telegram
        self._places = [dict(place) for place in places]
        self._title = title
        self._zone = zone
        self._offers = list(offers)
        self._began = uuid4().hex
        self._center = _middle(self._places)
        telegram.world.center = self._center
        self._driving: asyncio.Task[None] | None = None
        for number, role in roles.items():
            if number in telegram.people:
                telegram.change_person(telegram.people[number], role=role)

    def routes(self) -> list[Route]:
        """List what the server mounts."""
        get, post = ["GET"], ["POST"]
        one = "/api/people/{id:int}"
        return [
            Route("/api/town", self.town, methods=get),
            Route("/api/people", self.people, methods=get),
            Route("/api/people", self.add, methods=post),
            Route(one, self.change, methods=["PATCH"]),
            Route(f"{one}/chat", self.chat, methods=get),
            Route(f"{one}/chat.txt", self.chat_text, methods=get),
            Route(f"{one}/tap", _told(self.tap), methods=post),
            Route(f"{one}/photo", _told(self.photo), methods=post),
            Route(f"{one}/drive", self.way, methods=get),
            Route(f"{one}/drive", _told(self.drive), methods=post),
            Route("/api/drives", self.drives, methods=get),
            Route(f"{one}/{{verb}}", _told(self.act), methods=post),
            Route("/api/files/{file_id}", self.file, methods=get),
            Route("/api/events", self.events, methods=get),
            Route("/api/calls", self.calls, methods=get),
            Route("/api/faults", self.faults, methods=get),
            Route("/api/faults", _told(self.order_fault), methods=post),
            Route("/api/faults", _told(self.lift_faults), methods=["DELETE"]),
        ]

    # — reading —

    async def town(self, _: Request) -> Response:
        """The bot, the places, the middle of the map, the clock."""
        bot = {"username": self._telegram.bot["username"], "name": self._telegram.bot["first_name"]}
        now = self._telegram.clock().isoformat()
        town = {"bot": bot, "places": self._places, "center": list(self._center), "now": now, "title": self._title}
        town |= {"offers": self._offers, "began": self._began}
        if self._zone is not None:
            town["zone"] = self._zone
        return JSONResponse(town)

    async def people(self, _: Request) -> Response:
        """Everybody with a phone."""
        return JSONResponse([self._describe(person) for person in self._telegram.people.values()])

    def _describe(self, person: Person) -> JSON:
        user = person.user
        return {
            "id": user.id,
            "name": user.name,
            "language": user.language,
            "role": user.role,
            "username": user.username,
            "started": user.started,
            "blocked": user.blocked,
            "unread": user.unread,
            "position": person.position,
            "simulated": user.simulated,
            "drives": user.id in self._telegram.walks.on,
        }

    async def chat(self, request: Request) -> Response:
        """One phone: messages, reply keyboard, toasts, clipboard, commands."""
        person = self._person(request)
        stored = list(person.chat.messages.values())
        return JSONResponse(
            {
                "messages": [_shown(item, person.id) for item in stored],
                "keyboard": person.keyboard,
                "toasts": person.user.toasts,
                "clipboard": person.clipboard,
                "commands": self._telegram.commands_for(person),
                "started": person.user.started,
                "pinned": person.chat.pinned,
                "seq": self._telegram.seq,
            }
        )

    async def chat_text(self, request: Request) -> Response:
        """One phone as plain text."""
        return PlainTextResponse(self._person(request).reads())

    async def file(self, request: Request) -> Response:
        """The bytes of a file by its file_id."""
        file = self._telegram.world.files.get(request.path_params["file_id"])
        if file is None:
            raise HTTPException(404, "there is no such file; take the file_id from a message of a chat")
        return Response(file.data, media_type=mime_of(file.data))

    async def calls(self, request: Request) -> Response:
        """The bot's calls after number `since`."""
        since = _number(request.query_params.get("since", "0"))
        found = [call for call in self._telegram.calls if call.number > since]
        body = [{**vars(call), "at": call.at.isoformat()} for call in found]
        return Response(json.dumps(body, default=str), media_type="application/json")

    async def events(self, request: Request) -> Response:
        """Tell as server-sent events which chats changed; `?since=` (or Last-Event-ID) goes on from a seq."""
        asked = request.query_params.get("since") or request.headers.get("last-event-id")
        since = _number(asked) if asked else self._telegram.seq
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self._stream(since), media_type="text/event-stream", headers=headers)

    async def _stream(self, since: int) -> Any:
        telegram = self._telegram
        with Bell(telegram) as bell:
            yield ": listening\n\n"
            while not telegram.closing:
                if telegram.seq != since:
                    data = self._changes(since)
                    since = data["seq"]
                    yield f"id: {since}\ndata: {json.dumps(data)}\n\n"
                elif not await bell.wait(KEEP_ALIVE):
                    yield ": still here\n\n"

    def _changes(self, since: int) -> JSON:
        world = self._telegram.world
        with world.lock:
            kept = list(world.changes)
            if since > world.seq or (kept and kept[0][0] > since + 1):
                return {"seq": world.seq, "chats": sorted(world.chats), "people": True}  # too far back: all
            newer = [change for change in kept if change[0] > since]
            chats = sorted(set[int]().union(*(change[1] for change in newer)))
            return {"seq": world.seq, "chats": chats, "people": any(change[2] for change in newer)}

    # — faults —

    async def faults(self, _: Request) -> Response:
        """The faults in force: number, kind, chat (null for all), seconds left."""
        now = monotonic()
        orders = self._telegram.faults.in_force(now)
        return JSONResponse(
            [
                {"number": one.number, "kind": one.kind, "chat": one.chat_id, "left_s": round(one.until - now, 1)}
                for one in orders
            ]
        )

    async def order_fault(self, request: Request) -> Response:
        """Let Telegram be slow, down, flooded or lose its answers: {"kind", "seconds", "chat" (optional)}."""
        body = await read_body(request)
        chat = body.get("chat")
        now = monotonic()
        self._telegram.faults.order(
            str(body.get("kind")), float(body.get("seconds") or 60), now, int(chat) if chat is not None else None
        )
        return await self.faults(request)

    async def lift_faults(self, request: Request) -> Response:
        """End the fault with this `?number=`, or all."""
        number = request.query_params.get("number")
        self._telegram.faults.lift(_number(number) if number else None)
        return await self.faults(request)

    # — acting —

    def _person(self, request: Request) -> Person:
        person = self._telegram.people.get(request.path_params["id"])
        if person is None:
            raise HTTPException(404, "there is no such person; GET /api/people lists everybody")
        return person

    async def add(self, request: Request) -> Response:
        """A new person with a phone."""
        body = await read_body(request)
        name = str(body.get("name") or "").strip()
        if not name:
            raise HTTPException(400, 'a person needs a name: {"name": "Anna"}')
        if any(person.name == name for person in self._telegram.people.values()):
            raise HTTPException(400, f"there is a {name} already; choose another name")
        person = self._telegram.person(name, language=str(body.get("language") or "en"))
        self._telegram.change_person(person, role=str(body.get("role") or ""))
        return JSONResponse(self._describe(person))

    async def change(self, request: Request) -> Response:
        """Another name, language or role."""
        person, body = self._person(request), await read_body(request)
        self._telegram.change_person(person, **{key: body[key] for key in ("name", "language", "role") if key in body})
        return JSONResponse(self._describe(person))

    async def tap(self, request: Request) -> Response:
        """A tap, and the bot's answer to it if that comes within two seconds."""
        person, body = self._person(request), await read_body(request)
        with Bell(self._telegram) as bell:
            tap = person.taps(body.get("label"), data=body.get("data"), message_id=body.get("message_id"), follow=False)
            await _answer(tap, bell)
        return JSONResponse({"toast": tap.toast, "url": tap.url, "copied": tap.copied, "id": tap.id})

    async def photo(self, request: Request) -> Response:
        """An uploaded picture (multipart field "photo"), or a generated one or an album of them."""
        person = self._person(request)
        if request.headers.get("content-type", "").startswith("multipart/"):
            async with request.form() as form:
                upload, caption = form.get("photo"), form.get("caption")
                if upload is None or isinstance(upload, str):
                    raise HTTPException(400, 'upload the picture as the field "photo"')
                sent = person.photo(str(caption) if caption else None, await upload.read())
        else:
            body = await read_body(request)
            sent = person.photo(body.get("caption"), count=min(10, int(body.get("count") or 1)))
        return JSONResponse({"message_id": sent})

    # — driving —

    async def drive(self, request: Request) -> Response:
        """Drive while sharing a live location: {"to": [[lat, lon], …], "speed": 1–60}, or {"stop": true}.

        Straight lines at the speed times 25 km/h of the town's clock, wound or not. Answers as `way` does.
        """
        person, body, walks = self._person(request), await read_body(request), self._telegram.walks
        if body.get("stop"):
            walks.stop(person)
        else:
            to = [(float(lat), float(lon)) for lat, lon in body.get("to") or ()]
            walks.start(person, to, float(body.get("speed") or 1))
            if self._driving is None or self._driving.done():
                self._driving = asyncio.create_task(self._drive_on())
        return self._way(walks.on.get(person.id))

    async def _drive_on(self) -> None:
        while self._telegram.walks.on and not self._telegram.closing:
            await asyncio.sleep(STEP_S)
            self._telegram.walks.advance()

    async def way(self, request: Request) -> Response:
        """One person's drive: {"drives": true, "to", "speed", "left_m", "left_s"}, or {"drives": false}."""
        return self._way(self._telegram.walks.on.get(self._person(request).id))

    def _way(self, walk: Walk | None) -> Response:
        return JSONResponse({"drives": False} if walk is None else {"drives": True, **walk.as_json()})

    async def drives(self, _: Request) -> Response:
        """Everybody who drives now: [{"id", "to", "speed", "left_m", "left_s"}]."""
        return JSONResponse([walk.as_json() for walk in list(self._telegram.walks.on.values())])

    async def act(self, request: Request) -> Response:
        """Any other verb."""
        verb = VERBS.get(request.path_params["verb"])
        if verb is None:
            raise HTTPException(404, f"a person can {', '.join(sorted([*VERBS, 'tap', 'photo', 'drive']))}")
        person, body = self._person(request), await read_body(request)
        try:
            return JSONResponse({"message_id": verb(person, body)})
        except KeyError as missing:
            raise HTTPException(400, f"{missing} is missing in the JSON body") from None


VERBS: dict[str, Verb] = {
    "start": lambda person, body: person.start(str(body.get("payload") or "")),
    "say": lambda person, body: person.says(str(body["text"]), body.get("reply_to")),
    "edit": lambda person, body: person.edits(int(body["message_id"]), str(body["text"])),
    "delete": lambda person, body: person.deletes(int(body["message_id"])),
    "forward": lambda person, body: person.forwards(str(body["text"])),
    "press": lambda person, body: person.press(str(body["label"])),
    "pin": lambda person, body: person.sends_pin(float(body["lat"]), float(body["lon"])),
    "live": lambda person, body: person.shares_live(
        float(body["lat"]), float(body["lon"]), int(body.get("period") or 3600)
    ),
    "move": lambda person, body: person.moves(float(body["lat"]), float(body["lon"]), body.get("message_id")),
    "end": lambda person, body: person.ends_live(body.get("message_id")),
    "contact": lambda person, body: person.contact(body.get("name") or None, body.get("phone") or None),
    "voice": lambda person, body: person.voice(),
    "sticker": lambda person, body: person.sticker(),
    "document": lambda person, body: person.document(str(body.get("name") or "note.txt")),
    "open": lambda person, body: person.opens(str(body["link"])),
    "block": lambda person, body: person.blocks(),
    "unblock": lambda person, body: person.unblocks(),
}


async def _answer(tap: Tap, bell: Bell) -> None:
    """Wait until the tap is answered, or long enough."""
    rounds = 0
    while tap.data is not None and not tap.answered and rounds < 50 and await bell.wait(TOAST_WAIT):
        rounds += 1


def _told(handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Answer what a phone cannot do with 400 and the sentence that says how to go on."""

    @wraps(handler)
    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except (LookupError, ValueError, TypeError) as error:
            raise HTTPException(400, str(error.args[0]) if error.args else "that does not work") from None

    return handle


def _shown(stored: Stored, person_id: int) -> JSON:
    extras = {"loud": stored.loud, "edited": stored.edited, "mine": stored.sender == person_id}
    return {**stored.message, **extras, "reaction": stored.reaction}


async def read_body(request: Request) -> JSON:
    """The JSON object that was sent; an empty body is an empty one. Raises HTTPException 400."""
    raw = await request.body()
    try:
        body = json.loads(raw) if raw.strip() else {}
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise HTTPException(400, "send a JSON object as the body")
    return body


def _number(text: str) -> int:
    if not text.isdigit():
        raise HTTPException(400, f"since must be a number, not {text!r}")
    return int(text)


def _middle(places: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    if not places:
        return LAS_VEGAS
    lats, lons = [float(place["lat"]) for place in places], [float(place["lon"]) for place in places]
    return (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
