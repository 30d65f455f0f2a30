"""The texts and the code: every id that it names is there, none is there in vain, no variable is missing."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.dispatch import booking, carrying, geo, joining, notices, operating, returning
from bot.forms.joining import VEHICLES
from bot.forms.talk import FORMS
from bot.letters import ALWAYS, COMMANDS
from bot.settings import MARKET, load_market
from bot.texts import loader
from storage import lifecycle
from tests.test_texts import IDS, variables

BOT = Path(loader.__file__).parents[1]
LAS_VEGAS = load_market(MARKET)
NEEDED = {text_id: variables(text_id) for text_id in IDS}

SAYERS = ("Say", "Unclear", "NotNow", "TooLate", "NotYours", "Taken", "Refused")


@dataclass(frozen=True)
class Use:
    """A place in the code that names a text: its id or pattern, and the parameters where they can be read."""

    where: str
    text: str
    given: frozenset[str] | None


def _is_say(call: ast.Call) -> bool:
    match call.func:
        case ast.Name(name):
            return name in SAYERS
        case ast.Attribute(ast.Name("Say"), "of") | ast.Attribute(_, "say"):
            return True
    return False


@cache
def _passing() -> Mapping[str, int]:
    """Functions of ours that are told which text to say, and where in the call it stands."""
    defined = [node for tree in _modules().values() for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    places = {}
    for function in defined:
        names = [argument.arg for argument in function.args.args if argument.arg not in ("self", "cls")]
        if "text_id" in names:
            places[function.name] = names.index("text_id")
    return places


def _passed(call: ast.Call) -> ast.expr | None:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    place = _passing().get(name, len(call.args))
    return call.args[place] if place < len(call.args) else None


def _given(call: ast.Call) -> frozenset[str] | None:
    match call:
        case ast.Call(func=ast.Name("Say"), args=[_]):
            return frozenset()
        case ast.Call(func=ast.Name("Say"), args=[_, ast.Dict(keys=keys)]):
            return _names(keys)
        case ast.Call(func=ast.Name("Say")):
            return None
    names = [keyword.arg for keyword in call.keywords]
    return None if None in names else frozenset(name for name in names if name)


def _names(keys: Sequence[ast.expr | None]) -> frozenset[str] | None:
    named = [str(key.value) for key in keys if isinstance(key, ast.Constant)]
    return frozenset(named) if len(named) == len(keys) else None


def _texts_in(expression: ast.expr, assigned: Mapping[str, list[ast.expr]]) -> Iterator[str]:
    """The ids that an expression can be; an f-string's unknown parts are {}."""
    match expression:
        case ast.Constant(str(text)):
            yield text
        case ast.JoinedStr(parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
        case ast.IfExp():
            yield from _texts_in(expression.body, assigned)
            yield from _texts_in(expression.orelse, assigned)
        case ast.Call(ast.Attribute(value, "replace")):
            yield from _texts_in(value, assigned)
        case ast.Name(name):
            for value in assigned.get(name, ()):
                yield from _texts_in(value, {})


def _assigned(scope: ast.AST) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(scope):
        match node:
            case ast.Assign([ast.Name(name)], value) if value is not None:
                found.setdefault(name, []).append(value)
    return found


OWN_WORDS = {"sandbox", "playground"}
"""What speaks of its own, to players."""


@cache
def _modules() -> Mapping[str, ast.Module]:
    paths = [path for path in sorted(BOT.rglob("*.py")) if not OWN_WORDS & set(path.relative_to(BOT).parts)]
    return {str(path.relative_to(BOT)): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


@cache
def _uses() -> frozenset[Use]:
    """Every place of bot/ (the sandbox has words of its own) that names a text."""
    return frozenset(use for module, tree in _modules().items() for use in _uses_of(module, tree))


def _uses_of(module: str, tree: ast.Module) -> Iterator[Use]:
    scopes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for scope in (tree, *scopes):
        assigned = _assigned(scope) if scope is not tree else {}
        for node in ast.walk(scope):
            where = f"{module}:{getattr(node, 'lineno', 0)}"
            match node:
                case ast.Call() if _is_say(node) and node.args:
                    given = _given(node)
                    yield from (Use(where, text, given) for text in _texts_in(node.args[0], assigned))
                case ast.Call() if (passed := _passed(node)) is not None:
                    yield from (Use(where, text, None) for text in _texts_in(passed, assigned))
                case ast.List([ast.Constant(str(text)), ast.Dict(keys)]):
                    yield Use(where, text, _names(keys))
                case ast.keyword("text_id" | "leave", value):
                    yield from (Use(where, text, None) for text in _texts_in(value, assigned))


def _ids_anywhere() -> set[str]:
    """Ids that stand in the code as they are; those of one word only where a text is named."""
    nodes = (node for tree in _modules().values() for node in ast.walk(tree))
    strings = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in strings if "-" in text} | {use.text for use in _uses()}


def _dashed(names: Sequence[str] | frozenset[str]) -> list[str]:
    return [name.replace("_", "-") for name in names]


def _noted() -> list[str]:
    """Events that are noted without a step of the lifecycle."""
    trees = [*_modules().values(), ast.parse((BOT.parent / "storage/deliveries.py").read_text(encoding="utf-8"))]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) > 2]
    noted = [call.args[1] for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "note"]
    return [str(name.value) for name in noted if isinstance(name, ast.Constant)]


QUESTIONS = [(form.name, question.key) for form in FORMS.values() for question in form.questions]
STATES = ["later", "searching", "helped", "again", "assigned", "at_pickup", "picked_up", "arriving", "at_door"]
STATES += ["nobody_there", "delivered", "returning", "brought_back", "returned", "expired", "cancelled", "lost"]
OPERATORS_REASONS = [reason for reasons in operating.REASONS.values() for reason in reasons]
REASONS = [*booking.MERCHANT_REASONS, *OPERATORS_REASONS, *carrying.GIVE_BACK_REASONS]
REASONS += [*returning.GIVE_UP_REASONS, "no_answer"]
APPLICANTS = ["merchant", "driver"]
FAMILIES: Mapping[str, Sequence[Sequence[str]]] = {
    "state-{}-{}": [(state, party) for state in _dashed(STATES) for party in ("merchant", "customer")],
    "reason-{}": [(reason,) for reason in _dashed(REASONS)],
    "decline-{}": [(reason,) for reason in _dashed(joining.DECLINE_REASONS)],
    "{}-{}": [
        *(("decline", reason) for reason in _dashed(joining.DECLINE_REASONS)),
        *(("reason", reason) for reason in _dashed(OPERATORS_REASONS)),
    ],
    "{}-approved": [(kind,) for kind in APPLICANTS],
    "{}-declined": [(kind,) for kind in APPLICANTS],
    "settled-{}": [("approved",), ("declined",)],
    "invite-{}": [("accepted",), ("refused",)],
    "event-{}": [(step,) for step in _dashed([*lifecycle.STEPS, *_noted()])],
    "party-{}": [(party,) for party in (*lifecycle.PARTIES, lifecycle.CUSTOMER)],
    "case-{}": [(kind,) for kind in _dashed([*notices.DELIVERY_CASES, "update", "message"])],
    "form-{}": [(name,) for name in FORMS],
    "draft-{}": [("open",), ("parked",), ("done",), ("cancelled",), ("lapsed",)],
    "ask-{}-{}": [tuple(_dashed(pair)) for pair in QUESTIONS],
    "field-{}": [(key,) for key in _dashed([key for _, key in QUESTIONS])],
    "fee-{}": [("base",), ("distance",), ("size",)],
    "button-pin-{}": [("yes",), ("no",)],
    "button-desk-{}": [(step,) for step in operating.STEPS],
    "size-{}-long": [(size.lower(),) for size in LAS_VEGAS.tariff.size],
    "vehicle-{}": [(vehicle,) for vehicle in VEHICLES],
    "vehicle-{}-button": [(vehicle,) for vehicle in VEHICLES],
    "direction-{}": [(direction,) for direction in geo.DIRECTIONS],
    "offer-{}": [("accepted",), ("declined",), ("expired",), ("taken",), ("gone",)],
    "job-{}": [(s,) for s in _dashed([*lifecycle.WITH_DRIVER, *lifecycle.ENDS])],
    "proof-{}": [("pin",), ("photo",), ("name",), ("operator",)],
    "language-{}": [(language,) for language in LAS_VEGAS.languages],
    "help-{}": [("nobody",), *((role,) for role in COMMANDS)],
    "command-{}": [(name,) for name in dict.fromkeys([*ALWAYS, *(n for names in COMMANDS.values() for n in names)])],
}
"""What the f-strings of the code that make an id can become."""


def _became(pattern: str) -> set[str]:
    """The ids that an f-string makes: as FAMILIES says, or all that look like it and begin as it does."""
    if pattern in FAMILIES:
        return {pattern.format(*parts) for parts in FAMILIES[pattern]}
    if pattern.startswith("{}"):
        return set()
    shape = re.compile(re.escape(pattern).replace(r"\{\}", "[a-z0-9-]+"))
    return {text_id for text_id in IDS if shape.fullmatch(text_id)}


def test_every_id_in_the_code_is_a_text() -> None:
    """Each id that the code names, and each that its f-strings can become, is in the files."""
    unknown = [f"{use.where} {use.text}" for use in _uses() if "{}" not in use.text and use.text not in IDS]
    assert sorted(unknown) == []
    for use in (use for use in _uses() if "{}" in use.text):
        assert _became(use.text), f"{use.where}: no text looks like {use.text} (name its values in FAMILIES)"
        assert _became(use.text) <= set(IDS), use.where


def test_families_stand_in_the_code() -> None:
    """No family of ids is claimed that no f-string makes."""
    assert set(FAMILIES) - {use.text for use in _uses()} == set()


def test_every_text_is_said_somewhere() -> None:
    """No text is in the files that nobody says."""
    made = {text_id for use in _uses() if "{}" in use.text for text_id in _became(use.text)}
    assert sorted(set(IDS) - _ids_anywhere() - made) == []


def test_the_code_gives_every_variable() -> None:
    """Wherever the parameters can be read in the code, they hold all that the text needs."""
    read = [use for use in _uses() if use.given is not None and use.text in IDS]
    assert len(read) > 200
    missing = {f"{u.where} {u.text}": NEEDED[u.text] - (u.given or set()) for u in read}
    assert {where: names for where, names in missing.items() if names} == {}
